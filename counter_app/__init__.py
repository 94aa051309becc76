"""The counter application without a screen: no Qt, no SQL."""

__version__ = "0.1.0"
