"""From a question to hits: filters, the two retrievers and their fusion, near-duplicates, the order of what was found."""
