"""Training and evaluation rows: questions about figures, questions without an answer, and given pairs."""
