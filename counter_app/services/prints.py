"""Printing whatever a counter prints, and knowing how it ended: one way for every slip and form.

Begin, draw, send, settle. The job stands in the store before any paper moves. While a printer is
waited for no transaction is open; what is known afterwards is written down, and for a dossier told
in the log. A job that a crash left in mid-print is a question: someone must look, nothing is ever
printed again by itself.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from counter_app.domain import events as ev
from counter_app.domain.dossier import CLOSED, NOTHING_LEFT, ON_A_SLIP, Dossier
from counter_app.domain.events import Actor
from counter_app.domain.officer import Officer
from counter_app.domain.outcome import Outcome, Reason, Sent
from counter_app.domain.printer import Profile
from counter_app.domain.receipt import Receipt, receipt_of
from counter_app.domain.slips import SlipContent
from counter_app.errors import Refused
from counter_app.ports import Books, Clock, IdSource, PaperMaker, Printer, PrintJob, Store
from counter_app.ports.desk import Process
from counter_app.services.print_jobs import FORM, asked_for
from counter_app.services.results import Changes
from counter_app.services.visits import is_closed, live_dossiers, visit_receipt

_AFTER: Mapping[Outcome, str] = {Outcome.FAILED: "pending", Outcome.UNKNOWN: "unknown"}


@dataclass(frozen=True, slots=True)
class Printed:
    """How a print ended; `message` where somebody must act."""

    code: str
    """Of the dossier it is about; else what was printed."""
    job_id: str
    outcome: Outcome
    reason: Reason
    message: str
    copy_no: int
    printer: str
    changes: Changes
    elsewhere: bool = False
    """It came out of another printer than the one that was to print it."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the content of what is no receipt comes from."""

    slips: Mapping[str, Callable[[Books, str], SlipContent]]
    """`ticket`, `appointment`, `pad` → the slip of a subject."""
    forms: Callable[[str, str], bytes]
    """A form's name and subject → its PDF."""


@dataclass(frozen=True, slots=True)
class _Matter:
    """What is printed; `content` is None for a form and for the test page."""

    what: str
    subject: str
    copy_no: int
    content: SlipContent | None = None
    dossier: Dossier | None = None


class Prints:
    """Draws, sends, keeps the outcomes."""

    def __init__(
        self,
        store: Store,
        paper: Callable[[], PaperMaker],
        sources: Sources,
        clock: Clock,
        ids: IdSource,
        process: Process,
    ) -> None:
        self._store = store
        self._paper = paper
        self._sources = sources
        self._clock = clock
        self._ids = ids
        self._process = process

    # ---- looking ---------------------------------------------------------------------------

    def receipt(self, dossier_id: str) -> tuple[Receipt, int]:
        """The receipt in force and how many prints of it may be in someone's hand."""
        with self._store.read() as books:
            dossier = _dossier(books, dossier_id)
            return _receipt(books, dossier), dossier.prints_of(dossier.receipt.no)

    def preview(self, receipt: Receipt, width: int) -> bytes:
        """The slip as a picture (PNG), of a receipt that may not be in the book yet."""
        return self._paper().slip_png(receipt, width, 0)

    def png(self, what: str, subject: str, width: int) -> bytes:
        """The next print of a slip as a picture; never counted."""
        content, copy_no = self.next_slip(what, subject)
        return self._paper().slip_png(content, width, copy_no)

    def job(self, what: str, subject: str, profile: Profile) -> bytes:
        """The next print of a slip as the printer's bytes; never counted."""
        content, copy_no = self.next_slip(what, subject)
        return self._paper().slip_job(content, profile, copy_no)

    def next_slip(self, what: str, subject: str) -> tuple[SlipContent, int]:
        """What the next print of a slip says, and how many there were before it."""
        with self._store.read() as books:
            matter = self._matter(books, what, subject)
        if matter.content is None:
            raise Refused("what_unknown", "Việc này không có phiếu nhiệt.")
        return matter.content, matter.copy_no

    def pdf(self, what: str, subjects: Sequence[str], width: int) -> bytes:
        """Slips as pages, for a printer that takes no bytes of ours; never counted."""
        contents = [self.next_slip(what, subject) for subject in subjects]
        return self._paper().slips_pdf(contents, width)

    def slip_png(self, dossier_id: str, width: int) -> bytes:
        """The slip of a dossier as a picture; never counted."""
        return self.png("receipt", dossier_id, width)

    def slip_job(self, dossier_id: str, width: int) -> bytes:
        """The slip of a dossier as the printer's bytes; never counted."""
        return self.job("receipt", dossier_id, Profile(width=width))

    def test_png(self, width: int) -> bytes:
        """The page that shows edges, letters and the QR of a printer, as a picture."""
        return self._paper().test_png(width)

    # ---- printing --------------------------------------------------------------------------

    def print_slip(self, dossier_id: str, printers: Sequence[Printer], officer: Officer) -> Printed:
        """Print the receipt in force."""
        return self.print("receipt", dossier_id, printers, officer)

    def print_again(self, job_id: str, printers: Sequence[Printer], officer: Officer) -> Printed:
        """Print what a job is about, as the book has it now."""
        with self._store.read() as books:
            job = _job(books, job_id)
        return self.print(job.what, job.subject, printers, officer)

    def print(
        self, what: str, subject: str, printers: Sequence[Printer], officer: Officer
    ) -> Printed:
        """Print it on the first printer that takes it. Waits; never leaves a transaction open.

        The next printer is tried only where nothing had left the PC.
        """
        if not printers:
            raise Refused("printer_missing", "Chưa có máy in cho việc này. F11 để đặt máy in.")
        with self._store.write() as books:
            self._settle_dead(books, books.prints.about(what, subject))
            matter = self._matter(books, what, subject)
            job = self._begin(books, matter, printers[0].name)
        job, sent = self._send(job, matter, printers)
        with self._store.write() as books:
            touched = self._settle(books, job, sent.outcome, Actor(officer.id, officer.name))
        code = matter.dossier.code if matter.dossier else subject
        return Printed(
            code, job.id, sent.outcome, sent.reason, sent.message, job.copy_no, job.printer,
            _changes(touched), job.printer != printers[0].name,
        )  # fmt: skip

    def _send(
        self, job: PrintJob, matter: _Matter, printers: Sequence[Printer]
    ) -> tuple[PrintJob, Sent]:
        """The job as it was last tried, and how that ended. A fault of ours is written down too."""
        first: Sent | None = None
        outcome = Outcome.FAILED
        try:
            for printer in printers:
                outcome = Outcome.FAILED
                data = self._drawn(matter, printer.profile)
                digest = hashlib.sha256(data).hexdigest()
                job = replace(job, printer=printer.name, bytes_hash=digest)
                if first is not None:
                    with self._store.write() as books:
                        books.prints.keep(job)
                outcome = Outcome.UNKNOWN
                sent = printer.send(data)
                if sent.outcome is not Outcome.FAILED:
                    return job, _told_where(sent, first, job.printer)
                first = first or sent
        except Exception:
            with self._store.write() as books:
                self._settle(books, job, outcome, ev.SYSTEM)
            raise
        assert first is not None
        return job, first

    def _drawn(self, matter: _Matter, profile: Profile) -> bytes:
        if matter.content is not None:
            return self._paper().slip_job(matter.content, profile, matter.copy_no)
        if matter.what == "test":
            return self._paper().test_job(profile)
        return self._sources.forms(matter.what.removeprefix(FORM), matter.subject)

    def _matter(self, books: Books, what: str, subject: str) -> _Matter:
        if what == "receipt":
            dossier = _dossier(books, subject)
            copies = dossier.prints_of(dossier.receipt.no)
            return _Matter(what, subject, copies, _receipt(books, dossier), dossier)
        if what == "visit":
            dossiers = live_dossiers(books, subject)
            if not dossiers or not is_closed(books, subject):
                raise Refused("visit_open", f"Lượt {subject} chưa đóng. Đóng lượt rồi in phiếu.")
            # the QR is the first one's: so is the count
            copies = dossiers[0].prints_of(dossiers[0].receipt.no)
            return _Matter(what, subject, copies, visit_receipt(books, dossiers), dossiers[0])
        copies = _copies(books.prints.about(what, subject))
        if what in self._sources.slips:
            return _Matter(what, subject, copies, self._sources.slips[what](books, subject))
        if what == "test":
            return _Matter(what, subject, 0)
        if what.startswith(FORM):
            ids = [subject] if books.dossiers.row(subject) else books.dossiers.ids_of(subject)
            about = books.dossiers.get(ids[0]) if ids else None
            return _Matter(what, subject, copies, None, about)
        raise Refused("what_unknown", f"Không có thứ để in tên “{what}”.")

    def _begin(self, books: Books, matter: _Matter, printer: str) -> PrintJob:
        receipt_no = matter.dossier.receipt.no if matter.dossier else 0
        jobs = books.prints.about(matter.what, matter.subject)
        if any(job.state == "printing" for job in jobs):
            raise Refused("printing_now", "Phiếu này đang in. Chờ máy in xong rồi xem lại.")
        waiting = [
            job
            for job in jobs
            if job.state in ("pending", "unknown") and job.receipt_no == receipt_no
        ]
        now = self._clock.now()
        if waiting:
            job = waiting[0]
        else:
            dossier_id = matter.dossier.id if matter.dossier else None
            job = asked_for(
                self._ids.new_id(now), matter.what, matter.subject, now,
                dossier_id=dossier_id, receipt_no=receipt_no,
            )  # fmt: skip
            books.prints.add(job)
        job = replace(
            job, state="printing", outcome=None, printer=printer, copy_no=matter.copy_no,
            owner=self._process.mark,
        )  # fmt: skip
        books.prints.keep(job)
        return job

    def _settle(
        self, books: Books, job: PrintJob, outcome: Outcome, actor: Actor
    ) -> tuple[str, ...]:
        """Write down how it ended; answers the dossiers it was about."""
        state = "done" if job.what == "test" else _AFTER.get(outcome, "done")
        books.prints.keep(replace(job, state=state, outcome=outcome, owner=""))
        now = self._clock.now()
        touched = _told_of(books, job)
        for dossier_id, receipt_no in touched:
            books.log.append(
                ev.SlipPrinted(
                    job.id, job.what, receipt_no, job.copy_no, outcome.value, job.printer,
                    job.bytes_hash,
                ),
                actor=actor,
                at=now,
                subject=dossier_id,
            )  # fmt: skip
            books.dossiers.refresh(dossier_id)
        return tuple(dossier_id for dossier_id, _ in touched)

    # ---- what is left ----------------------------------------------------------------------

    def waiting(self) -> tuple[PrintJob, ...]:
        """What was asked for and is not known to be done, and what open visits will print.

        A job whose program is gone is a question from now on.
        """
        with self._store.read() as books:
            jobs = tuple(books.prints.unfinished())
        if not any(self._is_dead(job) for job in jobs):
            return jobs
        with self._store.write() as books:
            self._settle_dead(books, books.prints.unfinished())
            return tuple(books.prints.unfinished())

    def after_crash(self) -> tuple[PrintJob, ...]:
        """Dossiers saved and not printed, or perhaps printed: shown first after a start."""
        return tuple(job for job in self.waiting() if job.what in ON_A_SLIP)

    def all(self) -> tuple[PrintJob, ...]:
        """Every job, oldest first, after the ones that wait were looked through."""
        self.waiting()
        with self._store.read() as books:
            return tuple(books.prints.all())

    def asked(self, job_id: str) -> PrintJob:
        """One job as the book has it."""
        with self._store.read() as books:
            return _job(books, job_id)

    def answer_unknown(self, job_id: str, came_out: bool, officer: Officer) -> Changes:
        """The clerk has looked: the slip came out after all, or it did not and waits again."""
        with self._store.write() as books:
            job = _job(books, job_id)
            if job.state not in ("unknown", "printing"):
                raise Refused("no_question", "Phiếu này không có gì phải trả lời.")
            if job.state == "printing":
                # whoever asks has seen that nothing moves any more
                self._settle(books, job, Outcome.UNKNOWN, Actor(officer.id, officer.name))
            state = "done" if came_out else "pending"
            books.prints.keep(replace(job, state=state, outcome=Outcome.UNKNOWN, owner=""))
            return _changes(dossier_id for dossier_id, _ in _told_of(books, job))

    def drop(self, job_id: str, officer: Officer) -> Changes:
        """Nobody needs it any more. What a living dossier is owed is never dropped."""
        with self._store.write() as books:
            job = _job(books, job_id)
            if job.state not in ("pending", "unknown"):
                raise Refused("job_done", "Phiếu này không chờ in nữa.")
            if job.what in ("receipt", "visit") and _is_owed(books, job):
                raise Refused(
                    "slip_owed", "Phiếu của hồ sơ thì không bỏ được: hãy in, hoặc hủy hồ sơ."
                )
            books.prints.keep(replace(job, state="done"))
            return _changes(())

    def _is_dead(self, job: PrintJob) -> bool:
        return job.state == "printing" and not self._process.runs(job.owner)

    def _settle_dead(self, books: Books, jobs: Sequence[PrintJob]) -> None:
        for job in jobs:
            if self._is_dead(job):
                self._settle(books, job, Outcome.UNKNOWN, ev.SYSTEM)


def _told_where(sent: Sent, first: Sent | None, printer: str) -> Sent:
    """The clerk looks for the paper where it came out."""
    if first is None:
        return sent
    told = f"{first.message} Phiếu in ở {printer}. {sent.message}".strip()
    return replace(sent, message=told)


def _told_of(books: Books, job: PrintJob) -> Sequence[tuple[str, int]]:
    """The living dossiers a print is about, each with its receipt."""
    if job.what == "visit":
        return [(dossier.id, dossier.receipt.no) for dossier in live_dossiers(books, job.subject)]
    if job.dossier_id is None:
        return []
    return [(job.dossier_id, job.receipt_no)]


def _is_owed(books: Books, job: PrintJob) -> bool:
    """Whether a living dossier still wants this slip."""
    about = [books.dossiers.get(dossier_id) for dossier_id, _ in _told_of(books, job)]
    return any(
        dossier is not None
        and dossier.status not in CLOSED
        and (job.what == "visit" or job.receipt_no == dossier.receipt.no)
        for dossier in about
    )


def _copies(jobs: Sequence[PrintJob]) -> int:
    """Prints that may be in someone's hand, of what is told in no log."""
    return max(
        (job.copy_no + (job.outcome not in (None, Outcome.FAILED)) for job in jobs), default=0
    )


def _job(books: Books, job_id: str) -> PrintJob:
    job = books.prints.get(job_id)
    if job is None:
        raise Refused("job_unknown", "Không có phiếu in này. Xem lại bằng lệnh jobs.")
    return job


def _dossier(books: Books, dossier_id: str) -> Dossier:
    dossier = books.dossiers.get(dossier_id)
    if dossier is None:
        raise Refused("dossier_unknown", "Không có hồ sơ này trong sổ.")
    if dossier.erased_at is not None:
        raise Refused("erased", NOTHING_LEFT)
    return dossier


def _receipt(books: Books, dossier: Dossier) -> Receipt:
    return receipt_of(dossier, books.settings.office(dossier.office_version))


def _changes(dossier_ids: Iterable[str]) -> Changes:
    return Changes(frozenset(dossier_ids), frozenset({"prints"}))
