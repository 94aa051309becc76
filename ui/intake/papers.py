"""The papers of a dossier: a row each, or pages and copies where the fee asks for them."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QLineEdit, QSizePolicy, QWidget

from counter_app.domain.procedure import Component, ProcedureCase
from ui.fields import EnterMoves, Tick
from ui.intake.section import Section
from ui.widgets import clear, column, fix, label, row, scrolled, set_name, set_property

_COUNTS = (("originals", "Chính"), ("certified", "C.thực"), ("copies", "Sao"))
_TICK, _COUNT, _STATE, _PAGES = 30, 44, 52, 80
"""Pixels of the columns."""
_LINES = 4
"""Kinds of paper that are certified at once."""


class _Line(QFrame):
    """A line of the table; yellow while the keyboard is in it."""

    def __init__(self, name: str, *cells: tuple[QWidget, int]) -> None:
        super().__init__()
        self.setObjectName(name)
        whole = row(space=8)
        for cell, width in cells:
            if width:
                fix(cell, width=width)
            whole.addWidget(cell, 0 if width else 1)
        whole.setContentsMargins(2, 1, 4, 1)
        self.setLayout(whole)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def watch(self, stops: Sequence[QWidget]) -> None:
        """What the keyboard may be in."""
        for stop in stops:
            stop.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Only looks."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            within = event.type() == QEvent.Type.FocusIn
            set_property(self, "state", "focus" if within else "")
        return False


def _cell(text: str, name: str = "label") -> QWidget:
    made = label(text, name)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made


class PaperRow:
    """One kind of paper."""

    def __init__(self, component: Component) -> None:
        self.component = component
        self.tick = Tick()
        self.tick.setAccessibleName(component.name)
        self.counts: dict[str, QLineEdit] = {}
        for key, caption in _COUNTS:
            count = QLineEdit("0")
            count.setMaxLength(3)
            count.setAlignment(Qt.AlignmentFlag.AlignCenter)
            count.setAccessibleName(f"{component.name}: {caption}")
            self.counts[key] = count
        self.state = label("", "caption")

    @property
    def stops(self) -> list[QWidget]:
        """Where Tab stops."""
        counted = self.component.submit != "present"
        return [self.tick, *(self.counts.values() if counted else ())]

    def line(self) -> QWidget:
        """The row of the table."""
        tick = QWidget()
        tick.setLayout(row(1, self.tick, 1, space=0))
        name = label(self.component.name + (" *" if self.component.required else ""), wrap=True)
        cells: list[QWidget] = [*self.counts.values()]
        if self.component.submit == "present":
            cells = [_cell(text, "caption") for text in ("xem", "–", "–")]
        counts = [(cell, _COUNT) for cell in cells]
        made = _Line("paperRow", (tick, _TICK), (name, 0), *counts, (self.state, _STATE))
        made.watch(self.stops)
        return made

    def fill(self, values: Mapping[str, Any]) -> None:
        """It is here, with the counts of a draft; from nothing, those usually asked for."""
        self.tick.setChecked(True)
        for key, count in self.counts.items():
            count.setText(str(values.get(key, getattr(self.component, key))))

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

    def tell_state(self) -> None:
        """Whether it is here, missing, or not needed."""
        if self.tick.isChecked():
            word, name = "đủ", "enough"
        elif self.component.required:
            word, name = "thiếu", "missing"
        else:
            word, name = "không", "caption"
        self.state.setText(word)
        set_name(self.state, name)


class Papers(Section):
    """Section 3. Nothing is ticked beforehand: a tick says that a hand has held the paper."""

    def __init__(self) -> None:
        self._case: ProcedureCase | None = None
        self.rows: list[PaperRow] = []
        self.pages: list[tuple[QLineEdit, QLineEdit, QLineEdit]] = []
        self._sum = label("", "caption")
        self._lines = column(space=0)
        inner = QWidget()
        inner.setLayout(self._lines)
        area = scrolled(inner)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        super().__init__(3, "Giấy tờ", column(area, space=0))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def show_case(self, case: ProcedureCase | None) -> None:
        """The papers of another case; what has the same id keeps its values."""
        kept = self._values()
        clear(self._lines)
        self._case = case
        self.rows, self.pages = [], []
        if case is None:
            self._lines.addWidget(label("Chọn thủ tục để hiện giấy tờ phải nộp.", "caption"))
        elif case.by_pages:
            self._show_pages()
        else:
            self._show_rows(case)
        self._lines.addStretch(1)
        self._restore(kept)

    def stops(self) -> list[QWidget]:
        """Where Tab stops, in reading order."""
        rows = [stop for line in self.rows for stop in line.stops]
        return [*rows, *(widget for page in self.pages for widget in page)]

    def tick_required(self) -> None:
        """Alt+A: every required paper is here with its usual counts."""
        for line in self._required():
            line.fill({})
        self._tell()
        self.changed.emit()

    def begin(self) -> None:
        """At the first paper, or at its pages."""
        first = self.pages[0][1] if self.pages else self.rows[0].tick if self.rows else None
        if first is not None:
            first.setFocus()

    def missing(self) -> list[str]:
        """The names of what is required and not here."""
        return [line.component.name for line in self._required() if not line.tick.isChecked()]

    def draft(self) -> dict[str, Any]:
        """`components`; `pages` where the fee goes by them, what is required is here then."""
        pages = self._page_values()
        if not pages or self._case is None:
            return {"components": self._values()}
        needed = [{"id": component.id} for component in self._case.components if component.required]
        return {"components": needed, "pages": pages}

    def fill(self, fields: Mapping[str, Any]) -> None:
        """From a draft, once its case is shown."""
        lines = fields.get("components")
        for widgets, page in zip(self.pages, fields.get("pages") or (), strict=False):
            for widget, key in zip(widgets, ("name", "pages", "copies"), strict=True):
                widget.setText(str(page.get(key, "")))
        self._restore(lines if isinstance(lines, list) else [])

    def _show_rows(self, case: ProcedureCase) -> None:
        counts = [(_cell(caption), _COUNT) for _, caption in _COUNTS]
        self._lines.addWidget(
            _Line(
                "paperHead",
                (_cell("Có"), _TICK),
                (label("Giấy tờ", "label"), 0),
                *counts,
                (label("", "label"), _STATE),
            )
        )
        for component in case.components:
            line = PaperRow(component)
            self.rows.append(line)
            self._lines.addWidget(line.line())
            for count in line.counts.values():
                count.textEdited.connect(self._on_counted)
            line.tick.toggled.connect(self._on_toggled)
            line.tick.counted.connect(line.count)

    def _show_pages(self) -> None:
        self._lines.addWidget(
            _Line(
                "paperHead",
                (label("Loại giấy", "label"), 0),
                (_cell("Số trang"), _PAGES),
                (_cell("Số bản"), _PAGES),
            )
        )
        for number in range(1, _LINES + 1):
            name, pages, copies = QLineEdit(), QLineEdit(), QLineEdit("1" if number == 1 else "")
            for widget, caption in (
                (name, "Loại giấy"),
                (pages, "Số trang"),
                (copies, "Số bản"),
            ):
                widget.setAccessibleName(f"{caption}, dòng {number}")
                widget.textEdited.connect(self._on_counted)
            for count in (pages, copies):
                count.setMaxLength(4)
                count.setAlignment(Qt.AlignmentFlag.AlignCenter)
            name.setMaxLength(120)
            name.setPlaceholderText("Giấy khai sinh, học bạ…" if number == 1 else "")
            self.pages.append((name, pages, copies))
            line = _Line("paperRow", (name, 0), (pages, _PAGES), (copies, _PAGES))
            line.watch((name, pages, copies))
            self._lines.addWidget(line)
        self._sum = label("", "strong")
        self._sum.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._sum.setMargin(6)
        self._lines.addWidget(self._sum)
        counts = [widget for _, pages, copies in self.pages for widget in (pages, copies)]
        self._enter = EnterMoves(counts, lambda _: False)

    def _required(self) -> list[PaperRow]:
        return [line for line in self.rows if line.component.required]

    def _values(self) -> list[dict[str, Any]]:
        """The received papers as a draft has them."""
        return [found for line in self.rows if (found := line.values()) is not None]

    def _page_values(self) -> list[dict[str, Any]]:
        """Pages and copies as a draft has them."""
        return [
            {
                "name": name.text().strip(),
                "pages": max(1, _number(pages.text())),
                "copies": max(1, _number(copies.text())),
            }
            for name, pages, copies in self.pages
            if pages.text().strip() or name.text().strip()
        ]

    def _restore(self, lines: Sequence[Mapping[str, Any]]) -> None:
        by_id = {line["id"]: line for line in lines}
        for line in self.rows:
            if line.component.id in by_id:
                line.fill(by_id[line.component.id])
        self._tell()

    def _on_toggled(self, ticked: bool) -> None:
        for line in self.rows:
            if line.tick is self.sender() and ticked:
                if all(_number(count.text()) == 0 for count in line.counts.values()):
                    line.fill({})
        self._tell()
        self.changed.emit()

    def _on_counted(self) -> None:
        for line in self.rows:
            if self.sender() in line.counts.values():
                line.tick.setChecked(any(_number(c.text()) for c in line.counts.values()))
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        for line in self.rows:
            line.tell_state()
        if self.pages:
            lines = self._page_values()
            total = sum(line["pages"] * line["copies"] for line in lines)
            self._sum.setText(f"Cộng {total} trang" if lines else "Gõ số trang để tính phí.")
        required, missing = len(self._required()), len(self.missing())
        word = "Có" if missing else "Đủ"
        told = f"{word} {required - missing}/{required} giấy bắt buộc (*)"
        self.caption.setText(told if required else "")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
