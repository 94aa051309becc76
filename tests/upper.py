"""The upper server of a test, over a real socket, and machines that speak its wire by hand."""

import base64
import contextlib
import hashlib
import io
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from counter_app.bootstrap import Counter
from counter_app.domain import chain
from counter_app.domain.events import Event
from counter_app.wire.messages import (
    CHALLENGE_HEADER,
    DEVICE_HEADER,
    DICTIONARY_HEADER,
    DICTIONARY_ID,
    INCARNATION_HEADER,
    SIGNATURE_HEADER,
    PullAnswer,
    Push,
    PushAnswer,
    compress,
    decompress,
    encode,
    run_of,
)
from counter_app.wire.signing import enrol_bytes, head_bytes, request_bytes
from district_server.api import Api
from district_server.commands import listen
from district_server.database import Database
from district_server.enrolment import issue_code
from district_server.journal import Journal
from district_server.keys import ServerKeys, load_keys, make_keys
from district_server.limits import Limits
from district_server.objects import Objects
from district_server.schema import bring_up_to_date
from district_server.serving import config
from district_server.tables import metadata


@dataclass
class Upper:
    """The upper server of a test."""

    database: Database
    keys: ServerKeys
    limits: Limits = field(default_factory=Limits)
    metrics_token: str = ""
    objects: Objects | None = None
    url: str = ""
    port: int = 0
    journal: io.StringIO = field(default_factory=io.StringIO)
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        listener = listen("127.0.0.1", self.port)
        self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        journal = Journal(self.journal)
        api = Api(self.database, self.keys, self.limits, journal, self.metrics_token, self.objects)
        self._server = uvicorn.Server(config(api.app(), self.limits.stall, log_level="error"))
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            self._thread.join(10)

    def code(self, counter: Counter) -> str:
        identity = counter.identity
        return self.code_for(identity.org_code, identity.counter_no)

    def code_for(self, org: str, counter_no: int) -> str:
        with self.database.begin() as connection:
            return issue_code(connection, org, counter_no)[0]

    def save(self) -> dict[str, list[dict[str, Any]]]:
        """A backup of the database, whichever it is."""
        with self.database.begin() as connection:
            return {
                table.name: [dict(row._mapping) for row in connection.execute(table.select())]
                for table in metadata.sorted_tables
            }

    def put_back(self, saved: dict[str, list[dict[str, Any]]]) -> None:
        """The database as it was then: what came since is gone."""
        with self.database.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
            for table in metadata.sorted_tables:
                if rows := saved[table.name]:
                    connection.execute(table.insert(), rows)

    def said(self) -> list[dict[str, Any]]:
        """The lines of its journal."""
        return [json.loads(line) for line in self.journal.getvalue().splitlines()]


@contextlib.contextmanager
def running(database_url: str, **more: Any) -> Iterator[Upper]:
    """A server that runs for this block."""
    database = Database(database_url)
    bring_up_to_date(database)
    with database.begin() as connection:
        make_keys(connection, None)
        keys = load_keys(connection, None)
    made = Upper(database, keys, **more)
    made.start()
    try:
        yield made
    finally:
        made.stop()
        database.close()


class Machine:
    """A counter's device without a store: it signs whatever it is told to send."""

    def __init__(
        self, client: httpx.Client, org: str = "H50.99.01", counter_no: int = 1, seed: int = 1
    ) -> None:
        self.client = client
        self.org = org
        self.counter_no = counter_no
        self._key = Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big"))
        self.public_key = self._key.public_key().public_bytes_raw()
        self.device = "c-" + hashlib.sha256(self.public_key).hexdigest()[:32]
        self.incarnation = f"{seed:016x}"
        self.epoch = ""
        self.challenge = ""
        self.high, self.head = 0, chain.GENESIS

    def sign(self, message: bytes) -> str:
        return base64.b64encode(self._key.sign(message)).decode()

    def enrol(self, code: str) -> httpx.Response:
        body = {
            "code": code,
            "device": self.device,
            "public_key": base64.b64encode(self.public_key).decode(),
            "commune": self.org,
            "counter": self.counter_no,
            "incarnation": self.incarnation,
            "signature": self.sign(enrol_bytes(code, self.device, self.org, self.counter_no)),
        }
        answer = self.client.post("/enrol/v1/enrol", json=body)
        if answer.status_code == 200:
            self.epoch = answer.json()["epoch"]
        return answer

    def hello(self) -> httpx.Response:
        answer = self.client.post("/sync/v1/hello", headers={DEVICE_HEADER: self.device})
        if answer.status_code == 200:
            self.challenge, self.epoch = answer.json()["challenge"], answer.json()["epoch"]
        return answer

    def send(
        self, method: str, target: str, body: bytes = b"", dictionary: str = DICTIONARY_ID
    ) -> httpx.Response:
        """One signed request; the next challenge is kept."""
        message = request_bytes(method, target, self.challenge, body, self.device, self.incarnation)
        answer = self.client.request(
            method,
            target,
            content=body,
            headers={
                DEVICE_HEADER: self.device,
                INCARNATION_HEADER: self.incarnation,
                CHALLENGE_HEADER: self.challenge,
                SIGNATURE_HEADER: self.sign(message),
                DICTIONARY_HEADER: dictionary,
            },
        )
        self.challenge = answer.headers.get(CHALLENGE_HEADER, "")
        return answer

    def seal(self, contents: Sequence[dict[str, Any]]) -> list[Event]:
        """Events of its own chain after what it has sent."""
        events: list[Event] = []
        head = self.head
        for place, content in enumerate(contents):
            known = {
                "type": "note.added",
                "version": 1,
                "subject": content["event_id"],
                "occurred_at": "2026-11-20T09:24:00+07:00",
                "clock": "ok",
                "actor_id": "o-1",
                "actor_name": "Hồ Thị Mai",
                "payload": '{"salt":"0011223344556677","text":"a"}',
                **content,
            }
            sealed = chain.seal(head, self.device, self.incarnation, self.high + 1 + place, **known)
            events.append(sealed)
            head = sealed.hash
        return events

    def push(self, events: Sequence[Event]) -> httpx.Response:
        last = events[-1]
        signed = self.sign(head_bytes(self.device, self.incarnation, last.dseq, last.hash))
        body = compress(encode(Push(self.epoch, run_of(events), last.hash, signed)))
        answer = self.send("POST", "/sync/v1/push", body)
        if answer.status_code == 200:
            self.high, self.head = last.dseq, last.hash
        return answer

    def pull(self, after: int = 0) -> httpx.Response:
        return self.send("GET", f"/sync/v1/pull?epoch={self.epoch}&after={after}&max_bytes=65536")


def taken(answer: httpx.Response) -> PushAnswer:
    """A push's answer."""
    return msgspec.json.decode(decompress(answer.content, DICTIONARY_ID), type=PushAnswer)


def pulled(answer: httpx.Response) -> PullAnswer:
    """A pull's answer."""
    return msgspec.json.decode(decompress(answer.content, DICTIONARY_ID), type=PullAnswer)
