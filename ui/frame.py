"""The frame of every screen: rail, header, action bar, status bar, and what runs in the background."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from counter_app.domain.calendar import weekday_name
from counter_app.services.results import Changes
from counter_app.services.scans import Judged
from ui.assets import icon, pixmap
from ui.backups import Backups
from ui.counter import SyncWords
from ui.desk import Desk
from ui.dialogs import ask
from ui.exchange import Exchanges
from ui.form_papers import FormPapers
from ui.home import HomePage
from ui.intake.page import IntakePage
from ui.open_file import open_pdf
from ui.page import Page
from ui.procedures_page import ProceduresPage
from ui.queue_page import QueuePage
from ui.rail import RailButton
from ui.return_page import ReturnPage
from ui.search_page import SearchPage
from ui.settings_page import SettingsPage
from ui.slips import Slips
from ui.status_bar import StatusBar
from ui.sync_page import SyncPage
from ui.syncs import Syncs
from ui.theme import px
from ui.widgets import (
    Avatar,
    Banner,
    Screens,
    chip,
    column,
    elastic,
    fix,
    label,
    row,
    scrolled,
    set_chip,
)
from ui.work_page import WorkPage

PAGES: tuple[tuple[str, str, str, type[Page]], ...] = (
    ("F1", "Bàn làm việc", "layout-dashboard", HomePage),
    ("F2", "Tiếp nhận", "file-plus", IntakePage),
    ("F3", "Tra cứu", "search", SearchPage),
    ("F4", "Trả kết quả", "package-export", ReturnPage),
    ("F5", "Xử lý", "arrows-exchange", WorkPage),
    ("F6", "Số thứ tự", "ticket", QueuePage),
    ("F8", "Thủ tục", "book", ProceduresPage),
    ("F9", "Đồng bộ", "refresh", SyncPage),
    ("F11", "Thiết lập", "settings", SettingsPage),
)
_BUILD_AHEAD_MS = 300
_TOAST_MS = 4000
_NARROW = 1200
_HEAD, _HEAD_NARROW = (12, 12, 6, 10), (0, 12, 0, 10)
"""Pixels round the mark."""


class Frame(QWidget):
    """Everything a signed-in officer sees."""

    lock_requested = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._pages: dict[str, Page] = {}
        self._bars: dict[str, QWidget] = {}
        self.current = ""
        self._after_crash = False
        self.narrow: bool | None = None
        self._build()
        self.papers = FormPapers(desk, self)
        self.papers.told.connect(self._tell_badly)
        self._slips = Slips(desk, self)
        self._slips.told.connect(self._tell_badly)
        self._slips.state_known.connect(self._status.show_printer)
        self._set_narrow(False)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus)
        self._day = desk.now().date()
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._tick)
        self._clock.start()
        self._toast_timer = QTimer(self)
        self._toast_timer.setSingleShot(True)
        self._toast_timer.timeout.connect(self._hide_toast)
        desk.told.connect(self._tell)
        desk.refused.connect(self._tell_badly)
        desk.open_requested.connect(self._open_dossier)
        desk.return_requested.connect(self._return_dossier)
        desk.intake_requested.connect(self._open_intake)
        desk.forms_requested.connect(self._open_forms)
        desk.call_requested.connect(self._call_next)
        desk.changed.connect(self._on_changed)
        self.exchanges = Exchanges(desk, self)
        self.backups = Backups(desk, self)
        self.backups.known.connect(self._status.show_backup)
        self.syncs = Syncs(desk, self)
        self.syncs.ended.connect(self._on_synced)
        self.syncs.told.connect(self._on_not_synced)
        self.syncs.known.connect(self._on_sync_state)
        self.syncs.under_way.connect(self._on_under_way)
        self._tick()

    # ---- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        self._rail = self._build_rail()
        self._title = label("", "title")
        self._subtitle = label("", "caption")
        self._chip = chip("green", "")
        self._date = label("", "caption")
        self._time = label("", "clock")
        header = QWidget()
        header.setObjectName("header")
        fix(header, height=54)
        line = row(self._title, self._subtitle, 1, self._chip, self._date, self._time, space=12)
        line.setContentsMargins(18, 0, 18, 0)
        header.setLayout(line)
        self.banner = Banner()
        told = QWidget()
        told.setObjectName("canvas")
        inside = row(self.banner)
        inside.setContentsMargins(16, 12, 16, 0)
        told.setLayout(inside)
        told.setVisible(False)
        self.banner.shown.connect(told.setVisible)
        self._stack = Screens()
        self._area = scrolled(self._stack)
        actions = QWidget()
        actions.setObjectName("actions")
        fix(actions, height=54)
        self._hints = [
            (label("", "keycap"), label("", "caption"))
            for _ in range(max(len(make.hints) for *_, make in PAGES))
        ]
        self._hint_line = QWidget()
        self._hint_line.setLayout(row(*(part for hint in self._hints for part in hint)))
        self._actions = row(self._hint_line, 1)
        self._actions.setContentsMargins(16, 0, 16, 0)
        actions.setLayout(self._actions)
        self._status = StatusBar(self.desk.theme.palette)
        screen = column(space=0)
        for strip in (header, actions):
            # none of them keeps the window wide
            strip.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for widget in (header, told, self._area, actions):
            screen.addWidget(widget)
        screen.setStretch(2, 1)
        upper = row(self._rail, space=0)
        upper.addLayout(screen, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(upper, 1)
        whole.addWidget(self._status)
        self._toast = label("", "", wrap=False)
        self._toast.setParent(self)
        self._toast.setProperty("chip", "green")
        self._toast.setMargin(8)
        self._toast.hide()

    def _build_rail(self) -> QWidget:
        palette, counter = self.desk.theme.palette, self.desk.counter
        rail = QWidget()
        rail.setObjectName("rail")
        mark = label()
        mark.setPixmap(pixmap("mot-cua", "", 34))
        mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        name = counter.office.name.removeprefix("Bộ phận Một cửa ").removesuffix(" (mẫu)")
        self._words = QWidget()
        words = QVBoxLayout(self._words)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(0)
        words.addWidget(label("Một Cửa", "brand"))
        words.addWidget(label(f"{name} · Quầy {counter.identity.counter_no}", "railSmall"))
        self._head = row(mark, self._words, space=9)
        self._head.setStretch(1, 1)
        lines = QVBoxLayout(rail)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        lines.addLayout(self._head)
        self._buttons = QButtonGroup(rail)
        for number, (key, caption, icon_name, _) in enumerate(PAGES):
            button = RailButton(caption, key, icon(icon_name, palette.rail_text, 20), palette)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._buttons.addButton(button, number)
            lines.addWidget(button)
        self._buttons.idClicked.connect(self._on_rail)
        lines.addStretch(1)
        self._initials = Avatar(palette, 30)
        self._who = elastic(label("", "railName"))
        self._foot = QWidget()
        words = column(self._who, label("Khóa  Ctrl+L", "railSmall"), space=0)
        foot = row(self._initials, words, space=10)
        foot.setStretch(1, 1)
        foot.setContentsMargins(13, 0, 8, 10)
        self._foot.setLayout(foot)
        lines.addWidget(self._foot)
        return rail

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Below 1200 pixels at the text size of 100 % the rail is narrow, the hints are gone."""
        super().resizeEvent(event)
        self.follow_width()

    def follow_width(self) -> None:
        """After another width or another text size."""
        self._set_narrow(self.width() < px(_NARROW))
        self._place_toast()

    def _set_narrow(self, narrow: bool) -> None:
        if narrow == self.narrow:
            return
        self.narrow = narrow
        fix(self._rail, width=60 if narrow else 188)
        self._head.setContentsMargins(*(_HEAD_NARROW if narrow else _HEAD))
        for part in (self._words, self._foot):
            part.setVisible(not narrow)
        self._status.set_narrow(narrow)
        for button in self._buttons.buttons():
            assert isinstance(button, RailButton)
            button.set_narrow(narrow)
        self._hint_line.setVisible(not narrow)
        for page in self._pages.values():
            page.set_narrow(narrow)

    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self._stack.isAncestorOf(now):
            self._area.ensureWidgetVisible(now, 0, 24)

    def begun(self) -> tuple[str, dict[str, Any]] | None:
        """What stands unsaved in the intake, to be taken over by another frame."""
        page = self._pages.get("F2")
        return page.begun() if isinstance(page, IntakePage) else None

    def go_on(self, begun: tuple[str, dict[str, Any]] | None) -> None:
        """Fill the intake with it."""
        page = self.page("F2") if begun else None
        if isinstance(page, IntakePage) and begun:
            page.open_draft(*begun)

    # ---- moving about --------------------------------------------------------------------------

    keys = tuple(key for key, *_ in PAGES)
    """The keys of the rail."""

    def start(self) -> None:
        """Someone signed in: first what a crash may have left, then the desk."""
        self._who.setText(self.desk.who.name)
        self._initials.show_name(self.desk.who.name)
        self.go("F1")
        self._slips.start()
        self.syncs.start()
        self._refresh_badges()
        self.backups.tell()
        counter = self.desk.counter
        self.desk.read(counter.prints.after_crash, self._on_crash_read)
        # everybody takes in: that screen is built while the desk is looked at
        QTimer.singleShot(_BUILD_AHEAD_MS, self, self._build_ahead)
        identity = counter.identity
        self._status.show_sample(bool(identity.sample or identity.seeded))

    def _build_ahead(self) -> None:
        self.page("F2")

    def page(self, key: str) -> Page:
        """A screen, made at its first visit."""
        if key not in self._pages:
            make = next(make for name, _, _, make in PAGES if name == key)
            page = make(self.desk)
            self._pages[key] = page
            page.chip_changed.connect(self._on_chip)
            self._stack.addWidget(page)
            self._bars[key] = QWidget()
            self._bars[key].setLayout(row(*page.buttons()))
            self._bars[key].hide()
            page.set_narrow(bool(self.narrow))
            self._actions.addWidget(self._bars[key])
        return self._pages[key]

    def go(self, key: str) -> None:
        """Another screen; the old one keeps what was typed."""
        if self.current:
            self._pages[self.current].leave()
        page = self.page(key)
        self.current = key
        self._stack.setCurrentWidget(page)
        number = next(n for n, (name, *_) in enumerate(PAGES) if name == key)
        self._buttons.button(number).setChecked(True)
        self._title.setText(page.title)
        self._subtitle.setText(page.subtitle)
        set_chip(self._chip, *page.chip)
        if self._after_crash:
            # it is told on the desk; what it speaks of stands there
            self._after_crash = False
            self.banner.tell("")
        self._show_bar(key)
        page.enter()
        self._on_under_way()

    def lock(self) -> None:
        """Back to the tiles; what was begun is kept."""
        self._pages[self.current].leave()
        self.lock_requested.emit()

    def key(self, name: str) -> bool:
        """A key that no field wants; whether it was ours."""
        if name == "F12":
            self._pages[self.current].finish()
            return True
        if any(name == key for key, *_ in PAGES):
            self.go(name)
            return True
        if name == "Ctrl+L":
            self.lock()
            return True
        if name == "Shift+F1":
            self._help()
            return True
        if self._pages[self.current].key(name):
            return True
        if name == "Ctrl+J":
            self.go("F1")
            return True
        if name == "Ctrl+P":
            if not self._slips.print_refused():
                self.go("F1")
            return True
        if name == "Esc" and self.current != "F1":
            self.go("F1")
            return True
        if name == "Ctrl+G":
            self._call_next()
            return True
        return name in ("F7", "F10")

    def _call_next(self) -> None:
        """The next number, from whatever screen."""
        page = self.page("F6")
        assert isinstance(page, QueuePage)
        page.call_next()

    def scanned(self, payload: str) -> None:
        """A scan: this screen's, or opened where it belongs. It never lands in a field."""
        scans = self.desk.counter.scans
        self.desk.read(lambda: scans.judge(payload), self._on_judged)

    def _on_judged(self, judged: Judged) -> None:
        if self._pages[self.current].scanned(judged):
            return
        if judged.dossier_id is not None:
            self._open_dossier(judged.dossier_id)
        elif judged.scan.kind in ("citizen_card", "pad_slip"):
            self.go("F2")
            self._pages["F2"].scanned(judged)
        elif judged.scan.kind == "slip":
            self.banner.tell("Hồ sơ của phiếu này chưa có ở máy này. Hãy đồng bộ (F9).")
        else:
            self.banner.tell("Mã này không phải thẻ căn cước hay phiếu hẹn.")

    def _on_rail(self, number: int) -> None:
        self.go(PAGES[number][0])

    def _open_dossier(self, dossier_id: str) -> None:
        self.go("F3")
        page = self._pages["F3"]
        assert isinstance(page, SearchPage)
        page.open(dossier_id)

    def _return_dossier(self, dossier_id: str) -> None:
        self.go("F4")
        page = self._pages["F4"]
        assert isinstance(page, ReturnPage)
        page.open(dossier_id)

    def _open_intake(self, draft_id: str | None) -> None:
        self.go("F2")
        if draft_id is None:
            return
        counter, who = self.desk.counter, self.desk.who
        self.desk.read(
            lambda: next((d for d in counter.drafts.list(who.id) if d.id == draft_id), None),
            self._on_draft,
        )

    def _on_draft(self, draft: object) -> None:
        page = self._pages["F2"]
        assert isinstance(page, IntakePage)
        if draft is not None:
            page.open_draft(draft.id, draft.fields)  # type: ignore[attr-defined]

    # ---- prints ----------------------------------------------------------------------------------

    def _on_crash_read(self, jobs: tuple[object, ...]) -> None:
        if jobs and self.current == "F1":
            self._after_crash = True
            self.banner.tell(
                f"{len(jobs)} hồ sơ vừa lưu, chưa in. Đừng nhận lại. Xem ở Cần làm ngay."
            )

    def _open_forms(self, asked: Sequence[tuple[str, str]]) -> None:
        self.papers.open(asked, open_pdf)

    # ---- sync ----------------------------------------------------------------------------------

    def _on_synced(self, _: object) -> None:
        page = self._pages.get("F9")
        if isinstance(page, SyncPage):
            page.show_round()

    def _on_under_way(self) -> None:
        page = self._pages.get("F9")
        if isinstance(page, SyncPage):
            page.show_under_way(self.syncs.began_at)

    def _on_not_synced(self, message: str) -> None:
        if self.current == "F9":
            self.banner.tell(message)

    def _on_sync_state(self, state: SyncWords) -> None:
        self._status.show_sync(state)
        page = self._pages.get("F9")
        if isinstance(page, SyncPage):
            page.show_state(state)

    # ---- small things --------------------------------------------------------------------------

    def _on_changed(self, changes: Changes) -> None:
        if "backup" in changes.topics:
            self.backups.tell()
        self._refresh_badges()

    def _refresh_badges(self) -> None:
        lists = self.desk.counter.worklists
        self.desk.read(
            lambda: (lists.figures().waiting_return, len(lists.rows("problem"))), self._on_badges
        )

    def _on_badges(self, answer: tuple[int, int]) -> None:
        waiting, problems = answer
        for button in self._buttons.buttons():
            assert isinstance(button, RailButton)
            if button.key == "F4":
                button.show_count(waiting, urgent=False)
            elif button.key == "F9":
                button.show_count(problems, urgent=True)

    def _on_chip(self) -> None:
        if self.sender() is self._pages.get(self.current):
            set_chip(self._chip, *self._pages[self.current].chip)

    def _tell_badly(self, text: str) -> None:
        self.banner.tell(text, "Red")

    def _tell(self, text: str) -> None:
        self.banner.tell("")
        self._toast.setText(text)
        self._place_toast()
        self._toast.show()
        self._toast.raise_()
        self._toast_timer.start(_TOAST_MS)

    def _place_toast(self) -> None:
        self._toast.adjustSize()
        place = self.rect()
        self._toast.move(
            place.right() - self._toast.width() - 20, place.bottom() - px(28 + 54 + 50)
        )

    def _hide_toast(self) -> None:
        self._toast.hide()

    def _tick(self) -> None:
        now = self.desk.now()
        if now.date() != self._day:
            # a window may stand open for weeks: fees and days off hold from their day
            self._day = now.date()
            self.desk.read_catalogue_again()
        self._date.setText(f"{weekday_name(now.date())}, {now:%d/%m/%Y}")
        self._time.setText(f"{now:%H:%M}")

    def _help(self) -> None:
        page = self._pages[self.current]
        lines = [f"{key}: {text}" for key, text in page.hints]
        lines += ["F12: xong việc của màn hình này", "Ctrl+L: khóa, đổi người"]
        lines += [f"{key}: {caption}" for key, caption, _, _ in PAGES]
        lines += ["Ctrl và +, -, 0: cỡ chữ", "Ctrl+K: tương phản cao"]
        ask(self, "Các phím", "\n".join(lines), (("Đóng", "D"),))

    def _show_bar(self, key: str) -> None:
        hints = self._pages[key].hints
        for number, parts in enumerate(self._hints):
            for part, text in zip(
                parts, hints[number] if number < len(hints) else ("", ""), strict=True
            ):
                part.setText(text)
                part.setVisible(bool(text))
        for name, bar in self._bars.items():
            bar.setVisible(name == key)
