"""The running numbers of notices: each kind of the counter and the year has its own."""

from collections.abc import Callable
from dataclasses import replace

from counter_app.domain.events import (
    DossierExtended,
    DossierStopped,
    IntakeRefused,
    Payload,
    SupplementRequested,
)

Numbered = IntakeRefused | SupplementRequested | DossierExtended | DossierStopped
"""Events that give out a notice."""


def kind_of(payload: Numbered) -> str:
    """Among which notices it is numbered."""
    match payload:
        case IntakeRefused():
            return payload.notice
        case SupplementRequested():
            return "supplement"
        case DossierExtended():
            return "apology"
        case DossierStopped():
            return "stop"


def numbered(payload: Payload, next_notice: Callable[[str], str]) -> Payload:
    """The event with the next number of its kind, where it gives out a notice."""
    if not isinstance(payload, Numbered):
        return payload
    return replace(payload, notice_no=next_notice(kind_of(payload)))
