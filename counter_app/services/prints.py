"""Printing what is in the book, and knowing how it ended.

The job stands in the store before any paper moves. While a printer is waited for no transaction is
open; what is known afterwards is written as an event. A job that a crash left in mid-print is
UNKNOWN: someone must look, nothing is ever printed again by itself.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from counter_app.domain import events as ev
from counter_app.domain.dossier import Dossier
from counter_app.domain.events import Actor
from counter_app.domain.officer import Officer
from counter_app.domain.outcome import Outcome, Reason
from counter_app.domain.printer import Profile
from counter_app.domain.receipt import Receipt, receipt_of
from counter_app.errors import Refused
from counter_app.ports import Books, Clock, IdSource, PaperMaker, Printer, PrintJob, Store
from counter_app.services.results import Changes


@dataclass(frozen=True, slots=True)
class Printed:
    """How a print ended; `message` where somebody must act."""

    code: str
    """The dossier's."""
    outcome: Outcome
    reason: Reason
    message: str
    copy_no: int
    changes: Changes


class Prints:
    """Draws slips, sends them, keeps the outcomes."""

    def __init__(
        self,
        store: Store,
        paper: Callable[[], PaperMaker],
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self._store = store
        self._paper = paper
        self._clock = clock
        self._ids = ids

    def receipt(self, dossier_id: str) -> tuple[Receipt, int]:
        """The receipt in force and how many prints of it may be in someone's hand."""
        with self._store.read() as books:
            dossier = _dossier(books, dossier_id)
            return _receipt(books, dossier), dossier.prints_of(dossier.receipt.no)

    def preview(self, receipt: Receipt, width: int) -> bytes:
        """The slip as a picture (PNG), of a receipt that may not be in the book yet."""
        return self._paper().slip_png(receipt, width, 0)

    def slip_png(self, dossier_id: str, width: int) -> bytes:
        """The next print as a picture; never counted."""
        receipt, copies = self.receipt(dossier_id)
        return self._paper().slip_png(receipt, width, copies)

    def slip_job(self, dossier_id: str, width: int) -> bytes:
        """The next print as the printer's bytes; never counted."""
        receipt, copies = self.receipt(dossier_id)
        return self._paper().slip_job(receipt, Profile(width=width), copies)

    def test_job(self, width: int) -> bytes:
        """A page that shows edges, letters and the QR of a printer."""
        return self._paper().test_job(Profile(width=width))

    def print_slip(self, dossier_id: str, printer: Printer, officer: Officer) -> Printed:
        """Print the receipt in force. Waits for the printer; never leaves a transaction open."""
        with self._store.write() as books:
            dossier = _dossier(books, dossier_id)
            receipt = _receipt(books, dossier)
            copy_no = dossier.prints_of(receipt.no)
            job = self._begin(books, dossier, printer.name, copy_no)
        data = self._paper().slip_job(receipt, printer.profile, copy_no)
        sent = printer.send(data)
        with self._store.write() as books:
            self._settle(
                books, job, dossier_id, sent.outcome, copy_no, printer.name,
                hashlib.sha256(data).hexdigest(), Actor(officer.id, officer.name),
            )  # fmt: skip
        return Printed(
            dossier.code, sent.outcome, sent.reason, sent.message, copy_no, _touched(dossier_id)
        )

    def answer_unknown(self, dossier_id: str, came_out: bool, officer: Officer) -> Changes:
        """The clerk has looked: the slip came out after all, or it did not."""
        with self._store.write() as books:
            for job in books.prints.of(dossier_id):
                if job.state in ("unknown", "printing"):
                    books.prints.change(
                        job.id, state="done" if came_out else "pending", outcome=Outcome.UNKNOWN,
                        printer=job.printer, copy_no=job.copy_no,
                    )  # fmt: skip
        return _touched(dossier_id)

    def after_crash(self) -> tuple[PrintJob, ...]:
        """What was saved and not printed, or perhaps printed: shown first after a start."""
        with self._store.write() as books:
            for job in books.prints.unfinished():
                if job.state == "printing":
                    self._settle(
                        books, job, job.dossier_id, Outcome.UNKNOWN, job.copy_no, job.printer, "",
                        ev.SYSTEM,
                    )  # fmt: skip
            return tuple(books.prints.unfinished())

    def jobs_of(self, dossier_id: str) -> tuple[PrintJob, ...]:
        """The prints of a dossier, oldest first."""
        with self._store.read() as books:
            return tuple(books.prints.of(dossier_id))

    def _begin(self, books: Books, dossier: Dossier, printer: str, copy_no: int) -> PrintJob:
        waiting = [
            job
            for job in books.prints.of(dossier.id)
            if job.state in ("pending", "unknown") and job.receipt_no == dossier.receipt.no
        ]
        now = self._clock.now()
        if waiting:
            job = waiting[0]
        else:
            job = PrintJob(
                self._ids.new_id(now), dossier.id, "receipt", dossier.receipt.no, "printing",
                None, copy_no, printer, now,
            )  # fmt: skip
            books.prints.add(job)
        books.prints.change(
            job.id, state="printing", outcome=None, printer=printer, copy_no=copy_no
        )
        return job

    def _settle(
        self,
        books: Books,
        job: PrintJob,
        dossier_id: str,
        outcome: Outcome,
        copy_no: int,
        printer: str,
        bytes_hash: str,
        actor: Actor,
    ) -> None:
        state = {Outcome.FAILED: "pending", Outcome.UNKNOWN: "unknown"}.get(outcome, "done")
        books.prints.change(job.id, state=state, outcome=outcome, printer=printer, copy_no=copy_no)
        known: Literal["CONFIRMED", "SENT", "UNKNOWN", "FAILED"] = outcome.value
        books.log.append(
            ev.SlipPrinted(job.id, "receipt", job.receipt_no, copy_no, known, printer, bytes_hash),
            actor=actor,
            at=self._clock.now(),
            subject=dossier_id,
        )
        books.dossiers.refresh(dossier_id)


def _dossier(books: Books, dossier_id: str) -> Dossier:
    dossier = books.dossiers.get(dossier_id)
    if dossier is None:
        raise Refused("dossier_unknown", "Không có hồ sơ này trong sổ.")
    return dossier


def _receipt(books: Books, dossier: Dossier) -> Receipt:
    return receipt_of(dossier, books.settings.office(dossier.office_version))


def _touched(dossier_id: str) -> Changes:
    return Changes(frozenset({dossier_id}), frozenset({"prints"}))
