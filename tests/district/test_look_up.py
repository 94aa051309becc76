"""The page of a slip: what its holder reads, and that nobody else reads anything."""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from browser import Browser, chromium, look
from conftest import ZONE, ToldClock
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import event, update
from sync_steps import Pair, accept, do
from upper import Upper

from counter_app.bootstrap import Counter
from counter_app.domain.events import Actor
from counter_app.domain.retention import erasure_of
from counter_app.domain.slip_code import decode, key_id_of
from district_server import look_up
from district_server.limits import Bucket
from district_server.look_up import seen_by
from district_server.tables import commune, device
from district_server.web.look_up import REASONS, Told, told_of

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=ZONE)
LATER = datetime(2027, 3, 1, 8, 0, tzinfo=ZONE)
PERSONAL = ("NGUYỆT", "Nguyệt", "045190001234", "1234", "0912000345", "Ta Đủ", "1.004873")


@pytest.fixture
def pair(upper: Upper, make_counter: Callable[..., Counter]) -> Pair:
    counter = make_counter(1)
    counter.enrol(upper.url, upper.code(counter), None)
    with upper.database.begin() as connection:
        connection.execute(update(commune).values(name="xã Khe Sanh"))
    return counter, counter.officers.all()[0]


def slip_of(pair: Pair, dossier_id: str) -> str:
    payload: str = pair[0].prints.receipt(dossier_id)[0].qr
    return payload


def synced(pair: Pair) -> None:
    summary = pair[0].sync.cycle()
    assert (summary.fault, summary.waiting) == ("", 0)


def told(upper: Upper, payload: str, now: datetime = NOW) -> Told:
    seen = seen_by(upper.database, payload)
    assert seen is not None
    return told_of(seen, now)


def test_a_slip_opens_its_own_dossier_by_status_and_dates(
    upper: Upper, client: httpx.Client, pair: Pair
) -> None:
    synced(pair)
    made = accept(pair)
    payload = slip_of(pair, made.dossier_id)
    printed = decode(payload)
    assert printed is not None

    def page() -> str:
        answer = client.get(f"/R/{payload}")
        assert answer.status_code == 200
        assert client.get(f"/r/{payload.lower()}").text == answer.text
        for word in PERSONAL:
            assert word not in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        return answer.text

    first = page()
    assert "Quầy chưa gửi tin mới" in first
    assert f"{printed.due_at:%d/%m/%Y}" in first
    synced(pair)
    assert made.code in page()
    assert "Một cửa xã Khe Sanh" in page()
    assert "Quầy gửi tin lúc" in page()
    do(pair, made.dossier_id, "request-supplement", items=["Giấy khai sinh NGUYỆT"], reason="Thiếu")
    synced(pair)
    assert "Hồ sơ cần thêm giấy tờ" in page()
    do(pair, made.dossier_id, "receive-supplement", items=["Giấy khai sinh NGUYỆT"])
    do(pair, made.dossier_id, "complete")
    synced(pair)
    assert "Mời ông bà đến lấy" in page()
    do(pair, made.dossier_id, "return")
    synced(pair)
    assert "Đã trả kết quả" in page()
    # the address is not in the journal
    assert payload not in upper.journal.getvalue()
    assert payload.lower() not in upper.journal.getvalue()


def test_of_an_erased_dossier_a_slip_still_tells_how_it_ended(
    upper: Upper, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, officer = pair
    made = accept(pair)
    slip = slip_of(pair, made.dossier_id)
    for action in ("complete", "return"):
        do(pair, made.dossier_id, action)
    with counter.store.write() as books:
        state, actor = books.dossiers.get(made.dossier_id), Actor(officer.id, officer.name)
        assert state is not None
        said = erasure_of(state, 10)
        books.log.append(said, actor=actor, at=counter.clock.now(), subject=state.id)
    monkeypatch.setattr("district_server.erasing.why_kept", lambda *_: None)
    synced(pair)

    page = told(upper, slip)

    assert (page.chip, page.at) == ("Đã trả", state.returned_at)


def test_how_it_reads_when_it_is_late(upper: Upper, pair: Pair) -> None:
    made = accept(pair)
    payload = slip_of(pair, made.dossier_id)
    synced(pair)
    waits = told(upper, payload)
    assert (waits.colour, waits.headline) == ("blue", "Hồ sơ của ông bà đang được xử lý")
    assert waits.printed is None
    late = told(upper, payload, LATER)
    assert (late.colour, late.headline) == ("red", "Hồ sơ bị chậm")
    # one minute tells the difference
    due = waits.at
    assert due is not None
    assert told(upper, payload, due).colour == "blue"
    assert told(upper, payload, due + timedelta(minutes=1)).colour == "red"

    do(pair, made.dossier_id, "extend", new_due_at="2027-03-05T17:00", reason="Chờ đo đạc.")
    synced(pair)
    moved = told(upper, payload, LATER)
    assert "xin lỗi" in moved.headline
    assert moved.at == datetime(2027, 3, 5, 17, 0, tzinfo=ZONE)
    assert moved.printed == due.replace(tzinfo=None)
    assert moved.why.startswith("Chờ đo đạc. Phiếu xin lỗi số ")
    assert told(upper, payload).chip == "Hẹn lại"

    do(pair, made.dossier_id, "extend", new_due_at="2027-04-05T17:00", reason="Bà NGUYỆT đi vắng")
    synced(pair)
    # what somebody typed stays in the office
    assert told(upper, payload, LATER).why.startswith("Phiếu xin lỗi số ")
    assert "Chờ đo đạc" in REASONS


def test_the_slip_before_a_correction_opens_it_still(upper: Upper, pair: Pair) -> None:
    made = accept(pair)
    before = slip_of(pair, made.dossier_id)
    do(pair, made.dossier_id, "correct", reason="Sai số bộ", sets=3)
    after = slip_of(pair, made.dossier_id)
    assert before != after
    synced(pair)
    for payload in (before, after):
        assert told(upper, payload).headline == "Hồ sơ của ông bà đang được xử lý"


def forged(payload: str, key: Ed25519PrivateKey, **changes: object) -> str:
    """What somebody signs who has no key of the commune."""
    slip = decode(payload)
    assert slip is not None
    changed = replace(slip, **changes)  # type: ignore[arg-type]
    return replace(changed, signature=key.sign(changed.signed_bytes())).encode()


def test_whatever_does_not_hold_gives_one_page(
    upper: Upper, client: httpx.Client, pair: Pair
) -> None:
    for name in ("look_up", "look_up_code"):
        object.__setattr__(upper.limits, name, Bucket(10_000, 1))
    made = accept(pair)
    payload = slip_of(pair, made.dossier_id)
    synced(pair)
    stranger = Ed25519PrivateKey.generate()
    own = key_id_of(stranger.public_key().public_bytes_raw())
    wrong = [
        "0", "x" * 300, payload[:-1], payload + "0", payload[:150], "H50.99.01-261120-1001",
        forged(payload, stranger), forged(payload, stranger, key_id=own),
        forged(payload, stranger, code="H50.99.02-261120-1001"),
        *(payload[:at] + ("0" if payload[at] != "0" else "1") + payload[at + 1 :]
          for at in range(0, len(payload), 9)),
    ]  # fmt: skip
    pages = {(a.status_code, a.text) for a in (client.get(f"/R/{text}") for text in wrong)}
    assert len(pages) == 1
    ((status, text),) = pages
    assert status == 404
    assert "Không tìm thấy" in text
    assert "Xem lại mã trên phiếu, hoặc gọi quầy." in text
    # codes one after another, well made and signed by nobody the server knows
    for number in range(1000, 1200):
        guess = forged(payload, stranger, code=f"H50.99.01-261120-{number}")
        assert seen_by(upper.database, guess) is None
    assert client.get(f"/R/{payload}").status_code == 200


def test_unknown_and_wrong_take_the_same_steps(
    upper: Upper, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = accept(pair)
    payload = slip_of(pair, made.dossier_id)
    stranger = Ed25519PrivateKey.generate()
    steps: list[str] = []
    verify = look_up.verify

    def counted(*given: bytes) -> bool:
        steps.append("verify")
        return verify(*given)

    monkeypatch.setattr(look_up, "verify", counted)

    def asked(connection, cursor, statement, *rest):  # type: ignore[no-untyped-def]
        steps.append(statement)

    event.listen(upper.database.engine, "before_cursor_execute", asked)
    ways = []
    for text in ("0", forged(payload, stranger), forged(payload, stranger, key_id="01020304")):
        steps.clear()
        assert seen_by(upper.database, text) is None
        ways.append(list(steps))
    event.remove(upper.database.engine, "before_cursor_execute", asked)
    assert ways[0] == ways[1] == ways[2]
    assert ways[0].count("verify") == 1


def test_a_key_of_another_commune_or_a_revoked_one_opens_nothing_new(
    upper: Upper, pair: Pair, clock: ToldClock
) -> None:
    made = accept(pair)
    payload = slip_of(pair, made.dossier_id)
    synced(pair)
    for revoked_at, opens in (
        ("2026-11-25T00:00:00+00:00", True),
        ("2026-11-19T00:00:00+00:00", False),
    ):
        with upper.database.begin() as connection:
            connection.execute(update(device).values(revoked_at=revoked_at))
        assert (seen_by(upper.database, payload) is not None) is opens
    with upper.database.begin() as connection:
        connection.execute(update(device).values(revoked_at=None))
    slip = decode(payload)
    assert slip is not None
    # its own key, but for a code of the next commune
    moved = replace(slip, code="H50.99.02-261120-1001")
    signature = pair[0].signer.sign(moved.signed_bytes())
    assert seen_by(upper.database, replace(moved, signature=signature).encode()) is None


def test_whoever_tries_too_often_is_answered_like_anybody(
    upper: Upper, client: httpx.Client, pair: Pair
) -> None:
    made = accept(pair)
    payload = slip_of(pair, made.dossier_id)
    synced(pair)
    stranger = Ed25519PrivateKey.generate()
    assert client.get(f"/R/{payload}").status_code == 200
    told = [client.get("/R/0") for _ in range(10)]
    blocked = client.get(f"/R/{payload}")
    assert {(a.status_code, a.text) for a in (*told, blocked)} == {(404, told[0].text)}

    # from elsewhere: five wrong ones of a code close that code for the day, and no other
    other = accept(pair, name="LÊ VĂN ĐẠT")
    synced(pair)
    object.__setattr__(upper.limits, "look_up", Bucket(1000, 1))
    for _ in range(5):
        assert client.get(f"/R/{forged(payload, stranger)}").status_code == 404
    assert client.get(f"/R/{payload}").text == blocked.text
    assert client.get(f"/R/{slip_of(pair, other.dossier_id)}").status_code == 200


@pytest.mark.proof
def test_ten_thousand_codes_open_nothing_and_take_one_time(
    upper: Upper, pair: Pair, figure: Callable[[str], None]
) -> None:
    made = accept(pair)
    payload = slip_of(pair, made.dossier_id)
    synced(pair)
    stranger = Ed25519PrivateKey.generate()
    known, unknown = (
        forged(payload, stranger),
        forged(payload, stranger, code="H50.99.07-261120-1001"),
    )
    for number in range(10_000):
        guess = forged(payload, stranger, code=f"H50.99.01-261120-{1000 + number % 9000}")
        assert seen_by(upper.database, guess) is None
    took: dict[str, list[float]] = {known: [], unknown: [], "0": []}
    for _ in range(400):
        for text, times in took.items():
            begun = time.perf_counter()
            seen_by(upper.database, text)
            times.append(time.perf_counter() - begun)
    middles = [statistics.median(times) for times in took.values()]
    figure(
        "slips in vain, ms: "
        + ", ".join(f"{middle * 1000:.2f}" for middle in middles)
        + " (known code, unknown code, no slip); 10,000 forged codes: 0 opened"
    )
    # whoever sends no slip at all knows that it is none; of a code nothing is learnt
    assert max(middles[:2]) < 1.25 * min(middles[:2])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_reads_on_a_telephone(browser: Browser, upper: Upper, pair: Pair) -> None:
    made = accept(pair)
    payload = slip_of(pair, made.dossier_id)
    browser.telephone(390, 844)
    acts: dict[str, list[tuple[str, dict[str, object]]]] = {
        "chua-gui": [],
        "dang-xu-ly": [],
        "bo-sung": [("request-supplement", {"items": ["Giấy"], "reason": "Thiếu"})],
        "hen-lai": [
            ("receive-supplement", {"items": ["Giấy"]}),
            ("extend", {"new_due_at": "2027-03-05T17:00", "reason": "Chờ đo đạc"}),
        ],
        "co-ket-qua": [("complete", {})],
        "da-tra": [("return", {})],
    }
    for name, done in acts.items():
        for action, fields in done:
            do(pair, made.dossier_id, action, **fields)
        if name != "chua-gui":
            synced(pair)
        browser.open(f"{upper.url}/R/{payload}")
        look(browser, f"tra-cuu-{name}")
        assert browser.script("return document.scripts.length") == 0
        assert browser.script("return document.documentElement.scrollWidth - innerWidth") <= 0
        assert browser.script("return document.fonts.check('16px \"Noto Sans\"')")
        sizes = browser.script(
            "return [...document.querySelectorAll('main p, main h1, main h2')]"
            ".map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) >= 16
        loaded = browser.script("return performance.getEntriesByType('resource').map(e => e.name)")
        assert [url for url in loaded if not url.startswith(upper.url)] == []
    browser.open(f"{upper.url}/R/0")
    look(browser, "tra-cuu-khong-thay")
    assert "Không tìm thấy" in browser.text("h1")
