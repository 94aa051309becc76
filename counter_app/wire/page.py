"""A page of the common order, opened: all that can be made of it without the store."""

from collections.abc import Sequence
from dataclasses import dataclass

from counter_app.domain.dossier import Entry
from counter_app.wire.codec import decode_payload
from counter_app.wire.messages import Damaged, PullAnswer, events_of


@dataclass(frozen=True, slots=True)
class PullPage:
    """What a pull was answered, with its events as the log will have them."""

    answer: PullAnswer
    entries: Sequence[Entry]
    """The events of all its runs, one after the other."""
    cseqs: Sequence[int]
    """The place of each in the order."""


def opened(answer: PullAnswer) -> PullPage:
    """The events with their chain computed and their payloads read. Raises `Damaged` where a run is none."""
    entries: list[Entry] = []
    cseqs: list[int] = []
    for run in answer.runs:
        if not run.events or len(run.cseqs) != len(run.events):
            raise Damaged("run")
        # as the log has it: of one that was emptied the line says more than that
        entries += [(event, decode_payload(event)) for event in events_of(run)]
        cseqs += run.cseqs
    return PullPage(answer, entries, cseqs)
