"""Scripts that write the small sample inputs under datasets/raw/demo/; nothing else imports them."""
