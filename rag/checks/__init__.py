"""Whether passages answer a question (evidence.py), and whether a sentence of an answer follows from them (verify.py)."""
