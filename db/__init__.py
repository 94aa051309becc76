"""The store of one counter: an encrypted SQLite file."""
