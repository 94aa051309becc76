"""A printer (máy in): what it can do, and what a counter uses it for."""

from dataclasses import dataclass

WIDTHS = (384, 512, 560, 576)
"""Dots of a head: 384 for 58 mm paper, the others for 80 mm."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a printer can do. The plain one is right for most printers of 80 mm."""

    width: int = 576
    """Dots, one of `WIDTHS`."""
    cutter: bool = True
    skip_blank: bool = False
    """Feed over blank rows and leave out white at the right instead of sending it."""
    feed_rows: int = 60
    """Blank rows after the last line, so that it passes the tear bar."""
