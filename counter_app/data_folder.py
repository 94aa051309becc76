"""What stands in the folder of a counter; nothing here needs a library."""

STORE = "store.db"
"""The book, encrypted."""
KEY = "store.key"
"""The wraps of the book's key."""
CRASHES = "su-co.txt"
"""Where the program itself failed, without personal data."""
