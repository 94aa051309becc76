"""Officers whom two counters changed: the last in the common order holds, and both versions are told."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from counter_app.domain.dossier import Entry
from counter_app.domain.events import Event, OfficerChanged
from counter_app.domain.officer import ROLE_NAMES
from counter_app.ports.sync import SyncProblem
from db.store import Books

_NAMES = {role.value: name for role, name in ROLE_NAMES.items()}


def changed_twice(books: Books, entries: Iterable[Entry]) -> Iterator[SyncProblem]:
    """Of what just came from elsewhere, changes of officers whom this counter changed to something else."""
    own = books.settings.identity().device_id
    for officer_id in {e.subject for e, payload in entries if isinstance(payload, OfficerChanged)}:
        last: dict[bool, tuple[Event, OfficerChanged]] = {}
        for event, payload in books.log.of(officer_id):
            if isinstance(payload, OfficerChanged):
                # what is put in again goes to the end
                last.pop(event.device == own, None)
                last[event.device == own] = event, payload
        if len(last) == 2 and _words(last[True][1]) != _words(last[False][1]):
            in_force = "máy này" if list(last)[-1] else "quầy khác"
            yield SyncProblem(
                "",
                "officer_changed",
                f"Cán bộ {last[True][1].name}: máy này ghi {_version(*last[True])}, quầy khác ghi "
                f"{_version(*last[False])}. Đang dùng bản của {in_force}. Xem lại ở F11, mục Cán bộ.",
            )


def _version(event: Event, told: OfficerChanged) -> str:
    return f"“{_words(told)}” lúc {datetime.fromisoformat(event.occurred_at):%H:%M %d/%m}"


def _words(told: OfficerChanged) -> str:
    roles = ", ".join(_NAMES.get(role, role) for role in sorted(told.roles))
    return ", ".join(part for part in (told.title, roles, "" if told.active else "nghỉ") if part)
