"""The counter application without a screen: no Qt, no SQL."""

from datetime import UTC, datetime

__version__ = "0.1.0"

BUILT_ON = datetime(2026, 1, 1, tzinfo=UTC)
"""No honest clock shows a time before this release was made."""
