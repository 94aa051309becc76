"""What a push costs the upper server on PostgreSQL, beside a bare COPY of the same rows."""

import base64
import contextlib
import gc
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.engine import make_url

from benchmarks.book import make_store, opened
from benchmarks.measure import Figure, Series
from benchmarks.peers.ours import receptions
from counter_app.bootstrap import Counter
from counter_app.domain import chain
from counter_app.domain.events import Event
from counter_app.wire.codec import encode_payload, type_and_version
from counter_app.wire.messages import (
    DICTIONARY_ID,
    Enrol,
    Enrolled,
    Push,
    compress,
    decompress,
    encode,
    run_of,
)
from counter_app.wire.signing import enrol_bytes, head_bytes
from db.bulk import Written
from district_server.answering import decoded
from district_server.caller import Caller
from district_server.database import Database, enter
from district_server.enrolment import enrol, issue_code
from district_server.ingest import push
from district_server.keys import ServerKeys, load_keys, make_keys
from district_server.schema import bring_up_to_date
from district_server.tables import dossier, event

_BATCH = 500
_WARM, _ROUNDS = 3, 9
_LEAST = 30


def figures(place: Path) -> Iterator[Figure]:
    """In turns: a batch decoded, checked, folded, committed and answered; its rows by COPY alone."""
    make_store(place / "sender", 0)
    with opened(place / "sender") as (counter, _), _postgres() as server:
        upper = _Upper(_new_database(server), counter)
        floor = _Floor(_new_database(server))
        ours, bare = Series(), Series()
        bodies = _batches(counter, upper.enrolled.epoch)
        # as the server does when it has started
        gc.freeze()
        gc.set_threshold(50_000)
        for body in bodies:
            ours.add(lambda body=body: upper.take(body))  # type: ignore[misc]
            events, dossiers = upper.last(event, "cseq"), upper.last(dossier, "id")
            bare.add(lambda e=events, d=dossiers: floor.copy(e, d))  # type: ignore[misc]
        upper.close()
        floor.close()
    for series in (ours, bare):
        del series.runs[:_WARM]
    share = bare.median / ours.median * 100
    yield Figure(
        f"server ingest against a bare COPY of the same rows, batch {_BATCH}",
        share,
        "%",
        f"{_LEAST} %",
        share >= _LEAST,
        f"{_BATCH / ours.median * 1000:,.0f} dossiers/s against "
        f"{_BATCH / bare.median * 1000:,.0f}, one connection each, PostgreSQL, durable",
    )


class _Upper:
    """The upper server below its HTTP face, with one counter enrolled."""

    def __init__(self, database: Database, counter: Counter) -> None:
        self._database = database
        identity = counter.identity
        org, number = identity.org_code, identity.counter_no
        with database.begin() as connection:
            make_keys(connection, None)
            self._keys: ServerKeys = load_keys(connection, None)
            code = issue_code(connection, org, number)[0]
        device, public = identity.device_id, counter.signer.public_key
        signature = counter.signer.sign(enrol_bytes(code, device, org, number))
        asked = Enrol(
            code, device, _text(public), org, number, identity.incarnation, _text(signature)
        )
        with database.begin_for_counter() as connection:
            enter(connection, org)
            enrolled = enrol(connection, self._keys, asked)
        assert isinstance(enrolled, Enrolled)
        self.enrolled = enrolled
        self._caller = Caller(device, org, number, public, None)

    def take(self, body: bytes) -> None:
        """A request's body to the body of its answer, committed."""
        with self._database.begin_for_counter() as connection:
            enter(connection, self._caller.commune)
            sent = decoded(decompress(body, DICTIONARY_ID), Push)
            answer = push(connection, self._keys, self._caller, sent)
            raw = encode(answer)
        compress(raw)
        assert not answer.problems

    def last(self, table: Table, order: str) -> Sequence[tuple[Any, ...]]:
        """The rows of the last batch: both keys rise with it."""
        query = select(table).order_by(table.c[order].desc()).limit(_BATCH)
        with self._database.begin() as connection:
            return [tuple(row) for row in connection.execute(query)][::-1]

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


class _Floor:
    """The same tables, with their indexes and partitions, and a driver that only copies."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.engine.raw_connection()

    def copy(self, events: Sequence[tuple[Any, ...]], dossiers: Sequence[tuple[Any, ...]]) -> None:
        """One transaction, no wall and no check before it."""
        cursor: Any = self._connection.cursor()
        for table, rows in ((event, events), (dossier, dossiers)):
            with cursor.copy(f"COPY {table.name} FROM STDIN") as into:
                for row in rows:
                    into.write_row(row)
        self._connection.commit()

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()
        self._database.close()


def _batches(counter: Counter, epoch: str) -> list[bytes]:
    """Bodies of pushes, one run of the counter's own."""
    identity, bodies = counter.identity, []
    head, events = chain.GENESIS, list[Event]()
    for dseq, (written,) in enumerate(receptions(counter, _BATCH * (_WARM + _ROUNDS)), 1):
        events.append(_sealed(written, head, identity.device_id, identity.incarnation, dseq))
        head = events[-1].hash
        if len(events) == _BATCH:
            message = head_bytes(identity.device_id, identity.incarnation, dseq, head)
            signature = _text(counter.signer.sign(message))
            bodies.append(compress(encode(Push(epoch, run_of(events), head, signature))))
            events = []
    return bodies


def _sealed(written: Written, head: str, device: str, life: str, dseq: int) -> Event:
    name, version = type_and_version(written.payload)
    return chain.seal(
        head,
        device,
        life,
        dseq,
        written.event_id,
        name,
        version,
        written.event_id,
        written.at.isoformat(timespec="seconds"),
        "seed",
        written.actor.id,
        written.actor.name,
        encode_payload(written.payload, written.salt),
    )


@contextlib.contextmanager
def _postgres() -> Iterator[str]:
    # the throw-away server of the tests
    from tests.postgres import cluster

    with cluster(durable=True) as url:
        yield url


def _new_database(server: str) -> Database:
    name = f"ingest_{uuid.uuid4().hex}"
    admin = Database(server)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    admin.close()
    made = Database(make_url(server).set(database=name).render_as_string(hide_password=False))
    bring_up_to_date(made)
    return made


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
