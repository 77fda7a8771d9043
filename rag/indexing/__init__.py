"""The index: chunks become vectors (Chroma and a matrix) and BM25, in versions that are published whole; build.py, opened.py."""
