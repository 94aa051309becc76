"""Administration by page, without a browser: who gets in, what a foreign form can do, what is hidden."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from conftest import draft
from sqlalchemy import func, select, update
from upper import Machine, Upper

import resources
from counter_app.bootstrap import Counter
from counter_app.services.results import Accepted
from district_server.__main__ import main
from district_server.administrators import note, set_password
from district_server.database import get_meta
from district_server.enrolment import revoke
from district_server.faults import Refused
from district_server.publishing import draft as draft_file
from district_server.tables import (
    admin_log,
    admin_session,
    administrator,
    commune,
    device,
    enrol_code,
    event,
    publication,
    quarantine,
    stream,
)
from district_server.web import pages
from district_server.web.forms import read_form

NAME, PASSWORD = "Trần Minh Đức", "ba con trau di cay"
ORG = "H50.99.01"
CASE = f"/quarantine/{ORG}/01a2116f-5db5-7ad8-85ce-000000000001"
PAGES = (
    "/",
    "/desk",
    "/units",
    "/units?show=silent",
    f"/units/{ORG}",
    "/quarantine",
    "/quarantine?show=discarded",
    CASE,
    "/bundles",
    "/catalogue",
    "/catalogue/calendar/2027/1",
    "/log",
    "/me",
)
DRAFT = "/catalogue/calendar/2027/1/file"  # fmt: skip
FORMS = {
    "/units": {"org": "H50.99.05", "name": "Lìa"},
    f"/units/{ORG}": {"name": "Tên khác"},
    f"/units/{ORG}/code": {"counter": "7"},
    f"/units/{ORG}/revoke/DEVICE": {"org": ORG, "reason": "thử"},
    f"{CASE}/release": {},
    f"{CASE}/discard": {"reason": "thử"},
    "/catalogue": {"kind": "calendar"},
    "/catalogue/calendar/2027/1/publish": {},
    "/catalogue/calendar/2027/1/drop": {},
    "/bundles": {},
    "/bundles/enrol": {},
    "/me": {"old": PASSWORD, "new": "muoi hai con giap", "again": "muoi hai con giap"},
}


WITH_FILES = ("/catalogue", "/bundles", "/bundles/enrol")


@pytest.fixture
def filled(upper: Upper, enrolled: Callable[..., Machine]) -> Machine:
    """A commune with an active device, a case that waits and a draft."""
    machine = enrolled()
    secret = '{"salt":"0011223344556677","text":"Bà HỒ THỊ NGUYỆT 045190001234"}'
    broken = {
        "event_id": CASE.rpartition("/")[2],
        "occurred_at": "<b>hôm qua</b>",
        "type": "<script>1</script>",
        "actor_name": "HỒ THỊ NGUYỆT",
        "payload": secret,
    }
    machine.push(machine.seal([broken]))
    with upper.database.begin() as connection:
        set_password(connection, NAME, PASSWORD)
        set_password(connection, "Lê Thị Hà", "nam hat gao mot bat com")
        text = resources.calendar_texts()[-1].encode()
        draft_file(connection, "calendar", text, "01/01/2027", "12/QĐ-UBND", "Lê Thị Hà")
    return machine


@pytest.fixture
def inside(filled: Machine, upper: Upper) -> Iterator[httpx.Client]:
    """A browser's cookies after signing in."""
    with httpx.Client(base_url=upper.url, trust_env=False, timeout=30) as made:
        assert made.post("/sign-in", data={"name": NAME, "password": PASSWORD}).status_code == 303
        yield made


def form_key(client: httpx.Client) -> str:
    found = re.search('name="form_key" value="([^"]+)"', client.get("/me").text)
    assert found
    return found[1]


def state(upper: Upper) -> list[object]:
    """Everything a form could have changed."""
    with upper.database.begin() as connection:
        return [
            connection.execute(select(table).order_by(*table.primary_key.columns)).fetchall()
            for table in (
                administrator,
                commune,
                device,
                enrol_code,
                event,
                publication,
                quarantine,
            )
        ]


def addressed(path: str, machine: Machine) -> str:
    return path.replace("DEVICE", machine.device)


def test_without_a_session_every_page_is_the_sign_in(upper: Upper, filled: Machine) -> None:
    with httpx.Client(base_url=upper.url, trust_env=False) as stranger:
        stranger.cookies.set("mot_cua", "a" * 43)
        for path in (*PAGES, DRAFT):
            answer = stranger.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), path
        before = state(upper)
        for path, fields in FORMS.items():
            answer = stranger.post(addressed(path, filled), data=fields)
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), path
        assert state(upper) == before


def test_a_form_of_another_site_changes_nothing(
    upper: Upper, filled: Machine, inside: httpx.Client
) -> None:
    key = form_key(inside)
    before = state(upper)
    for path, fields in FORMS.items():
        for more, headers in (
            ({}, {}),
            ({"form_key": "a" * 32}, {}),
            ({"form_key": key}, {"Sec-Fetch-Site": "cross-site"}),
        ):
            answer = inside.post(addressed(path, filled), data=fields | more, headers=headers)
            assert answer.status_code == 403, path
            assert "location" not in answer.headers
    assert state(upper) == before
    # the same forms with their key do change things: the refusals above were for its lack
    answer = inside.post("/units", data=FORMS["/units"] | {"form_key": key})
    assert answer.status_code == 303
    assert state(upper) != before


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src", "action", "srcset"):
                self.found.append(value or "")
            if name.startswith("on") or name == "style":
                self.inline.append(name)


def test_pages_hide_the_citizen_run_nothing_and_stay_at_home(inside: httpx.Client) -> None:
    style = inside.get("/static/style.css").text
    for path in PAGES:
        answer = inside.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        # the first view of a page, without its letters
        assert len(answer.content) + len(style.encode()) <= 60_000, path
        assert "NGUYỆT" not in answer.text
        assert "045190001234" not in answer.text
        links = _Links()
        links.feed(answer.text)
        assert "script" not in links.tags, path
        assert links.inline == [], path
        assert [one for one in links.found if not one.startswith(("/", "#"))] == [], path
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"
    assert set(re.findall(r"url\((.*?)\)", style)) == {
        f'"/static/{name}.ttf"'
        for name in (
            "NotoSans-Regular",
            "NotoSans-SemiBold",
            "NotoSans-Bold",
            "BeVietnamPro-SemiBold",
        )
    }


@pytest.mark.usefixtures("slow_hashes")
def test_the_cookie_is_out_of_reach(upper: Upper, filled: Machine) -> None:
    with httpx.Client(base_url=upper.url, trust_env=False) as client:
        answer = client.post("/sign-in", data={"name": NAME, "password": PASSWORD})
        told = answer.headers["set-cookie"].lower()
        assert "httponly" in told
        assert "samesite=strict" in told
        assert "domain" not in told
        token = client.cookies["mot_cua"]
    with upper.database.begin() as connection:
        # a stolen database opens no session
        assert token not in str(connection.execute(select(admin_session)).fetchall())
        hashed = connection.scalars(select(administrator.c.password_hash)).all()
        assert all(one.startswith("$argon2id$v=19$m=65536,t=3") for one in hashed)


def test_the_sixth_try_is_refused_even_if_right(upper: Upper, filled: Machine) -> None:
    with httpx.Client(base_url=upper.url, trust_env=False) as client:
        wrong = [client.post("/sign-in", data={"name": NAME, "password": "sai"}) for _ in range(5)]
        unknown = client.post("/sign-in", data={"name": "Không Có", "password": "sai"})
        right = client.post("/sign-in", data={"name": NAME, "password": PASSWORD})
    assert {one.status_code for one in wrong} == {403}
    said = re.search('role="alert">.*?</svg>(.*?)</div>', wrong[0].text, re.DOTALL)
    assert said
    assert said[1] in unknown.text
    assert right.status_code == 403
    assert "Thử lại sau" in right.text
    with upper.database.begin() as connection:
        past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
        connection.execute(update(administrator).values(locked_until=past))
    with httpx.Client(base_url=upper.url, trust_env=False) as client:
        answer = client.post("/sign-in", data={"name": NAME, "password": PASSWORD})
        assert answer.status_code == 303


def test_half_an_hour_of_nothing_ends_the_session(upper: Upper, inside: httpx.Client) -> None:
    assert inside.get("/desk").status_code == 200
    with upper.database.begin() as connection:
        past = (datetime.now(UTC) - timedelta(minutes=31)).isoformat()
        connection.execute(update(admin_session).values(seen_at=past))
    assert inside.get("/desk").headers["location"] == "/sign-in"


def test_signing_out_and_a_new_password_end_every_session(
    upper: Upper, inside: httpx.Client
) -> None:
    token = inside.cookies["mot_cua"]
    inside.post("/sign-out", data={"form_key": form_key(inside)})
    inside.cookies.set("mot_cua", token)
    assert inside.get("/desk").status_code == 303
    inside.cookies.clear()
    inside.post("/sign-in", data={"name": NAME, "password": PASSWORD})
    fields = FORMS["/me"] | {"form_key": form_key(inside)}
    assert inside.post("/me", data=fields | {"old": "sai"}).status_code == 403
    assert inside.post("/me", data=fields).status_code == 303
    assert inside.get("/desk").status_code == 303
    again = inside.post("/sign-in", data={"name": NAME, "password": FORMS["/me"]["new"]})
    assert again.headers["location"] == "/desk"


def test_whoever_wrote_a_draft_does_not_publish_it(upper: Upper, inside: httpx.Client) -> None:
    with upper.database.begin() as connection:
        connection.execute(update(publication).values(drafted_by=NAME))
    key = form_key(inside)
    answer = inside.post("/catalogue/calendar/2027/1/publish", data={"form_key": key})
    assert answer.status_code == 400
    assert "phải khác người soạn" in answer.text
    # the next one is written from it
    assert inside.get(DRAFT).text == resources.calendar_texts()[-1]
    with upper.database.begin() as connection:
        assert connection.scalars(select(publication.c.state)).all() == ["draft"]


def test_a_number_that_a_copy_was_given_is_shown_and_not_offered(
    upper: Upper, filled: Machine, inside: httpx.Client
) -> None:
    offered = re.compile("<option[^>]*>([1-9])</option>")
    assert "3" in offered.findall(inside.get(f"/units/{ORG}").text)
    with upper.database.begin() as connection:
        connection.execute(update(stream).values(counter=3))
    page = inside.get(f"/units/{ORG}").text
    assert "bản sao của máy này: quầy 3" in page
    assert offered.findall(page) == list("2456789")


def test_a_case_that_is_still_wrong_waits_on_and_says_why(
    upper: Upper, inside: httpx.Client
) -> None:
    answer = inside.post(
        f"{CASE}/release", data={"form_key": form_key(inside)}, follow_redirects=True
    )
    assert "vẫn chưa nhận được" in answer.text
    assert "không đọc được" in answer.text
    with upper.database.begin() as connection:
        assert connection.execute(select(func.count()).select_from(event)).scalar_one() == 0
        assert connection.scalars(select(quarantine.c.state)).all() == ["waiting"]


def test_everything_done_is_written_down(
    upper: Upper, filled: Machine, inside: httpx.Client
) -> None:
    key = {"form_key": form_key(inside)}
    for path, fields in FORMS.items():
        if path not in (*WITH_FILES, "/catalogue/calendar/2027/1/drop", "/me"):
            answer = inside.post(addressed(path, filled), data=fields | key)
            assert answer.status_code in (200, 303), (path, answer.text)
    with upper.database.begin() as connection:
        done = connection.execute(
            select(admin_log.c.administrator, admin_log.c.action).order_by(admin_log.c.id)
        ).fetchall()
    assert {row.administrator for row in done} == {NAME}
    assert [row.action for row in done] == [
        "sign_in", "commune", "commune", "code", "revoke", "release", "discard", "publish",
    ]  # fmt: skip


def test_a_clock_that_was_doubted_is_told_until_it_is_right(
    filled: Machine, inside: httpx.Client
) -> None:
    for number, (clock, is_told) in enumerate((("back 1 2", True), ("ok 1 2", False)), 21):
        ours = f"01a2116f-5db5-7ad8-85ce-{number:012d}"
        filled.hello()
        assert filled.push(filled.seal([{"event_id": ours, "clock": clock}])).status_code == 200
        assert ("Đồng hồ lệch" in inside.get(f"/units/{filled.org}").text) == is_told


def test_what_a_counter_leaves_unrepaired_stands_out_from_the_third_day(
    upper: Upper, inside: httpx.Client
) -> None:
    for days, is_told in ((2, False), (4, True)):
        since = (datetime.now(UTC) - timedelta(days=days, hours=1)).isoformat(timespec="seconds")
        with upper.database.begin() as connection:
            connection.execute(update(quarantine).values(set_aside_at=since))
        assert ("Quầy chưa sửa 4 ngày" in inside.get("/quarantine").text) == is_told
        assert ("4 ngày</span>" in inside.get("/desk").text) == is_told


def test_what_one_page_does_not_hold_is_on_the_next(
    upper: Upper, filled: Machine, inside: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [{"event_id": f"hong-{n}", "occurred_at": "hôm qua"} for n in range(4)]
    filled.hello()
    assert filled.push(filled.seal(broken)).status_code == 200
    with upper.database.begin() as connection:
        for number in range(3):
            note(connection, NAME, "code", f"dòng-{number}")
    monkeypatch.setattr(pages, "_MOST_ROWS", 2)
    subject = re.compile(f'href="/quarantine/{ORG}/([^"]+)"')
    for path, one, expected in (
        ("/quarantine", subject, [CASE.rpartition("/")[2], *(f"hong-{n}" for n in range(4))]),
        ("/log", re.compile("dòng-[0-9]"), ["dòng-2", "dòng-1", "dòng-0"]),
    ):
        found: list[str] = []
        while path and len(found) <= len(expected):
            page = inside.get(path).text
            found += one.findall(page)
            following = re.search('<p class="empty"><a href="([^"]+)"', page)
            path = unescape(following[1]) if following else ""
        assert sorted(found) == sorted(expected)


def test_what_is_done_at_the_console_stands_in_the_same_log(
    upper: Upper, filled: Machine, inside: httpx.Client, database_url: str
) -> None:
    for words in (
        ["issue-code", "--commune", "H50.99.02", "--counter", "1"],
        ["revoke", "--device", filled.device],
        ["restore-done"],
    ):
        assert main([*words, "--database-url", database_url]) == 0
    with upper.database.begin() as connection:
        query = select(admin_log.c.action, admin_log.c.object, admin_log.c.reason)
        done = connection.execute(query.order_by(admin_log.c.id.desc()).limit(3)).fetchall()
        epoch = get_meta(connection, "epoch")
    assert [tuple(row) for row in reversed(done)] == [
        ("code", "H50.99.02, quầy 1", "district-server issue-code"),
        ("revoke", f"{filled.org}, {filled.device}", "district-server revoke"),
        ("restored", epoch, "district-server restore-done"),
    ]
    assert "Đặt lại từ bản sao lưu" in inside.get("/log").text


@pytest.mark.parametrize(
    ("name", "password"),
    [("", PASSWORD), ("Mai", "ngan qua"), ("Mai", "aaaaaaaaaaaaaa"), ("Mai", "mai la ten toi")],
)
def test_a_password_that_is_easy_is_refused(upper: Upper, name: str, password: str) -> None:
    with upper.database.begin() as connection, pytest.raises(Refused):
        set_password(connection, name, password)


def test_the_console_sets_a_password(
    upper: Upper,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["admin", "--name", "Hồ Văn Kưng", "--database-url", database_url]
    monkeypatch.setenv("DISTRICT_ADMIN_PASSWORD", "ngan")
    assert main(words) == 1
    monkeypatch.setenv("DISTRICT_ADMIN_PASSWORD", PASSWORD)
    assert main(words) == 0
    assert '"new": true' in capsys.readouterr().out
    with httpx.Client(base_url=upper.url, trust_env=False) as client:
        answer = client.post("/sign-in", data={"name": "Hồ Văn Kưng", "password": PASSWORD})
        assert answer.headers["location"] == "/desk"


def test_a_counter_without_a_line_is_served_by_stick(
    upper: Upper, inside: httpx.Client, make_counter: Callable[..., Counter], tmp_path: Path
) -> None:
    counter = make_counter(2)
    officer = counter.officers.all()[0]
    request, answer = tmp_path / "xin.json", tmp_path / "tra-loi.json"
    counter.enrol_request(upper.code(counter), request)
    key = {"form_key": form_key(inside)}

    def sent(path: str, name: str, raw: bytes) -> httpx.Response:
        return inside.post(path, data=key, files={name: ("a", raw)})

    assert "Chưa chọn tệp" in inside.post("/bundles", data=key).text
    assert sent("/bundles/enrol", "request", b"{}").status_code == 400
    answer.write_bytes(sent("/bundles/enrol", "request", request.read_bytes()).content)
    counter.enrol_answer(answer, None)

    made = counter.intake.accept(draft(), officer)  # type: ignore[arg-type]
    assert isinstance(made, Accepted)
    coming, going = tmp_path / "len.hsx", tmp_path / "xuong.hsx"
    counter.bundles.write(coming)
    raw = coming.read_bytes()
    broken = sent("/bundles", "file", raw[:-1] + bytes([raw[-1] ^ 1]))
    assert (broken.status_code, "Gói này hỏng" in broken.text) == (400, True)
    # twice does no harm
    for told in ("việc mới", "nhận lại không sao"):
        page = sent("/bundles", "file", raw)
        assert page.status_code == 200
        assert told in page.text
        assert "NGUYỆT" not in page.text
    down = inside.get(f"/bundles/{counter.identity.device_id}")
    assert "attachment" in down.headers["content-disposition"]
    going.write_bytes(down.content)
    assert counter.bundles.take_in(going).waiting == 0
    seen = counter.search.open(made.dossier_id)
    assert seen is not None
    assert seen.row.sent == "sent"
    assert inside.get("/bundles/c-0").status_code == 404
    with upper.database.begin() as connection:
        query = select(admin_log.c.action).where(admin_log.c.object == counter.identity.device_id)
        assert connection.scalars(query).all() == ["bundle_out"]
    inside.cookies.clear()
    assert inside.get(f"/bundles/{counter.identity.device_id}").status_code == 303


@pytest.mark.parametrize("raw", [bytes(range(256)) * 9, b"\r\n--b\r\n", b"\n\r\r\n", b"", b"a\r\n"])
def test_a_file_comes_through_byte_for_byte(raw: bytes) -> None:
    sent = httpx.Request("POST", "http://a/", data={"a": "é\r\nb"}, files={"f": ("ê.bin", raw)})
    form = read_form(sent.headers["content-type"], sent.read())
    assert form.files == {"f": raw}
    assert form.fields == {"a": "é\r\nb"}


def test_no_counter_is_told_of_administration(
    upper: Upper, filled: Machine, client: httpx.Client
) -> None:
    with upper.database.begin() as connection:
        revoke(connection, filled.device)
    assert client.get("/units/H50.99.77").headers["location"] == "/sign-in"
    assert client.get("/static/../pages.py").status_code == 404
    assert client.get("/static/NotoSans-OFL.txt").status_code == 404
