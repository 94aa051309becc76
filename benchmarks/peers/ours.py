"""This application: an encrypted counter store, signed batches, the real upper server, durable commits."""

import contextlib
import json
import shutil
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random

import resources
from benchmarks.book import PASSPHRASE, PIN
from benchmarks.peers.course import WORKERS, Result, Served, Unavailable, run
from benchmarks.wire import upper_server
from counter_app.book.creation import create_counter
from counter_app.bootstrap import Counter, open_counter
from counter_app.services.invented import OFFICER, Inventor
from counter_app.services.receipts import ReceiptSealer
from counter_app.system import uuid7
from counter_app.wire.codec import encode_payload
from db.bulk import Written, write_dossiers
from db.dossiers import words_of

_LOADER, _TAKER = 2, 3
_IN_A_PAGE = 400
_STORE, _RECORDS = "store", "records.jsonl"


def figures(place: Path, dossiers: Path, count: int, postgres: str = "") -> Result:
    """With the upper server on SQLite, or on a database of its own in that PostgreSQL."""
    return run(partial(_serve, dossiers, postgres), place, count)


def make_dossiers(place: Path, count: int) -> Path:
    """A folder with a store of so many receptions, and the same as lines of JSON for the peers."""
    _create(place / _STORE, _LOADER)
    counter = open_counter(place / _STORE, PASSPHRASE)
    stories = list(receptions(counter, count))
    for _ in write_dossiers(counter.store, stories):
        pass
    counter.close()
    with (place / _RECORDS).open("w", encoding="utf-8") as lines:
        for (written,) in stories:
            record = json.loads(encode_payload(written.payload, written.salt))
            line = {"id": written.event_id, "record": record}
            lines.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    return place


def floor(place: Path, dossiers: Path) -> float:
    """Records a second of the rows alone, into the same encrypted store in transactions of a page:
    nothing decoded, judged, folded or looked up.
    """
    source = open_counter(dossiers / _STORE, PASSPHRASE)
    with source.store.read() as books:
        run = books.connection.exec_driver_sql
        told = run("SELECT * FROM event_log WHERE type = 'dossier.accepted'").fetchall()
        listed = run("SELECT * FROM dossier ORDER BY num").fetchall()
        states = [books.dossiers.get(row.id) for row in listed]
    source.close()
    rows: dict[str, Sequence[Sequence[object]]] = {
        "event_log": [(None, *event[1:]) for event in told],
        "event_order(cseq, event_id)": [(n + 9, event.event_id) for n, event in enumerate(told)],
        "dossier": listed,
        "dossier_search(rowid, words)": [
            (n + 1, words_of(state)) for n, state in enumerate(states) if state is not None
        ],
    }
    _create(place / "floor", _TAKER)
    target = open_counter(place / "floor", PASSPHRASE)
    began = time.perf_counter()
    for first in range(0, len(listed), _IN_A_PAGE):
        with target.store.write() as books:
            for table, all_rows in rows.items():
                page = [tuple(row) for row in all_rows[first : first + _IN_A_PAGE]]
                places = ", ".join("?" * len(page[0]))
                books.connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({places})", page)
    seconds = time.perf_counter() - began
    target.close()
    return len(listed) / seconds


def records_of(dossiers: Path) -> Path:
    """The lines: `{"id": ..., "record": {...}}`."""
    return dossiers / _RECORDS


def receptions(counter: Counter, count: int) -> Iterator[list[Written]]:
    """As many invented dossiers, each by its first event alone, newest last."""
    random = Random(count)
    with counter.store.read() as books:
        version = books.settings.office_version()
    sealer = ReceiptSealer(counter.signer)
    inventor = Inventor(counter.catalogue, counter.office, version, _LOADER, sealer, random)
    for accepted, *_ in inventor.stories(count, counter.clock.now(), {}):
        event_id = uuid7(accepted.at, random.getrandbits(80))
        yield [Written(accepted.payload, OFFICER, accepted.at, event_id, random.randbytes(8))]


def _create(folder: Path, number: int) -> None:
    office = resources.office_text("khe-sanh")
    create_counter(folder, office, number, "Hồ Thị Mai", PIN, PASSPHRASE)


@contextlib.contextmanager
def _serve(dossiers: Path, postgres: str, place: Path) -> Iterator[Served]:
    def worker(number: int, code: str, port: int, folder: Path) -> list[str]:
        if number == _LOADER:
            shutil.copytree(dossiers / _STORE, folder)
        else:
            _create(folder, number)
        url = f"http://127.0.0.1:{port}"
        return [sys.executable, str(WORKERS / "ours.py"), str(folder), url, code]

    database = _new_database(postgres) if postgres else f"sqlite:///{place / 'upper.sqlite3'}"
    with upper_server(database, [_LOADER, _TAKER]) as (port, codes):
        yield Served(
            port,
            partial(worker, _LOADER, codes[0]),
            partial(worker, _TAKER, codes[1]),
            {"COUNTER_PASSPHRASE": PASSPHRASE},
        )


def _new_database(server: str) -> str:
    try:
        import psycopg
    except ImportError as error:
        raise Unavailable(str(error)) from None
    name = f"peers_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{server.rpartition('/')[0]}/{name}"
