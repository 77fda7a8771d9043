"""Chunks to an index, hits, a prompt, an answer and its verification; and the evaluation of all that."""
