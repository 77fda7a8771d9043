"""What people asked, rated and compared, kept in one SQLite file: database.py opens it, one module a kind of record."""
