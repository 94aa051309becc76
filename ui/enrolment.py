"""Binding this machine to the upper server: over the line by a code, or by files on a stick."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from counter_app.errors import EnvironmentFault, Refused
from ui.desk import Desk
from ui.fields import Choice, Field, enter_moves
from ui.open_file import documents
from ui.widgets import Button, column, label, row

if TYPE_CHECKING:
    from counter_app.services.local_settings import LocalSettings

_ASKED = "enrol.asked"
"""Local setting: where and when a request was written that waits for its answer."""
_LINE, _STICK = "line", "stick"
_DAYS = 7


@dataclass(frozen=True, slots=True)
class _Known:
    """How far this machine is."""

    enrolled: bool
    asked_file: str
    asked_at: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """An answer that was read and is not taken yet."""

    file: Path
    mark: str


def waits_for_answer(settings: LocalSettings) -> bool:
    """Whether a request was written and no answer taken."""
    return bool(settings.get(_ASKED))


class EnrolBox(QWidget):
    """Two ways; F12 does the next step of the chosen one. What was begun is found again later."""

    told = Signal(str, str)
    """A sentence and its kind, as a banner takes it."""
    moved = Signal()
    """F12 does something else now."""
    enrolled = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._seen: _Seen | None = None
        self._busy = False
        self._state = label("", "caption", wrap=True)
        self.way = Choice([(_LINE, "Qua mạng"), (_STICK, "Bằng USB")], "Cách ghi danh, Alt+U đổi")
        self.url = Field("Địa chỉ máy chủ", required=True, hint="https://motcua.tinh.vn:8443")
        self.code = Field("Mã ghi danh (10 chữ, dùng một lần)", required=True, width=300, limit=20)
        self.mark = Field("Dấu của máy chủ: so với giấy của cấp trên, 4 nhóm", limit=24)
        self.number = Field("Số quầy mới: chỉ ghi khi máy này làm từ bản sao của máy khác", limit=1)
        self._is_enrolled = False
        self.request = Field("1. Ghi tệp xin ghi danh vào USB", limit=400)
        self.answer = Field("2. Tệp trả lời của cấp trên, trên USB", limit=400)
        ask = Button("Ghi tệp xin", "Alt+X")
        ask.clicked.connect(self._ask_by_stick)
        choose = Button("Chọn…", "Alt+M")
        choose.clicked.connect(self._choose)
        self._stick = QWidget()
        lines = [row(self.request, ask), row(self.answer, choose)]
        for line, button in zip(lines, (ask, choose), strict=True):
            line.setStretch(0, 1)
            line.setAlignment(button, Qt.AlignmentFlag.AlignBottom)
        self._compare = label("", "strong", wrap=True)
        stick = column(*lines, self._compare, space=8)
        stick.setContentsMargins(0, 0, 0, 0)
        self._stick.setLayout(stick)
        whole = column(
            self._state, self.way, self.url, self.code, self.mark, self.number, self._stick, 1
        )
        whole.setContentsMargins(0, 0, 0, 0)
        self.setLayout(whole)
        self.way.changed.connect(self._on_way)
        self.answer.changed.connect(self._forget)
        self._on_way(_LINE)

    @property
    def finishes(self) -> str:
        """What F12 does."""
        if self.way.value == _LINE:
            return "Ghi danh"
        return "Dấu khớp, ghi danh" if self._seen else "Đọc tệp trả lời"

    def enter(self) -> None:
        """As far as it is."""
        counter = self._desk.counter
        number = counter.identity.counter_no
        if not self.request.text:
            self.request.text = str(documents() / f"xin-ghi-danh-quay-{number}.json")
            self.answer.text = str(documents() / f"tra-loi-quay-{number}.json")

        def work() -> _Known:
            asked = json.loads(counter.settings.get(_ASKED, "{}"))
            enrolled = counter.sync_state().standing.enrolled
            return _Known(enrolled, str(asked.get("file", "")), str(asked.get("at", "")))

        self._desk.read(work, self._on_known)
        self._focus()

    def key(self, name: str) -> bool:
        """The other way, and the two files."""
        match name:
            case "Alt+U":
                self.way.value = _STICK if self.way.value == _LINE else _LINE
                self._on_way(self.way.value)
                self._focus()
            case "Alt+X" if self.way.value == _STICK:
                self._ask_by_stick()
            case "Alt+M" if self.way.value == _STICK:
                self._choose()
            case _:
                return False
        return True

    def finish(self) -> None:
        """The next step of the way."""
        if self._busy:
            return
        if self.way.value == _LINE:
            self._ask_by_line()
        elif self._seen is None:
            self._look()
        else:
            self._take(self._seen)

    # ---- by line -------------------------------------------------------------------------------

    def _ask_by_line(self) -> None:
        counter = self._desk.counter
        url, code, mark = self.url.text, self.code.text, self.mark.text or None

        number = int(self.number.text) if self.number.text.isdecimal() else None

        def work() -> None:
            counter.enrol(url, code, mark, number)
            counter.settings.put(_ASKED, "")

        self._do("Đang nối máy chủ…", work, self._on_enrolled)

    # ---- by stick ------------------------------------------------------------------------------

    def _ask_by_stick(self) -> None:
        counter, desk = self._desk.counter, self._desk
        code, target = self.code.text, Path(self.request.text)
        if not code:
            self.code.mark("error", "Chưa có mã ghi danh. Hỏi cấp trên.")
            self.code.edit.setFocus()
            return
        at = desk.now().isoformat(timespec="seconds")

        def work() -> _Known:
            counter.enrol_request(code, target)
            counter.settings.put(_ASKED, json.dumps({"file": str(target), "at": at}))
            return _Known(False, str(target), at)

        self._do("Đang ghi tệp xin…", work, self._on_asked)

    def _choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Tệp trả lời", str(Path(self.answer.text).parent), "Tệp trả lời (*.json)"
        )
        if name:
            self.answer.text = str(Path(name))
            self._forget()

    def _look(self) -> None:
        counter, source = self._desk.counter, Path(self.answer.text)

        def work() -> _Seen:
            return _Seen(source, counter.enrol_answer_mark(source))

        self._do("Đang đọc tệp trả lời…", work, self._on_looked)

    def _take(self, seen: _Seen) -> None:
        counter = self._desk.counter

        def work() -> None:
            # what was compared is what is taken
            counter.enrol_answer(seen.file, seen.mark)
            counter.settings.put(_ASKED, "")

        self._do("Đang ghi danh…", work, self._on_enrolled)

    # ---- what came of it -----------------------------------------------------------------------

    def _do(self, told: str, work: object, on_done: object) -> None:
        self._busy = True
        self.told.emit(told, "")
        self._desk.lanes.sync.submit(work, on_done, self._on_fault)  # type: ignore[arg-type]

    def _on_fault(self, fault: Exception) -> None:
        self._busy = False
        known = isinstance(fault, EnvironmentFault | Refused)
        message = str(getattr(fault, "message", "")) if known else ""
        self.told.emit(message or "Chưa ghi danh được. Hãy thử lại.", "Red")
        if not known:
            self._desk.report(fault)

    def _on_known(self, known: _Known) -> None:
        self._is_enrolled = known.enrolled
        self._on_way(self.way.value)
        if known.enrolled:
            said = "Máy này đã ghi danh. Chỉ ghi danh lại khi cấp trên yêu cầu."
        elif known.asked_file:
            said = _waiting(known)
            self.request.text = known.asked_file
            self.way.value = _STICK
            self._on_way(_STICK)
            self._focus()
        else:
            said = "Chưa ghi danh vẫn nhận hồ sơ bình thường. Ghi danh rồi thì tự gửi theo lịch."
        self._state.setText(said)

    def _on_asked(self, known: _Known) -> None:
        self._busy = False
        self.code.text = ""
        self._state.setText(_waiting(known))
        name = Path(known.asked_file).name
        self.told.emit(f"Đã ghi {name}. Đưa cấp trên trong {_DAYS} ngày.", "Green")

    def _on_looked(self, seen: _Seen) -> None:
        self._busy = False
        self._seen = seen
        self.told.emit("", "")
        self._compare.setText(
            f"Dấu của máy chủ: {seen.mark}. So với giấy của cấp trên: khớp cả 4 nhóm thì F12. Không khớp thì "
            "đừng ghi danh, báo cấp trên."
        )
        self.moved.emit()

    def _on_enrolled(self, _: object) -> None:
        self._busy = False
        self.code.text = self.number.text = ""
        self._forget()
        number = self._desk.counter.identity.counter_no
        self._state.setText(f"Máy này đã ghi danh: quầy {number}.")
        way = "tự gửi theo lịch" if self.way.value == _LINE else "gửi bằng gói USB ở F9"
        self.told.emit(f"Đã ghi danh. Hồ sơ sẽ {way}.", "Green")
        self.enrolled.emit()

    def _forget(self) -> None:
        """Another file: nothing was compared."""
        self._seen = None
        self._compare.setText("")
        self.moved.emit()

    def _on_way(self, way: str) -> None:
        self.url.setVisible(way == _LINE)
        self.mark.setVisible(way == _LINE)
        self.number.setVisible(way == _LINE and self._is_enrolled)
        self._stick.setVisible(way == _STICK)
        fields = (self.url, self.code, self.mark)
        if way == _STICK:
            fields = (self.code, self.request, self.answer)
        self._enter = enter_moves(fields)
        self.moved.emit()

    def _focus(self) -> None:
        field = self.url if self.way.value == _LINE else self.code
        field.edit.setFocus(Qt.FocusReason.OtherFocusReason)


def _waiting(known: _Known) -> str:
    at = datetime.fromisoformat(known.asked_at)
    return (
        f"Đã ghi tệp xin lúc {at:%H:%M %d/%m/%Y} vào {Path(known.asked_file).name}. Đưa cấp trên; có tệp trả "
        "lời thì chọn ở dưới rồi F12. Tắt máy giữa chừng cũng được."
    )
