"""Bundles, envelopes and answers that were spoilt, also by somebody who may sign them.

A request whose own signature is wrong ends at the door; so here the device signs what it spoilt, as a
broken program would. The server never fails (no 5xx), and takes nothing that does not fit its chain.
"""

import hashlib
import io
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from conftest import draft
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mutants import for_seeds, memory_under, misfit, spoilt
from sqlalchemy import func, select
from upper import Machine, Upper, running

from counter_app.bootstrap import Counter
from counter_app.domain import chain
from counter_app.domain.events import Event
from counter_app.errors import EnvironmentFault, Refused
from counter_app.keys.device import verify
from counter_app.services.results import Accepted
from counter_app.sync.engine import SyncEngine
from counter_app.sync.link import HttpLink
from counter_app.wire import bundle
from counter_app.wire.messages import (
    DICTIONARY_ID,
    LARGEST_BODY,
    Damaged,
    Push,
    TooLarge,
    compress,
    decompress,
    encode,
    events_of,
    run_of,
)
from counter_app.wire.signing import head_bytes
from district_server import bundles
from district_server.check import faults_of
from district_server.faults import Refused as ServerRefused
from district_server.faults import ServerFault
from district_server.tables import event

LITTLE = 16 * 1024 * 1024
SENDER = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
RECIPIENT = Ed25519PrivateKey.from_private_bytes(b"2" * 32)


# ---- the bundle --------------------------------------------------------------------------------


def bundle_of(target: Path, parts: list[bytes]) -> bytes:
    """Sealed for the recipient, signed by the sender."""
    bundle.write(
        target, "up", SENDER.private_bytes_raw(), "c-1", "s-1",
        RECIPIENT.public_key().public_bytes_raw(), "2026-11-20T09:24:00+07:00", parts,
    )  # fmt: skip
    return target.read_bytes()


def opened(data: bytes) -> list[bytes]:
    public = SENDER.public_key().public_bytes_raw()
    _, parts = bundle.read(io.BytesIO(data), RECIPIENT.private_bytes_raw(), lambda _: public)
    return list(parts)


def spoilt_bundles(tmp_path: Path, examples: int) -> None:
    parts = [b'{"a":1}' * 50, b"x" * 70_000, b""]
    valid = bundle_of(tmp_path / "a.hsx", parts)
    assert opened(valid) == parts
    unsigned = valid[:-64]

    def check(seed: int) -> None:
        data = spoilt(valid, seed)
        with memory_under(LITTLE), pytest.raises((Damaged, TooLarge)):
            opened(data)
        # a sender who signs it: nothing may come out but what was sealed
        body = spoilt(unsigned, seed + 1)
        signed = body + SENDER.sign(bundle._CONTEXT + hashlib.sha256(body).digest())
        with memory_under(2 * LARGEST_BODY):
            with suppress(Damaged, TooLarge):
                assert opened(signed) == parts

    for_seeds(check, examples)


def test_a_spoilt_bundle_opens_to_nothing(tmp_path: Path) -> None:
    spoilt_bundles(tmp_path, 100)


@pytest.mark.proof
def test_spoilt_bundles_by_the_ten_thousands(tmp_path: Path, figure: Callable[[str], None]) -> None:
    spoilt_bundles(tmp_path, 10_000)
    figure("fuzz, bundles: 20000 mutants, half of them signed, 0 crashes, 0 accepted")


# ---- compressed bodies ---------------------------------------------------------------------------


def spoilt_bodies(examples: int) -> None:
    raw = json.dumps(draft()).encode() * 3
    valid = compress(raw)

    def check(seed: int) -> None:
        with memory_under(3 * LARGEST_BODY):
            for dictionary in (DICTIONARY_ID, "", "2"):
                with suppress(Damaged, TooLarge):
                    assert len(decompress(spoilt(valid, seed), dictionary)) <= LARGEST_BODY

    for_seeds(check, examples)


def test_a_spoilt_body_stays_under_its_cap() -> None:
    spoilt_bodies(200)


def test_a_bomb_stops_at_the_cap() -> None:
    bomb = compress(bytes(16 * LARGEST_BODY))
    with memory_under(3 * LARGEST_BODY), pytest.raises(TooLarge):
        decompress(bomb, DICTIONARY_ID)


# ---- what a device signs -------------------------------------------------------------------------


@pytest.fixture
def upper(database_url: str) -> Iterator[Upper]:
    with running(database_url) as made:
        yield made


@pytest.fixture
def life(counter: Counter) -> list[dict[str, Any]]:
    """A dossier's way as a real counter wrote it: the contents of its events."""
    officer = counter.officers.all()[0]
    made = counter.intake.accept(draft(), officer)
    assert isinstance(made, Accepted)
    for action, fields in (("transfer", {"to": "Công chức Tư pháp - Hộ tịch"}), ("take-over", {})):
        counter.acts.act(made.dossier_id, action, fields, officer)
    with counter.store.read() as books:
        return [
            {
                name: getattr(one, name)
                for name in (
                    "event_id", "type", "version", "subject", "occurred_at", "clock", "actor_id",
                    "actor_name", "payload",
                )
            }
            for one, _ in books.log.of(made.dossier_id)
        ]  # fmt: skip


class Sender:
    """A machine that sends spoilt pushes, each in a life and of a dossier of its own."""

    def __init__(self, upper: Upper, client: httpx.Client, life: list[dict[str, Any]]) -> None:
        self.upper = upper
        self.machine = Machine(client)
        assert self.machine.enrol(upper.code_for("H50.99.01", 1)).status_code == 200
        self._life = life
        self._turn = 0
        self.taken = 0

    def events(self) -> list[Event]:
        """The life once more, under ids and a code of its own."""
        self._turn += 1
        self.machine.incarnation = f"{self._turn:016x}"
        self.machine.high, self.machine.head = 0, chain.GENESIS
        text = json.dumps(self._life)
        for one in self._life:
            text = text.replace(one["event_id"], str(uuid.UUID(int=uuid.uuid4().int)))
        text = text.replace("261120-2001", f"261120-1{self._turn % 999 + 1:03d}")
        contents = json.loads(text)
        for content in contents:
            content["payload"] = json.dumps(json.loads(content["payload"]))
        return self.machine.seal(contents)

    def push_of(self, events: list[Event]) -> dict[str, Any]:
        last = events[-1]
        signed = self.machine.sign(head_bytes(last.device, last.incarnation, last.dseq, last.hash))
        push = Push(self.machine.epoch, run_of(events), last.hash, signed)
        made: dict[str, Any] = json.loads(encode(push))
        return made

    def signed_anew(self, raw: bytes) -> bytes:
        """The same with the head that belongs to it, where there is one at all."""
        try:
            push = msgspec.json.decode(raw, type=Push)
            last = events_of(push.run)[-1]
            head = head_bytes(last.device, last.incarnation, last.dseq, last.hash)
        except Exception:
            return raw
        push = msgspec.structs.replace(push, head_hash=last.hash, signature=self.machine.sign(head))
        return encode(push)

    def send(self, raw: bytes, packed: Callable[[bytes], bytes] = lambda body: body) -> int:
        assert self.machine.hello().status_code == 200
        answer = self.machine.send("POST", "/sync/v1/push", packed(compress(raw)))
        assert answer.status_code < 500, (answer.status_code, answer.text, raw[:2000])
        self.taken += answer.status_code == 200
        return answer.status_code

    def events_above(self) -> int:
        with self.upper.database.begin() as connection:
            return connection.execute(select(func.count()).select_from(event)).scalar_one()


@pytest.fixture
def sender(upper: Upper, life: list[dict[str, Any]]) -> Iterator[Sender]:
    with httpx.Client(base_url=upper.url, timeout=30) as client:
        yield Sender(upper, client, life)


def spoilt_pushes(sender: Sender, examples: int) -> None:
    """Bytes spoilt behind the head's signature: taken only where they say the same."""

    def check(seed: int) -> None:
        raw = encode(sender.push_of(sender.events()))
        before = sender.events_above()
        bad = spoilt(raw, seed)
        if sender.send(bad) != 200:
            assert sender.events_above() == before
        else:
            assert msgspec.json.decode(bad, type=Push) == msgspec.json.decode(raw, type=Push)
        before = sender.events_above()
        if sender.send(raw, lambda packed: spoilt(packed, seed)) != 200:
            assert sender.events_above() == before

    for_seeds(check, examples)


def misfit_pushes(sender: Sender, examples: int) -> None:
    """Values that do not fit, in an event, in a payload, in the envelope, all signed as if they did."""

    def check(seed: int) -> None:
        push = sender.push_of(sender.events())
        if seed % 2:
            one = push["run"]["events"][seed // 2 % len(push["run"]["events"])]
            one[8] = json.dumps(misfit(json.loads(one[8]), seed))
        else:
            push = misfit(push, seed)
        sender.send(sender.signed_anew(json.dumps(push).encode()))

    for_seeds(check, examples)
    with sender.upper.database.begin() as connection:
        assert faults_of(connection) == []


def assert_takes_it_all(counter: Counter, upper: Upper) -> None:
    """What the server took in, a counter of the commune can take too."""
    counter.enrol(upper.url, upper.code(counter), None)
    summary = counter.sync.cycle()
    assert not summary.fault
    assert summary.waiting == 0
    # the machine signs no receipts: those cannot be built again
    assert {fault.code for fault in counter.checks.whole().faults} <= {"receipt_differs"}


def test_spoilt_pushes_are_refused_and_misfits_set_aside(sender: Sender, counter: Counter) -> None:
    assert sender.send(encode(sender.push_of(sender.events()))) == 200
    assert sender.events_above() == 3

    spoilt_pushes(sender, 15)
    misfit_pushes(sender, 40)
    assert_takes_it_all(counter, sender.upper)


@pytest.mark.proof
def test_spoilt_pushes_by_the_thousands(
    sender: Sender, counter: Counter, figure: Callable[[str], None]
) -> None:
    spoilt_pushes(sender, 1_000)
    sender.taken = 0
    misfit_pushes(sender, 2_500)
    assert_takes_it_all(counter, sender.upper)
    figure(
        "fuzz, envelopes: 2000 spoilt after the signature, 0 accepted; 2500 misfits signed, "
        f"{sender.taken} taken in or set aside, the others refused; 0 answers of 5xx"
    )


def test_spoilt_enrolments_are_refused(upper: Upper) -> None:
    with httpx.Client(base_url=upper.url, timeout=30) as client:
        valid = {
            "code": "ABCDEFGHJK", "device": "c-" + "0" * 32, "public_key": "A" * 43 + "=",
            "commune": "H50.99.01", "counter": 1, "incarnation": "0" * 16, "signature": "A" * 88,
        }  # fmt: skip

        def check(seed: int) -> None:
            body = json.dumps(valid).encode()
            body = json.dumps(misfit(valid, seed)).encode() if seed % 2 else spoilt(body, seed)
            assert 400 <= client.post("/enrol/v1/enrol", content=body).status_code < 500

        for_seeds(check, 25)


# ---- bundles that a device of ours signs -----------------------------------------------------------


def signed_misfits(counter: Counter, upper: Upper, tmp_path: Path, examples: int) -> None:
    identity = counter.sync_store.identity()
    private = counter._private_key
    counter.bundles.write(tmp_path / "whole.hsx")
    with (tmp_path / "whole.hsx").open("rb") as file:
        server, own = upper.keys.signing.private_bytes_raw(), counter.signer.public_key
        parts = list(bundle.read(file, server, lambda _: own)[1])

    def check(seed: int) -> None:
        spoiling = list(parts)
        place = seed % len(parts)
        plain = json.loads(parts[place])
        spoiling[place] = (
            json.dumps(misfit(plain, seed)).encode() if seed % 3 else spoilt(parts[place], seed)
        )
        bundle.write(
            tmp_path / "b.hsx", "up", private, identity.device_id, identity.server_id,
            identity.server_key, "2026-11-20T09:24:00+07:00", spoiling,
        )  # fmt: skip
        try:
            bundles.take_in(upper.database, upper.keys, tmp_path / "b.hsx")
            bundles.write(upper.database, upper.keys, identity.device_id, tmp_path / "c.hsx")
        except (ServerRefused, ServerFault):
            pass

    for_seeds(check, examples)


@pytest.fixture
def enrolled(upper: Upper, counter: Counter) -> Counter:
    counter.enrol(upper.url, upper.code(counter), None)
    counter.intake.accept(draft(), counter.officers.all()[0])
    return counter


def test_misfits_in_a_signed_bundle_are_refused(
    enrolled: Counter, upper: Upper, tmp_path: Path
) -> None:
    signed_misfits(enrolled, upper, tmp_path, 25)


# ---- what a counter is answered ----------------------------------------------------------------


class Garbling(HttpLink):
    """A line that spoils every answer from a certain one on."""

    seed = 0
    good = 0

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        status, told, raw = super().send(method, target, headers, body)
        if self.good > 0:
            self.good -= 1
            return status, told, raw
        match self.seed % 3:
            case 0:
                return status, told, spoilt(raw, self.seed)
            case 1:
                return (200, 400, 401, 403, 409, 413, 503, 302)[self.seed % 8], told, raw
            case _:
                if raw[:1] == b"{":
                    return status, told, json.dumps(misfit(json.loads(raw), self.seed)).encode()
                return (
                    409,
                    told,
                    json.dumps(
                        misfit({"reason": "gap", "high": 1, "message": ""}, self.seed)
                    ).encode(),
                )


def spoilt_answers(counter: Counter, examples: int) -> None:
    identity = counter.sync_store.identity()

    def engine(seed: int) -> SyncEngine:
        def connect(_: object) -> Garbling:
            link = Garbling(identity.server_url, identity.ca_pem)
            link.seed, link.good = seed, seed // 3 % 4
            return link

        return SyncEngine(counter.sync_store, connect, counter.signer, verify, counter.clock)

    def check(seed: int) -> None:
        counter.intake.accept(draft(), counter.officers.all()[0])
        with suppress(Refused, EnvironmentFault):
            engine(seed).cycle()

    for_seeds(check, examples)
    summary = counter.sync.cycle()
    assert not summary.fault
    assert summary.waiting == 0
    assert counter.checks.whole().faults == ()


def test_spoilt_answers_end_a_cycle_and_nothing_else(enrolled: Counter) -> None:
    spoilt_answers(enrolled, 12)
