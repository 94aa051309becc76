"""The promises of sync, against the real server over a line that breaks."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import ToldClock
from fault_proxy import FaultProxy
from sqlalchemy import Connection, Table, func, select, update
from sync_steps import Enrolled, accept, assert_at_rest, do, events_above, synced

from counter_app.errors import EnvironmentFault, Refused
from counter_app.sync import conversation, signed_line
from counter_app.sync.enrol import enrol
from counter_app.sync.link import HttpLink
from counter_app.sync.pace import FIRST_BATCH
from counter_app.wire.dossier_json import dossier_json
from counter_app.wire.messages import PullAnswer
from db.sync_store import SyncStore
from district_server import api
from district_server.acts import act
from district_server.answering import decoded
from district_server.database import Database
from district_server.enrolment import issue_code, revoke
from district_server.projection import by_code, dossier_of
from district_server.tables import enrol_code, event, quarantine


def test_the_way_up_and_down(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    made = accept(first)
    assert first[0].search.open(made.dossier_id).row.sent == "local"  # type: ignore[union-attr]
    synced(first)
    synced(second)
    assert first[0].search.open(made.dossier_id).row.sent == "sent"  # type: ignore[union-attr]
    do(second, made.dossier_id, "transfer", to="upper")
    synced(second)
    with upper.database.begin() as connection:
        org, dossier_id = by_code(connection, made.code)[0]
        act(connection, upper.keys, org, dossier_id, "complete", {"shelf": "K1"}, "Trên")
    synced(first)
    do(first, made.dossier_id, "return")
    assert_at_rest(upper, first, second)
    stories = []
    for counter, _ in (first, second):
        view = counter.search.open(made.dossier_id)
        assert view is not None
        stories.append(dossier_json(view.dossier, view.row.sent))
    with upper.database.begin() as connection:
        above = dossier_of(connection, org, dossier_id)
        assert above is not None
        stories.append(dossier_json(above, "sent"))
    assert stories[0] == stories[1] == stories[2]
    assert stories[0]["status"] == "returned"


@pytest.mark.parametrize("way", ["cut_up", "cut_down"])
def test_a_line_cut_anywhere_loses_and_doubles_nothing(
    upper,
    proxy: FaultProxy,
    enrolled: Enrolled,
    way: str,  # type: ignore[no-untyped-def]
) -> None:
    first = enrolled(1)
    for _ in range(3):
        accept(first)
    for cut in (1, 150, 400, 700, 900, 1100, 1300, 1600, 2000, 2600):
        accept(first)
        setattr(proxy, way, cut)
        first[0].sync.cycle()
        proxy.heal()
    assert_at_rest(upper, first)
    with first[0].store.read() as books:
        own = books.connection.exec_driver_sql("SELECT count(*) FROM event_log").scalar_one()
    assert events_above(upper) == own


def test_a_line_cut_every_four_kilobytes_drains(
    upper, proxy: FaultProxy, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    good, bad = enrolled(1), enrolled(2)
    codes = []
    for pair in (good, bad):
        synced(pair)
        for number in range(150):
            codes.append(accept(pair, name=f"HỒ THỊ SỐ {number}").code)

    def passed() -> tuple[int, int]:
        taken = proxy.passed_up, proxy.passed_down
        proxy.passed_up = proxy.passed_down = 0
        return taken

    passed()
    synced(good)
    up, _ = passed()
    proxy.cut_up = proxy.cut_down = 4_096
    for _ in range(10):
        summary = bad[0].sync.cycle()
        if not summary.fault:
            break

    assert (summary.fault, summary.waiting) == ("", 0)
    assert all(bad[0].search.by_code(code) for code in codes)
    sent, came = passed()
    proxy.heal()
    synced(good)
    _, down = passed()
    assert min(up, down) > 4 * 4_096
    assert sent <= 2.5 * up
    assert came <= 2.5 * down


def test_a_lost_answer_is_simply_asked_again(
    upper,
    proxy: FaultProxy,
    enrolled: Enrolled,  # type: ignore[no-untyped-def]
) -> None:
    first = enrolled(1)
    synced(first)
    made = accept(first)
    # hello comes back whole; the answer to the push is lost after the server has committed
    proxy.cut_down = 420
    summary = first[0].sync.cycle()
    assert summary.fault
    before = events_above(upper)
    proxy.heal()
    synced(first)
    assert events_above(upper) == before
    assert first[0].search.open(made.dossier_id).row.sent == "sent"  # type: ignore[union-attr]


def test_no_server_and_a_portal_are_weather(
    upper,
    proxy: FaultProxy,
    enrolled: Enrolled,  # type: ignore[no-untyped-def]
) -> None:
    first = enrolled(1)
    accept(first)
    proxy.page = b"<html>Wi-Fi</html>"
    assert "đăng nhập" in first[0].sync.cycle().fault
    proxy.heal()
    upper.stop()
    summary = first[0].sync.cycle()
    assert summary.fault
    assert summary.waiting > 0
    upper.start()
    synced(first)


def test_a_server_restart_in_between_is_not_noticed(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    accept(first)
    synced(first)
    upper.stop()
    upper.start()
    accept(second)
    assert_at_rest(upper, first, second)


def test_one_bad_event_stops_no_other(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    good = accept(first)
    with first[0].store.write() as books:
        payload = books.log.of(good.dossier_id)[0][1]
        from dataclasses import replace

        from counter_app.domain.events import SYSTEM, DossierAccepted

        assert isinstance(payload, DossierAccepted)
        # a code of another counter, as a meddler would write it
        foreign = replace(payload, code=payload.code.replace("-1001", "-7001"))
        bad = books.log.append(foreign, actor=SYSTEM, at=first[0].clock.now())
        books.dossiers.enter(bad, foreign)
    later = accept(first)
    summary = first[0].sync.cycle()
    assert [problem.code for problem in summary.problems] == ["code_foreign"]
    assert summary.waiting == 0
    rows = {r.code: r.sent for r in first[0].search.find("nguyet")}
    assert rows[good.code] == rows[later.code] == "sent"
    assert rows[foreign.code] == "problem"
    with upper.database.begin() as connection:
        assert connection.execute(select(func.count()).select_from(quarantine)).scalar_one() == 1
    assert "cần sửa" in first[0].sync_state().text


def test_communes_do_not_see_each_other(upper, enrolled: Enrolled, make_counter, tmp_path) -> None:  # type: ignore[no-untyped-def]
    from conftest import PASSPHRASE, PIN

    import resources
    from counter_app.book.creation import create_counter
    from counter_app.bootstrap import open_counter

    first = enrolled(1)
    accept(first)
    synced(first)
    folder = tmp_path / "huong-lap"
    create_counter(folder, resources.office_text("huong-lap"), 1, "A", PIN, PASSPHRASE)
    other = open_counter(folder, PASSPHRASE)
    other.enrol(upper.url, upper.code(other), None)
    summary = other.sync.cycle()
    assert summary.received == 0
    assert other.search.find("nguyet") == ()
    other.close()


def test_a_revoked_device_is_refused_and_keeps_its_work(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    synced(first)
    accept(first)
    with upper.database.begin() as connection:
        revoke(connection, first[0].identity.device_id)
    summary = first[0].sync.cycle()
    assert summary.blame == "server"
    assert "thu hồi" in summary.fault
    assert summary.waiting == 1


def count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_all_that_a_revoked_device_wrote_before_is_kept_above(
    upper,
    enrolled: Enrolled,
    asked: list[str],  # type: ignore[no-untyped-def]
) -> None:
    """More than goes into one batch, as after a long time without a line; what it writes later is not
    taken, and nothing is sent again and again.
    """
    first = enrolled(1)
    for _ in range(FIRST_BATCH + 20):
        accept(first)
    with upper.database.begin() as connection:
        revoke(connection, first[0].identity.device_id)
    first[0].clock = ToldClock(datetime.now(UTC) + timedelta(days=1))
    accept(first)
    waiting = first[0].sync_store.waiting()

    assert first[0].sync.cycle().blame == "server"

    with upper.database.begin() as connection:
        assert count(connection, event) == 0
        assert count(connection, quarantine) == waiting - 1
    assert first[0].sync_store.waiting() == waiting
    asked.clear()
    assert first[0].sync.cycle().blame == "server"
    assert asked.count("push") <= 3


def test_a_polling_reader_passes_over_nothing(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    writers = [enrolled(1), enrolled(2)]
    reader = enrolled(3)
    for pair in writers:
        for _ in range(15):
            accept(pair)
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            reader[0].sync.cycle()

    poller = threading.Thread(target=poll)
    poller.start()
    threads = [threading.Thread(target=pair[0].sync.cycle) for pair in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    poller.join()
    assert_at_rest(upper, *writers, reader)


def test_a_recorded_request_is_worth_nothing(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    recorded: list[tuple[str, str, dict[str, str], bytes]] = []
    original = first[0].sync._connect

    def recording(identity):  # type: ignore[no-untyped-def]
        link = original(identity)
        send = link.send

        def kept(method, target, headers, body):  # type: ignore[no-untyped-def]
            recorded.append((method, target, dict(headers), body))
            return send(method, target, headers, body)

        link.send = kept
        return link

    first[0].sync._connect = recording
    accept(first)
    synced(first)
    before = events_above(upper)
    with httpx.Client(base_url=upper.url) as client:
        for method, target, headers, body in recorded:
            if "/hello" in target:
                continue
            for _ in range(3):
                assert (
                    client.request(method, target, headers=headers, content=body).status_code == 401
                )
    assert events_above(upper) == before


def test_an_old_program_may_always_push_and_one_too_new_waits(
    upper, enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    accept(second)
    synced(second)
    accept(first)
    before = events_above(upper)
    monkeypatch.setattr(api, "PROTOCOL", (0, 0))
    summary = first[0].sync.cycle()
    assert (summary.sent, events_above(upper), summary.blame) == (0, before, "person")
    assert "nâng cấp máy chủ" in summary.fault

    monkeypatch.setattr(api, "PROTOCOL", (2, 3))
    summary = first[0].sync.cycle()
    assert (summary.waiting, summary.received, summary.blame) == (0, 0, "person")
    assert summary.sent == events_above(upper) - before > 0
    assert "cài bản mới" in summary.fault
    asked = {
        line["route"] for line in upper.said() if line.get("device") == first[0].identity.device_id
    }
    assert not {one for one in asked if "pull" in str(one)}

    monkeypatch.setattr(api, "PROTOCOL", (1, 3))
    assert_at_rest(upper, first, second)


def test_strangers_get_nothing(upper) -> None:  # type: ignore[no-untyped-def]
    with httpx.Client(base_url=upper.url) as client:
        headers = {"X-Device": "c-" + "0" * 32}
        assert client.post("/sync/v1/hello", headers=headers).status_code == 401
        assert client.get("/sync/v1/pull?after=0", headers=headers).status_code == 401
        assert client.get("/khong-co").status_code == 404
        assert client.post("/enrol/v1/enrol", content=b"{").status_code == 400
        assert client.post("/enrol/v1/enrol", content=b"x" * (9 * 1024 * 1024)).status_code == 413


def test_enrolment_codes(upper, make_counter) -> None:  # type: ignore[no-untyped-def]
    counter = make_counter(4)
    good = upper.code(counter)
    for _ in range(4):
        with pytest.raises(Refused):
            counter.enrol(upper.url, "AAAAAAAAAA", None)
    counter.enrol(upper.url, good, None)
    # the answer may be lost: the same device asks again and hears the same
    assert counter.enrol(upper.url, good, None) == counter.identity.device_id
    with pytest.raises(Exception, match="đang có máy"), upper.database.begin() as connection:
        issue_code(connection, counter.identity.org_code, 4)


def test_a_code_is_good_for_fifteen_minutes(upper, make_counter) -> None:  # type: ignore[no-untyped-def]
    counter = make_counter(4)
    with upper.database.begin() as connection:
        code, until = issue_code(connection, counter.identity.org_code, 4)
        left = datetime.fromisoformat(until) - datetime.now(UTC)
        assert timedelta(minutes=14) < left <= timedelta(minutes=15)
        past = (datetime.now(UTC) - timedelta(seconds=2)).isoformat(timespec="seconds")
        connection.execute(update(enrol_code).values(expires_at=past))
    with pytest.raises(Refused):
        counter.enrol(upper.url, code, None)


def test_the_fifth_wrong_try_kills_the_code(upper, make_counter) -> None:  # type: ignore[no-untyped-def]
    counter = make_counter(4)
    good = upper.code(counter)
    for _ in range(5):
        with pytest.raises(Refused):
            counter.enrol(upper.url, "AAAAAAAAAA", None)
    with pytest.raises(Refused):
        counter.enrol(upper.url, good, None)


def test_the_fingerprint_and_the_address_are_checked(upper, make_counter) -> None:  # type: ignore[no-untyped-def]
    counter = make_counter(4)
    code = upper.code(counter)
    with pytest.raises(Refused) as wrong:
        counter.enrol(upper.url, code, "0000-0000-0000-0000")
    assert wrong.value.code == "fingerprint_wrong"
    with pytest.raises(Refused) as plain:
        enrol(counter.sync_store, counter.signer, "http://192.0.2.1:1", code, None)
    assert plain.value.code == "url_plain"
    with pytest.raises(EnvironmentFault):
        counter.enrol("http://127.0.0.1:1", code, None)
    for address in (
        "motcua",
        "http://127.0.0.1:cong",
        "http://[::1",
        "https://",
        "http://127.0.0.1:0",
    ):
        with pytest.raises(Refused) as no_address:
            counter.enrol(address, code, None)
        assert no_address.value.code == "url_wrong", address
    counter.enrol(upper.url, code, upper.keys.fingerprint)


def test_before_enrolment_nothing_is_sent(make_counter) -> None:  # type: ignore[no-untyped-def]
    counter = make_counter(4)
    with pytest.raises(Refused) as refused:
        counter.sync.cycle()
    assert refused.value.message == "Máy này chưa ghi danh. Vẫn nhận hồ sơ bình thường."


def test_figures_on_the_wire(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    synced(first)
    idle = first[0].sync.cycle()
    assert idle.bytes_in + idle.bytes_out <= 1_300
    accept(first)
    one = first[0].sync.cycle()
    assert one.bytes_in + one.bytes_out <= 2_700
    for number in range(100):
        accept(first, name=f"HỒ THỊ SỐ {number}")
    hundred = first[0].sync.cycle()
    assert hundred.bytes_out + hundred.bytes_in <= 20_000, hundred


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the counters ask, one path after the other."""
    paths: list[str] = []
    send = HttpLink.send

    def noted(link: HttpLink, method: str, target: str, *more: Any) -> Any:
        paths.append(target.partition("?")[0].rpartition("/")[2])
        return send(link, method, target, *more)

    monkeypatch.setattr(HttpLink, "send", noted)
    return paths


def test_a_line_that_is_down_is_tried_three_times_in_a_cycle(
    upper,  # type: ignore[no-untyped-def]
    enrolled: Enrolled,
    asked: list[str],
    proxy: FaultProxy,
) -> None:
    first = enrolled(1)
    upper.stop()
    asked.clear()
    assert first[0].sync.cycle().fault
    assert asked == ["hello"] * 3


def test_a_server_that_knows_another_dictionary_gets_plain_zlib(
    upper,  # type: ignore[no-untyped-def]
    enrolled: Enrolled,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = enrolled(1), enrolled(2)
    made = accept(first)
    asked.clear()
    monkeypatch.setattr(signed_line, "DICTIONARY_ID", "2")

    assert first[0].sync.cycle().waiting == 0

    assert asked[:4] == ["hello", "push", "hello", "push"]
    synced(second)
    assert second[0].search.open(made.dossier_id) is not None


def test_the_last_push_brings_what_a_pull_would(
    upper,  # type: ignore[no-untyped-def]
    enrolled: Enrolled,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = enrolled(1), enrolled(2)
    for pair in (first, second, first):
        synced(pair)
    made = accept(second)
    synced(second)
    accept(first)
    asked.clear()

    summary = first[0].sync.cycle()

    assert asked == ["hello", "push"]
    assert (summary.sent, summary.received) == (1, 1)
    assert first[0].search.open(made.dossier_id) is not None
    asked.clear()
    # more waits above than comes with one answer
    for number in range(20):
        accept(second, name=f"HỒ VĂN {number}")
    synced(second)
    accept(first)
    asked.clear()
    assert first[0].sync.cycle().received == 20
    assert asked == ["hello", "push", "pull"]
    assert_at_rest(upper, first, second)
    # a batch that holds no more bytes is not the last
    monkeypatch.setattr(conversation, "MOST_BYTES", 1)
    pages: list[PullAnswer] = []
    apply = SyncStore.apply_pull
    monkeypatch.setattr(
        SyncStore, "apply_pull", lambda store, page: pages.append(page) or apply(store, page)
    )
    accept(first)
    accept(first)
    asked.clear()
    synced(first)
    assert asked == ["hello", "push", "push"]
    assert len(pages) == 1
    assert_at_rest(upper, first, second)


def test_a_server_that_knows_no_page_is_asked_for_a_pull(
    upper,  # type: ignore[no-untyped-def]
    enrolled: Enrolled,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def passes_over(raw: bytes, kind: type[Any]) -> Any:
        return decoded(raw.replace(b'"after"', b'"unknown"'), kind)

    monkeypatch.setattr("district_server.api.decoded", passes_over)
    first, second = enrolled(1), enrolled(2)
    accept(first)
    synced(first)
    accept(second)
    asked.clear()
    synced(second)
    assert asked == ["hello", "push", "pull"]
    assert_at_rest(upper, first, second)


def test_a_server_alone_waits_for_the_disk(tmp_path: Path) -> None:
    """What a delivery proof says must survive a power cut."""
    database = Database(f"sqlite:///{tmp_path / 'may-chu.sqlite3'}")
    with database.begin() as connection:
        told = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    database.close()
    assert (told, mode) == (2, "wal")
