"""The date that will be kept, and why: big words, a strip of days, one sentence."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from counter_app.domain.calendar import weekday_name
from counter_app.domain.due import DueMoment, Role, TraceDay
from ui.assets import pixmap
from ui.theme import Theme, px
from ui.widgets import Card, label, row, set_name

_SHORT = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
_LEAST, _MOST = 5, 9
"""Cells."""
_WIDEST_CELL = 46
_LOW = 238
"""How high a promise is where its sentences are short."""
_SPACE, _SPACE_TIGHT = 5, 2
_WORDS = ("nhận", "nghỉ", "chờ", "lễ", "hẹn")
_PROMISE = "HẸN TRẢ KẾT QUẢ"


class DayStrip(QWidget):
    """One cell a day: received, counted, closed hatched, holidays red, the last filled."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._trace: Sequence[TraceDay] = ()
        self._first = "nhận"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Các ngày được tính")

    def show_days(self, moment: DueMoment | None) -> None:
        """The days of a count."""
        self.show_trace(moment.trace if moment else ())

    def show_trace(self, days: Sequence[TraceDay], first: str = "nhận") -> None:
        """Any days; of many the first and the last. `first` stands below the first of them."""
        self._first, self._trace = first, tuple(days)
        self.setVisible(bool(days))
        self.update()

    def cells(self) -> tuple[int, int, list[TraceDay | None]]:
        """How wide each is, the space between them, and the days that find room, None for those left out:
        no word below a day is ever cut.
        """
        metrics = QFontMetrics(self._font(12))
        least = max(metrics.horizontalAdvance(word) for word in (*_WORDS, self._first))
        space = _SPACE
        if (least + space) * 7 - space > self.width():
            space = _SPACE_TIGHT
        most = max(_LEAST, min(_MOST, (self.width() + space) // (least + space)))
        days: list[TraceDay | None] = list(self._trace)
        if len(days) > most:
            days = [*days[: most - 4], None, *days[-3:]]
        count = max(min(7, most), len(days))
        width = (self.width() - space * (count - 1)) // count
        return min(width, px(_WIDEST_CELL)), space, days

    def _font(self, size: int, bold: bool = False) -> QFont:
        font = QFont("Noto Sans")
        font.setPixelSize(px(size))
        font.setBold(bold)
        return font

    def sizeHint(self) -> QSize:
        """Three lines of text."""
        return QSize(320, px(80))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cells."""
        if not self._trace:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, space, days = self.cells()
        for place, day in enumerate(days):
            cell = QRect(place * (width + space), 0, width, self.height() - 1)
            if day is None:
                painter.setPen(QColor(self._theme.palette.ink3))
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, "…")
            else:
                self._cell(painter, cell, day, last=place == len(days) - 1)

    def _cell(self, painter: QPainter, cell: QRect, day: TraceDay, *, last: bool) -> None:
        palette = self._theme.palette
        holiday = day.role is Role.SKIPPED and day.reason != weekday_name(day.date)
        ground, ink, below = palette.surface, palette.ink, str(day.number)
        if day.role is Role.RECEIVED:
            ground, ink, below = palette.soft, palette.accent, self._first
        elif day.role is Role.SKIPPED:
            ground, ink = palette.panel, palette.ink3
            below = "lễ" if holiday else "nghỉ"
            if holiday:
                tint = palette.chips["red"]
                ground, ink = tint.ground, tint.text
        elif day.role is Role.WAITED:
            ground, ink, below = palette.panel, palette.ink3, "chờ"
        if last:
            ground, ink = palette.accent, palette.on_accent
            below = below if day.number else "hẹn"
        painter.setPen(QPen(QColor(palette.field if day.role is Role.COUNTED else palette.line), 1))
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(cell, 6, 6)
        if day.role is Role.SKIPPED and not holiday and not last:
            hatch = QColor(palette.line)
            hatch.setAlpha(90 if palette.border > 1 else 255)
            painter.setBrush(QBrush(hatch, Qt.BrushStyle.BDiagPattern))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(cell, 6, 6)
        painter.setPen(QColor(ink))
        third = cell.height() // 3
        for number, (text, size, bold) in enumerate(
            (
                (_SHORT[day.date.weekday()], 12, False),
                (str(day.date.day), 16, True),
                (below, 12, bool(day.number)),
            )
        ):
            painter.setFont(self._font(size, bold))
            line = QRect(cell.left(), cell.top() + number * third, cell.width(), third)
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)


class DueCard(Card):
    """The promise."""

    def __init__(self, theme: Theme) -> None:
        icon = label()
        icon.setPixmap(pixmap("calendar-event", theme.palette.accent, 18))
        self._head = label(_PROMISE, "sectionTitle")
        self._day = label("", "big")
        self._hour = label("", "label", wrap=True)
        self._strip = DayStrip(theme)
        self._why = label("", "label", wrap=True)
        self._key = label("Alt+N", "keycap")
        self._change = label("sửa hẹn", "caption")
        head = row(icon, self._head, 1, self._key, self._change)
        super().__init__(head, self._day, self._hour, self._strip, self._why, 1, space=4)
        self._narrow = False
        self._say_again: Callable[[], None]
        self.show_due(None, None, "", None)

    def set_narrow(self, narrow: bool) -> None:
        """The day of the week below the date, not before it."""
        self._narrow = narrow
        self._say_again()

    def show_due(
        self, moment: DueMoment | None, now: datetime | None, why: str, override: datetime | None
    ) -> None:
        """The date now; a hand-set one is shown with the counted one."""
        self._say_again = partial(self.show_due, moment, now, why, override)
        self._strip.show_days(moment)
        self._head.setText(_PROMISE)
        counted = moment is not None and now is not None
        set_name(self._day, "big" if counted else "bigDim")
        self._key.setVisible(counted)
        self._change.setVisible(counted and not self._narrow)
        if moment is None or now is None:
            self._day.setText("Chưa có")
            self._hour.setText("Chọn thủ tục để tính ngày hẹn.")
            self._why.setText("")
            self._fit()
            return
        at = override or moment.due_at
        days = (at.date() - now.date()).days
        near = {0: "Hôm nay", 1: "Ngày mai"}.get(days, weekday_name(at.date()))
        why_hour = f"{at:%H:%M}, sửa tay" if override else f"{at:%H:%M}, hết giờ làm việc"
        self._day.setText(f"{at:%d/%m/%Y}" if self._narrow else f"{near}, {at:%d/%m/%Y}")
        self._hour.setText(f"{near} {why_hour}" if self._narrow else why_hour)
        computed = f" Tính ra {moment.due_at:%H:%M %d/%m/%Y}." if override else ""
        self._why.setText(why + computed)
        self._fit()

    def show_saved(self, code: str, sentence: str) -> None:
        """After F12: the code in large letters."""
        self._say_again = partial(self.show_saved, code, sentence)
        self._head.setText("ĐÃ LƯU VÀO SỔ")
        set_name(self._day, "codeSmall" if self._narrow else "code")
        for shown in (self._key, self._change):
            shown.hide()
        self._day.setText(code)
        self._hour.setText(sentence)
        self._fit()

    def tell(self, sentence: str) -> None:
        """What became of the slip, below the code."""
        self._why.setText(sentence)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Narrower: its sentences take more lines."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def _fit(self) -> None:
        """As high as the slip below leaves it, higher where its sentences need that."""
        inside = self.layout()
        assert inside is not None
        self.setFixedHeight(max(px(_LOW), inside.heightForWidth(self.width())))
