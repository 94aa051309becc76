"""The papers of a dossier: a row each, or pages and copies where the fee asks for them."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from counter_app.domain.procedure import Component, ProcedureCase
from ui.widgets import EnterMoves, Tick, clear, column, label

_COUNTS = (("originals", "Chính"), ("certified", "C.thực"), ("copies", "Sao"))


class PaperRow:
    """One kind of paper."""

    def __init__(self, component: Component) -> None:
        self.component = component
        self.tick = Tick()
        self.tick.setAccessibleName(component.name)
        self.counts: dict[str, QLineEdit] = {}
        for key, caption in _COUNTS:
            count = QLineEdit("0")
            count.setFixedWidth(40)
            count.setMaxLength(3)
            count.setAlignment(Qt.AlignmentFlag.AlignCenter)
            count.setAccessibleName(f"{component.name}: {caption}")
            self.counts[key] = count
        self.state = label("", "caption")

    def fill(self) -> None:
        """The counts usually asked for."""
        self.tick.setChecked(True)
        for key, count in self.counts.items():
            count.setText(str(getattr(self.component, key)))

    def count(self, digit: str) -> None:
        """So many of the kind that is asked for first."""
        wanted = [key for key in self.counts if getattr(self.component, key)]
        self.counts[wanted[0] if wanted else next(iter(self.counts))].setText(digit)
        self.tick.setChecked(digit != "0")

    def values(self) -> dict[str, Any] | None:
        """What was received, None where it was not."""
        if not self.tick.isChecked():
            return None
        counts = {key: _number(count.text()) for key, count in self.counts.items()}
        if self.component.submit == "present":
            return {"id": self.component.id}
        return {"id": self.component.id, **counts}


class Papers(QWidget):
    """Nothing is ticked beforehand: a tick says that a hand has held the paper."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[PaperRow] = []
        self.pages: list[tuple[QLineEdit, QLineEdit, QLineEdit]] = []
        self._inner = QWidget()
        self._grid = QGridLayout(self._inner)
        self._grid.setContentsMargins(0, 0, 4, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(3)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self._inner)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inner.setAutoFillBackground(False)
        area.viewport().setAutoFillBackground(False)
        self.setLayout(column(area, space=0))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._case: ProcedureCase | None = None

    def show_case(self, case: ProcedureCase | None) -> None:
        """The papers of another case; what has the same id keeps its values."""
        kept = {line["id"]: line for line in self.values()} if self.rows else {}
        clear(self._grid)
        self.rows, self.pages, self._case = [], [], case
        if case is None:
            hint = label("Chọn thủ tục để hiện giấy tờ phải nộp.", "caption")
            self._grid.addWidget(hint, 0, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.setRowStretch(1, 1)
            return
        if case.by_pages:
            self._show_pages()
            return
        for place, text in enumerate(("Có", "Giấy tờ", *(c for _, c in _COUNTS), "")):
            self._grid.addWidget(label(text, "label"), 0, place)
        for number, component in enumerate(case.components, 1):
            line = PaperRow(component)
            self.rows.append(line)
            self._grid.addWidget(line.tick, number, 0)
            name = label(component.name + (" *" if component.required else ""), wrap=True)
            self._grid.addWidget(name, number, 1)
            if component.submit == "present":
                self._grid.addWidget(label("xem", "caption"), number, 2)
            else:
                for place, count in enumerate(line.counts.values(), 2):
                    self._grid.addWidget(count, number, place)
                    count.textEdited.connect(self._on_counted)
            self._grid.addWidget(line.state, number, 5)
            line.tick.toggled.connect(self._on_toggled)
            line.tick.counted.connect(line.count)
            if component.id in kept:
                self._restore(line, kept[component.id])
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnMinimumWidth(5, 48)
        self._grid.setRowStretch(len(case.components) + 1, 1)
        self._tell_states()

    def stops(self) -> list[QWidget]:
        """Where Tab stops, in reading order."""
        lines: list[QWidget] = []
        for line in self.rows:
            lines.append(line.tick)
            if line.component.submit != "present":
                lines += line.counts.values()
        return [*lines, *(widget for page in self.pages for widget in page)]

    def tick_required(self) -> None:
        """Alt+A: every required paper is here with its usual counts."""
        for line in self.rows:
            if line.component.required:
                line.fill()
        self._tell_states()
        self.changed.emit()

    def values(self) -> list[dict[str, Any]]:
        """The received papers as a draft has them."""
        return [found for line in self.rows if (found := line.values()) is not None]

    def page_values(self) -> list[dict[str, Any]]:
        """Pages and copies as a draft has them."""
        found = []
        for name, pages, copies in self.pages:
            if pages.text().strip() or name.text().strip():
                found.append(
                    {
                        "name": name.text().strip(),
                        "pages": max(1, _number(pages.text())),
                        "copies": max(1, _number(copies.text())),
                    }
                )
        return found

    def restore(
        self, lines: Sequence[Mapping[str, Any]], pages: Sequence[Mapping[str, Any]]
    ) -> None:
        """From a draft."""
        by_id = {line["id"]: line for line in lines}
        for line in self.rows:
            if line.component.id in by_id:
                self._restore(line, by_id[line.component.id])
        for widgets, page in zip(self.pages, pages, strict=False):
            for widget, key in zip(widgets, ("name", "pages", "copies"), strict=True):
                widget.setText(str(page.get(key, "")))
        self._tell_states()

    def caption(self) -> str:
        """`Đủ 2/3 giấy bắt buộc (*)`."""
        required = [line for line in self.rows if line.component.required]
        if not required:
            return ""
        here = sum(line.tick.isChecked() for line in required)
        return f"Đủ {here}/{len(required)} giấy bắt buộc (*)"

    @property
    def first(self) -> QWidget | None:
        """Where the keyboard begins."""
        if self.pages:
            return self.pages[0][1]
        return self.rows[0].tick if self.rows else None

    def _show_pages(self) -> None:
        for place, text in enumerate(("Loại giấy", "Số trang", "Số bản")):
            self._grid.addWidget(label(text, "label"), 0, place)
        for number in range(1, 5):
            name, pages, copies = QLineEdit(), QLineEdit(), QLineEdit("1" if number == 1 else "")
            for widget, width, caption in (
                (name, 0, "Loại giấy"),
                (pages, 80, "Số trang"),
                (copies, 80, "Số bản"),
            ):
                widget.setAccessibleName(f"{caption}, dòng {number}")
                widget.textEdited.connect(self._on_counted)
                if width:
                    widget.setFixedWidth(width)
                    widget.setMaxLength(4)
            name.setMaxLength(120)
            name.setPlaceholderText("Giấy khai sinh, học bạ…" if number == 1 else "")
            self.pages.append((name, pages, copies))
            for place, widget in enumerate((name, pages, copies)):
                self._grid.addWidget(widget, number, place)
        self._grid.setColumnStretch(0, 1)
        self._grid.setRowStretch(5, 1)
        counts = [widget for _, pages, copies in self.pages for widget in (pages, copies)]
        self._enter = EnterMoves(counts, lambda _: False)

    def _restore(self, line: PaperRow, values: Mapping[str, Any]) -> None:
        line.tick.setChecked(True)
        for key, count in line.counts.items():
            count.setText(str(values.get(key, getattr(line.component, key))))

    def _on_toggled(self, ticked: bool) -> None:
        for line in self.rows:
            if line.tick is self.sender() and ticked:
                if all(_number(count.text()) == 0 for count in line.counts.values()):
                    line.fill()
        self._tell_states()
        self.changed.emit()

    def _on_counted(self) -> None:
        for line in self.rows:
            if self.sender() in line.counts.values():
                line.tick.setChecked(any(_number(c.text()) for c in line.counts.values()))
        self._tell_states()
        self.changed.emit()

    def _tell_states(self) -> None:
        for line in self.rows:
            ticked = line.tick.isChecked()
            missing = line.component.required and not ticked
            line.state.setText("đủ" if ticked else "thiếu" if missing else "không")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
