"""Files that the upper server publishes: fields of procedures and calendars."""

from dataclasses import dataclass
from datetime import date

CALENDAR, PROCEDURES = "calendar", "procedures"


@dataclass(frozen=True, slots=True)
class Published:
    """One version of a published file; its signature was checked when it came."""

    kind: str
    """`calendar` or `procedures`."""
    name: str
    """The year, or the code of the field of work."""
    version: int
    effective_on: date
    text: str
