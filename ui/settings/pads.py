"""The emergency pad: blank slips printed beforehand, and what became of each."""

from collections import Counter as Tally
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from counter_app.domain.outcome import Outcome
from counter_app.domain.printer import Profile
from counter_app.ports.desk import PadRow
from counter_app.services.results import Changes
from counter_app.services.scans import Judged
from ui.desk import Desk
from ui.fields import Choice, Field
from ui.open_file import open_pdf
from ui.settings.section import Section
from ui.widgets import Banner, Button, column, label, row

FATES = {
    "unused": "Chưa dùng",
    "used": "Đã nhập",
    "used_twice": "Nhập hai lần",
    "spoilt": "Hỏng",
    "lost": "Mất",
}
_TOLD = ("spoilt", "lost", "unused")
_USUAL = "20"
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class _Printed:
    """How far a pad came."""

    wanted: int
    done: int
    message: str


class PadsSection(Section):
    """F12 prints a pad; below it the account of every slip."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__(desk, banner)
        self._rows: tuple[PadRow, ...] = ()
        self.count = Field("Số phiếu cần in", width=130, limit=3)
        self.count.text = _USUAL
        pages = Button("Mở thành trang", "Ctrl+I")
        pages.clicked.connect(self._open_pages)
        beside = label("In ra máy in phiếu, hoặc mở thành trang cho máy in khác.", "caption")
        beside.setWordWrap(True)
        line = row(self.count, pages, beside)
        line.setAlignment(pages, Qt.AlignmentFlag.AlignBottom)
        line.setAlignment(beside, Qt.AlignmentFlag.AlignBottom)
        line.setStretch(2, 1)
        self._counts = label("", "strong", wrap=True)
        self.list = QListWidget()
        self.list.setAccessibleName("Phiếu dự phòng")
        self.list.currentItemChanged.connect(self._on_pointed)
        self.number = Field("Số phiếu: chọn ở trên, gõ hoặc quét", width=250, limit=20)
        self.fate = Choice([(fate, FATES[fate]) for fate in _TOLD], "Phiếu này")
        self.reason = Field("Lý do", required=True, limit=500)
        tell = Button("Ghi sổ phiếu", "Alt+G")
        tell.clicked.connect(self._account)
        what = row(self.number, self.fate, self.reason, tell)
        what.setStretch(2, 1)
        what.setAlignment(tell, Qt.AlignmentFlag.AlignBottom)
        text = (
            "In sẵn khi có điện. Lúc mất điện ghi tay lên phiếu và xé cho người nộp phần của họ; "
            "có điện lại thì quét phiếu để nhập, lúc nhận là lúc ghi trên phiếu."
        )
        whole = column(label(text, wrap=True), line, self._counts, self.list, what)
        whole.setStretch(3, 1)
        self.setLayout(whole)

    @property
    def finishes(self) -> str:
        """What F12 does."""
        return "In tập phiếu"

    def enter(self) -> None:
        """Count again."""
        self._refresh()
        self.count.edit.setFocus()

    def key(self, name: str) -> bool:
        """Pages, and the account."""
        match name:
            case "Ctrl+I":
                self._open_pages()
            case "Alt+G":
                self._account()
            case _:
                return False
        return True

    def scanned(self, judged: Judged) -> bool:
        """A slip of a pad is the one that is spoken of."""
        if judged.scan.kind != "pad_slip":
            return False
        self.number.text = judged.scan.fields["number"]
        self.reason.edit.setFocus()
        return True

    # ---- printing ------------------------------------------------------------------------------

    def finish(self) -> None:
        """Give numbers out and print their slips, one after another, until the printer stops."""
        counter, who = self.desk.counter, self.desk.who
        ways = self.desk.ways_for("pad")
        if not ways:
            self.banner.tell("Chưa có máy in phiếu. Ctrl+I để mở thành trang, in ở máy khác.", "")
            return
        wanted = self._wanted()

        def work() -> _Printed:
            given = counter.pads.give_out(wanted, who)
            done, message = 0, ""
            for job_id in given.print_job_ids:
                printed = counter.prints.print_again(job_id, ways, who)
                if printed.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
                    message = printed.message
                    break
                done += 1
            return _Printed(wanted, done, message)

        self.banner.tell("Đang in tập phiếu…", "")
        self.desk.lanes.printers[ways[0].name].submit(work, self._on_printed, self.tell_fault)

    def _wanted(self) -> int:
        return int(self.count.text) if self.count.text.isdigit() else 0

    def _on_printed(self, printed: _Printed) -> None:
        if printed.done == printed.wanted:
            self.banner.tell(f"Đã in {printed.done} phiếu. Cất gần quầy, chỗ khô.", "Green")
        else:
            left = printed.wanted - printed.done
            self.banner.tell(
                f"Đã in {printed.done} phiếu, còn {left} phiếu chờ ở Bàn làm việc. "
                f"{printed.message}",
                "Red",
            )
        self._refresh()
        self.desk.announce(Changes(topics=frozenset({"prints"})))

    def _open_pages(self) -> None:
        counter, who, wanted = self.desk.counter, self.desk.who, self._wanted()

        def work() -> bytes:
            given = counter.pads.give_out(wanted, who, waits=False)
            return counter.prints.pdf("pad", given.numbers, Profile().width)

        self.desk.lanes.paper.submit(work, self._on_pages, self.tell_fault)

    def _on_pages(self, pdf: bytes) -> None:
        open_pdf(pdf)
        self.banner.tell("Đã mở tập phiếu để in. Các số này không cấp lại.", "Green")
        self._refresh()

    # ---- the account ---------------------------------------------------------------------------

    def _account(self) -> None:
        pads, who = self.desk.counter.pads, self.desk.who
        number, fate, reason = self.number.text, self.fate.value, self.reason.text
        self.desk.lanes.records.submit(
            lambda: pads.account(number, fate, reason, who), self._on_accounted, self.tell_fault
        )

    def _on_accounted(self, told: PadRow) -> None:
        self.banner.tell(f"Phiếu {told.number}: {FATES[told.fate].lower()}.", "Green")
        self.reason.text = ""
        self._refresh()

    def _refresh(self) -> None:
        self.desk.read(self.desk.counter.pads.all, self._on_read)

    def _on_read(self, rows: tuple[PadRow, ...]) -> None:
        order = list(FATES)
        self._rows = tuple(sorted(rows, key=lambda pad: pad.fate != "used_twice"))[:_SHOWN]
        counts = Tally(pad.fate for pad in rows)
        told = [f"{FATES[fate]}: {counts[fate]}" for fate in order if counts[fate]]
        self._counts.setText("  ·  ".join(told) or "Chưa in phiếu dự phòng nào.")
        kept = self.list.currentRow()
        self.list.clear()
        for pad in self._rows:
            self.list.addItem(QListWidgetItem(_line(pad)))
        self.list.setCurrentRow(kept)

    def _on_pointed(self) -> None:
        at = self.list.currentRow()
        if 0 <= at < len(self._rows):
            self.number.text = self._rows[at].number


def _line(pad: PadRow) -> str:
    parts = [pad.number, FATES[pad.fate].lower()]
    if pad.printed_at is not None:
        parts.append(f"in {pad.printed_at:%H:%M %d/%m/%Y}")
    return "  ·  ".join([*parts, *pad.codes, *([pad.reason] if pad.reason else [])])
