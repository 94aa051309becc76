"""Accept, print, search and open, in a store of many dossiers."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import resources
from benchmarks.drafts import NAMES, draft
from benchmarks.measure import Figure, Series, in_turns
from benchmarks.printer import printer_apart
from counter_app import data_folder
from counter_app.book.creation import create_counter
from counter_app.bootstrap import Counter, open_counter
from counter_app.commands.seed import invent
from counter_app.domain.officer import Officer
from counter_app.domain.printer import Profile
from counter_app.domain.text import search_key
from counter_app.keys import store_key
from counter_app.services.results import Accepted
from db.dossiers import words_of
from db.engine import connect

PIN = "246813"
PASSPHRASE = "cau mo so de do"
_ROUNDS = 200


def make_store(folder: Path, dossiers: int) -> float:
    """A counter with so many invented dossiers; seconds that the seeding took."""
    create_counter(folder, resources.office_text("khe-sanh"), 2, "Hồ Thị Mai", PIN, PASSPHRASE)
    counter = open_counter(folder, PASSPHRASE)
    seconds = [seconds for _, seconds in invent(counter, dossiers, 2026)]
    counter.close()
    return seconds[-1] if seconds else 0.0


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Counter, Officer]]:
    """The counter and its first officer."""
    counter = open_counter(folder, PASSPHRASE)
    try:
        yield counter, counter.officers.all()[0]
    finally:
        counter.close()


def figures(folder: Path) -> Iterator[Figure]:
    """Everything of one store."""
    bare_folder = folder.with_name(folder.name + "-bare")
    shutil.copytree(folder, bare_folder)
    with opened(folder) as (counter, officer):
        yield from _accept(counter, officer, bare_folder)
        yield from _print(counter, officer)
        yield from _search(counter, folder)
        yield _open(counter)


def _accept(counter: Counter, officer: Officer, bare_folder: Path) -> Iterator[Figure]:
    first = counter.intake.accept(draft(0), officer)
    assert isinstance(first, Accepted)
    bare = _BareCommit(bare_folder, counter, first.dossier_id)
    ours, floor = in_turns(
        _ROUNDS, lambda n: counter.intake.accept(draft(n + 1), officer), lambda n: bare.commit(n)
    )
    bare.close()
    ratio = ours.median / floor.median
    yield Figure(
        "accept: check, number, seal, commit (median)",
        ours.median,
        "ms",
        "2 x bare commit",
        ratio <= 2,
        f"bare encrypted commit {floor.median:.1f} ms, ratio {ratio:.2f}, p95 {ours.p95:.1f} ms",
    )


def _print(counter: Counter, officer: Officer) -> Iterator[Figure]:
    handed, forms = Series(), Series()
    with printer_apart() as port:
        printer = counter.printer_at(f"tcp://127.0.0.1:{port}", Profile())

        def accept_and_print(number: int) -> str:
            made = counter.intake.accept(draft(1000 + number), officer)
            assert isinstance(made, Accepted)
            counter.prints.print_slip(made.dossier_id, [printer], officer)
            return made.dossier_id

        for number in range(3):
            accept_and_print(number)
        for number in range(60):
            dossier_id = handed.add(lambda number=number: accept_and_print(10 + number))  # type: ignore[misc]
            forms.add(lambda d=dossier_id: counter.forms.pdf("receipt", str(d), "a5"))  # type: ignore[misc]
    yield Figure(
        "accept, commit, draw, send, printer confirms (p95)",
        handed.p95,
        "ms",
        "60 ms",
        handed.p95 <= 60,
        f"median {handed.median:.1f} ms, virtual printer on a socket, a process of its own",
    )
    yield Figure(
        "receipt form as PDF (p95)",
        forms.p95,
        "ms",
        "60 ms",
        forms.p95 <= 60,
        f"median {forms.median:.1f} ms",
    )


def _search(counter: Counter, folder: Path) -> Iterator[Figure]:
    typed = [name[:length] for name in NAMES for length in range(1, len(name) + 1)]
    typed = [text for text in typed if search_key(text)]
    raw = _raw(folder)
    # the same rows, by the same index, without our layers
    query = (
        "SELECT * FROM dossier WHERE num IN (SELECT rowid FROM dossier_search "
        "WHERE dossier_search MATCH ? ORDER BY rowid DESC LIMIT 50) ORDER BY num DESC"
    )

    def bare(number: int) -> object:
        words = search_key(typed[number % len(typed)]).split()
        match = " AND ".join([*(f'"{word}"' for word in words[:-1]), f'"{words[-1]}" *'])
        return raw.execute(query, (match,)).fetchall()

    ours, floor = in_turns(
        len(typed) * 3, lambda n: counter.search.find(typed[n % len(typed)]), bare
    )
    raw.close()
    ratio = ours.median / floor.median
    yield Figure(
        "search as a name is typed, each letter (p95)",
        ours.p95,
        "ms",
        "5 ms",
        ours.p95 <= 5,
        f"median {ours.median:.2f} ms",
    )
    yield Figure(
        "search against the bare query (ratio of medians)",
        ratio,
        "x",
        "1.5 x",
        ratio <= 1.5,
        f"bare query {floor.median:.2f} ms",
    )


def _open(counter: Counter) -> Figure:
    codes = [row.code for row in counter.search.find("ho", 200)]
    (ours,) = in_turns(200, lambda n: counter.search.by_code(codes[n % len(codes)]))
    return Figure(
        "open a dossier by code (p95)",
        ours.p95,
        "ms",
        "5 ms",
        ours.p95 <= 5,
        f"median {ours.median:.2f} ms",
    )


def _raw(folder: Path, *, write: bool = False) -> Any:
    key = store_key.unlock(folder, PASSPHRASE, None)
    return connect(folder / data_folder.STORE, key, query_only=not write)


class _BareCommit:
    """The rows of one acceptance, written again and again by the driver alone."""

    def __init__(self, folder: Path, counter: Counter, dossier_id: str) -> None:
        view = counter.search.open(dossier_id)
        assert view is not None
        self._words = words_of(view.dossier)
        self._connection = _raw(folder, write=True)
        source = _raw(counter.folder)
        self._event = self._row(source, "event_log", "subject", dossier_id)
        self._dossier = self._row(source, "dossier", "id", dossier_id)
        self._job = self._row(source, "print_job", "dossier_id", dossier_id)
        source.close()

    def commit(self, number: int) -> None:
        """One transaction with the same rows under other keys."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        key = f"bare-{number}"
        event = self._event | {"event_id": key, "subject": key, "dseq": 10_000_000 + number}
        event.pop("num", None)
        dossier = self._dossier | {"id": key, "code": key}
        dossier.pop("num")
        run("SELECT value FROM store_meta WHERE name = 'head'").fetchone()
        run(
            "INSERT INTO code_number(day, block, last) VALUES ('2026-11-24', 0, 1) "
            "ON CONFLICT(day, block) DO UPDATE SET last = last + 1"
        )
        self._insert("event_log", event)
        at = self._insert("dossier", dossier)
        run("INSERT INTO issued_code(code, dossier_id) VALUES (?, ?)", (key, key))
        run("INSERT INTO dossier_search(rowid, words) VALUES (?, ?)", (at, self._words))
        self._insert("print_job", self._job | {"id": key, "subject": key, "dossier_id": key})
        run("UPDATE store_meta SET value = ? WHERE name = 'head'", (event["hash"],))
        run("UPDATE store_meta SET value = ? WHERE name = 'dseq'", (str(event["dseq"]),))
        run("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _insert(self, table: str, row: dict[str, object]) -> int:
        places = ", ".join("?" * len(row))
        statement = f"INSERT INTO {table}({', '.join(row)}) VALUES ({places})"
        at: int = self._connection.execute(statement, tuple(row.values())).lastrowid
        return at

    @staticmethod
    def _row(connection: Any, table: str, column: str, value: str) -> dict[str, object]:
        found = connection.execute(f"SELECT * FROM {table} WHERE {column} = ?", (value,))
        names = [name for name, *_ in found.description]
        return dict(zip(names, found.fetchone(), strict=True))
