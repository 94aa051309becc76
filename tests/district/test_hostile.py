"""Whatever comes over the line is answered in words: never a fault of ours, never a name in the journal."""

import base64
import json
from collections.abc import Callable

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from upper import Machine, Upper

from counter_app.wire.messages import compress
from counter_app.wire.signing import enrol_bytes
from district_server.administrators import set_password
from district_server.tables import commune, event, quarantine

Enrolled = Callable[..., Machine]
NAME, PASSWORD = "Trần Minh Đức", "ba con trau di cay"
TEXTS = [
    "\0", "a\0b", "'", "'; DROP TABLE event; --", '" OR ""="', "\\", "%", "_", "a" * 5000, "\u202e",
    "😀", "../../..", "H50.99.01\n", "${jndi:ldap://a}", "{{7*7}}", "%s%n", "NaN", "-1", "1e999",
]  # fmt: skip
BODIES = [
    b"", b"\0", b"{", b"[]", b"null", b'"a"', b"1", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 10_000,
    b'{"epoch":1}', b'{"code":"\\ud800","device":"a"}', b"1" * 100_000, b"{}" * 1000,
]  # fmt: skip


def without_fault(upper: Upper) -> None:
    faults = [line for line in upper.said() if line["event"] in ("fault", "trouble")]
    assert faults == []


@pytest.mark.parametrize("field", ["code", "device", "public_key", "commune", "signature"])
def test_no_text_of_an_enrolment_is_a_fault_of_ours(
    upper: Upper, client: httpx.Client, field: str
) -> None:
    machine = Machine(client)
    for text in TEXTS:
        fields = {
            "code": "ABCDEFGHJK",
            "device": machine.device,
            "public_key": base64.b64encode(machine.public_key).decode(),
            "commune": "H50.99.01",
            "counter": 1,
            "incarnation": "a",
            field: text,
        }
        if field != "signature":
            signed = enrol_bytes(
                str(fields["code"]), str(fields["device"]), str(fields["commune"]), 1
            )
            fields["signature"] = machine.sign(signed)
        answer = client.post("/enrol/v1/enrol", json=fields)
        assert answer.status_code in (400, 403, 429), (field, text)
        assert answer.json()["message"]
    without_fault(upper)


def test_no_body_is_a_fault_of_ours(upper: Upper, enrolled: Enrolled) -> None:
    machine = enrolled()
    for body in BODIES:
        for packed in (body, compress(body)):
            machine.hello()
            answer = machine.send("POST", "/sync/v1/push", packed)
            assert 400 <= answer.status_code < 500, body[:20]
        assert machine.client.post("/enrol/v1/enrol", content=body).status_code == 400
    without_fault(upper)
    with upper.database.begin() as connection:
        assert connection.execute(select(func.count()).select_from(event)).scalar_one() == 0


def test_no_query_is_a_fault_of_ours(upper: Upper, enrolled: Enrolled) -> None:
    machine = enrolled()
    for text in TEXTS[:12]:
        for target in (
            "/sync/v1/pull?epoch={0}&after={0}&max_bytes={0}&keys={0}&upper={0}",
            "/sync/v1/stream?life={0}&after={0}",
            "/sync/v1/published?have={0}",
            "/sync/v1/published/text?kind={0}&name={0}&version={0}",
        ):
            machine.hello()
            quoted = str(httpx.QueryParams({"a": text})).removeprefix("a=")
            answer = machine.send("GET", target.format(quoted))
            assert answer.status_code in (200, 400, 404), (target, text)
    without_fault(upper)


@pytest.mark.parametrize("header", ["X-Device", "X-Challenge", "X-Signature", "X-Incarnation"])
def test_no_header_is_a_fault_of_ours(upper: Upper, client: httpx.Client, header: str) -> None:
    for text in TEXTS:
        raw = text.encode().replace(b"\0", b"").replace(b"\n", b"")[:2000]
        headers = {b"X-Device": b"c-" + b"0" * 32, header.encode(): raw}
        for method, path in (("POST", "/sync/v1/hello"), ("GET", "/sync/v1/pull")):
            answer = client.request(method, path, headers=headers)  # type: ignore[arg-type]
            assert answer.status_code in (401, 429), (header, text)
    without_fault(upper)


def test_no_form_is_a_fault_of_ours(upper: Upper, enrolled: Enrolled, client: httpx.Client) -> None:
    machine = enrolled()
    machine.push(
        machine.seal([{"event_id": "01a2116f-5db5-7ad8-85ce-000000000001", "occurred_at": "x"}])
    )
    with upper.database.begin() as connection:
        set_password(connection, NAME, PASSWORD)
    client.post("/sign-in", data={"name": NAME, "password": PASSWORD})
    page = client.get("/me").text
    key = page.partition('name="form_key" value="')[2].partition('"')[0]
    case = "/quarantine/H50.99.01/01a2116f-5db5-7ad8-85ce-000000000001"
    for text in TEXTS[:9]:
        quoted = str(httpx.QueryParams({"a": text})).removeprefix("a=")
        for path in (f"/units/{quoted}", f"/quarantine/{quoted}/{quoted}", f"/static/{quoted}",
                     f"/catalogue/{quoted}/{quoted}/{quoted}", f"/units?q={quoted}&show={quoted}"):  # fmt: skip
            assert client.get(path).status_code in (200, 303, 400, 404), (path, text)
        for path, names in (
            ("/units", ("org", "name")),
            ("/units/H50.99.01", ("name",)),
            ("/units/H50.99.01/code", ("counter",)),
            (f"/units/H50.99.01/revoke/{machine.device}", ("org", "reason")),
            (f"/units/H50.99.01/revoke/{quoted}", ("org",)),
            (f"{case}/discard", ("nothing",)),
            ("/catalogue", ("kind", "effective_on", "decision_no")),
            ("/me", ("old", "new", "again")),
            ("/sign-in", ("name", "password")),
        ):
            if path in ("/me", "/sign-in") and text not in TEXTS[:3]:
                continue  # each costs a hash that is slow on purpose
            fields = dict.fromkeys(names, text) | {"form_key": key}
            answer = client.post(path, data=fields)
            assert answer.status_code in (200, 303, 400, 403, 404, 429), (path, text)
            if path == "/catalogue":
                fields["kind"] = "calendar"
                files = {"file": ("a.toml", text.encode() * 50)}
                answer = client.post(path, data=fields, files=files)
                assert answer.status_code in (303, 400), text
    without_fault(upper)
    with upper.database.begin() as connection:
        assert connection.scalars(select(commune.c.org)).all() == ["H50.99.01"]
        assert connection.scalars(select(quarantine.c.state)).all() == ["waiting"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changed=st.sampled_from(
        ["epoch", "run", "head_hash", "signature", "device", "first", "events"]
    ),
    value=json_values,
)
def test_no_push_that_is_bent_anywhere_is_a_fault_of_ours(
    upper: Upper, enrolled: Enrolled, changed: str, value: object
) -> None:
    machine = _kept(enrolled)
    body = {
        "epoch": machine.epoch,
        "run": {"device": machine.device, "incarnation": machine.incarnation, "first": 1,
                "prev_hash": "0" * 64, "events": []},
        "head_hash": "0" * 64,
        "signature": "",
    }  # fmt: skip
    place = body["run"] if changed in ("device", "first", "events") else body
    place[changed] = value  # type: ignore[index]
    machine.hello()
    answer = machine.send("POST", "/sync/v1/push", compress(json.dumps(body).encode()))
    assert 400 <= answer.status_code < 500
    without_fault(upper)


def _kept(enrolled: Enrolled) -> Machine:
    """One device for all examples of a test."""
    machine: Machine | None = enrolled.__dict__.get("machine")
    if machine is None:
        machine = enrolled.__dict__["machine"] = enrolled()
    return machine
