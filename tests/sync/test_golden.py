"""Logs as released programs wrote them: every later program reads them, and to the same end.

`data/events/RELEASE.jsonl` is the log of one counter, an event a line in the order of the commune,
and after it a line for each dossier with what its release made of it. A release that changes the
vocabulary plays its days once more with GOLDEN_RELEASE set to its name (`RELEASE-nhieu.jsonl` holds what few
dossiers have); a file is never changed.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from conftest import PIN, ToldClock, draft
from scans_made import png
from sync_steps import Enrolled, Pair, accept, do, synced

from counter_app.domain import chain
from counter_app.domain.dossier import fold
from counter_app.domain.events import DOSSIER_TYPES, ERASED, OLDER, TYPES, Actor, Event
from counter_app.domain.officer import Officer, Role
from counter_app.domain.outcome import Reason, Sent, sent
from counter_app.domain.printer import Profile
from counter_app.domain.retention import erasure_of
from counter_app.services.results import Noticed
from counter_app.wire.codec import decode_payload

FOLDER = Path(__file__).parents[1] / "data" / "events"
RELEASES = sorted(FOLDER.glob("*.jsonl"))


@dataclass(frozen=True)
class Golden:
    """The log of a release, and what that release made of it."""

    events: list[Event]
    dossiers: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, path: Path) -> "Golden":
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        told = {line.pop("dossier"): line for line in lines if isinstance(line, dict)}
        return cls([Event(*line) for line in lines if isinstance(line, list)], told)


def made_of(events: list[Event]) -> dict[str, dict[str, Any]]:
    """What this program makes of a log: each dossier by its id."""
    stories: dict[str, list[Any]] = {}
    for event in events:
        if event.type in DOSSIER_TYPES:
            stories.setdefault(event.subject, []).append((event, decode_payload(event)))
    made = {}
    for subject, story in stories.items():
        dossier = fold(story)
        assert dossier is not None
        made[subject] = {
            "code": dossier.code,
            "status": str(dossier.status),
            "voided": dossier.voided,
            "received_at": dossier.received_at.isoformat(),
            "due_at": dossier.due_at.isoformat(),
            "holder": f"{dossier.holder.side} {dossier.holder.name}",
            "applicant": dossier.facts.applicant.name,
            "aliases": list(dossier.aliases),
            "paid": sum(amount for _, amount in dossier.paid),
            "timeline": [
                f"{line.event} {line.rejected or ''}".strip() for line in dossier.timeline
            ],
        }
    return made


@pytest.fixture(params=RELEASES, ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden.read(request.param)


def test_every_event_of_a_release_hangs_in_its_chain(golden: Golden) -> None:
    last: dict[tuple[str, str], Event] = {}
    for event in golden.events:
        assert chain.holds(event)
        if event.payload:
            assert chain.payload_hash(event.payload) == event.payload_hash
        before = last.get((event.device, event.incarnation))
        if before is not None:
            assert (event.dseq, event.prev_hash) == (before.dseq + 1, before.hash)
        last[event.device, event.incarnation] = event


def test_every_word_of_a_release_is_understood(golden: Golden) -> None:
    for event in golden.events:
        if not event.payload:
            # an erased one says no word; what it said is told of a dossier that was kept
            assert any(e.subject == event.subject for e in golden.events if e.type == ERASED)
            continue
        payload = decode_payload(event)
        assert payload is not None, event.type
        if event.version == TYPES[event.type][0]:
            written = json.loads(event.payload)
            del written["salt"]
            assert _lost(written, msgspec.to_builtins(payload)) == [], event.type


def test_its_dossiers_end_where_they_ended_then(golden: Golden) -> None:
    assert made_of(golden.events) == golden.dossiers


def test_every_version_of_every_type_was_kept() -> None:
    """Whoever adds a type, or a version of one, plays the day once more and keeps its log."""
    logs = (event for path in RELEASES for event in Golden.read(path).events)
    kept = {(event.type, event.version) for event in logs if event.payload}
    known = {
        (name, version) for name, (newest, _) in TYPES.items() for version in range(1, newest + 1)
    }
    assert known - kept == set()


def test_every_field_of_every_type_was_kept() -> None:
    """A part that no kept log tells of could be renamed, and the books that hold it would not open."""
    kept: set[str] = set()
    for path in RELEASES:
        for event in Golden.read(path).events:
            if event.payload:
                kept |= set(_places(json.loads(event.payload), event.type))
    known = {place for name, (_, payload) in TYPES.items() for place in _fields(payload, name)}
    assert sorted(known - kept) == []


def _places(value: Any, at: str) -> Iterator[str]:
    """Where something was written, parts of parts too."""
    for part in value if isinstance(value, list) else ():
        yield from _places(part, at)
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield f"{at}.{name}"
            yield from _places(inner, f"{at}.{name}")


def _fields(kind: Any, at: str) -> Iterator[str]:
    """Where a payload of that class may have something to say."""
    for name, hint in get_type_hints(kind).items():
        yield f"{at}.{name}"
        for part in (hint, *get_args(hint)):
            if is_dataclass(part):
                yield from _fields(part, f"{at}.{name}")


# ---- versions ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _NoteOfTomorrow:
    """A note that says who should see it."""

    text: str
    seen_by: str


def test_an_older_version_is_raised_to_the_newest_step_by_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = Golden.read(FOLDER / "0.1.0.jsonl")
    note = next(event for event in first.events if event.type == "note.added")
    monkeypatch.setitem(TYPES, "note.added", (3, _NoteOfTomorrow))  # type: ignore[arg-type]
    monkeypatch.setitem(OLDER, ("note.added", 1), lambda then: {**then, "words": then["text"]})
    monkeypatch.setitem(
        OLDER, ("note.added", 2), lambda then: {"text": then["words"], "seen_by": "mọi người"}
    )
    monkeypatch.setattr("counter_app.wire.codec._decoder", _fresh_decoder)

    assert decode_payload(note) == _NoteOfTomorrow(json.loads(note.payload)["text"], "mọi người")


def test_every_older_version_has_its_step() -> None:
    missing = [
        (name, version)
        for name, (newest, _) in TYPES.items()
        for version in range(1, newest)
        if (name, version) not in OLDER
    ]
    assert missing == []


def _fresh_decoder(event_type: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(TYPES[event_type][1])


def _lost(written: Any, read: Any, at: str = "") -> list[str]:
    """Where what was read says less or other than what was written."""
    match written, read:
        case Mapping(), Mapping():
            pairs = ((key, value, read.get(key, "nothing")) for key, value in written.items())
        case list(), list() if len(written) == len(read):
            pairs = ((str(i), *both) for i, both in enumerate(zip(written, read, strict=True)))
        case _:
            return [] if _told(written) == _told(read) else [at]
    return [place for key, *both in pairs for place in _lost(*both, at=f"{at}.{key}")]


def _told(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


# ---- a day with every kind of event in it --------------------------------------------------------


class _QuietPrinter:
    name, profile = "may-in-thu", Profile()

    def send(self, job: bytes) -> Sent:
        return sent(Reason.OK)


def a_day(enrolled: Enrolled, copied: Callable[[Pair], Pair], clock: ToldClock) -> Pair:
    """Everything that the vocabulary can say, said once at least; the counter that knows it all."""
    first = enrolled(1)
    desk, officer = first
    desk.officers.add("Hồ Văn Ngày", (Role.INTAKE, Role.CASHIER), "Công chức", PIN)
    desk.officers.change("Hồ Văn Ngày", officer, title="Phó trưởng bộ phận")
    representative = {"name": "HỒ VĂN MINH", "personal_number": "045085001230", "relation": "Con"}
    long_way = accept(first, representative=representative, note="Gọi trước khi trả").dossier_id
    for action, given in _LONG_WAY:
        clock.move(minutes=7)
        do(first, long_way, action, **given)
    others = iter(
        [accept(first, name=f"HỒ VĂN {word}").dossier_id for word in ("BA", "TƯ", "NĂM", "SÁU")]
    )
    do(first, next(others), "stop", decision_no="12/QĐ", reason="Tranh chấp")
    do(first, next(others), "withdraw", reason="Tự rút")
    do(first, next(others), "void", reason="Nhập hai lần")
    moved = next(others)
    do(first, moved, "transfer", to="upper")
    do(first, moved, "revert", reason="Chuyển nhầm")
    do(first, moved, "correct", applicant={"name": "HỒ VĂN SÁU A"}, reason="Sai tên")
    do(first, moved, "receive-payment", amount=8_000, receipt_serial="BL 7")
    do(first, moved, "revert", reason="Thu nhầm")
    desk.attachments.add(moved, "giay.png", png(), "", officer)
    desk.prints.print_slip(moved, [_QuietPrinter()], officer)
    refused = desk.intake.refuse(draft(reason="Sai nơi nhận"), officer)
    assert isinstance(refused, Noticed)
    for name in ("HỒ THỊ TÁM", "HỒ THỊ CHÍN"):
        accept(first, name=name, visit="luot-1")
    desk.visits.close("luot-1", officer)
    used, spoilt = desk.pads.give_out(2, officer).numbers
    accept(first, from_paper={"origin": "pad", "pad": used, "received_at": "2026-11-20T09:30"})
    desk.pads.account(spoilt, "spoilt", "Rách", officer)
    _end_of_keeping(first, accept(first, name="HỒ VĂN CŨ").dossier_id, long_way, officer)
    synced(first)

    copy = copied(first)
    accept(first, name="HỒ VĂN MƯỜI")
    accept(copy, name="HỒ VĂN MƯỜI MỘT")
    synced(first)
    assert not copy[0].sync.cycle().fault
    assert not desk.sync.cycle().fault
    return first


def _end_of_keeping(pair: Pair, dossier_id: str, held: str, officer: Officer) -> None:
    """Years later: one is erased, the other was held and let go. Nothing asks whether the years are over."""
    desk = pair[0]
    for action in ("complete", "return"):
        do(pair, dossier_id, action)
    view = desk.search.open(held)
    assert view is not None
    code = view.dossier.code
    desk.erasing.hold(code, "Đang khiếu nại", officer)
    desk.erasing.hold(code, "Đã giải quyết khiếu nại", officer, release=True)
    with desk.store.write() as books:
        state, actor = books.dossiers.get(dossier_id), Actor(officer.id, officer.name)
        assert state is not None
        books.log.append(
            erasure_of(state, 10), actor=actor, at=desk.clock.now(), subject=dossier_id
        )


_LONG_WAY: tuple[tuple[str, dict[str, object]], ...] = (
    ("transfer", {}),
    ("take-over", {"note": "Đã nhận"}),
    ("request-supplement", {"items": ["Bản sao khai sinh"], "reason": "Thiếu"}),
    ("receive-supplement", {}),
    ("request-payment", {"amount": 15_000, "reason": "Lệ phí"}),
    ("receive-payment", {"method": "Tiền mặt", "receipt_serial": "BL 1"}),
    ("extend", {"new_due_at": "2026-12-30T17:00", "reason": "Chờ xác minh"}),
    ("complete", {"decision_no": "99/QĐ", "decided_on": "2026-11-20", "signed_by": "Hồ Văn Ký"}),
    ("return", {"to": "proxy", "receiver": {"name": "HỒ VĂN MINH", "relation": "Con"}}),
)


def test_the_day_says_everything(  # type: ignore[no-untyped-def]
    upper, enrolled: Enrolled, copied, clock: ToldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the day is one; the years of keeping are not waited for
    monkeypatch.setattr("district_server.erasing.why_kept", lambda *_: None)
    desk, _ = a_day(enrolled, copied, clock)
    events = list(_ordered(desk))

    assert {event.type for event in events} == set(TYPES)
    _keep(events, upper)


def a_day_of_much_to_say(upper: Any, enrolled: Enrolled) -> Pair:
    """What few dossiers have: pages, fees, somebody who hands in for another, a date by hand, another
    procedure afterwards, and an acceptance that had to be said again.
    """
    first, second = enrolled(1), enrolled(2)
    paper = {"origin": "paper", "code": "H50.99.01-261119-3007", "received_at": "2026-11-20T08:00"}
    much: dict[str, Any] = {
        "procedure": "2.000815",
        "components": "all",
        "pages": [{"name": "Bằng tốt nghiệp", "pages": 4, "copies": 2}],
        "representative": {"name": "HỒ VĂN MINH", "phone": "0912000345", "relation": "Con"},
        "due_override": {"at": "2026-11-27T17:00", "reason": "Mất điện", "approver": "Chủ tịch"},
        "from_paper": paper,
    }
    accept(first, name="HỒ VĂN MỘT", **much)
    again = accept(second, name="HỒ VĂN HAI", **much).dossier_id
    moved = {**much, "from_paper": None}
    dossier_id = accept(second, name="HỒ VĂN BA", **moved).dossier_id
    do(second, dossier_id, "correct", procedure="2.000884", reason="Nhầm thủ tục")
    synced(first)
    assert [problem.code for problem in second[0].sync.cycle().problems] == ["code_taken"]
    do(second, again, "correct", reason="Mã đã có hồ sơ khác")
    synced(second)
    return second


def test_much_is_said_and_kept(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    desk, _ = a_day_of_much_to_say(upper, enrolled)
    events = list(_ordered(desk))

    said = {place for event in events for place in _places(json.loads(event.payload), event.type)}
    assert {
        "dossier.accepted.due_override.approver",
        "dossier.corrected.facts.fees.amount",
        "dossier.corrected.due.why",
        "dossier.corrected.accepted.due_override.approver",
    } <= said
    _keep(events, upper, "-nhieu")


def _keep(events: list[Event], upper: Any, part: str = "") -> None:
    """The log of a release, where one is to be kept."""
    release = os.environ.get("GOLDEN_RELEASE")
    if not release or upper.database.on_postgres:
        return
    told = [{"dossier": subject, **made} for subject, made in made_of(events).items()]
    lines = [list(event) for event in events] + told
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    with (FOLDER / f"{release}{part}.jsonl").open("x", encoding="utf-8") as file:
        file.write(text)


def _ordered(desk: Any) -> Iterator[Event]:
    columns = ", ".join(f"l.{name}" for name in Event._fields)
    with desk.store.read() as books:
        for row in books.connection.exec_driver_sql(
            f"SELECT {columns} FROM event_log l LEFT JOIN event_order o USING (event_id)"
            f" ORDER BY coalesce(o.cseq, ({_NEXT}) - 0.5)"
        ):
            yield Event(*row)


_NEXT = (
    "SELECT min(cseq) FROM event_log JOIN event_order USING (event_id)"
    " WHERE device = l.device AND incarnation = l.incarnation AND dseq > l.dseq"
)
"""The place of the own event behind it: what was put right stays with its author, and in no common order."""
