"""Visits (lượt): several dossiers of one applicant that share one slip, made when the visit closes.

Every dossier is durable and signed the moment it is taken in; only the paper waits. A crash before
the visit was closed leaves its dossiers listed as not printed.
"""

from dataclasses import dataclass, field

from counter_app.domain import events as ev
from counter_app.domain.dossier import Dossier
from counter_app.domain.officer import Officer, Right
from counter_app.domain.receipt import Receipt, receipt_of
from counter_app.domain.text import clean_text
from counter_app.ports import Books, Clock, IdSource, Store
from counter_app.services.print_jobs import asked_for
from counter_app.services.results import Changes, Rejected, rejected

LONGEST_ID = 40


@dataclass(frozen=True, slots=True)
class Closed:
    """The visit is done; its one slip waits for a printer where the law asks for one."""

    visit_id: str
    codes: tuple[str, ...]
    print_job_id: str | None
    changes: Changes = field(default_factory=Changes)


class Visits:
    """Closes visits."""

    def __init__(self, store: Store, clock: Clock, ids: IdSource) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    def still_open(self, visit_id: str) -> tuple[str, ...]:
        """The dossiers so far of a visit that is not closed, the first first."""
        with self._store.read() as books:
            if is_closed(books, clean_text(visit_id)):
                return ()
            return tuple(dossier.code for dossier in live_dossiers(books, clean_text(visit_id)))

    def close(self, visit_id: str, officer: Officer) -> Closed | Rejected:
        """No more dossiers; from now on the one slip can be printed."""
        if not officer.may(Right.INTAKE):
            return rejected("no_right", "Bạn không có quyền nhận hồ sơ. Hãy đổi người.")
        visit_id = clean_text(visit_id)
        now = self._clock.now()
        with self._store.write() as books:
            if is_closed(books, visit_id):
                return rejected(
                    "visit_closed", f"Lượt {visit_id} đã đóng rồi. In lại phiếu thì mở hồ sơ."
                )
            dossiers = live_dossiers(books, visit_id)
            if not dossiers:
                return rejected("visit_unknown", f"Lượt {visit_id} chưa có hồ sơ nào. Xem lại số.")
            codes = tuple(dossier.code for dossier in dossiers)
            books.log.append(
                ev.VisitClosed(visit_id, codes),
                actor=ev.Actor(officer.id, officer.name),
                at=now,
                subject=visit_id,
            )
            job_id = None
            if any(dossier.slip for dossier in dossiers):
                job_id = self._ids.new_id(now)
                first = dossiers[0]
                books.prints.add(
                    asked_for(
                        job_id, "visit", visit_id, now,
                        dossier_id=first.id, receipt_no=first.receipt.no,
                    )
                )  # fmt: skip
        touched = frozenset(dossier.id for dossier in dossiers)
        return Closed(visit_id, codes, job_id, Changes(touched, frozenset({"prints"})))


def is_closed(books: Books, visit_id: str) -> bool:
    """Whether this counter closed that visit; another counter's may bear the same name."""
    device = books.settings.identity().device_id
    return any(
        isinstance(payload, ev.VisitClosed) and event.device == device
        for event, payload in books.log.of(visit_id)
    )


def live_dossiers(books: Books, visit_id: str) -> tuple[Dossier, ...]:
    """What was taken in on a visit and not voided since, the first first."""
    found = (books.dossiers.get(dossier_id) for dossier_id in books.dossiers.of_visit(visit_id))
    return tuple(one for one in found if one and not one.voided and not one.erased_at)


def visit_receipt(books: Books, dossiers: tuple[Dossier, ...]) -> Receipt:
    """The first dossier's receipt, telling of the others too."""
    first, *others = dossiers

    def receipt(dossier: Dossier) -> Receipt:
        return receipt_of(dossier, books.settings.office(dossier.office_version))

    office = books.settings.office(first.office_version)
    return receipt_of(first, office, tuple(receipt(other) for other in others))
