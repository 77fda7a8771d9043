"""What `mundap eval` does besides reading its options."""
