"""The store of one counter: opens the file, hands out transactions."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from counter_app import data_folder
from counter_app.errors import EnvironmentFault
from counter_app.ports import IdSource, OfficeClock
from db import schema
from db.attachments import Attachments
from db.books import Drafts, Notices, Numbers, Officers
from db.desk import Appointments, Pads, Tickets
from db.dossiers import Dossiers
from db.engine import DAMAGED, engine, in_words
from db.erasing import Erasures
from db.log import Log
from db.prints import Prints
from db.settings import Settings

_FORGET_WORDS = "INSERT INTO dossier_search(dossier_search) VALUES ('optimize')"


@dataclass(slots=True)
class Books:
    """One transaction and what it sees."""

    connection: Connection
    log: Log
    dossiers: Dossiers
    numbers: Numbers
    officers: Officers
    prints: Prints
    attachments: Attachments
    pads: Pads
    tickets: Tickets
    appointments: Appointments
    drafts: Drafts
    notices: Notices
    erasures: Erasures
    settings: Settings


class Store:
    """An open store. Reading never waits for a writer; a write is durable when its block ends."""

    def __init__(self, folder: Path, key: bytes, clock: OfficeClock, ids: IdSource) -> None:
        self.path = folder / data_folder.STORE
        self._clock = clock
        self._ids = ids
        if self.path.exists() and not self.path.stat().st_size:
            # opening an empty file would make it a new register, silently
            raise EnvironmentFault("store_damaged", DAMAGED)
        self._writing = engine(self.path, key, write=True)
        self._reading = engine(self.path, key, write=False)
        with faults_in_words():
            schema.bring_up_to_date(self._reading, self._writing, self.path, key, datetime.now())

    @contextmanager
    def read(self) -> Iterator[Books]:
        """A transaction that cannot write."""
        with faults_in_words(), self._reading.begin() as connection:
            yield self._books(connection)

    @contextmanager
    def write(self) -> Iterator[Books]:
        """BEGIN IMMEDIATE; durable on the disk when the block has ended without an error."""
        with faults_in_words(), self._writing.begin() as connection:
            yield self._books(connection)

    def wipe(self) -> None:
        """Overwrite what the file and the one beside it still hold of what is gone: words of the search
        that nothing is found by any more, pages that are not used. SQLCipher overwrites what is deleted, but
        a page that was put in order anew keeps pieces of what stood there before (2 of 200 names). Writers
        wait meanwhile, some seconds.
        """
        with self.write() as books:
            books.connection.exec_driver_sql(_FORGET_WORDS)
        with faults_in_words(), closing(self._writing.raw_connection()) as raw:
            raw.cursor().execute("VACUUM")
            (busy, *_) = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise in_words("busy") or AssertionError

    def close(self) -> None:
        """Let go of the file."""
        self._reading.dispose()
        self._writing.dispose()

    def _books(self, connection: Connection) -> Books:
        settings = Settings(connection)
        log = Log(connection, settings, self._clock, self._ids)
        return Books(
            connection,
            log,
            Dossiers(connection, log, settings),
            Numbers(connection, settings, self._ids),
            Officers(connection, log),
            Prints(connection, settings),
            Attachments(connection),
            Pads(connection, log, settings),
            Tickets(connection),
            Appointments(connection, settings),
            Drafts(connection),
            Notices(connection),
            Erasures(connection, settings),
            settings,
        )


@contextmanager
def faults_in_words() -> Iterator[None]:
    """What SQLite says about disk and file becomes an `EnvironmentFault`."""
    try:
        yield
    except (DatabaseError, sqlcipher.DatabaseError) as fault:
        told = in_words(fault.orig if isinstance(fault, DatabaseError) else fault)
        if told is None:
            raise
        raise told from None
