"""What can be set, one module a section."""
