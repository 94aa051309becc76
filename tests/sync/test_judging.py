"""Events that no honest counter writes: each is set aside with its reason, and stops nobody."""

import re
from dataclasses import replace

import pytest
from conftest import draft
from sqlalchemy import insert, select

from counter_app.bootstrap import Counter
from counter_app.domain import chain
from counter_app.domain.events import DossierAccepted, OfficerAdded
from counter_app.services.results import Accepted
from counter_app.wire.codec import encode_payload
from db.check import check
from db.tables import event_log
from district_server.check import faults_of
from district_server.tables import quarantine


def plant(counter: Counter, **changed: object) -> None:
    """Write an event behind the own head as a meddler with the key of the book could."""
    with counter.store.write() as books:
        own, settings = books.settings.identity(), books.settings
        fields = {
            "event_id": "01a2116f-5db5-7ad8-85ce-f49b969e4d54",
            "type": "note.added",
            "version": 1,
            "subject": "",
            "occurred_at": "2026-11-20T09:24:00+07:00",
            "clock": "ok",
            "actor_id": "x",
            "actor_name": "Kẻ nghịch",
            "payload": '{"text":"a"}',
            **changed,
        }
        fields["subject"] = fields["subject"] or fields["event_id"]
        dseq = int(settings.get("dseq") or 0) + 1
        event = chain.seal(
            settings.get("head") or "", own.device_id, own.incarnation, dseq, **fields  # type: ignore[arg-type]
        )  # fmt: skip
        books.connection.execute(insert(event_log), event._asdict())
        settings.put("dseq", str(dseq))
        settings.put("head", event.hash)


def accepted_payload(counter: Counter) -> str:
    """What a dossier's first event says, under another code."""
    with counter.store.read() as books:
        row = books.connection.execute(
            select(event_log.c.payload).where(event_log.c.type == "dossier.accepted")
        ).first()
        assert row is not None
        return str(row.payload).replace("-1001", "-1777")


BAD = {
    "no moment": {"occurred_at": "hôm qua"},
    "a moment without its offset": {"occurred_at": "2026-11-20T09:24:00"},
    "a NUL in the name": {"actor_name": "a\0b"},
    "a NUL in the type": {"type": "a\0b"},
    "a NUL in an unknown payload": {"type": "future.thing", "payload": '{"a":"\0"}'},
    "an endless id": {"event_id": "a" * 200},
    "an endless subject": {"subject": "a" * 200},
    "an endless name": {"actor_name": "a" * 5000},
    "a version beyond all": {"version": 2**62},
    "no payload": {"payload": ""},
    "another payload": {"payload": "[]"},
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_event_is_set_aside_and_stops_nobody(upper, enrolled, name: str) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    made = first[0].intake.accept(draft(), first[1])
    assert isinstance(made, Accepted)
    plant(first[0], **BAD[name])
    after = {"event_id": "01a2116f-ffff-7ad8-85ce-f49b969e4d54", "subject": made.dossier_id}
    plant(first[0], payload='{"text":"sau việc hỏng"}', **after)

    summary = first[0].sync.cycle()

    assert not summary.fault
    assert [problem.code for problem in summary.problems] == ["form"]
    assert summary.waiting == 0
    assert second[0].sync.cycle().fault == ""
    (view,) = second[0].search.by_code(made.code)
    assert view.dossier.timeline[-1].note == "sau việc hỏng"
    assert check(second[0].store).faults == ()
    with upper.database.begin() as connection:
        assert faults_of(connection) == []
        assert len(connection.execute(select(quarantine)).fetchall()) == 1


def test_a_payload_whose_moments_have_no_offset_is_set_aside(upper, enrolled) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    made = first[0].intake.accept(draft(), first[1])
    assert isinstance(made, Accepted)
    plant(
        first[0], type="dossier.accepted", payload=accepted_payload(first[0]).replace("+07:00", "")
    )

    assert [problem.code for problem in first[0].sync.cycle().problems] == ["form"]
    assert second[0].sync.cycle().fault == ""
    assert check(second[0].store).faults == ()


UNPRINTABLE = {
    "received before slips count": ("received_at", '"received_at":"0001-01-01T00:00:00+07:00"'),
    "a receipt number beyond a slip": ("no", '"no":70000'),
    "a key that is none": ("key_id", '"key_id":"khoa"'),
    "a key too short": ("key_id", '"key_id":"abcd"'),
    "a signature too short": ("signature", '"signature":"AAAA"'),
}


@pytest.mark.parametrize("name", UNPRINTABLE)
def test_what_no_slip_can_say_is_set_aside(upper, enrolled, name: str) -> None:  # type: ignore[no-untyped-def]
    """A neighbour could neither print its receipt nor judge it, and its check would fall over it."""
    first, second = enrolled(1), enrolled(2)
    made = first[0].intake.accept(draft(), first[1])
    assert isinstance(made, Accepted)
    key, told = UNPRINTABLE[name]
    whole = accepted_payload(first[0])
    spoilt = re.sub(rf'"{key}":("[^"]*"|[0-9]+)', told, whole)
    assert spoilt != whole
    plant(first[0], type="dossier.accepted", payload=spoilt)

    assert [problem.code for problem in first[0].sync.cycle().problems] == ["form"]
    assert second[0].sync.cycle().fault == ""
    assert second[0].checks.whole().faults == ()


def test_a_receipt_that_cannot_be_built_again_is_told_and_hides_nothing(counter: Counter) -> None:
    officer = counter.officers.all()[0]
    made = counter.intake.accept(draft(), officer)
    assert isinstance(made, Accepted)
    with counter.store.write() as books:
        books.connection.exec_driver_sql("DROP TRIGGER event_log_no_update")
        books.connection.exec_driver_sql(
            "UPDATE event_log SET payload = replace(payload, :old, :new) WHERE type = 'dossier.accepted'",
            {"old": '"received_at":"2026', "new": '"received_at":"0001'},
        )
    told = {fault.code for fault in counter.checks.whole().faults}
    assert {"receipt_differs", "dossier_differs"} <= told
    assert "log_unreadable" not in told


def test_one_id_is_one_event(upper, enrolled) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    with first[0].store.read() as books:
        (used,) = books.connection.scalars(
            select(event_log.c.event_id).where(event_log.c.type == "officer.added")
        )
    first[0].sync.cycle()
    with first[0].store.write() as books:
        # the own log holds each id once, so the first bearer has to give way to the second
        books.connection.exec_driver_sql("DROP TRIGGER event_log_no_delete")
        books.connection.exec_driver_sql("DELETE FROM event_log WHERE event_id = ?", (used,))
    plant(first[0], event_id=used, type="note.added", subject=used)

    assert [problem.code for problem in first[0].sync.cycle().problems] == ["form"]


def test_what_only_a_newer_counter_understands_is_handed_on(upper, enrolled) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    officer_id = "01a2116f-0000-7ad8-85ce-f49b969e4d54"
    told = encode_payload(OfficerAdded(officer_id, "Hồ Văn Bê", "", ("wizard", "intake")), bytes(8))
    plant(first[0], type="officer.added", event_id=officer_id, payload=told)
    plant(first[0], type="future.thing", payload='{"a":1}')

    assert first[0].sync.cycle().problems == []
    assert second[0].sync.cycle().fault == ""

    assert "Hồ Văn Bê" in {officer.name for officer in second[0].officers.all()}
    assert check(second[0].store).faults == ()


def test_a_dossier_whose_letterhead_never_came_still_opens(upper, enrolled) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    made = first[0].intake.accept(draft(), first[1])
    assert isinstance(made, Accepted)
    with first[0].store.read() as books:
        ((_, payload),) = books.log.of(made.dossier_id)
    assert isinstance(payload, DossierAccepted)
    code = payload.code.replace("1001", "1002")
    foreign = replace(payload, office_version="000000000000", code=code)
    plant(first[0], type="dossier.accepted", payload=encode_payload(foreign, bytes(8)))

    assert first[0].sync.cycle().problems == []
    second[0].sync.cycle()

    (view,) = second[0].search.by_code(foreign.code)
    assert view.office.org_code == "H50.99.01"
