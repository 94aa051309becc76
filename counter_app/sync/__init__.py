"""The sync engine and its links."""
