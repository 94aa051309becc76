"""Making a store: the file, the first rows, the first events."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from counter_app import data_folder
from counter_app.domain import chain
from counter_app.domain.events import SYSTEM, StoreCreated
from counter_app.domain.slip_code import KnownKey, key_id_of
from counter_app.ports import IdSource, OfficeClock
from db import schema
from db.lives import Head, begin_life
from db.store import Store, faults_in_words


@dataclass(frozen=True, slots=True)
class NewStore:
    """What a store is made with."""

    device_id: str
    private_key: bytes
    public_key: bytes
    counter_no: int
    org_code: str
    office_text: str
    app_version: str
    sample: bool


def create_store(
    folder: Path, key: bytes, made: NewStore, clock: OfficeClock, ids: IdSource, at: datetime
) -> Store:
    """An empty register with its first event. Refuses where a file stands already."""
    with faults_in_words():
        schema.create_file(folder / data_folder.STORE, key)
    store = Store(folder, key, clock, ids)
    version = hashlib.sha256(made.office_text.encode()).hexdigest()[:12]
    with store.write() as books:
        kept = {
            "device_id": made.device_id,
            "device_key": base64.b64encode(made.private_key).decode("ascii"),
            "incarnation": ids.random(8).hex(),
            "counter_no": str(made.counter_no),
            "org_code": made.org_code,
            "dseq": "0",
            "head": chain.GENESIS,
            "sample": "yes" if made.sample else "no",
        }
        books.settings.put_all(kept)
        books.settings.put_document("office", version, made.office_text)
        books.settings.put_key(
            KnownKey(
                key_id_of(made.public_key), made.public_key, made.device_id, made.counter_no, at
            )
        )
        books.log.append(
            StoreCreated(
                base64.b64encode(made.public_key).decode("ascii"),
                made.counter_no,
                made.org_code,
                made.office_text,
                version,
                made.app_version,
            ),
            actor=SYSTEM,
            at=at,
            subject=made.device_id,
        )
    return store


def begin_restored(store: Store, ids: IdSource, at: datetime) -> datetime | None:
    """A backup was put back: what was written after it may exist on paper, so go on under a new life
    and, on every day up to today, in a block of numbers of its own. Tells when its last event was.
    """
    with store.write() as books:
        last = books.log.last_at()
        # a clock that stands in the past must not lead to numbers that were given out
        until = max(at, last) if last is not None else at
        here = Head(books.settings.identity().incarnation, int(books.settings.get("dseq") or 0))
        begin_life(books, ids, "restore", here, at, until.astimezone(at.tzinfo).date().isoformat())
    return last
