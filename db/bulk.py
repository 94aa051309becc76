"""Writing very many invented dossiers at once: the same events and rows, a few statements for all."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import islice

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert as upsert

from counter_app.domain import chain
from counter_app.domain.code import DossierCode
from counter_app.domain.dossier import Dossier, Entry, fold
from counter_app.domain.events import Actor, Event, Payload
from counter_app.domain.notice import numbered
from counter_app.errors import Refused
from counter_app.wire.codec import encode_payload, type_and_version
from db.settings import Settings
from db.store import Books, Store
from db.tables import code_number, event_log, sync_state

AT_ONCE = 4_000
"""Dossiers a transaction."""
_CACHE_KIB = 64 * 1024


@dataclass(frozen=True, slots=True)
class Written:
    """One event of an invented dossier."""

    payload: Payload
    actor: Actor
    at: datetime
    event_id: str
    salt: bytes


_SEEDED = "seed"
"""What stands for the clock in an invented event."""
_OF_THE_STORE = ("store.created", "incarnation.started", "officer.added", "officer.changed")
_REAL = (
    select(event_log.c.num)
    .where(event_log.c.clock != _SEEDED, event_log.c.type.not_in(_OF_THE_STORE))
    .limit(1)
)


def require_seedable(store: Store) -> None:
    """Invented dossiers never stand beside real ones."""
    with store.read() as books:
        connection = books.connection
        enrolled = connection.execute(
            sync_state.select().where(sync_state.c.name == "server_url")
        ).first()
        real = connection.execute(_REAL).first()
        if enrolled or real:
            raise Refused(
                "store_in_use",
                "Sổ này đã ghi danh hoặc đã có hồ sơ thật. Chỉ nạp dữ liệu thử vào sổ trống.",
            )


def numbers_used(books: Books) -> dict[date, int]:
    """The last number of each day, so that further dossiers go on from there."""
    rows = books.connection.execute(
        select(code_number.c.day, code_number.c.last).where(code_number.c.block == 0)
    )
    return {date.fromisoformat(row.day): row.last for row in rows}


def write_dossiers(store: Store, dossiers: Iterable[Sequence[Written]]) -> Iterator[int]:
    """Write them in large transactions; tells after each how many stand there."""
    coming = iter(dossiers)
    done = 0
    while batch := list(islice(coming, AT_ONCE)):
        with store.write() as books:
            # the indexes of a large store: a page that fell out is read and decrypted again
            books.connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
            _write(books, batch)
        done += len(batch)
        yield done


def _write(books: Books, batch: Sequence[Sequence[Written]]) -> None:
    settings: Settings = books.settings
    settings.put("seeded", "yes")
    head, dseq = settings.get("head") or chain.GENESIS, int(settings.get("dseq") or 0)
    own = settings.identity()
    events: list[Event] = []
    states: list[tuple[Dossier, int]] = []
    last_num: int = books.connection.exec_driver_sql(
        "SELECT coalesce(max(num), 0) FROM event_log"
    ).scalar_one()
    for story in batch:
        entries: list[Entry] = []
        last_own_num = 0
        for written in story:
            payload = numbered(written.payload, partial(_next_notice, books, written.at.year))
            name, version = type_and_version(payload)
            dseq += 1
            event = chain.seal(
                head,
                own.device_id,
                own.incarnation,
                dseq,
                written.event_id,
                name,
                version,
                story[0].event_id,
                written.at.isoformat(timespec="seconds"),
                _SEEDED,
                written.actor.id,
                written.actor.name,
                encode_payload(payload, written.salt),
            )
            head = event.hash
            events.append(event)
            if name != "slip.printed":
                last_own_num = last_num + len(events)
            entries.append((event, payload))
        state = fold(entries)
        assert state is not None
        states.append((state, last_own_num))
    books.log.keep(events)
    books.dossiers.put_all(states)
    books.dossiers.issue_all([(state.code, state.id) for state, _ in states])
    _count_numbers(books, [state.code for state, _ in states])
    settings.put_all({"head": head, "dseq": str(dseq)})


def _next_notice(books: Books, year: int, kind: str) -> str:
    return books.numbers.next_notice(kind, year)


def _count_numbers(books: Books, codes: Iterable[str]) -> None:
    highest: dict[date, int] = {}
    for text in codes:
        code = DossierCode.parse(text)
        assert code is not None
        highest[code.day] = max(highest.get(code.day, 0), int(code.seq[1:]))
    for day, last in highest.items():
        values = {"day": day.isoformat(), "block": 0, "last": last}
        books.connection.execute(
            upsert(code_number)
            .values(values)
            .on_conflict_do_update(("day", "block"), set_={"last": last})
        )
