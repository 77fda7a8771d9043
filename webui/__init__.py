"""The Gradio page: layout and thin callbacks over rag."""
