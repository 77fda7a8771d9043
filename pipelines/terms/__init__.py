"""Policy terms and statutes: from lines of text to articles, their paragraphs and items, and what they refer to."""
