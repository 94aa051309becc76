"""The one real run: the program as it is started, on a real X screen, with keys of another program."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from ctypes import CDLL, POINTER, Structure, byref, c_char_p, c_int, c_long, c_ulong, c_void_p, util
from pathlib import Path

import pytest

import ui
from counter_app.__main__ import SAMPLE_PASSPHRASE
from counter_app.bootstrap import open_counter

ROOT = Path(ui.__file__).parents[1]
PIN = "246813"
LONG = 60.0
"""Seconds until a first start on a slow machine must have shown its window."""

pytestmark = [
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="no Xvfb (Debian package xvfb)"),
    pytest.mark.skipif(shutil.which("xdotool") is None, reason="no xdotool (package xdotool)"),
]


def until(seen: Callable[[], str], what: str) -> str:
    """The first answer that is not empty; asks again, never longer than the deadline."""
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        if found := seen():
            return found
    raise AssertionError(f"waited {LONG:.0f} s for {what}")


@pytest.fixture
def display() -> Iterator[str]:
    """A screen of its own; Xvfb chooses a free number and says which."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [
            "Xvfb",
            "-displayfd",
            str(writing),
            "-screen",
            "0",
            "1366x768x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as said:
        number = said.readline().strip()
    try:
        if not number:
            pytest.skip("Xvfb did not start")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


class Program:
    """`counter-app --sample` and a hand at its keyboard."""

    def __init__(self, display: str, home: Path) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("QT_", "XDG_", "COV"))}
        self.display = display
        self.env = {
            **kept,
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_RUNTIME_DIR": str(home),
            "PYTHONPATH": str(ROOT),
        }
        self.errors = home / "stderr.txt"
        with self.errors.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "counter_app", "--sample"],
                env=self.env,
                cwd=home,
                stderr=out,
                stdout=out,
            )
        self.window = ""

    def xdotool(self, *words: str) -> str:
        """What it answers, empty where it fails."""
        if self.process.poll() is not None:
            raise AssertionError(f"the program ended: {self.errors.read_text(errors='replace')}")
        done = subprocess.run(
            ["xdotool", *words], env=self.env, capture_output=True, text=True, timeout=30
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    def wait_for_title(self, pattern: str) -> str:
        """A mapped window whose title matches."""

        def look() -> str:
            for window in self.xdotool("search", "--onlyvisible", "--name", "Một Cửa").split():
                title = self.xdotool("getwindowname", window)
                if re.search(pattern, title):
                    self.window = window
                    return title
            return ""

        return until(look, f"a window called {pattern}")

    def focus(self) -> None:
        """There is no window manager: the keyboard is given by hand."""
        self.xdotool("windowfocus", "--sync", self.window)

    def key(self, *names: str) -> None:
        for name in names:
            self.xdotool("key", "--clearmodifiers", name)

    def type(self, text: str) -> None:
        """At the pace of a quick typist: 80 ms a key."""
        self.xdotool("type", "--delay", "80", text)

    def close(self) -> int:
        """The close button of the title bar; answers the exit code."""
        _ask_to_close(self.display, int(self.window))
        return self.process.wait(30)


@pytest.fixture
def program(display: str, tmp_path: Path) -> Iterator[Program]:
    made = Program(display, tmp_path)
    yield made
    with suppress(ProcessLookupError):
        made.process.kill()
    made.process.wait(10)


def kept(home: Path) -> list[str]:
    """The names of the begun intakes in the sample's store, read while the program runs."""
    folders = [path.parent for path in home.rglob("store.key")]
    if not folders:
        return []
    counter = open_counter(folders[0], SAMPLE_PASSPHRASE)
    try:
        officer = counter.officers.all()[0]
        return [str(d.fields.get("applicant")) for d in counter.drafts.list(officer.id)]
    finally:
        counter.close()


def test_the_program_starts_takes_typing_and_ends(program: Program, tmp_path: Path) -> None:
    title = program.wait_for_title("DỮ LIỆU MẪU")
    assert title == "Một Cửa - Bộ phận Một cửa xã Khe Sanh (mẫu), quầy 2 - DỮ LIỆU MẪU"
    program.focus()
    # the first tile; where the digit went into the PIN it is taken back
    program.key("1", "BackSpace")
    program.type(PIN)
    program.key("Return")

    def typed() -> str:
        # until the desk stands there F2 does nothing; then the name lands in the intake
        program.key("F2")
        program.type("\t")
        program.type("Vo Thi Sen")
        return " ".join(name for name in kept(tmp_path) if "SEN" in name.upper())

    until(typed, "the name that was typed")
    assert program.close() == 0
    said = program.errors.read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in said, said
    assert not list(tmp_path.rglob("su-co.txt"))


# ---- the close button ---------------------------------------------------------------------------


class _Message(Structure):
    _fields_ = (
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("window", c_ulong),
        ("message_type", c_ulong),
        ("format", c_int),
        ("data", c_long * 5),
        ("rest", c_long * 24),
    )


def _ask_to_close(display: str, window: int) -> None:
    """Send WM_DELETE_WINDOW, as a window manager does; this xdotool cannot."""
    library = CDLL(util.find_library("X11"))
    library.XOpenDisplay.restype = c_void_p
    library.XOpenDisplay.argtypes = [c_char_p]
    library.XInternAtom.restype = c_ulong
    library.XInternAtom.argtypes = [c_void_p, c_char_p, c_int]
    library.XSendEvent.argtypes = [c_void_p, c_ulong, c_int, c_long, POINTER(_Message)]
    library.XCloseDisplay.argtypes = [c_void_p]
    screen = library.XOpenDisplay(display.encode())
    assert screen
    message = _Message(33, 0, 1, screen, window)
    message.message_type = library.XInternAtom(screen, b"WM_PROTOCOLS", 0)
    message.format = 32
    message.data[0] = library.XInternAtom(screen, b"WM_DELETE_WINDOW", 0)
    assert library.XSendEvent(screen, window, 0, 0, byref(message))
    library.XCloseDisplay(screen)
