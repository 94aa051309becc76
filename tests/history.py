"""A judge of what several counters and a server left behind, who knows nothing of how they work.

Only rows, hashes and what the counters said on their pipes: no fold, no check and no chain of the
product. What it expects of the rows stands in docs/sync-protocol.md.
"""

import hashlib
import json
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_LOG = (
    "device", "incarnation", "dseq", "event_id", "type", "version", "subject", "occurred_at", "clock",
    "actor_id", "actor_name", "payload", "prev_hash", "hash",
)  # fmt: skip
EVENTS = ", ".join(_LOG)
"""The columns that every log has, in the order that `Place.events` wants them."""


@dataclass(frozen=True)
class Place:
    """A counter or the server as its tables have it."""

    name: str
    events: Sequence[Sequence[Any]]
    """In the columns of `EVENTS`."""
    order: dict[int, str]
    """cseq → event id."""


@dataclass(frozen=True)
class Said:
    """What one counter said and what lies in its tray."""

    device: str
    codes: Sequence[str]
    slips: Sequence[str]
    tray: Tally[str]
    deaths: int


def faults(server: Place, counters: Sequence[Place], said: Sequence[Said]) -> list[str]:
    """All that is not as it must be; empty: the history holds."""
    found = [fault for place in (server, *counters) for fault in _of_one(place)]
    sums = {place.name: _sum(place) for place in (server, *counters)}
    if len(set(sums.values())) != 1:
        found.append(f"the sums differ: {sums}")
    orders = {place.name: place.order for place in (server, *counters)}
    if any(order != server.order for order in orders.values()):
        found.append("the orders differ")
    codes = _codes(server)
    twice = [code for code, times in Tally(code for code, _, _ in codes).items() if times > 1]
    if twice:
        found.append(f"codes twice: {twice}")
    for one in said:
        found += _of_words(one, codes)
    return found


def _of_one(place: Place) -> list[str]:
    found = []
    heads: dict[tuple[str, str], tuple[int, str]] = {}
    rows = [dict(zip(_LOG, row, strict=True)) for row in place.events]
    for row in sorted(rows, key=lambda row: (row["device"], row["incarnation"], row["dseq"])):
        life = row["device"], row["incarnation"]
        dseq, head = heads.get(life, (0, "0" * 64))
        if row["dseq"] != dseq + 1 or row["prev_hash"] != head or row["hash"] != _hash(row):
            found.append(f"{place.name}: {life} is broken at {row['dseq']}")
        heads[life] = row["dseq"], row["hash"]
    if sorted(place.order) != list(range(1, len(place.order) + 1)):
        found.append(f"{place.name}: its order has holes")
    if sorted(place.order.values()) != sorted(row["event_id"] for row in rows):
        found.append(f"{place.name}: not every event stands once in its order")
    return found


def _hash(row: dict[str, Any]) -> str:
    payload = hashlib.sha256(row["payload"].encode()).hexdigest()
    parts = [
        row["prev_hash"], row["device"], row["incarnation"], row["dseq"], row["event_id"], row["type"],
        row["version"], row["subject"], row["occurred_at"], row["clock"], row["actor_id"],
        row["actor_name"], payload,
    ]  # fmt: skip
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _sum(place: Place) -> int:
    return sum(int(row[-1], 16) for row in place.events) % 2**256


def _codes(place: Place) -> list[tuple[str, str, str]]:
    """(code, device, dossier) of every acceptance."""
    rows = [dict(zip(_LOG, row, strict=True)) for row in place.events]
    return [
        (json.loads(row["payload"])["code"], row["device"], row["subject"])
        for row in rows
        if row["type"] == "dossier.accepted"
    ]


def _of_words(said: Said, codes: Sequence[tuple[str, str, str]]) -> list[str]:
    found = []
    own = [code for code, device, _ in codes if device == said.device]
    if lost := set(said.codes) - set(own):
        found.append(f"told and lost: {sorted(lost)}")
    if len(own) > len(said.codes) + said.deaths:
        found.append(f"{said.device}: more dossiers than were taken in")
    if sorted(int(code[-3:]) for code in own) != list(range(1, len(own) + 1)):
        found.append(f"{said.device}: its numbers have a gap or a double")
    owed = {f"receipt {dossier}" for _, device, dossier in codes if device == said.device}
    if set(said.tray) != owed or set(said.tray.values()) - {1}:
        found.append(f"{said.device}: not every code was printed once")
    if not set(said.slips) <= set(said.tray):
        found.append(f"{said.device}: a slip was told that never came out")
    return found
