"""One process with a window, for `benchmarks.processes`: a bare one, a start, a day."""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

_BEAT_MS = 4


def floor() -> None:
    """An empty PySide6 window with one field."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

    application = QApplication([])
    window = QWidget()
    field = QLineEdit(window)
    window.resize(1366, 768)
    window.show()
    field.setFocus()
    QTimer.singleShot(0, application.quit)
    application.exec()
    print(json.dumps({"mb": _resident()}))


def start(folder: Path) -> None:
    """Our window, until the sign-in takes typing."""
    from PySide6.QtCore import QTimer
    from PySide6.QtTest import QTest

    application, window = _open(folder)

    # a key is sent as the keyboard sends it, and must arrive
    window.sign_in.pin.textChanged.connect(lambda: application.exit())
    QTimer.singleShot(0, lambda: QTest.keyClick(window.sign_in.pin, "2"))
    application.exec()
    print("typed", flush=True)
    window.close()


def day(folder: Path) -> None:
    """Every screen, searches, 40 dossiers taken in, printed and drawn as forms, the line made ready.

    Tells the memory and the longest turn of the main thread.
    """
    from PySide6.QtCore import QElapsedTimer, QEvent, Qt, QTimer

    application, window = _open(folder)
    # the program never loads these; they come after what it loads
    from benchmarks.drafts import NAMES, draft
    from benchmarks.printer import printer_apart
    from counter_app.domain.printer import Profile

    clock, turns = QElapsedTimer(), list[float]()
    beat = QTimer()
    beat.setTimerType(Qt.TimerType.PreciseTimer)
    beat.setInterval(_BEAT_MS)

    def on_beat() -> None:
        turns.append(clock.nsecsElapsed() / 1e6 - _BEAT_MS)
        clock.restart()

    beat.timeout.connect(on_beat)

    def wait(seen: object) -> None:
        give_up = time.monotonic() + 30
        while not seen() and time.monotonic() < give_up:  # type: ignore[operator]
            application.processEvents()
            # a running event loop does this by itself
            application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            time.sleep(0.0005)

    wait(lambda: window.sign_in is not None and window.sign_in.first_officer is not None)
    officer = window.sign_in.first_officer
    window._on_signed_in(officer)
    wait(lambda: window.frame is not None)
    clock.start()
    beat.start()
    accepted: list[object] = []
    counter = window.desk.counter
    for key in window.frame.keys * 3:
        window.frame.go(key)
        until = time.monotonic() + 0.15
        wait(lambda until=until: time.monotonic() > until)
    page = window.frame.page("F3")
    for name in NAMES:
        window.frame.go("F3")
        for length in range(1, len(name)):
            page.box.setText(name[:length])
            page.box.textEdited.emit(name[:length])
            until = time.monotonic() + 0.03
            wait(lambda until=until: time.monotonic() > until)
    screens = _resident()
    with printer_apart() as port:
        printer = counter.printer_at(f"tcp://127.0.0.1:{port}", Profile())

        def take_in(number: int) -> object:
            made = counter.intake.accept(draft(5000 + number), officer)
            counter.prints.print_slip(made.dossier_id, [printer], officer)
            counter.forms.pdf("receipt", made.dossier_id, "a5")
            return made

        for number in range(40):
            window.lanes.records.submit(lambda number=number: take_in(number), accepted.append)
            window.frame.go("F1" if number % 2 else "F2")
            wait(lambda number=number: len(accepted) > number)
    window.lanes.sync.submit(lambda: counter.sync, accepted.append)
    wait(lambda: len(accepted) > 40)
    beat.stop()
    turns.sort()
    print(
        json.dumps(
            {
                "screens_mb": screens,
                "mb": _resident(),
                "accepted": len(accepted) - 1,
                "longest_ms": turns[-1],
                "p99_ms": turns[int(len(turns) * 0.99)],
            }
        ),
        flush=True,
    )
    window.close()


def _open(folder: Path):  # type: ignore[no-untyped-def]
    from counter_app.__main__ import _doors
    from ui.application import Window, _application

    application = _application()
    window = Window(replace(_doors(folder, False), state=lambda: "ready", open=_opener(folder)))
    window.show()
    return application, window


def _opener(folder: Path):  # type: ignore[no-untyped-def]
    """The store opens by the passphrase, which a clerk's PC leaves to the system's key store."""

    def opened(_: str | None):  # type: ignore[no-untyped-def]
        from counter_app.bootstrap import open_counter

        return open_counter(folder, os.environ["COUNTER_PASSPHRASE"])

    return opened


def _resident() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    match sys.argv[1]:
        case "floor":
            floor()
        case "start":
            start(Path(sys.argv[2]))
        case "day":
            day(Path(sys.argv[2]))
