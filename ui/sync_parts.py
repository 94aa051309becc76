"""What F9 shows of the line: the state with its three counts, and how the last rounds ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.assets import pixmap
from ui.widgets import chip, clear, column, fix, label, row

if TYPE_CHECKING:
    from counter_app.ports.sync import Standing, Summary
    from ui.counter import SyncWords
    from ui.theme import Palette

_BAR_HEIGHT = 14
_MOST, _MOST_NARROW = 8, 3
_WORD = 96
_SIGNS = {
    "ok": ("cloud-check", "green"),
    "waiting": ("clock", "ink2"),
    "offline": ("cloud-off", "amber"),
    "late": ("alert-triangle", "amber"),
    "very_late": ("alert-triangle", "red"),
    "repair": ("alert-circle", "red"),
    "refused": ("circle-x", "red"),
    "copy": ("files", "amber"),
    "never": ("plug", "ink2"),
}


class Share(QWidget):
    """A bar of how many have arrived, wait, and need somebody. The words below say the same."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._parts: tuple[tuple[int, str], ...] = ()
        fix(self, height=_BAR_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_parts(self, parts: tuple[tuple[int, str], ...]) -> None:
        """Counts and their colours, from the left."""
        self._parts = parts
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Nothing counted: an empty bar."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(self.rect())
        painter.setBrush(QColor(self._palette.line))
        painter.drawRoundedRect(whole, _BAR_HEIGHT / 2, _BAR_HEIGHT / 2)
        parts = [(count, shade) for count, shade in self._parts if count]
        total = sum(count for count, _ in parts)
        # what is few is seen too; what is most gives the room
        widths = [max(_BAR_HEIGHT, whole.width() * count / total) for count, _ in parts]
        if widths:
            widths[widths.index(max(widths))] -= sum(widths) - whole.width()
        left = whole.left()
        for width, (_, shade) in zip(widths, parts, strict=True):
            painter.setBrush(QColor(shade))
            box = QRectF(left, whole.top(), width, whole.height())
            painter.drawRoundedRect(box, _BAR_HEIGHT / 2, _BAR_HEIGHT / 2)
            left += width


class StateBox(QWidget):
    """The line of the status bar, larger; below it the bar and the counts in words."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._sign = label()
        self._text = label("", "cardTitle", wrap=True)
        self._why = label("", wrap=True)
        self._below = label("", "caption", wrap=True)
        self._bar = Share(palette)
        self._counts = row(space=6)
        head = row(self._sign, self._text, space=10)
        head.setStretch(1, 1)
        whole = column(head, self._why, self._below, self._bar, self._counts, space=6)
        whole.setContentsMargins(0, 0, 0, 0)
        self.setLayout(whole)

    def show_state(self, state: SyncWords) -> None:
        """As it is now."""
        standing = state.standing
        self._sign.setPixmap(pixmap(*self._sign_of(state.level), 20))
        for part, text in (
            (self._text, state.said),
            (self._why, standing.last_error),
            (self._below, state.hint),
        ):
            part.setText(text)
            part.setVisible(bool(text))
        self._bar.setVisible(standing.enrolled)
        clear(self._counts)
        if standing.enrolled:
            self._show_counts(standing)

    def _sign_of(self, level: str) -> tuple[str, str]:
        sign, shade = _SIGNS[level]
        return sign, getattr(self._palette, shade)

    def _show_counts(self, standing: Standing) -> None:
        palette = self._palette
        parts = (
            (standing.today_sent, palette.green, "đã tới máy chủ hôm nay"),
            (standing.waiting, palette.field, "đang chờ lượt"),
            (standing.problems, palette.red, "cần bạn sửa"),
        )
        self._bar.show_parts(tuple((count, shade) for count, shade, _ in parts))
        for count, shade, words in parts:
            dot = label()
            dot.setPixmap(pixmap("circle", shade, 12))
            self._counts.addWidget(dot)
            self._counts.addWidget(label(f"{count} {words}", "caption"))
            self._counts.addSpacing(10)
        self._counts.addStretch(1)


class RoundsBox(QWidget):
    """The last rounds, the newest first."""

    def __init__(self) -> None:
        super().__init__()
        self._most = _MOST
        self._rounds: tuple[tuple[datetime, Summary], ...] = ()
        self._since: datetime | None = None
        self._lines = column(space=6)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self.setLayout(self._lines)

    def set_narrow(self, narrow: bool) -> None:
        """Fewer where there is little room."""
        self._most = _MOST_NARROW if narrow else _MOST
        self._draw()

    def show_rounds(self, rounds: Iterable[tuple[datetime, Summary]]) -> None:
        """Oldest first, as they were kept."""
        self._rounds = tuple(rounds)
        self._draw()

    def show_under_way(self, since: datetime | None) -> None:
        """One that is not over yet, or none."""
        self._since = since
        self._draw()

    def _draw(self) -> None:
        clear(self._lines)
        lines = [(at, *_told(done)) for at, done in self._rounds[: -self._most - 1 : -1]]
        if self._since is not None:
            lines = [(self._since, "blue", "Đang gửi", "Việc khác cứ làm"), *lines][: self._most]
        for at, kind, word, text in lines:
            time = label(f"{at:%H:%M}", "label")
            fix(time, width=44)
            place = QWidget()
            fix(place, least=_WORD)
            inside = row(chip(kind, word), 1)
            inside.setContentsMargins(0, 0, 0, 0)
            place.setLayout(inside)
            self._lines.addLayout(row(time, place, label(text), 1, space=6))
        if not lines:
            self._lines.addWidget(label("Chưa có lần nào từ lúc mở máy.", "caption"))
        self._lines.addStretch(1)


def _told(done: Summary) -> tuple[str, str, str]:
    """The chip and the words of a round."""
    pages = f", {done.pages} trang quét" if done.pages else ""
    moved = f"Gửi {done.sent}, nhận {done.received}{pages}"
    if done.problems:
        return "amber", "Cần xem", moved
    if done.files:
        return "green", "Từ USB", f"Nhận {done.received}{pages}"
    if done.blame == "server":
        return "red", "Bị từ chối", "Xem ở bên trái"
    if done.fault and done.blame == "person":
        return "amber", "Chưa xong", "Xem ở bên trái"
    if done.fault:
        return "amber", "Chưa xong", f"{moved}, sẽ tự thử lại" if done.sent else "Sẽ tự thử lại"
    if done.unfinished:
        return "blue", "Còn tiếp", moved
    return "green", "Xong", moved
