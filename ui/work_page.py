"""F5: moving dossiers between people, one or many at once."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QVBoxLayout

from counter_app.domain.dossier import Dossier
from counter_app.ports import DossierRow
from counter_app.services.results import Changes
from counter_app.services.scans import Judged
from ui.action_form import ActionForm
from ui.acts import ACTS, act_of, seq_of
from ui.desk import Desk
from ui.dossier_view import story_line
from ui.lists import DossierHead, DossierList, Shape, lateness_chip
from ui.page import Page
from ui.widgets import (
    CHIP_OF_STATUS,
    Button,
    Card,
    NavButton,
    chip,
    clear,
    column,
    fix,
    label,
    row,
    set_chip,
)

_TRAYS = (
    ("new", "Mới nhận"),
    ("held", "Đang giữ"),
    ("awaiting_supplement", "Chờ bổ sung"),
    ("awaiting_payment", "Chờ nộp phí"),
    ("due_soon", "Sắp đến hạn"),
    ("overdue", "Quá hạn"),
    ("waiting_return", "Có kết quả"),
)
_EMPTY = {
    "new": "Không có hồ sơ mới nào chờ chuyển.",
    "held": "Không ai ở đây đang giữ hồ sơ nào.",
    "awaiting_supplement": "Không có hồ sơ nào chờ bổ sung.",
    "awaiting_payment": "Không có hồ sơ nào chờ nộp phí.",
    "due_soon": "Ba ngày làm việc tới không có hồ sơ nào đến hạn.",
    "overdue": "Không có việc quá hạn. Tốt.",
    "waiting_return": "Không có kết quả nào chờ người đến lấy.",
}
_SHAPE = Shape(("code", "due", "holder"), marks=True)
_RIGHT, _RIGHT_NARROW = 352, 324
_WORDS = 60
"""Letters of a procedure's name that leave room for a form."""
_STEPS, _NAMES = 3, 6
"""How much is shown of one dossier's story, and of the names of many."""

Known = tuple[Dossier, DossierRow, tuple[str, ...]]
"""A dossier, its row, and what may be done with it."""


class WorkPage(Page):
    """Trays at the left, dossiers to mark in the middle, what is done with them at the right."""

    title = "Xử lý"
    subtitle = "Quét phiếu để chọn nhiều hồ sơ"
    hints = (
        ("Alt+1-7", "khay"),
        ("dấu cách", "chọn"),
        ("C B G", "làm việc đó"),
        ("Enter", "mở hồ sơ"),
        ("Esc", "bỏ chọn"),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._tray = "new"
        self._rows: tuple[DossierRow, ...] = ()
        self._picked: dict[str, DossierRow] = {}
        self._known: dict[str, Known] = {}
        self._allowed: tuple[str, ...] = ()
        self._waiting_key = ""
        """Pressed before all that was marked had been read: nothing is done to a part of it."""
        self._primary = Button("Chuyển xử lý", "F12", "primary")
        self._primary.clicked.connect(self.finish)
        self._build()
        desk.changed.connect(self._on_changed)
        self._show_targets()

    # ---- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        self._buttons = QButtonGroup(self)
        trays = column(space=0)
        for number, (_, text) in enumerate(_TRAYS):
            button = NavButton(text, f"Alt+{number + 1}")
            self._buttons.addButton(button, number)
            trays.addWidget(button)
        trays.addStretch(1)
        self._buttons.idClicked.connect(self._choose)
        self._buttons.button(0).setChecked(True)
        left = Card(trays, margins=1)
        fix(left, width=236)
        self.list = DossierList(self.desk.theme, _SHAPE)
        self.list.opened.connect(self.desk.open_requested)
        self.list.pointed.connect(self._on_pointed)
        self.list.toggled.connect(self._on_toggled)
        self._told = label("", "strong")
        self._told.setMargin(12)
        head = DossierHead(self.desk.theme, _SHAPE)
        middle = Card(self._told, head, self.list, margins=1, space=0)
        self._right = self._build_right()
        fix(self._right, width=_RIGHT)
        whole = row(left, middle, self._right, space=12)
        whole.setStretch(1, 1)
        whole.setContentsMargins(16, 12, 16, 12)
        self.setLayout(whole)

    def _build_right(self) -> QFrame:
        self._name = label("", "cardTitle", wrap=True)
        self._what = label("", "caption", wrap=True)
        self._status, self._late = chip("grey", ""), chip("grey", "")
        self._steps = QVBoxLayout()
        self._steps.setSpacing(6)
        self.form = ActionForm(self.desk)
        self.form.closed.connect(self._on_form_closed)
        self._offers = QGridLayout()
        self._offers.setSpacing(8)
        return Card(
            self._name,
            row(self._status, self._late, 1),
            self._what,
            self._steps,
            self.form,
            1,
            self._offers,
            space=8,
        )

    # ---- the frame's calls ---------------------------------------------------------------------

    def buttons(self) -> list[Button]:
        """The likeliest thing, or what is being asked."""
        return [self._primary]

    def enter(self) -> None:
        """Read the tray again."""
        self._refresh()
        self.list.setFocus()

    def finish(self) -> None:
        """What is being asked, else the likeliest."""
        if self.form.action:
            self.form.end()
        else:
            self._do("F12")

    def set_narrow(self, narrow: bool) -> None:
        """Less for the right side."""
        fix(self._right, width=_RIGHT_NARROW if narrow else _RIGHT)

    def key(self, name: str) -> bool:
        """Trays, letters of what may be done; Esc lets go of the marked."""
        if self.form.key(name):
            return True
        if name.startswith("Alt+") and name[4:].isdigit() and 1 <= int(name[4:]) <= len(_TRAYS):
            self._choose(int(name[4:]) - 1)
            return True
        if name == "Esc" and self._picked:
            self._picked.clear()
            self._show_rows()
            return True
        is_letter = len(name) == 1 and name.isalpha()
        if is_letter or (name.startswith("Alt+") and name[4:].isalpha()):
            return self._do(name) or is_letter
        return False

    def scanned(self, judged: Judged) -> bool:
        """A slip marks its dossier, wherever it lies."""
        if judged.dossier_id is None:
            return False
        search, wanted = self.desk.counter.search, judged.dossier_id
        self.desk.read(lambda: search.open(wanted), self._on_scanned)
        return True

    # ---- trays ---------------------------------------------------------------------------------

    def _choose(self, number: int) -> None:
        self._tray = _TRAYS[number][0]
        self._buttons.button(number).setChecked(True)
        self._known = {found: self._known[found] for found in self._picked if found in self._known}
        self._refresh()
        self.list.setFocus()

    def _refresh(self) -> None:
        lists, tray = self.desk.counter.worklists, self._tray
        self.desk.read(lambda: (tray, lists.trays(), lists.rows(tray)), self._on_read)

    def _on_read(self, answer: tuple[str, dict[str, int], tuple[DossierRow, ...]]) -> None:
        tray, counts, rows = answer
        for number, (kind, _) in enumerate(_TRAYS):
            button = self._buttons.button(number)
            assert isinstance(button, NavButton)
            button.show_count(counts[kind])
        if tray == self._tray:
            self._rows = rows
            self._show_rows()

    def _show_rows(self) -> None:
        """What was marked elsewhere stands first: nothing is done to what cannot be seen."""
        here = {found.id for found in self._rows}
        self._picked |= {found.id: found for found in self._rows if found.id in self._picked}
        elsewhere = [found for found in self._picked.values() if found.id not in here]
        self.list.show_rows([*elsewhere, *self._rows], self.desk.now().date())
        self.list.show_marks(frozenset(self._picked))
        tray = next(text for kind, text in _TRAYS if kind == self._tray)
        if self._picked:
            self._told.setText(f"{len(self._picked)} hồ sơ đã chọn")
        else:
            self._told.setText(f"{tray}: {len(self._rows)}" if self._rows else _EMPTY[self._tray])
        self._look()

    def _on_pointed(self, _: str) -> None:
        if not self._picked:
            self._look()

    def _on_toggled(self, dossier_id: str) -> None:
        if self._picked.pop(dossier_id, None) is None:
            self._picked |= {found.id: found for found in self._rows if found.id == dossier_id}
        at = self.list.currentIndex()
        self._show_rows()
        self.list.setCurrentIndex(
            at.siblingAtRow(at.row() + 1) if at.row() + 1 < self.list.count else at
        )

    def _on_scanned(self, view: object) -> None:
        row_found = getattr(view, "row", None)
        if isinstance(row_found, DossierRow):
            self._picked[row_found.id] = row_found
            self._show_rows()
            self.list.setFocus()

    # ---- what is done with them ----------------------------------------------------------------

    def _targets(self) -> list[str]:
        """The marked, else the one the keyboard is on."""
        return list(self._picked) or ([self.list.current_id] if self.list.current_id else [])

    def _look(self) -> None:
        """Read what is not known yet of them."""
        counter, who = self.desk.counter, self.desk.who
        wanted = [found for found in self._targets() if found not in self._known]

        def work() -> dict[str, Known]:
            views = [view for found in wanted if (view := counter.search.open(found)) is not None]
            return {
                view.dossier.id: (view.dossier, view.row, counter.acts.allowed(view.dossier, who))
                for view in views
            }

        if wanted:
            self.desk.read(work, self._on_looked)
        else:
            self._show_targets()

    def _on_looked(self, found: dict[str, Known]) -> None:
        self._known |= found
        self._show_targets()
        key, self._waiting_key = self._waiting_key, ""
        if key:
            self._do(key)

    def _show_targets(self) -> None:
        known = [self._known[found] for found in self._targets() if found in self._known]
        if self.form.action and {d.id for d in self.form.dossiers} != {d.id for d, *_ in known}:
            self.form.leave()
        clear(self._steps)
        self._allowed = _common(known)
        if len(known) == 1:
            self._show_one(*known[0][:2])
        else:
            self._show_many([dossier for dossier, *_ in known])
        self._show_offers()

    def _show_one(self, dossier: Dossier, found: DossierRow) -> None:
        self._name.setText(dossier.facts.applicant.name)
        what = dossier.facts.procedure.name
        cut = what if len(what) <= _WORDS else f"{what[:_WORDS].rstrip()}…"
        self._what.setText(f"{dossier.code}  ·  {cut}")
        kind, words = ("grey", "Đã hủy") if dossier.voided else CHIP_OF_STATUS[dossier.status]
        set_chip(self._status, kind, words)
        set_chip(self._late, *(lateness_chip(found, self.desk.now().date()) or ("grey", "")))
        for entry in reversed(dossier.timeline[-_STEPS:]):
            self._steps.addWidget(story_line(entry, self.desk.theme.palette))

    def _show_many(self, dossiers: list[Dossier]) -> None:
        for shown in (self._status, self._late):
            set_chip(shown, "grey", "")
        if not dossiers:
            self._name.setText("Chưa có hồ sơ nào")
            self._what.setText("Chọn khay khác, hoặc quét phiếu.")
            return
        self._name.setText(f"{len(dossiers)} hồ sơ đã chọn")
        self._what.setText("Mọi hồ sơ này cùng làm một việc." if self._allowed else
                           "Các hồ sơ này không có việc nào chung. Bỏ bớt rồi làm.")  # fmt: skip
        for dossier in dossiers[:_NAMES]:
            self._steps.addWidget(
                label(f"{seq_of(dossier)}  {dossier.facts.applicant.name}", wrap=True)
            )
        if len(dossiers) > _NAMES:
            self._steps.addWidget(label(f"và {len(dossiers) - _NAMES} hồ sơ nữa", "caption"))

    def _show_offers(self) -> None:
        clear(self._offers)
        asked = self.form.act
        for place, action in enumerate(() if asked else self._allowed[1:]):
            offered = ACTS[action]
            kind = "danger" if offered.danger else ""
            button = Button(offered.text, offered.key[-1], kind)
            button.setProperty("action", action)
            button.clicked.connect(self._on_clicked)
            self._offers.addWidget(button, place // 2, place % 2)
        act = asked or (ACTS[self._allowed[0]] if self._allowed else None)
        self._primary.setVisible(act is not None and act.finish == "F12")
        if act is not None:
            self._primary.setText(act.likely)

    def _do(self, key: str) -> bool:
        """What a key stands for, once all targets are known; whether it stands for anything."""
        if any(found not in self._known for found in self._targets()):
            self._waiting_key = key
            return True
        likeliest = self._allowed[0] if self._allowed else ""
        action = likeliest if key == "F12" else act_of(key, self._allowed)
        if action:
            self._act(action)
        return bool(action)

    def _act(self, action: str) -> None:
        dossiers = [self._known[found][0] for found in self._targets()]
        if action == "return":
            self.desk.return_requested.emit(dossiers[0].id)
            return
        self.form.open(action, dossiers)
        self._show_offers()

    def _on_clicked(self) -> None:
        self._do(ACTS[str(self.sender().property("action"))].key)

    def _on_form_closed(self) -> None:
        self._show_offers()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_changed(self, changes: Changes) -> None:
        if "sync" in changes.topics:
            # nobody says which dossiers came from above
            self._known.clear()
        for found in changes.dossiers:
            self._known.pop(found, None)
            self._picked.pop(found, None)
        if self.isVisible():
            self._refresh()


def _common(known: Iterable[Known]) -> tuple[str, ...]:
    """What may be done with each of them, in the order of the first."""
    offered = [allowed for *_, allowed in known]
    if not offered:
        return ()
    return tuple(
        action
        for action in offered[0]
        if (len(offered) == 1 or ACTS[action].many) and all(action in rest for rest in offered)
    )
