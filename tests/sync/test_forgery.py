"""Somebody in the middle who can read and write the line, and has a key of his own."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sync_steps import Enrolled, accept, assert_at_rest, synced
from upper import Upper

from counter_app.ports.sync import Link, SyncIdentity
from counter_app.wire.messages import (
    CHALLENGE_HEADER,
    DEVICE_HEADER,
    DICTIONARY_HEADER,
    INCARNATION_HEADER,
    SIGNATURE_HEADER,
    PushAnswer,
    compress,
    decompress,
    encode,
)
from counter_app.wire.signing import answer_bytes, proof_bytes
from district_server import feed

Answer = tuple[Mapping[str, str], bytes]
Forge = Callable[[Upper, Mapping[str, str], Mapping[str, str], bytes], Answer]


def _signed_by_him(message: bytes) -> str:
    key = Ed25519PrivateKey.from_private_bytes(b"m" * 32)
    return base64.b64encode(key.sign(message)).decode()


def of_the_answer(
    _: Upper, asked: Mapping[str, str], told: Mapping[str, str], raw: bytes
) -> Answer:
    """The whole answer is his."""
    signature = _signed_by_him(answer_bytes(asked[CHALLENGE_HEADER], raw))
    return {**told, SIGNATURE_HEADER: signature}, raw


def of_another_answer(
    upper: Upper, _: Mapping[str, str], told: Mapping[str, str], raw: bytes
) -> Answer:
    """The server's own, kept from another question."""
    return {**told, SIGNATURE_HEADER: upper.keys.sign(answer_bytes("an older one", raw))}, raw


def of_the_proof(
    upper: Upper, asked: Mapping[str, str], told: Mapping[str, str], raw: bytes
) -> Answer:
    """The answer is the server's, what it says was acknowledged is not."""
    answer = msgspec.json.decode(decompress(raw, told.get(DICTIONARY_HEADER, "")), type=PushAnswer)
    proof = proof_bytes(
        asked[DEVICE_HEADER], asked[INCARNATION_HEADER], answer.high, answer.head_hash, answer.epoch
    )
    forged = compress(encode(msgspec.structs.replace(answer, signature=_signed_by_him(proof))))
    signature = upper.keys.sign(answer_bytes(asked[CHALLENGE_HEADER], forged))
    return {**told, SIGNATURE_HEADER: signature}, forged


class Middle:
    """A line on which answers to a push are forged."""

    def __init__(self, link: Link, upper: Upper, forge: Forge) -> None:
        self._link, self._upper, self._forge = link, upper, forge

    def __getattr__(self, name: str) -> object:
        return getattr(self._link, name)

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        status, told, raw = self._link.send(method, target, headers, body)
        if target == "/sync/v1/push":
            told, raw = self._forge(self._upper, headers, told, raw)
        return status, told, raw


@pytest.mark.parametrize("forge", [of_the_answer, of_another_answer, of_the_proof])
def test_only_the_servers_own_signature_acknowledges(
    upper: Upper, enrolled: Enrolled, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = enrolled(1)
    synced(first)
    accept(first)
    engine = first[0].sync
    connect = engine._connect

    def through_him(identity: SyncIdentity) -> Middle:
        return Middle(connect(identity), upper, forge)

    with monkeypatch.context() as patch:
        patch.setattr(engine, "_connect", through_him)
        summary = engine.cycle()

    assert "không phải của máy chủ đã ghi danh" in summary.fault
    assert (summary.blame, summary.sent, summary.waiting) == ("person", 0, 1)
    synced(first)
    assert_at_rest(upper, first)


def test_a_page_that_follows_on_another_story_is_not_taken(
    upper: Upper, enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server itself tells of a neighbour what hangs in no chain that is here."""
    first, second = enrolled(1), enrolled(2)
    accept(first)
    synced(first)
    synced(second)
    accept(first)
    synced(first)
    pull = feed.pull

    def spoilt(*asked: Any) -> Any:
        answer = pull(*asked)
        runs = [msgspec.structs.replace(run, prev_hash="f" * 64) for run in answer.runs]
        return msgspec.structs.replace(answer, runs=tuple(runs))

    with monkeypatch.context() as patch:
        patch.setattr(feed, "pull", spoilt)
        summary = second[0].sync.cycle()

    assert "không phải của máy chủ đã ghi danh" in summary.fault
    assert (summary.blame, summary.received) == ("person", 0)
    synced(second)
    assert_at_rest(upper, first, second)
