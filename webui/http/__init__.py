"""What stands before Gradio, request by request: who asks, what is let through, how much, and what nothing may load."""
