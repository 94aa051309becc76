"""Counting a due moment for the book: with the office in force, kept with what it was counted by."""

from datetime import datetime

from counter_app.domain import events as ev
from counter_app.domain.dossier import Wait
from counter_app.domain.due import DueMoment, count_due_of_dossier, explain
from counter_app.domain.office import Office
from counter_app.domain.procedure import ProcessingUnit
from counter_app.services.catalogue import Catalogue


def count(
    catalogue: Catalogue,
    office: Office,
    received_at: datetime,
    unit: ProcessingUnit,
    amount: int,
    waits: tuple[Wait, ...],
    office_version: str,
) -> tuple[DueMoment, ev.Due]:
    """The moment with its trace for the screen, and as the log keeps it."""
    calendar = catalogue.calendar(office)
    moment = count_due_of_dossier(calendar, received_at, unit, amount, waits)
    return moment, ev.Due(
        moment.due_at,
        moment.counted_from,
        moment.days,
        moment.provisional,
        unit.value,
        amount,
        explain(moment, unit, amount),
        catalogue.calendar_version,
        office_version,
    )
