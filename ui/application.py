"""The window: what is light first, the store on another thread, faults in words."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEventLoop, Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QIcon
from PySide6.QtWidgets import QApplication, QBoxLayout, QLineEdit, QStackedWidget, QWidget

from counter_app import crash, data_folder
from counter_app.errors import EnvironmentFault, Refused
from ui.assets import load_fonts, pixmap
from ui.desk import Desk, Lanes
from ui.fields import Field
from ui.keys import KeyFilter
from ui.lanes import Lane, LanesByName
from ui.theme import CONTRAST, LIGHT, SCALES, Theme, set_text_scale, text_scale
from ui.widgets import Button, Card, column, fix, label, refit, row
from ui.words import Words

if TYPE_CHECKING:
    from ui.counter import Counter

_SIZE = (1366, 768)
_DAMAGED = (
    "disk_fault",
    "key_file_missing",
    "key_file_damaged",
    "store_damaged",
    "chain_broken",
    "head_wrong",
)
"""Faults of opening that a backup puts right."""
_TEXT, _COLOURS = "screen.text", "screen.colours"
"""Settings of this PC."""
_CHECK_SECONDS = 60
_PAINTED_MS = 40
_LOCKS_AFTER_MS = 5 * 60 * 1000
_LOOKS_EVERY_MS = 5_000
_MOST_QUESTIONS = 3
"""One before the other."""
_USUAL = gc.get_threshold()
_WHILE_LOADING = (2_000, 10, 100_000)
"""Only what is young is looked through for garbage."""


@dataclass(frozen=True, slots=True)
class Doors:
    """How a store is found, opened and made; wired by whoever starts the program."""

    folder: Path
    sample: bool
    state: Callable[[], str]
    """`none`, `passphrase`, `ready` or `damaged`."""
    open: Callable[[str | None], Counter]
    create: Callable[[str, int, str, str, str | None], str]
    offices: Callable[[], list[tuple[str, str]]]
    office_text: Callable[[str], str]
    restore: Callable[[Path, str | None, str | None], tuple[int, datetime | None]]
    """(backup, passphrase, recovery code) → (counter, when its last event was)."""


class Window(QStackedWidget):
    """Sign-in, frame, first start, or a plain sentence about what is wrong."""

    def __init__(self, doors: Doors) -> None:
        super().__init__()
        self._doors = doors
        self.theme = Theme(CONTRAST if _is_contrast_wanted() else LIGHT)
        self._is_look_chosen = False
        """Whether somebody chose letters and colours since the program began."""
        set_text_scale(SCALES[0])
        self.desk: Desk | None = None
        self.frame: Any = None
        self.sign_in: Any = None
        self.first_start: Any = None
        self._checks: Any = None
        self._restorable = False
        self._goes_on = False
        self._damaged: QWidget | None = None
        """What lies behind a restore that is not done: nothing is written into that book meanwhile."""
        records, sync, paper, backup, check = (
            Lane(name, self.report) for name in ("records", "sync", "paper", "backup", "check")
        )
        printers = LanesByName(lambda name: Lane(name, self.report))
        self.lanes = Lanes(records, printers, sync, paper, backup, check)
        self.keys = KeyFilter()
        self.keys.pressed.connect(self._on_key)
        self.keys.scanned.connect(self._on_scan)
        self.keys.rewriting.connect(self._on_rewriting)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.installEventFilter(self.keys)
        self.idle = QTimer(self)
        """When it is looked whether anybody is still there."""
        self.idle.setInterval(_LOOKS_EVERY_MS)
        self.idle.timeout.connect(self.lock_if_left)
        self.idle.start()
        application.installTranslator(Words(application))
        # on the window, not on the application: there every part of a screen is styled anew each time
        # that it is put into another
        self.setStyleSheet(self.theme.style_sheet())
        self.setWindowTitle("Một Cửa")
        self.setWindowIcon(QIcon(pixmap("mot-cua", "", 64)))
        self.resize(*_SIZE)
        self._begin()

    # ---- opening -------------------------------------------------------------------------------

    def _begin(self) -> None:
        match self._doors.state():
            case "none":
                self._show_first_start()
            case "damaged":
                self.show_fault(
                    "Sổ dữ liệu hoặc tệp khóa bị hỏng hay thiếu.",
                    "Đừng xóa tệp nào. Hãy khôi phục từ bản sao lưu, hoặc báo cấp trên.",
                    restorable=True,
                )
            case "passphrase":
                self._ask_passphrase("")
            case _:
                self._show_sign_in()
                # what opens the store takes turns with this thread: first the screen is painted
                # and takes typing
                QTimer.singleShot(_PAINTED_MS, self._open_unasked)

    def _show_sign_in(self) -> None:
        from ui.sign_in import SignInPage

        self.sign_in = SignInPage(sample=self._doors.sample)
        self.sign_in.signed_in.connect(self._on_signed_in)
        self._put(self.sign_in)
        self.sign_in.enter()

    def _open_unasked(self) -> None:
        self._open(None)

    def _open(self, passphrase: str | None) -> None:
        def work() -> tuple[Counter, str]:
            counter = self._doors.open(passphrase)
            try:
                return counter, counter.soundness.trouble
            except EnvironmentFault:
                counter.close()
                raise

        self.lanes.records.submit(work, self._on_opened, self._on_not_opened)

    def _on_opened(self, opened: tuple[Counter, str]) -> None:
        counter, trouble = opened
        self._damaged = None
        self.desk = Desk(counter, self.lanes, self.theme)
        self.desk.reporter = self.report
        self._look_as_left(self.desk)
        identity = counter.identity
        mark = " - DỮ LIỆU MẪU" if identity.sample or identity.seeded else ""
        self.setWindowTitle(f"Một Cửa - {counter.office.name}, quầy {identity.counter_no}{mark}")
        if self.first_start is not None:
            self.first_start.go_on(self.desk)
            return
        if trouble:
            self.show_fault(
                "Sổ có chỗ hỏng.",
                f"{trouble} Đừng xóa tệp nào. Nếu còn mạng hay USB, hãy vào làm việc, gửi hết lên cấp trên "
                "rồi mới khôi phục; hoặc báo người hỗ trợ.",
                restorable=True,
                goes_on=True,
            )
            return
        self._go_on()

    def _go_on(self) -> None:
        """Who sits here? While the PIN is typed: what the sign-in would have to wait for."""
        self._goes_on = False
        if self.sign_in is None:
            self._show_sign_in()
        self.setCurrentWidget(self.sign_in)
        self.sign_in.open(self.desk)
        self.lanes.records.submit(_load_screens)
        if self.desk is not None:
            self.lanes.records.submit(self.desk.counter.checks.end, None, self._on_not_opened)

    def _on_not_opened(self, fault: Exception) -> None:
        self.first_start = None
        if isinstance(fault, Refused):
            self._ask_passphrase(fault.message)
        elif isinstance(fault, EnvironmentFault):
            damaged = fault.code in _DAMAGED
            self.show_fault("Chưa mở được sổ.", fault.message, restorable=damaged)
        else:
            self.report(fault)
            self.show_fault("Chưa mở được sổ.", "Chương trình gặp sự cố. Hãy báo người hỗ trợ.")

    def _on_signed_in(self, officer: Any) -> None:
        from ui.frame import Frame  # the screens load after the sign-in is seen

        assert self.desk is not None
        if self.frame is not None and self.desk.officer != officer:
            # another officer gets her own screens; what was begun is kept for whom it belongs to
            self.removeWidget(self.frame)
            self.frame.deleteLater()
            self.frame = None
        self.desk.officer = officer
        if self._checks is None:
            from ui.checks import Checks

            self._checks = Checks(self.desk, self)
        if self.frame is None:
            self.frame = Frame(self.desk)
            self.frame.lock_requested.connect(self.lock)
            self.addWidget(self.frame)
        self.setCurrentWidget(self.frame)
        self.frame.start()

    def lock(self) -> None:
        """Back to the tiles; screens and drafts stay."""
        if self.sign_in is not None:
            self.setCurrentWidget(self.sign_in)
            self.sign_in.enter()

    def lock_if_left(self) -> None:
        """Whoever went away five minutes ago left citizens' data on the screen."""
        is_worked_at = self.frame is not None and self.currentWidget() is self.frame
        if not is_worked_at or self.keys.untouched_ms() < _LOCKS_AFTER_MS:
            return
        for _ in range(_MOST_QUESTIONS):
            if (asked := QApplication.activeModalWidget()) is not None:
                # nobody answers it: as if it had been left by Esc
                asked.close()
        self.frame.lock()

    def _show_first_start(self, damaged: QWidget | None = None) -> None:
        """With a `damaged` screen behind it there is only the way of a backup, or back to that."""
        from ui.first_start import FirstStartPage

        doors = self._doors
        self.first_start = FirstStartPage(
            self.lanes.records, doors.offices, doors.office_text, doors.create, doors.restore
        )
        if damaged is not None:
            self.first_start.only_restore()
            self.first_start.left.connect(self._on_restore_left)
            self._damaged = damaged
        self.first_start.made.connect(self._on_made)
        self.first_start.finished.connect(self._on_first_start_done)
        self._put(self.first_start)

    def _restore_damaged(self) -> None:
        if (behind := self.currentWidget()) is not None:
            if self.desk is not None:
                # Windows renames no folder with an open file in it; who goes on after all opens it again.
                # Behind what is still to be written: that would open it too
                self.lanes.records.submit(self.desk.counter.close)
            self._show_first_start(behind)

    def _on_restore_left(self) -> None:
        left, self.first_start = self.first_start, None
        if left is not None and self._damaged is not None:
            self.setCurrentWidget(self._damaged)
            self._damaged = None
            self.removeWidget(left)
            left.deleteLater()

    def _on_made(self, passphrase: str) -> None:
        self._open(passphrase or None)

    def _on_first_start_done(self) -> None:
        done, self.first_start = self.first_start, None
        if self.desk is None or done is None:
            return
        self._show_sign_in()
        self.removeWidget(done)
        done.deleteLater()
        self.sign_in.open(self.desk)
        self.lanes.records.submit(_load_screens)

    def _ask_passphrase(self, told: str) -> None:
        field = Field("Câu mở sổ")
        field.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self._passphrase = field
        field.edit.returnPressed.connect(self._on_passphrase)
        enter = Button("Mở sổ", "Enter", "primary")
        enter.clicked.connect(self._on_passphrase)
        card = Card(
            label("Mở sổ", "title"),
            label("Sổ này được mã hóa. Gõ câu mở sổ để vào làm việc.", wrap=True),
            field,
            label(told, "problem", wrap=True),
            row(1, enter),
            margins=28,
        )
        fix(card, width=560)
        page = QWidget()
        page.setObjectName("canvas")
        page.setLayout(column(1, row(1, card, 1), 1))
        self._put(page)
        field.edit.setFocus()

    def _on_passphrase(self) -> None:
        self._open(self._passphrase.edit.text())

    def show_fault(
        self, title: str, sentence: str, *, restorable: bool = False, goes_on: bool = False
    ) -> None:
        """A plain screen instead of a traceback; a damaged store may be restored from there, one that can
        still be worked with may be opened.
        """
        card = Card(label(title, "title", wrap=True), label(sentence, wrap=True), margins=28)
        fix(card, width=640)
        self._restorable, self._goes_on = restorable, goes_on
        inside = card.layout()
        if restorable and isinstance(inside, QBoxLayout):
            restore = Button("Khôi phục từ bản sao lưu", "F12", "primary")
            restore.clicked.connect(self._restore_damaged)
            buttons = row(1, restore)
            if goes_on:
                enter = Button("Vào làm việc", "Esc")
                enter.clicked.connect(self._go_on)
                buttons.insertWidget(1, enter)
            inside.addLayout(buttons)
        page = QWidget()
        page.setObjectName("canvas")
        page.setLayout(column(1, row(1, card, 1), 1))
        self._put(page)

    def _put(self, page: QWidget) -> None:
        self.addWidget(page)
        self.setCurrentWidget(page)

    # ---- keys ----------------------------------------------------------------------------------

    @Slot(str)
    def _on_key(self, name: str) -> None:
        self.keys.taken = self._key(name)

    def _key(self, name: str) -> bool:
        match name:
            case "Ctrl++" | "Ctrl+-" | "Ctrl+0":
                at = SCALES.index(text_scale())
                other = {"Ctrl++": at + 1, "Ctrl+-": max(at - 1, 0), "Ctrl+0": 0}[name]
                self._scale(SCALES[min(other, len(SCALES) - 1)])
                self._keep_look()
                return True
            case "Ctrl+K":
                self._restyle(Theme(LIGHT if self.theme.palette is CONTRAST else CONTRAST))
                self._keep_look()
                return True
        current = self.currentWidget()
        if self.frame is not None and current == self.frame:
            return bool(self.frame.key(name))
        if self.sign_in is not None and current == self.sign_in:
            return bool(self.sign_in.key(name))
        if self.first_start is not None and current == self.first_start:
            return bool(self.first_start.key(name))
        if name == "Esc" and self._goes_on and self.first_start is None:
            self._go_on()
            return True
        if name == "F12" and self._restorable and self.first_start is None:
            self._restore_damaged()
            return True
        return False

    def _look_as_left(self, desk: Desk) -> None:
        """Letters and colours of this PC; what was chosen before the book was open counts more."""
        if self._is_look_chosen:
            self._keep_look()
            return
        kept = desk.counter.settings
        sizes = {_percent(scale): scale for scale in SCALES}
        if (scale := sizes.get(kept.get(_TEXT), text_scale())) != text_scale():
            self._scale(scale)
        palette = {"light": LIGHT, "contrast": CONTRAST}.get(kept.get(_COLOURS), self.theme.palette)
        if palette is not self.theme.palette:
            self._restyle(Theme(palette))

    def _keep_look(self) -> None:
        self._is_look_chosen = True
        if self.desk is None or self._damaged is not None:
            return
        settings, text = self.desk.counter.settings, _percent(text_scale())
        colours = "contrast" if self.theme.palette is CONTRAST else "light"

        def work() -> None:
            settings.put(_TEXT, text)
            settings.put(_COLOURS, colours)

        self.lanes.records.submit(work)

    def _scale(self, scale: float) -> None:
        """Another text size: the screens stay as they are, and so does all that stands in them."""
        set_text_scale(scale)
        self.setStyleSheet(self.theme.style_sheet())
        refit(self)
        for screen in (self.sign_in, self.frame):
            if screen is not None:
                screen.follow_width()

    def _restyle(self, theme: Theme) -> None:
        """Other colours: screens are made anew, so that nothing painted keeps the old ones."""
        self.theme = theme
        if self.desk is not None:
            self.desk.theme = theme
        if self.frame is not None:
            where, begun = self.frame.current, self.frame.begun()
            self.frame.page(where).leave()
            old, self.frame = self.frame, None
            shown = self.currentWidget() is old
            self.removeWidget(old)
            old.deleteLater()
            self.setStyleSheet(theme.style_sheet())
            if shown and self.desk is not None:
                self._on_signed_in(self.desk.officer)
                self.frame.go(where)
                self.frame.go_on(begun)
            return
        self.setStyleSheet(theme.style_sheet())

    @Slot(str)
    def _on_scan(self, payload: str) -> None:
        if QApplication.activeModalWidget() is not None:
            # a question stands open: the scan is nobody's answer
            return
        if self.frame is not None and self.currentWidget() == self.frame:
            self.frame.scanned(payload)
        elif self.sign_in is not None:
            self.sign_in.told.setText("Vào làm việc rồi hãy quét.")

    def _on_rewriting(self) -> None:
        if self.frame is not None:
            self.frame.banner.tell(
                "Bộ gõ đang sửa chữ của máy quét. Tắt bộ gõ tiếng Việt (Unikey) "
                "hoặc chuyển máy quét sang chế độ COM."
            )

    # ---- faults --------------------------------------------------------------------------------

    def report(self, fault: Exception) -> None:
        """The world's fault is a sentence; ours is a file without personal data and a sentence."""
        message = getattr(fault, "message", "")
        if not message:
            crash.write_crash_file(self._doors.folder, fault)
            message = crash.SENTENCE
        if self.frame is not None:
            self.frame.banner.tell(str(message), "Red")
        elif self.currentWidget() is None or self.sign_in is None:
            self.show_fault("Chưa làm được.", str(message))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep what was typed, finish what runs, let go of the file."""
        if self.frame is not None:
            self.frame.page(self.frame.current).leave()
        for lane in (self.lanes.printers, self.lanes.paper, self.lanes.records):
            lane.stop()
        # what is cut here is made again: nothing half written counts
        self.lanes.sync.stop(0.5)
        self.lanes.backup.stop(0.5)
        # whoever looks there ends with this process
        self.lanes.check.stop(0.0)
        if self.desk is not None:
            self.desk.counter.close()
        super().closeEvent(event)


def _is_contrast_wanted() -> bool:
    """What the system says. Each object is held: PySide lets go of one that hangs on another."""
    hints = QApplication.styleHints()
    wishes = hints.accessibility()
    return wishes.contrastPreference() == Qt.ContrastPreference.HighContrast


def _percent(scale: float) -> str:
    return f"{scale * 100:.0f}"


def _load_screens() -> None:
    import ui.frame  # noqa: F401

    if gc.get_threshold() == _WHILE_LOADING:
        # all that is loaded by now stays: looking through it for garbage stops every thread for long
        gc.freeze()
        gc.set_threshold(*_USUAL)


def run(doors: Doors) -> int:
    """Show the window until it is closed."""
    application = _application()
    window = Window(doors)

    def on_fault(kind: type[BaseException], fault: BaseException, _: object) -> None:
        crash.write_crash_file(doors.folder, fault)

    sys.excepthook = on_fault
    room = window.screen().availableSize()
    if room.width() <= _SIZE[0] or room.height() <= _SIZE[1]:
        window.showMaximized()
    else:
        window.show()
    return int(application.exec())


def self_check(doors: Doors) -> int:
    """Open a sample and visit every screen; 3 if anything of it is missing or fails."""
    _running = _application()
    window = Window(doors)
    window.show()
    give_up = time.monotonic() + _CHECK_SECONDS

    def wait_for(seen: Callable[[], object]) -> bool:
        loop, poll = QEventLoop(), QTimer()

        def look() -> None:
            if seen() or time.monotonic() > give_up:
                loop.quit()

        poll.timeout.connect(look)
        poll.start(20)
        loop.exec()
        return bool(seen())

    good = wait_for(lambda: window.sign_in)
    if good:
        wait_for(lambda: window.sign_in.first_officer)
        window._on_signed_in(window.sign_in.first_officer)
        for key in window.frame.keys:
            window.frame.go(key)
            wait_for(lambda key=key: window.frame.current == key)  # type: ignore[misc]
    window.close()
    return 0 if good and not (doors.folder / data_folder.CRASHES).exists() else 3


def _application() -> QApplication:
    QApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    gc.set_threshold(*_WHILE_LOADING)
    # a worker gives way to the window after 1 ms instead of 5
    sys.setswitchinterval(0.001)
    application = QApplication(sys.argv[:1])
    load_fonts()
    return application
