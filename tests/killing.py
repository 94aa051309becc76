"""A counter in a process of its own that dies where it is told to, without a line in the product.

The points are put in from outside: around every statement that changes the store and every commit,
every file that is renamed, deleted or flushed, every print and every request. What the child says on
its pipe it says after the service has returned: what stands there is what an officer has seen.
"""

import functools
import os
import re
import signal
import sys
import time
from collections import Counter as Tally
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

MORNING = datetime(2026, 11, 20, 9, 24, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
YEARS = timedelta(days=4 * 366)
PAPER = "giay.txt"
"""Beside the store: what came out of the printer, one line a slip."""
BACKUP = "sao-luu.zip"
BUNDLE = "len.hsx"
ANSWER = "xuong.hsx"
RESTORED = "khoi-phuc"

_WRITES = re.compile(
    r"\s*(BEGIN|INSERT|UPDATE|DELETE|REPLACE)\b(?:\s+OR\s+\w+)?(?:\s+INTO|\s+FROM)?\s*(\w*)"
)


# ---- in the child ------------------------------------------------------------------------------


class Points:
    """Every point that is passed, by name and count; at one of them the process dies."""

    def __init__(self, die_at: str, tell: Callable[[str], None] | None) -> None:
        self._passed: Tally[str] = Tally()
        self._die_at = die_at
        self._tell = tell

    def point(self, name: str) -> None:
        self._passed[name] += 1
        label = f"{name} {self._passed[name]}"
        if self._tell is not None:
            self._tell(label)
        if label == self._die_at:
            # as a power cut does: nothing is flushed, nothing is closed
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def wrapped(*arguments: Any, **more: Any) -> Any:
            self.point(f"before {name}")
            answer = call(*arguments, **more)
            self.point(f"after {name}")
            return answer

        return wrapped

    def put_in(self) -> None:
        """Into the libraries under the product."""
        from sqlalchemy import Engine, event
        from sqlalchemy.engine.default import DefaultDialect

        from counter_app.sync.link import HttpLink

        def statement(when: str) -> Callable[..., None]:
            def passed(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
                if found := _WRITES.match(text):
                    self.point(f"{when} {' '.join(found.groups()).strip()}")

            return passed

        event.listen(Engine, "before_cursor_execute", statement("before"))
        event.listen(Engine, "after_cursor_execute", statement("after"))
        DefaultDialect.do_commit = self.around("commit", DefaultDialect.do_commit)  # type: ignore[method-assign]
        for name in ("rename", "replace", "unlink", "fsync", "mkdir", "rmdir"):
            setattr(os, name, self.around(name, getattr(os, name)))
        Paper.send = self.around("print", Paper.send)  # type: ignore[method-assign]
        HttpLink.send = self.around("send", HttpLink.send)  # type: ignore[method-assign]


class Morning:
    """It is always the same minute, so that every code is of one day."""

    def now(self) -> datetime:
        return MORNING

    def uptime(self) -> float:
        return time.monotonic()

    def boot_id(self) -> str:
        return "boot-1"


class Paper:
    """A printer whose paper is a file."""

    name = "may-in-giay"

    def __init__(self, file: Path) -> None:
        from counter_app.domain.printer import Profile

        self.profile = Profile(width=384)
        self._file = file
        self.subject = ""

    def state(self) -> None:
        return None

    def send(self, job: bytes) -> Any:
        from counter_app.domain.outcome import Outcome, Reason, Sent

        with self._file.open("ab", buffering=0) as paper:
            paper.write(f"{self.subject}\n".encode())
        return Sent(Outcome.CONFIRMED, Reason.OK, "")


Say = Callable[[str, str], None]


class Desk:
    """A counter and the officer at it, who says what the services answered."""

    def __init__(self, folder: Path, key: bytes, say: Say, run: str) -> None:
        from counter_app.bootstrap import Counter

        self.folder, self.say, self.run = folder, say, run
        self.counter = Counter(folder, key)
        self.counter.clock = Morning()
        self.officer = self.counter.officers.all()[0]
        self._paper = Paper(folder / PAPER)
        self._after_a_crash()

    def _after_a_crash(self) -> None:
        """The screen after a crash: the officer looks into the printer's tray, then answers."""
        prints = self.counter.prints
        # an open visit stands there once for each of its dossiers
        for job in {(job.what, job.subject): job for job in prints.after_crash()}.values():
            if job.what == "visit" and self.counter.visits.still_open(job.subject):
                self.counter.visits.close(job.subject, self.officer)
            if printed(self.folder)[f"{job.what} {job.subject}"]:
                prints.answer_unknown(job.id, True, self.officer)
            else:
                self.slip(job.what, job.subject)

    def slip(self, what: str, subject: str) -> None:
        self._paper.subject = f"{what} {subject}"
        self.counter.prints.print(what, subject, [self._paper], self.officer)
        self.say("printed", self._paper.subject)

    def accept(self, name: str, **more: object) -> Any:
        from conftest import draft

        taken = draft(f"{self.run} {name}", **more)
        made: Any = self.counter.intake.accept(taken, self.officer)
        self.say("code", made.code)
        return made

    def act(self, made: Any, action: str, status: str, **fields: object) -> None:
        self.counter.acts.act(made.dossier_id, action, fields, self.officer)
        self.say("status", f"{made.code} {status}")


def day(folder: Path, key: bytes, say: Say, run: str) -> None:
    """What a counter does in a day, once."""
    from conftest import draft

    desk = Desk(folder, key, say, run)
    counter, officer = desk.counter, desk.officer
    made = desk.accept("MỘT")
    desk.slip("receipt", made.dossier_id)
    desk.act(made, "transfer", "in_process", to="Công chức Tư pháp - Hộ tịch")
    desk.act(made, "take-over", "in_process")
    desk.act(made, "complete", "completed", shelf="K1")
    desk.act(made, "return", "returned")
    for name in ("HAI", "BA"):
        desk.accept(name, visit=f"luot {run}")
    closed: Any = counter.visits.close(f"luot {run}", officer)
    desk.slip("visit", closed.visit_id)
    refused: Any = counter.intake.refuse(
        {**draft(f"{run} BỐN"), "reason": "Thiếu giấy chứng sinh"}, officer
    )
    say("notice", refused.notice_no)
    say("ticket", counter.tickets.take("A").ticket.label)
    counter.backups.make(folder / BACKUP)
    say("file", BACKUP)
    if counter.sync_store.identity().server_url:
        summary = counter.sync.cycle()
        assert not summary.fault, summary
        counter.bundles.write(folder / BUNDLE)
        say("file", BUNDLE)
    counter.close()


def days(folder: Path, key: bytes, say: Say, run: str) -> None:
    """One day after another, until it is killed."""
    number = 0
    while True:
        number += 1
        day(folder, key, say, f"{run} {number}")


def on_a_bad_line(folder: Path, key: bytes, say: Say, run: str) -> None:
    """Take in, print, hand on and sync without an end, whatever the line does."""
    desk = Desk(folder, key, say, run)
    number = 0
    while True:
        number += 1
        made = desk.accept(str(number))
        desk.slip("receipt", made.dossier_id)
        desk.act(made, "transfer", "in_process", to="Công chức Tư pháp - Hộ tịch")
        summary = desk.counter.sync.cycle()
        say("cycle", summary.fault or "good")


def to_rest(folder: Path, key: bytes, say: Say, run: str) -> None:
    """Print what is owed, send and take what there is."""
    desk = Desk(folder, key, say, run)
    summary = desk.counter.sync.cycle()
    assert not summary.fault, summary
    assert not summary.problems, summary
    assert summary.waiting == 0
    desk.counter.close()


# ---- openings: what is done once, and must not leave half a book -----------------------------------


def init(folder: Path, key: bytes, say: Say, run: str) -> None:
    """A new book."""
    from conftest import PASSPHRASE, PIN

    import resources
    from counter_app.book.creation import create_counter

    office = resources.office_text("khe-sanh")
    made = create_counter(folder, office, 1, "Hồ Thị Mai", PIN, PASSPHRASE)
    say("made", made.device_id)


def restore(folder: Path, key: bytes, say: Say, run: str) -> None:
    """The backup in the folder into a new one inside."""
    from conftest import PASSPHRASE

    from counter_app.book.creation import restore_counter

    made = restore_counter(folder / RESTORED, folder / BACKUP, PASSPHRASE, None)
    say("made", made.device_id)


def enrol(folder: Path, key: bytes, say: Say, run: str) -> None:
    """At the server, by the code, that stand in `run`."""
    from counter_app.bootstrap import Counter

    url, code = run.split()
    counter = Counter(folder, key)
    say("enrolled", counter.enrol(url, code, None))
    counter.close()


def back_up(folder: Path, key: bytes, say: Say, run: str) -> None:
    """Over an older backup."""
    from counter_app.bootstrap import Counter

    counter = Counter(folder, key)
    counter.backups.make(folder / BACKUP)
    say("file", BACKUP)
    counter.close()


def bundle_in(folder: Path, key: bytes, say: Say, run: str) -> None:
    """The server's answer on a stick."""
    from counter_app.bootstrap import Counter

    counter = Counter(folder, key)
    summary = counter.bundles.take_in(folder / ANSWER)
    say("received", str(summary.received))
    counter.close()


class YearsLater(Morning):
    """That minute, when whatever ended on the day itself has been kept for long."""

    def now(self) -> datetime:
        return MORNING + YEARS


def erase(folder: Path, key: bytes, say: Say, run: str) -> None:
    """What the time of keeping is over of; with a server it takes a round."""
    from counter_app.bootstrap import Counter

    counter = Counter(folder, key)
    counter.clock = YearsLater()
    erasing = counter.erasing
    say("erased", str(len(erasing.erase(counter.officers.all()[0]).dossiers)))
    if counter.sync_store.identity().server_url:
        summary = counter.sync.cycle()
        assert not summary.fault, summary
        assert not summary.problems, summary
        erasing.sweep()
    counter.close()


WORK: Mapping[str, Callable[[Path, bytes, Say, str], None]] = {
    "day": day,
    "days": days,
    "on a bad line": on_a_bad_line,
    "to rest": to_rest,
    "init": init,
    "restore": restore,
    "enrol": enrol,
    "backup": back_up,
    "bundle-in": bundle_in,
    "erase": erase,
    "erase above too": erase,
}


def printed(folder: Path) -> Tally[str]:
    """What lies in the tray."""
    paper = folder / PAPER
    return Tally(paper.read_text(encoding="utf-8").splitlines() if paper.exists() else ())


def _live(
    work: str, folder: Path, key: bytes, run: str, die_at: str, listing: bool, pipe: Any
) -> None:
    if die_at or listing:
        tell = (lambda label: pipe.send(("point", label))) if listing else None
        Points(die_at, tell).put_in()
    WORK[work](folder, key, lambda kind, what: pipe.send((kind, what)), run)
    pipe.send(("end", ""))


# ---- in the test -------------------------------------------------------------------------------

# a server of processes where there is one: each child begins with everything imported
_CONTEXT = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")


_NEEDED = [
    "killing",
    "conftest",
    "counter_app.printing.paper",
    "counter_app.services.intake",
    "counter_app.services.acts",
    "counter_app.services.prints",
    "counter_app.services.visits",
    "counter_app.services.tickets",
    "counter_app.sync.engine",
    "counter_app.sync.link",
    "counter_app.sync.bundles",
    "counter_app.book.backups",
    "counter_app.book.creation",
    "db.sync_store",
]


def prepare() -> None:
    """Start the server of processes, if there is one, with all that a child needs."""
    if _CONTEXT.get_start_method() != "forkserver":
        return
    from multiprocessing import forkserver  # there is none on Windows

    _CONTEXT.set_forkserver_preload(_NEEDED)
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


class Child:
    """A counter in a process of its own, and what it has said."""

    def __init__(
        self,
        work: str,
        folder: Path,
        key: bytes,
        run: str,
        die_at: str = "",
        *,
        listing: bool = False,
    ) -> None:
        self.said: list[tuple[str, str]] = []
        self._pipe, end = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(
            target=_live, args=(work, folder, key, run, die_at, listing, end), daemon=True
        )
        self._process.start()
        end.close()

    def listen(self, lines: int | None = None, then: float = 0.0) -> None:
        """Until it ends; or until it has said so many more, and for that many seconds then."""
        until = None if lines is None else len(self.said) + lines
        while until is None or len(self.said) < until:
            assert self._pipe.poll(120), "the child is stuck"
            if not self._take():
                return
        ends = time.monotonic() + then
        while (left := ends - time.monotonic()) > 0 and self._pipe.poll(left):
            if not self._take():
                return

    def _take(self) -> bool:
        try:
            self.said.append(self._pipe.recv())
        except EOFError:
            return False
        return True

    def kill(self) -> None:
        """As a power cut does; then take what still stood in the pipe."""
        assert self._process.is_alive(), "it ended by itself"
        self._process.kill()
        self.wait()

    def wait(self) -> bool:
        """Take all that it says; whether it was killed. An end in a fault of its own is ours too."""
        self.listen()
        self._process.join(60)
        status = self._process.exitcode
        self._pipe.close()
        ended = bool(self.said) and self.said[-1][0] == "end"
        assert ended == (status == 0), (status, self.said[-3:])
        assert status is not None
        assert status <= 0, "the child failed: its fault stands in the output"
        return not ended

    def of(self, kind: str) -> list[str]:
        """All that it said of one kind."""
        return [what for said, what in self.said if said == kind]
