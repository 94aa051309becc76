"""The clerk's hand and the scanner: real key events, at the pace of a hand or of a machine.

Time is told, not waited for: the key filter reads a clock that only these two move.
"""

import gc
import socket
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QListWidget,
    QWidget,
)
from shiboken6 import isValid

import ui.keys
from counter_app.bootstrap import Counter
from counter_app.domain.dossier import Dossier
from counter_app.domain.printer import KeptPrinter, PrinterRole, Profile
from counter_app.printing.virtual import VirtualPrinter
from ui.application import Doors, Window

PIN = "246813"
PEOPLE = (
    ("HỒ THỊ NGUYỆT", "045190001234", "1.004873", "Thôn Ta Đủ, Tân Hợp"),
    ("HỒ VĂN BÊ", "045201004321", "1.001193", "Khối 3B, Khe Sanh"),
    ("PẢ KƯNG", "045085000777", "1.004222", "Bản Cuôi, Hướng Lập"),
    ("HỒ THỊ NGA", "045192007788", "1.000656", "Thôn Húc Ván, Húc"),
    ("NGUYỄN THỊ HOA", "045193005566", "1.012812", "Thôn Tân Linh, Hướng Tân"),
    ("TRẦN NGUYỄN PHƯƠNG KHÁNH UYÊN", "045188002211", "2.000884", "Khối 3A, Khe Sanh"),
)
"""Invented. The fourth has a result on shelf K2, the first is with another officer; the last has a
long name and asks for the procedure with the longest."""
PRESS_MS = 350.0
"""A slow typist."""
SCANNER_MS = 4.0

_NO = Qt.KeyboardModifier.NoModifier
_NAMED = {
    "Enter": Qt.Key.Key_Return,
    "Tab": Qt.Key.Key_Tab,
    "Esc": Qt.Key.Key_Escape,
    "Space": Qt.Key.Key_Space,
    "Down": Qt.Key.Key_Down,
    "Up": Qt.Key.Key_Up,
    "Backspace": Qt.Key.Key_Backspace,
    **{f"F{n}": Qt.Key(Qt.Key.Key_F1 + n - 1) for n in range(1, 13)},
}
_MODIFIERS = {
    "Alt": Qt.KeyboardModifier.AltModifier,
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Shift": Qt.KeyboardModifier.ShiftModifier,
}
_HATS = {"aa": "â", "ee": "ê", "oo": "ô", "aw": "ă", "ow": "ơ", "uw": "ư", "dd": "đ"}
_TONES = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}

W = TypeVar("W", bound=QWidget)


class TickingClock(Protocol):
    """The office's clock of a test."""

    at: datetime

    def now(self) -> datetime: ...

    def uptime(self) -> float: ...

    def boot_id(self) -> str: ...

    def move(self, **delta: float) -> None: ...


class Morning:
    """Friday 20 November 2026; the Tuesday after it is a holiday."""

    at = datetime(2026, 11, 20, 9, 20, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))

    def now(self) -> datetime:
        return self.at

    def uptime(self) -> float:
        return 1000.0

    def boot_id(self) -> str:
        return "boot-1"

    def move(self, **delta: float) -> None:
        self.at += timedelta(**delta)


@dataclass(slots=True)
class Pace:
    """Stands where the key filter looks for `time`. A hand is slow: each look finds it later."""

    ms: float = 1_000_000.0
    machine: bool = False
    """Whether a machine types: then only the gaps that it is given pass."""

    def monotonic(self) -> float:
        if not self.machine:
            self.ms += 100
        return self.ms / 1000

    @contextmanager
    def of_a_machine(self) -> Iterator[None]:
        self.machine = True
        try:
            yield
        finally:
            self.machine = False


def slip_of(place: "Place", name: str) -> str:
    """The payload that stands in the QR of someone's slip."""
    counter = place.open()
    try:
        (row,) = [row for row in counter.search.find(name) if row.applicant_name == name]
        return counter.prints.receipt(row.id)[0].qr
    finally:
        counter.close()


def keep_printer(counter: Counter, printer: VirtualPrinter) -> None:
    """That printer takes the slips of this counter."""
    kept = KeptPrinter("Máy in quầy", printer.address, frozenset({PrinterRole.SLIP}), Profile())
    counter.printers.keep(kept, counter.officers.all()[0])


def unplug(printer: VirtualPrinter) -> None:
    """Somebody pulls the cable: whoever waits for the printer is told at once."""
    for link in printer._open:
        with suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)
        link.close()


def tell_time(monkeypatch: pytest.MonkeyPatch) -> Pace:
    """A clock for the key filter that only runs when keys are pressed."""
    assert hasattr(ui.keys, "time"), "the key filter takes its time elsewhere now: tell it there"
    pace = Pace()
    monkeypatch.setattr(ui.keys, "time", pace)
    return pace


@dataclass(slots=True)
class Place:
    """A copy of the template store, and what a window needs to open it."""

    folder: Path
    key: bytes
    clock: TickingClock

    def open(self, passphrase: str | None = None) -> Counter:
        """As the program does, without deriving the key once more."""
        counter = Counter(self.folder, self.key)
        counter.clock = self.clock
        return counter

    def doors(self) -> Doors:
        """What the program hands to its window."""
        return Doors(
            self.folder,
            True,
            lambda: "ready",
            self.open,
            lambda *_: "",
            lambda: [],
            lambda _: "",
            lambda *_: (0, None),
        )

    def dossiers(self) -> list[Dossier]:
        """What really stands in the book, newest first, read by a second connection."""
        counter = self.open()
        try:
            rows = counter.search.find("261120", 100)
            views = [counter.search.open(row.id) for row in rows]
            return [view.dossier for view in views if view is not None]
        finally:
            counter.close()

    def dossier(self, name: str) -> Dossier:
        """Somebody's only dossier."""
        (found,) = [d for d in self.dossiers() if d.facts.applicant.name == name]
        return found


class Waits(Protocol):
    """Runs the event loop until something is seen: `qtbot`, or a child's own."""

    def waitUntil(self, callback: Callable[[], bool], *, timeout: int = ...) -> None: ...


class Loop:
    """Waits as `qtbot` does and looks five times as often."""

    def waitUntil(self, callback: Callable[[], bool], *, timeout: int = 5_000) -> None:
        """Run the event loop until then."""
        if callback():
            return
        loop, look, late = QEventLoop(), QTimer(), QTimer()
        look.timeout.connect(lambda: loop.quit() if callback() else None)
        look.start(2)
        late.setSingleShot(True)
        late.timeout.connect(loop.quit)
        late.start(timeout)
        loop.exec()
        look.stop()
        late.stop()
        assert callback(), f"waited {timeout} ms in vain"


class Fingers:
    """Types and presses. `presses` counts every key that goes down: Alt+A is two, Telex included."""

    def __init__(self, qtbot: Waits, pace: Pace) -> None:
        self.qtbot = qtbot
        self.pace = pace
        self.presses = 0

    # ---- pressing ------------------------------------------------------------------------------

    def press(self, *names: str) -> None:
        """Keys by name: `F12`, `Alt+A`, `Enter`, `3`."""
        for name in names:
            *modifiers, last = name.replace("++", "+Plus").split("+")
            held = _NO
            for modifier in modifiers:
                held |= _MODIFIERS[modifier]
            self.presses += 1 + len(modifiers)
            self.pace.ms += PRESS_MS
            if last == "Plus":
                self.send(Qt.Key.Key_Plus, "+", held)
            elif last in _NAMED:
                self.send(_NAMED[last], {"Space": " "}.get(last, ""), held)
            else:
                self.send(Qt.Key(ord(last.upper())), "" if modifiers else last, held)

    def type(self, text: str) -> None:
        """Letter by letter, one press each."""
        for character in text:
            self.presses += 1
            self.pace.ms += PRESS_MS
            self.character(character)

    def telex(self, typed: str) -> None:
        """The same through an input method that takes letters back, as Unikey does."""
        for place, word in enumerate(typed.split(" ")):
            if place:
                self.type(" ")
            shown = ""
            for size in range(1, len(word) + 1):
                self.presses += 1
                self.pace.ms += PRESS_MS
                wanted = composed(word[:size])
                kept = next(
                    (n for n, (a, b) in enumerate(zip(shown, wanted, strict=False)) if a != b),
                    min(len(shown), len(wanted)),
                )
                for _ in shown[kept:]:
                    self.send(Qt.Key.Key_Backspace)
                for character in wanted[kept:]:
                    self.character(character)
                shown = wanted

    def scan(
        self, payload: str, ending: Qt.Key = Qt.Key.Key_Return, gap_ms: float = SCANNER_MS
    ) -> None:
        """A scanner that types: nobody presses a key, the machine does."""
        self.pace.ms += 1_000
        with self.pace.of_a_machine():
            for character in payload:
                self.pace.ms += gap_ms
                self.character(character)
            self.pace.ms += gap_ms
            self.send(ending)
        self.pace.ms += 1_000

    def character(self, character: str) -> None:
        """The key of a letter, with Shift where it is a capital; it takes no time."""
        code = ord(character.upper()) if len(character.upper()) == 1 else 0
        key = Qt.Key(code) if 0x20 <= code <= 0x7E else Qt.Key.Key_unknown
        capital = character.isascii() and character.isupper()
        self.send(key, character, _MODIFIERS["Shift"] if capital else _NO)

    def send(self, key: Qt.Key, text: str = "", held: Qt.KeyboardModifier = _NO) -> None:
        """One key of the keyboard; it takes no time."""
        place = QGuiApplication.focusWindow()
        assert place is not None, "no window has the keyboard"
        QTest.sendKeyEvent(QTest.KeyAction.Click, place, key, text, held)

    # ---- waiting -------------------------------------------------------------------------------

    def wait(self, seen: Callable[[], object], timeout: int = 3_000) -> None:
        """Until it is seen; the hand rests meanwhile."""
        self.qtbot.waitUntil(lambda: bool(seen()), timeout=timeout)


class Hand(Fingers):
    """A hand before a window of the program."""

    def __init__(self, qtbot: Waits, window: Window, pace: Pace) -> None:
        super().__init__(qtbot, pace)
        self.window = window

    def settle(self) -> None:
        """Everything asked of the store so far is answered."""
        for _ in range(2):
            answered: list[object] = []
            self.window.lanes.records.submit(lambda: None, answered.append)
            self.wait(answered.__len__)

    def front(self) -> None:
        """The window comes to the front, whatever took the keyboard away."""
        self.window.activateWindow()
        self.wait(self.window.isActiveWindow)

    def during_dialog(self, act: Callable[[QWidget], None], start: Callable[[], None]) -> bool:
        """`start` opens a question, which runs its own loop; `act` answers it from inside.

        Whether that answered it: else it is closed here.
        """
        seen: list[QWidget] = []
        rests = 20
        answered = True

        def look() -> None:
            nonlocal rests, answered
            if seen:
                # what was pressed last may still be on its way
                rests -= 1
                is_open = isValid(seen[0]) and seen[0].isVisible()
                if rests <= 0 or not is_open:
                    timer.stop()
                    answered = not is_open
                    if is_open:
                        seen[0].close()
                return
            shown = QApplication.activeModalWidget()
            if shown is not None and shown.isActiveWindow():
                seen.append(shown)
                try:
                    act(shown)
                except BaseException:
                    rests = 1
                    raise

        timer = QTimer()
        timer.setInterval(5)
        timer.timeout.connect(look)
        timer.start()
        start()
        self.wait(lambda: seen and not timer.isActive())
        # without a window manager nobody gives the keyboard back
        self.front()
        return answered

    @contextmanager
    def no_dialog(self, told: list[str] | None = None) -> Iterator[list[str]]:
        """Whatever question pops up is noted by its title (and its words) and closed."""
        popped: list[str] = []

        def look() -> None:
            shown = QApplication.activeModalWidget()
            if shown is not None:
                popped.append(shown.windowTitle())
                if told is not None:
                    told.extend(texts(shown))
                shown.close()

        timer = QTimer()
        timer.setInterval(5)
        timer.timeout.connect(look)
        timer.start()
        try:
            yield popped
        finally:
            timer.stop()

    # ---- looking -------------------------------------------------------------------------------

    @property
    def focus(self) -> QWidget:
        """What has the keyboard."""
        found = QApplication.focusWidget()
        assert found is not None, "nothing has the keyboard"
        return found

    @property
    def focus_name(self) -> str:
        """What a screen reader would call it."""
        return self.focus.accessibleName()

    def field(self, name: str) -> QLineEdit:
        """A line by its accessible name."""
        return named(self.window, QLineEdit, name)

    def fill(self, name: str, text: str, root: QWidget | None = None) -> None:
        """Type into a line and wait until the last letter stands there."""
        line = named(root or self.window, QLineEdit, name)
        line.setFocus()
        self.press("Ctrl+A")
        self.type(text)
        self.wait(lambda: line.text().casefold() == text.casefold())

    def says(self, words: str) -> bool:
        """Whether these words can be read anywhere in the window now."""
        return any(words in text for text in texts(self.window))

    def cap_beside(self, words: str) -> str:
        """The key cap on the line of a sentence."""
        labels = visible(self.window, QLabel)
        caps = [
            cap.text()
            for line in labels
            if words in line.text()
            for cap in labels
            if cap.objectName() == "keycap"
            and cap.parent() is line.parent()
            and abs(_middle(cap) - _middle(line)) < line.height()
        ]
        assert len(caps) == 1, f"key caps beside “{words}”: {caps}"
        return caps[0]

    def press_button(self, text: str) -> QAbstractButton:
        """A visible button by the beginning of its words."""
        found = [b for b in visible(self.window, QAbstractButton) if b.text().startswith(text)]
        assert found, f"no button “{text}”"
        return found[0]

    def suggestions(self, name: str) -> list[str]:
        """The rows of an open list under a field."""
        for shown in QApplication.allWidgets():
            if isinstance(shown, QListWidget) and shown.isVisible():
                if shown.accessibleName() == name:
                    return [shown.item(row).text() for row in range(shown.count())]
        return []


def before_sign_in(qtbot: Waits, window: Window, pace: Pace) -> Hand:
    """A hand before a window that has opened its store."""
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.sign_in is not None and bool(window.sign_in.first_officer))
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    return Hand(qtbot, window, pace)


def sign_in(hand: Hand) -> None:
    """The first officer begins to work."""
    hand.field("Mã PIN").setFocus()
    hand.type(PIN)
    hand.press("Enter")
    hand.wait(lambda: hand.window.frame is not None)
    hand.settle()
    hand.presses = 0


def put_away(window: Window) -> None:
    """Close a window and let nothing of it see the next one's keys."""
    if not isValid(window):
        return
    window.close()
    window.keys.deleteLater()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    # what is left must not be collected on a lane of the next window: timers die on their thread
    del window
    gc.collect()


def _middle(widget: QWidget) -> int:
    return widget.mapToGlobal(widget.rect().center()).y()


def visible(root: QWidget, kind: type[W]) -> list[W]:
    """What of a kind can be seen now."""
    return [widget for widget in root.findChildren(kind) if widget.isVisible()]


def named(root: QWidget, kind: type[W], name: str) -> W:
    """The visible widget of that accessible name."""
    found = [widget for widget in visible(root, kind) if widget.accessibleName() == name]
    assert found, f"no {kind.__name__} is called “{name}”: {names(root)}"
    return found[0]


def names(root: QWidget) -> list[str]:
    """The accessible names that can be seen now."""
    return sorted({w.accessibleName() for w in visible(root, QWidget)} - {""})


def texts(root: QWidget) -> Iterable[str]:
    """All words on labels and buttons that can be seen now."""
    for label in visible(root, QLabel):
        yield label.text()
    for button in visible(root, QAbstractButton):
        yield button.text()


def composed(typed: str) -> str:
    """What Telex makes of the letters of one word: hats at once, the tone on the hatted vowel."""
    letters: list[str] = []
    tone = ""
    for letter in typed:
        pair = (letters[-1] if letters else "").lower() + letter.lower()
        if pair in _HATS:
            hatted = _HATS[pair]
            letters[-1] = hatted.upper() if letters[-1].isupper() else hatted
        elif letter.lower() in _TONES and any(_is_vowel(c) for c in letters):
            tone = _TONES[letter.lower()]
        else:
            letters.append(letter)
    if tone:
        places = [n for n, c in enumerate(letters) if _is_vowel(c)]
        hatted_places = [n for n in places if letters[n].lower() in _HATS.values()]
        letters[(hatted_places or places)[-1]] += tone
    return unicodedata.normalize("NFC", "".join(letters))


def _is_vowel(letter: str) -> bool:
    return letter.lower() in "aăâeêioôơuưy"
