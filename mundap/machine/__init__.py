"""This machine: what it has, and which recipes fit it."""
