"""A Django application with one table, for Morango's own environment."""
