"""Slips of this window: printed on the printer lane, their end told, asked about where unknown."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from counter_app.domain.officer import Officer
from counter_app.domain.outcome import Outcome, Reason
from counter_app.ports import Printer
from counter_app.services.prints import Printed
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
}


class Slips(QObject):
    """One printer, one slip at a time; whoever wants a slip asks the desk."""

    told = Signal(str)
    """A bad end, in a sentence for the banner."""
    state_known = Signal(bool, str)
    """(whether nothing stands against printing, words for the status bar)."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self._desk = desk
        self._window = window
        self._refused = ""
        self._timer = QTimer(self)
        self._timer.setInterval(_ASK_AFTER_MS)
        self._timer.timeout.connect(self.look)
        desk.print_requested.connect(self.print)
        desk.print_again_requested.connect(self.print_again)
        desk.unknown_print.connect(self._ask)
        desk.printer_changed.connect(self.look)

    def start(self) -> None:
        """Ask how the printer is, now and every minute."""
        self._timer.start()
        self.look()

    def print(self, dossier_id: str) -> None:
        """Print the receipt in force of a dossier."""
        prints = self._desk.counter.prints
        self._print(lambda printer, who: prints.print_slip(dossier_id, [printer], who))

    def print_again(self, job_id: str) -> None:
        """Print what a job is about."""
        prints = self._desk.counter.prints
        self._print(lambda printer, who: prints.print_again(job_id, [printer], who))

    def _print(self, work: Callable[[Printer, Officer], Printed]) -> None:
        self._refused = ""
        printer, who = self._desk.printer(), self._desk.who
        if printer is None:
            self.told.emit("Chưa có máy in. F11 để đặt máy in.")
            return
        self._desk.lanes.printer.submit(
            lambda: work(printer, who), self._on_printed, self._on_fault
        )

    def print_refused(self) -> bool:
        """Print what the printer would not take last; whether there is such a slip."""
        if not self._refused:
            return False
        self.print_again(self._refused)
        return True

    def look(self) -> None:
        """Ask the printer how it is."""
        printer = self._desk.printer()
        if printer is None:
            self.state_known.emit(True, "Máy in quầy: chưa đặt")
            return
        worklists = self._desk.counter.worklists

        def work() -> tuple[Reason | None, int]:
            against = printer.state()
            return against, worklists.figures().unprinted if against else 0

        self._desk.lanes.printer.submit(work, self._on_state)

    def _on_state(self, answer: tuple[Reason | None, int]) -> None:
        against, waiting = answer
        words = _WORDS.get(against, _SILENT) if against else _READY
        more = f", {waiting} phiếu đang chờ" if waiting else ""
        self.state_known.emit(against is None, f"Máy in quầy: {words}{more}")

    def _on_printed(self, printed: Printed) -> None:
        seq = _seq(printed.code)
        for dossier_id in printed.changes.dossiers:
            self._desk.printed.emit(dossier_id, printed)
        self._desk.announce(printed.changes)
        match printed.outcome:
            case Outcome.CONFIRMED:
                self._desk.told.emit(f"Đã in phiếu {seq}.")
            case Outcome.SENT:
                self._desk.told.emit(f"Đã gửi phiếu {seq} tới máy in.")
            case Outcome.UNKNOWN:
                self._ask(printed.job_id, printed.code)
            case Outcome.FAILED:
                self._refused = printed.job_id
                reason, _, remedy = printed.message.partition(". ")
                remedy = remedy.removesuffix(".").removesuffix("rồi in lại").rstrip(" ,")
                self.told.emit(
                    f"Chưa in được: {reason[:1].lower()}{reason[1:]}. Hồ sơ {seq} đã lưu. "
                    f"{remedy} rồi bấm Ctrl+P."
                )
        self.look()

    def _ask(self, job_id: str, code: str) -> None:
        """The one question that may come while the next citizen is typed."""
        answer = ask(
            self._window,
            "Phiếu đã ra chưa?",
            f"Phiếu {_seq(code)} đã ra chưa? Máy in không trả lời.",
            (("Rồi", "R"), ("In lại", "I"), ("In ở máy khác", "K")),
        )
        if answer == "I":
            self.print_again(job_id)
        elif answer:
            prints, who = self._desk.counter.prints, self._desk.who
            self._desk.lanes.records.submit(
                lambda: prints.answer_unknown(job_id, True, who), self._desk.announce,
                self._on_fault,
            )  # fmt: skip
        if answer == "K":
            # on paper of another printer, by whatever opens a PDF here
            self._desk.forms_requested.emit((("", code),))

    def _on_fault(self, fault: Exception) -> None:
        self.told.emit(str(getattr(fault, "message", "Chưa làm được việc này. Hãy thử lại.")))


def _seq(code: str) -> str:
    return code.rpartition("-")[2]
