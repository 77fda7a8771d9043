"""The tab where two systems answer one question and somebody votes without knowing which is which."""
