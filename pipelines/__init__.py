"""Raw documents to documents, chunks and training rows. Knows nothing of training, retrieval or the web."""
