"""The form of whatever may be done with a dossier, or with several at once: one mechanism for all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QWidget

from counter_app.domain.dossier import Dossier
from counter_app.domain.due import days_until
from counter_app.domain.events import Destination
from counter_app.domain.problems import Problem
from counter_app.domain.typed_moment import typed_moment
from counter_app.ports import Trouble
from counter_app.services.acts import Acted
from counter_app.services.results import Changes, Rejected
from ui.acts import ACTS, UPPER, ActForm, Ask, papers_after, seq_of
from ui.desk import Desk
from ui.fields import Combo, EnterMoves, Field
from ui.intake.due_card import DayStrip
from ui.widgets import Button, clear, column, fix, label, row, set_property

_LINES_HEIGHT = 74
_SHORT, _LONG = 16, 40
"""Letters of a line that shares its room."""
_MIDNIGHT = "00:00"
_FURTHEST = 366
"""Days ahead of which a strip is drawn."""
_REPAIR = "Cấp trên chưa nhận: {} Mã cũ vẫn tra ra."
_NOTHING = object()
"""Stands for a value that is not given."""


class _Box(Protocol):
    """What an ask is typed into."""

    text: str

    @property
    def stops(self) -> Sequence[QWidget]: ...

    def mark(self, state: str, sentence: str = "") -> None: ...


class _Line(Field):
    """One line."""

    @property
    def stops(self) -> Sequence[QWidget]:
        """Where the keyboard may stand."""
        return (self.edit,)


class _Paragraph(QWidget):
    """Several lines, one thing each; Tab leaves."""

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self.edit = QPlainTextEdit()
        self.edit.setTabChangesFocus(True)
        self.edit.setAccessibleName(ask.caption)
        fix(self.edit, height=_LINES_HEIGHT)
        self.told = label("", "problem", wrap=True)
        self.told.hide()
        head = row(label(ask.caption, "label"), label("*" if ask.required else "", "problem"), 1)
        self.setLayout(column(head, self.edit, self.told, space=2))
        self.edit.textChanged.connect(self._on_changed)

    @property
    def text(self) -> str:
        """What stands in it."""
        return self.edit.toPlainText().strip()

    @text.setter
    def text(self, value: str) -> None:
        self.edit.setPlainText(value)

    @property
    def stops(self) -> Sequence[QWidget]:
        """Where the keyboard may stand."""
        return (self.edit,)

    def mark(self, state: str, sentence: str = "") -> None:
        """`error` or nothing."""
        set_property(self.edit, "state", state)
        self.edit.setAccessibleDescription(sentence)
        self.told.setText(sentence)
        self.told.setVisible(bool(sentence))

    def _on_changed(self) -> None:
        self.mark("")


class _Moment(QWidget):
    """A day and an hour, with the days until then."""

    def __init__(self, ask: Ask, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._day = Field(ask.caption, required=ask.required, limit=10)
        self._hour = Field("Giờ", width=86, limit=5)
        self._hour.edit.setAccessibleName(f"Giờ, {ask.caption}")
        line = row(self._day, self._hour)
        line.setStretch(0, 1)
        self._strip = DayStrip(desk.theme)
        self._strip.hide()
        self.setLayout(column(line, self._strip, space=6))
        self._day.changed.connect(self._show_strip)

    def _show_strip(self) -> None:
        """Which days are counted until then."""
        now = self._desk.now()
        at = typed_moment(self._day.text, _MIDNIGHT, now)
        far = at is None or not 0 < (at.date() - now.date()).days <= _FURTHEST
        counter = self._desk.counter
        calendar = counter.catalogue.calendar(counter.office)
        days = () if at is None or far else days_until(calendar, now.date(), at.date())
        self._strip.show_trace(days, "nay")

    @property
    def text(self) -> str:
        """Day and hour with a space between."""
        return f"{self._day.text} {self._hour.text}".strip()

    @text.setter
    def text(self, value: str) -> None:
        self._day.text, _, self._hour.text = value.partition(" ")
        self._show_strip()

    @property
    def stops(self) -> Sequence[QWidget]:
        """Where the keyboard may stand."""
        return (self._day.edit, self._hour.edit)

    def mark(self, state: str, sentence: str = "") -> None:
        """Below the day."""
        self._day.mark(state, sentence)


class _Holder(QWidget):
    """Who is to have it: a list that may be typed into."""

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self.combo = Combo()
        self.combo.setEditable(True)
        self.combo.setInsertPolicy(Combo.InsertPolicy.NoInsert)
        self.combo.setAccessibleName(ask.caption)
        edit = self.combo.lineEdit()
        assert edit is not None
        edit.setAccessibleName(ask.caption)
        edit.setMaxLength(ask.limit)
        self._typed: str | None = None
        edit.textEdited.connect(self._on_typed)
        self.told = label("", "problem", wrap=True)
        self.told.hide()
        head = row(label(ask.caption, "label"), label("*", "problem"), 1, space=4)
        self.setLayout(column(head, self.combo, self.told, space=2))

    def offer(self, names: Sequence[str]) -> None:
        """Names to choose from; what was typed stays, without the rest that was proposed."""
        edit = self.combo.lineEdit()
        assert edit is not None
        kept = self.combo.currentText() if self._typed is None else self._typed
        # what stands there is chosen when the form opens: the next letter takes its place
        chosen = self._typed is None and edit.hasSelectedText()
        self.combo.clear()
        self.combo.addItems(list(names))
        self.combo.setEditText(kept)
        if chosen:
            edit.selectAll()

    def _on_typed(self, text: str) -> None:
        self._typed = text
        self.mark("")

    @property
    def text(self) -> str:
        """The chosen or typed name."""
        return self.combo.currentText().strip()

    @text.setter
    def text(self, value: str) -> None:
        self.combo.setEditText(value)

    @property
    def stops(self) -> Sequence[QWidget]:
        """Where the keyboard may stand."""
        return (self.combo,)

    def mark(self, state: str, sentence: str = "") -> None:
        """Below the list."""
        self.told.setText(sentence)
        self.told.setVisible(bool(sentence))


@dataclass(frozen=True, slots=True)
class _Done:
    """How an action on several dossiers ended."""

    action: str
    acted: tuple[Acted, ...]
    refused: tuple[tuple[Dossier, Rejected], ...]


class ActionForm(QFrame):
    """Opens for an action; F12 or the key of the act does it, Esc leaves all as it is."""

    closed = Signal()
    """Nothing is asked any more: done, or left."""
    acted = Signal()
    """It was done to all or some of the dossiers."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("actForm")
        self._desk = desk
        self.action = ""
        self.dossiers: tuple[Dossier, ...] = ()
        """Whose form it is."""
        self._trouble: Trouble | None = None
        self._boxes: dict[str, _Box] = {}
        self._busy = False
        self._enter: EnterMoves | None = None
        self._title = label("", "cardTitle", wrap=True)
        self._sentence = label("", "caption", wrap=True)
        self._told = label("", "problem", wrap=True)
        self._asks = column(space=6)
        leave = Button("Thôi", "Esc", "ghost")
        leave.clicked.connect(self.leave)
        self._does = column(space=0)
        whole = column(
            row(self._title, 1, leave, space=4),
            self._sentence,
            self._asks,
            self._told,
            self._does,
            space=5,
        )
        whole.setContentsMargins(14, 6, 8, 10)
        self.setLayout(whole)
        self.hide()

    @property
    def act(self) -> ActForm | None:
        """What is being asked about, if anything."""
        return ACTS[self.action] if self.action else None

    def open(
        self, action: str, dossiers: Sequence[Dossier], trouble: Trouble | None = None
    ) -> None:
        """Ask what the action needs; what needs nothing is done at once. With `trouble` that the upper
        server has with the acceptance a correction is what puts it right.
        """
        act = ACTS[action]
        self._trouble = trouble if trouble is not None and trouble.set_aside else None
        self.action, self.dossiers = action, tuple(dossiers)
        if not act.asks:
            self._boxes = {}
            self.finish()
            return
        first = self.dossiers[0]
        many = len(self.dossiers) > 1
        whose = f"{len(self.dossiers)} hồ sơ" if many else seq_of(first)
        self._title.setText(f"{act.likely} · {whose}")
        why = _REPAIR.format(self._trouble.message) if self._trouble and action == "correct" else ""
        self._show(self._sentence, why or act.sentence(first))
        self._show(self._told, "")
        self._fill(act, first)
        clear(self._does)
        if act.finish != "F12":
            does = Button(act.likely, act.finish, "danger")
            does.clicked.connect(self.finish)
            self._does.addWidget(does, 0, Qt.AlignmentFlag.AlignRight)
        self.show()
        self._stops()[0].setFocus(Qt.FocusReason.TabFocusReason)

    def leave(self) -> None:
        """Nothing is done."""
        if self.action:
            self.action = ""
            self.hide()
            self.closed.emit()

    def key(self, name: str) -> bool:
        """The keys of an open form: Esc, and the letter that what destroys wants."""
        act = self.act
        if act is None or self._busy:
            return False
        if name == "Esc":
            self.leave()
            return True
        if name == act.finish:
            self.finish()
            return True
        return False

    def end(self) -> None:
        """F12: do it, unless it wants its own letter."""
        act = self.act
        if act is not None and act.finish != "F12":
            self._show(self._told, f"Việc này chỉ {act.finish} mới làm được.")
            return
        self.finish()

    def finish(self) -> None:
        """Do it to every dossier; what is wrong is told below its line and nothing typed is lost."""
        if self._busy or not self.action:
            return
        given, problems = self._read()
        if problems:
            self._tell(problems)
            return
        self._busy = True
        acts, who, action = self._desk.counter.acts, self._desk.who, self.action
        dossiers = self.dossiers

        def work() -> _Done:
            acted, refused = [], []
            for dossier in dossiers:
                made = acts.act(dossier.id, action, given, who)
                if isinstance(made, Rejected):
                    refused.append((dossier, made))
                else:
                    acted.append(made)
            return _Done(action, tuple(acted), tuple(refused))

        self._desk.lanes.records.submit(work, self._on_done, self._on_fault)

    # ---- the lines -----------------------------------------------------------------------------

    def _fill(self, act: ActForm, dossier: Dossier) -> None:
        clear(self._asks)
        self._boxes = {}
        pair: QHBoxLayout | None = None
        for ask in act.asks:
            if not ask.when(dossier) or (ask.repair and self._trouble is None):
                continue
            box = self._box(ask)
            box.text = ask.value(dossier)
            self._boxes[ask.key] = box
            assert isinstance(box, QWidget)
            if not ask.short:
                self._asks.addWidget(box)
                pair = None
            elif pair is None:
                line = row(box)
                line.setStretch(0, _share(box))
                self._asks.addLayout(line)
                pair = line
            else:
                pair.addWidget(box)
                pair.setStretch(1, _share(box))
                pair = None
        stops = self._stops()
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)
        lines = [stop for stop in stops if not isinstance(stop, QPlainTextEdit)]
        self._enter = EnterMoves(lines, self._is_filled)

    def _is_filled(self, stop: QWidget) -> bool:
        return any(stop in box.stops and box.text for box in self._boxes.values())

    def _box(self, ask: Ask) -> _Box:
        match ask.kind:
            case "lines":
                return _Paragraph(ask)
            case "moment":
                return _Moment(ask, self._desk)
            case "holder":
                made = _Holder(ask)
                self._desk.read(self._holders, made.offer)
                return made
        return _Line(ask.caption, required=ask.required, limit=ask.limit)

    def _holders(self) -> tuple[str, ...]:
        """Every unit of the catalogue, everybody who works here, and the upper server."""
        counter = self._desk.counter
        units = sorted({procedure.unit for procedure in counter.catalogue.procedures.all})
        people = [officer.name for officer in counter.officers.all() if officer.active]
        return (*units, *people, UPPER)

    def _stops(self) -> list[QWidget]:
        return [stop for box in self._boxes.values() for stop in box.stops]

    def _read(self) -> tuple[dict[str, Any], list[Problem]]:
        """The fields of the action as they were typed; a day that is none is named here."""
        given: dict[str, Any] = {}
        problems: list[Problem] = []
        for ask in ACTS[self.action].asks:
            box = self._boxes.get(ask.key)
            if box is None:
                continue
            value, problem = self._value(ask, box.text)
            missing = "" if box.text else ask.missing(self.dossiers[0])
            if problem or missing:
                problem = problem or missing
                problems.append(Problem(ask.key, "typed_wrong", problem))
            elif value is not _NOTHING:
                part, _, name = ask.key.rpartition(".")
                (given.setdefault(part, {}) if part else given)[name] = value
        return given, problems

    def _value(self, ask: Ask, text: str) -> tuple[Any, str]:
        now = self._desk.now()
        match ask.kind:
            case "changed":
                same = text == ask.value(self.dossiers[0]).strip()
                return (_NOTHING if same else text or (None if "." in ask.key else "")), ""
            case _ if not text:
                return _NOTHING, ""
            case "lines":
                return [line.strip() for line in text.splitlines() if line.strip()], ""
            case "money":
                digits = "".join(c for c in text if c.isdigit())
                plain = not set(text) - set("0123456789. đ")
                return (int(digits), "") if digits and plain else (
                    _NOTHING, "Gõ số tiền bằng đồng, ví dụ 15.000."
                )  # fmt: skip
            case "day":
                at = typed_moment(text, _MIDNIGHT, now)
                return (at.date().isoformat(), "") if at else (
                    _NOTHING, "Không có ngày đó. Gõ ngày như 30/11."
                )  # fmt: skip
            case "moment":
                day, _, hour = text.partition(" ")
                at = typed_moment(day, hour, now)
                return (f"{at:%Y-%m-%dT%H:%M}", "") if at else (
                    _NOTHING, "Không có ngày giờ đó. Gõ ngày như 30/11 và giờ như 17:00."
                )  # fmt: skip
            case "holder":
                upper = text.casefold() in (UPPER.casefold(), "cap tren")
                return ("upper" if upper else text), ""
        return text, ""

    def _tell(self, problems: Sequence[Problem]) -> None:
        for box in self._boxes.values():
            box.mark("")
        elsewhere, first = "", True
        for problem in problems:
            if problem.field not in self._boxes:
                elsewhere = elsewhere or problem.message
                continue
            box = self._boxes[problem.field]
            box.mark("error", problem.message)
            if first:
                box.stops[0].setFocus(Qt.FocusReason.OtherFocusReason)
                first = False
        self._show(self._told, elsewhere)

    # ---- afterwards ----------------------------------------------------------------------------

    def _on_fault(self, fault: Exception) -> None:
        self._busy = False
        message = getattr(fault, "message", "Chưa làm được việc này. Hãy thử lại.")
        self._tell([Problem("", "fault", str(message))])

    def _on_done(self, done: _Done) -> None:
        self._busy = False
        if done.refused and not done.acted:
            _, rejected = done.refused[0]
            if self.isVisible():
                self._tell(rejected.problems)
            else:
                self.leave()
                self._desk.refused.emit(rejected.message)
            return
        self.leave()
        self.acted.emit()
        changes = [acted.changes for acted in done.acted]
        self._desk.announce(
            Changes(
                frozenset().union(*(change.dossiers for change in changes)),
                frozenset().union(*(change.topics for change in changes)),
            )
        )
        count = f" {len(done.acted)} hồ sơ" if len(done.acted) > 1 else ""
        self._desk.told.emit(f"{ACTS[done.action].done}{count}.")
        if done.refused:
            dossier, rejected = done.refused[0]
            self._desk.refused.emit(
                f"{len(done.refused)} hồ sơ chưa làm được, trước hết {seq_of(dossier)}: "
                f"{rejected.message}"
            )
        self._print(done)

    def _print(self, done: _Done) -> None:
        for acted in done.acted:
            if "prints" in acted.changes.topics and not acted.dossier.voided:
                self._desk.print_requested.emit(acted.dossier.id)
        asked = [
            (form, acted.dossier.id)
            for acted in done.acted
            for form in papers_after(done.action, lists=False)
        ]
        for ids in self._from_one_hand(done):
            if len(ids) > 1:
                asked += [(form, ",".join(ids)) for form in papers_after(done.action, lists=True)]
        if asked:
            self._desk.forms_requested.emit(tuple(asked))

    def _from_one_hand(self, done: _Done) -> Iterable[list[str]]:
        """The dossiers that went from the same holder: one list is signed by one giver."""
        before = {dossier.id: dossier.holder for dossier in self.dossiers}
        groups: dict[Destination, list[str]] = {}
        for acted in done.acted:
            groups.setdefault(before[acted.dossier.id], []).append(acted.dossier.id)
        return groups.values()

    @staticmethod
    def _show(shown: QLabel, text: str) -> None:
        shown.setText(text)
        shown.setVisible(bool(text))


def _share(box: _Box) -> int:
    """Of a line that two share: a long name takes more of it than a number."""
    return min(max(_SHORT, len(box.text)), _LONG)
