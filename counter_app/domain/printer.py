"""A printer (máy in): what it can do, and what a counter uses it for."""

from dataclasses import dataclass
from enum import StrEnum

from counter_app.domain.outcome import Reason

WIDTHS = (384, 512, 560, 576)
"""Dots of a head: 384 for 58 mm paper, the others for 80 mm."""


class PrinterRole(StrEnum):
    """What comes out of a printer."""

    SLIP = "slip"
    """Slips (phiếu): of dossiers, visits, booked hours, the emergency pad."""
    TICKET = "ticket"
    """Numbers of the queue (số thứ tự)."""
    FORM = "form"
    """Statutory forms (biểu mẫu) on sheets, by a queue of the system."""


ROLE_WORDS = {
    PrinterRole.SLIP: "Phiếu",
    PrinterRole.TICKET: "Số thứ tự",
    PrinterRole.FORM: "Biểu mẫu",
}


def role_of(what: str) -> PrinterRole:
    """Which printers a print is for, by `what` of its job."""
    if what.startswith("form:"):
        return PrinterRole.FORM
    return PrinterRole.TICKET if what == "ticket" else PrinterRole.SLIP


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
    status: bool = True
    """Answers how it is, or nobody has asked yet. One known to be silent is not waited for."""
    fence: bool = True
    """Says when it has worked through a job, or nobody has asked yet."""
    speed: int = 0
    """Bytes a second that it took when it was asked; 0 where nobody knows."""
    pages: bool = False
    """Takes pages (PDF) instead of a thermal printer's bytes."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What asking a printer taught; `against` where it could not be asked to the end."""

    profile: Profile
    against: Reason | None


@dataclass(frozen=True, slots=True)
class KeptPrinter:
    """A printer of this counter. Where one is down the next one of its role is tried."""

    name: str
    """As the officers call it; theirs to choose."""
    address: str
    roles: frozenset[PrinterRole]
    profile: Profile

    @property
    def queue(self) -> str:
        """The queue of the operating system that leads to it, empty where none does."""
        scheme, _, name = self.address.partition(":")
        return name if scheme in ("windows", "cups") else ""


@dataclass(frozen=True, slots=True)
class FoundPrinter:
    """A printer, or what may lead to one, that this PC sees."""

    address: str
    words: str
