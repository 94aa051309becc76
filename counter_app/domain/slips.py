"""What the small slips say that are no receipts: content, not drawing. A receipt has its own file."""

from dataclasses import dataclass

from counter_app.domain.appointments import Appointment
from counter_app.domain.office import Office
from counter_app.domain.receipt import Receipt
from counter_app.domain.tickets import Ticket


@dataclass(frozen=True, slots=True)
class TicketSlip:
    """A queue ticket."""

    office: Office
    ticket: Ticket
    group_name: str
    ahead: int
    """People of the group who wait with a smaller number."""


@dataclass(frozen=True, slots=True)
class AppointmentSlip:
    """A booked hour."""

    office: Office
    appointment: Appointment
    provisional: bool
    """The year's holidays are not announced yet: the day may turn out to be one."""


@dataclass(frozen=True, slots=True)
class PadSlip:
    """A blank slip of the emergency pad, to be filled in by hand."""

    office: Office
    number: str
    qr: str


SlipContent = Receipt | TicketSlip | AppointmentSlip | PadSlip
"""Whatever a slip printer is given."""
