"""Slips of this window: printed on the lane of their printer, their end told, asked about where unknown."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from counter_app.domain.officer import Officer
from counter_app.domain.outcome import Outcome, Reason
from counter_app.ports import Printer, PrintJob
from counter_app.services.print_jobs import FORM
from counter_app.services.prints import Printed
from counter_app.services.results import Rejected
from counter_app.services.visits import Closed
from ui.desk import Desk
from ui.dialogs import ask

_ASK_AFTER_MS = 60_000
_READY, _SILENT = "sẵn sàng", "không trả lời"
_WORDS = {
    Reason.PAPER_OUT: "hết giấy",
    Reason.COVER_OPEN: "nắp đang mở",
    Reason.OFFLINE: "đang tạm nghỉ",
    Reason.ERROR: "báo lỗi",
    Reason.QUEUE_STOPPED: "hàng đợi đang dừng",
    Reason.QUEUE_REFUSED: "chưa cài trong máy tính",
    Reason.NOT_HERE: "không dùng được ở máy này",
    Reason.NOT_WRITTEN: "không ghi được tệp",
    Reason.BUSY: "chương trình khác đang giữ",
}
_NO_ANSWER = "Máy in không trả lời."
_KNOWN_CAUSES = (
    Reason.PAPER_OUT_IN_JOB,
    Reason.COVER_OPEN_IN_JOB,
    Reason.OFFLINE_IN_JOB,
    Reason.ERROR_IN_JOB,
)
_LOOK = (Reason.SLOW, Reason.PAPER_LOW)
"""It came out, and somebody should look at the printer all the same."""


class Slips(QObject):
    """One slip at a time on a printer; whoever wants a slip asks the desk."""

    told = Signal(str)
    """A bad end, in a sentence for the banner."""
    state_known = Signal(bool, str)
    """(whether nothing stands against printing, words for the status bar)."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self._desk = desk
        self._window = window
        self._refused = ""
        self._code = ""
        self._states: dict[str, tuple[Reason | None, int] | None] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(_ASK_AFTER_MS)
        self._timer.timeout.connect(self.look)
        desk.print_requested.connect(self.print)
        desk.print_again_requested.connect(self.print_again)
        desk.visit_over.connect(self.close_visit)
        desk.slip_requested.connect(self.print_slip)
        desk.unknown_print.connect(self._ask_again)
        desk.printer_changed.connect(self.look)

    def start(self) -> None:
        """Ask how the printer is, now and every minute."""
        self._timer.start()
        self.look()

    def print(self, dossier_id: str) -> None:
        """Print the receipt in force of a dossier."""
        prints = self._desk.counter.prints
        self._print("receipt", lambda ways, who: prints.print_slip(dossier_id, ways, who))

    def print_slip(self, what: str, subject: str) -> None:
        """Print a slip that is no dossier's."""
        prints = self._desk.counter.prints
        self._print(what, lambda ways, who: prints.print(what, subject, ways, who))

    def print_again(self, job_id: str) -> None:
        """Print what a job is about, where such things come out."""
        prints = self._desk.counter.prints
        self._desk.lanes.records.submit(
            lambda: prints.asked(job_id), self._on_asked, self._on_fault
        )

    def close_visit(self, visit_id: str) -> None:
        """Close a visit and print its slip, if it has one."""
        who, visits = self._desk.officer, self._desk.counter.visits
        if who is not None:
            self._desk.lanes.records.submit(
                lambda: visits.close(visit_id, who), self._on_closed, self._on_fault
            )

    def _on_closed(self, closed: Closed | Rejected) -> None:
        if isinstance(closed, Rejected):
            self._desk.refused.emit(closed.message)
            return
        self._desk.announce(closed.changes)
        if closed.print_job_id is not None:
            self.print_again(closed.print_job_id)

    def _on_asked(self, job: PrintJob) -> None:
        self._print_job(job, self._ways(job.what))

    def _print_job(self, job: PrintJob, ways: Sequence[Printer]) -> None:
        prints = self._desk.counter.prints
        self._print(job.what, lambda on, who: prints.print_again(job.id, on, who), ways)

    def _ways(self, what: str) -> Sequence[Printer]:
        return self._desk.ways_for(what)

    def _print(
        self,
        what: str,
        work: Callable[[Sequence[Printer], Officer], Printed],
        ways: Sequence[Printer] | None = None,
    ) -> None:
        """On the lane of the printer that is tried first."""
        self._refused = ""
        on, who = self._ways(what) if ways is None else ways, self._desk.who
        if not on:
            self.told.emit("Chưa có máy in. F11 để đặt máy in.")
            return
        lane = self._desk.lanes.printers[on[0].name]
        lane.submit(lambda: work(on, who), self._on_printed, self._on_fault)

    def print_refused(self) -> bool:
        """Print what the printer would not take last; whether there is such a slip."""
        if not self._refused:
            return False
        self.print_again(self._refused)
        return True

    def look(self) -> None:
        """Ask every printer how it is, each on its own lane."""
        printers = self._desk.counter.printers
        kept = printers.all()
        self._states = {one.name: self._states.get(one.name) for one in kept}
        if not kept:
            self.state_known.emit(True, "Máy in quầy: chưa đặt")
            return
        worklists = self._desk.counter.worklists

        def ask_one(way: Printer) -> tuple[str, Reason | None, int]:
            against = way.state()
            return way.name, against, worklists.figures().unprinted if against else 0

        for one in kept:
            way = printers.way(one)
            self._desk.lanes.printers[one.name].submit(partial(ask_one, way), self._on_state)

    def _on_state(self, answer: tuple[str, Reason | None, int]) -> None:
        name, against, waiting = answer
        if name not in self._states:
            # removed meanwhile
            return
        self._states[name] = (against, waiting)
        known = [(one, state) for one, state in self._states.items() if state is not None]
        # the first that cannot print; where all can, the first
        name, (against, waiting) = next((one for one in known if one[1][0]), known[0])
        words = words_of(against)
        more = f", {waiting} phiếu đang chờ" if waiting else ""
        self.state_known.emit(against is None, f"{name}: {words}{more}")

    def _on_printed(self, printed: Printed) -> None:
        seq = _seq(printed.code)
        for dossier_id in printed.changes.dossiers:
            self._desk.printed.emit(dossier_id, printed)
        self._desk.announce(printed.changes)
        match printed.outcome:
            case Outcome.CONFIRMED | Outcome.SENT if printed.elsewhere or printed.reason in _LOOK:
                self.told.emit(f"Phiếu {seq}: {printed.message}")
            case Outcome.CONFIRMED:
                self._desk.told.emit(f"Đã in phiếu {seq}.")
            case Outcome.SENT:
                self._desk.told.emit(f"Đã gửi phiếu {seq} tới máy in.")
            case Outcome.UNKNOWN:
                known = printed.reason in _KNOWN_CAUSES
                self._ask(printed.job_id, printed.code, printed.message if known else _NO_ANSWER)
            case Outcome.FAILED:
                self._refused = printed.job_id
                reason, _, remedy = printed.message.partition(". ")
                remedy = remedy.removesuffix(".").removesuffix("rồi in lại").rstrip(" ,")
                self.told.emit(
                    f"Chưa in được: {reason[:1].lower()}{reason[1:]}. "
                    f"{'Hồ sơ' if printed.changes.dossiers else 'Số'} {seq} đã lưu. "
                    f"{remedy} rồi bấm Ctrl+P."
                )
        self.look()

    def _ask_again(self, job_id: str, code: str) -> None:
        """It was left open: by now nobody knows why."""
        self._ask(job_id, code, _NO_ANSWER)

    def _ask(self, job_id: str, code: str, why: str) -> None:
        """The one question that may come while the next citizen is typed."""
        answer = ask(
            self._window,
            "Phiếu đã ra chưa?",
            f"Phiếu {_seq(code)} đã ra chưa? {why}",
            (("Rồi", "R"), ("In lại", "I"), ("In ở máy khác", "K")),
        )
        prints = self._desk.counter.prints
        match answer:
            case "I":
                self.print_again(job_id)
            case "K":
                self._code = code
                self._desk.lanes.records.submit(
                    lambda: prints.asked(job_id), self._on_elsewhere, self._on_fault
                )
            case "R":
                self._answer(job_id)

    def _on_elsewhere(self, job: PrintJob) -> None:
        kept = self._desk.counter.printers.all()
        # a print may name its printer by the address that was typed for it
        used = {one.name for one in kept if job.printer in (one.name, one.address)}
        others = [way for way in self._ways(job.what) if way.name not in used]
        if others:
            self._print_job(job, others)
            return
        # this PC has one printer: on paper of whatever opens a PDF here
        self._answer(job.id)
        form = job.what.removeprefix(FORM) if job.what.startswith(FORM) else ""
        self._desk.forms_requested.emit(((form, job.subject if form else self._code),))

    def _answer(self, job_id: str) -> None:
        """The paper is there, or comes from elsewhere."""
        prints, who = self._desk.counter.prints, self._desk.who
        self._desk.lanes.records.submit(
            lambda: prints.answer_unknown(job_id, True, who), self._desk.announce, self._on_fault
        )

    def _on_fault(self, fault: Exception) -> None:
        self.told.emit(str(getattr(fault, "message", "Chưa làm được việc này. Hãy thử lại.")))


def words_of(against: Reason | None) -> str:
    """How a printer is, in a word or two."""
    return _WORDS.get(against, _SILENT) if against else _READY


def _seq(code: str) -> str:
    """The end of a code; of a number of the queue the number."""
    return code.rpartition("/")[2].rpartition("-")[2]
