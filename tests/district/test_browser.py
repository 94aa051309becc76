"""Administration in a real browser, by keyboard alone, against a real server."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from browser import Browser, chromium, look
from sqlalchemy import select, update
from upper import Machine, Upper

import resources
from counter_app.wire.messages import DICTIONARY_ID, PublicationList, decompress
from counter_app.wire.signing import publication_bytes
from district_server.administrators import set_password
from district_server.keys import verify
from district_server.publishing import draft
from district_server.tables import commune, device, event, quarantine

PASSWORD = "ba con trau di cay"
SECOND = "nam hat gao mot bat com"
BEYOND = """
return [...document.querySelectorAll('body *')].filter(one => {
  const style = getComputedStyle(one), cut = style.overflowX !== 'visible' && style.display !== 'inline';
  return one.getBoundingClientRect().right > innerWidth + 1
    || (cut && one.tagName !== 'INPUT' && one.clientWidth && one.scrollWidth > one.clientWidth + 1);
}).map(one => one.tagName + ' ' + one.textContent.trim().slice(0, 40));
"""
"""Whatever lies beyond the right edge, or is cut off there."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture
def page(browser: Browser, upper: Upper) -> Browser:
    """Signed in, by keyboard."""
    with upper.database.begin() as connection:
        set_password(connection, "Trần Minh Đức", PASSWORD)
        set_password(connection, "Lê Thị Hà", SECOND)
    browser.open(upper.url + "/desk")
    browser.forget()
    sign_in(browser, upper, "Trần Minh Đức", PASSWORD)
    return browser


def sign_in(browser: Browser, upper: Upper, name: str, password: str) -> None:
    browser.open(upper.url + "/desk")
    assert browser.path == "/sign-in"
    # the cursor stands in the name already
    browser.press(name, "Tab", password)
    browser.enter_on("button.main")
    assert browser.path == "/desk"


def test_a_commune_a_code_a_counter_and_its_end(
    page: Browser, upper: Upper, client: httpx.Client
) -> None:
    look(page, "tong-quan-trong")
    page.open(upper.url + "/units")
    page.type_into("#org", "H50.99.01")
    page.type_into("#name", "Khe Sanh")
    page.enter_on("main form:not([method=get]) button")
    assert page.path == "/units/H50.99.01"
    assert "Đã thêm xã" in page.text("[role=status]")

    page.tab_to("#counter")
    page.press("2")
    page.enter_on("form[action$='/code'] button")
    code = page.text("#ma-ghi-danh")
    assert re.fullmatch("[2-9A-HJ-NP-Z]{10}", code)
    assert upper.keys.fingerprint in page.text("main")
    look(page, "ma-ghi-danh")
    machine = Machine(client, "H50.99.01", 2)
    assert machine.enrol(code).status_code == 200
    machine.hello()
    assert machine.pull().status_code == 200

    page.open(upper.url + "/units/H50.99.01")
    look(page, "xa")
    page.enter_on("a[href*='/revoke/']")
    page.type_into("#reason", "Máy bị mất")
    page.type_into("#org", "H50.99.02")
    page.enter_on("button.danger")
    assert "H50.99.01" in page.text("[role=alert]")
    look(page, "thu-hoi")
    machine.hello()
    assert machine.pull().status_code == 200
    page.script("document.querySelector('#org').value = ''")
    page.type_into("#org", "H50.99.01")
    page.enter_on("button.danger")
    assert "Đã thu hồi" in page.text("[role=status]")
    machine.hello()
    assert machine.pull().status_code == 403
    page.open(upper.url + "/log")
    told = page.text("main")
    assert "Máy bị mất" in told
    assert "Cấp mã ghi danh" in told
    look(page, "nhat-ky")


def test_what_a_revoked_device_wrote_is_taken_or_left_aside(
    page: Browser, upper: Upper, client: httpx.Client
) -> None:
    machine = Machine(client)
    machine.enrol(upper.code_for("H50.99.01", 1))
    with upper.database.begin() as connection:
        now = "2026-11-26T02:00:00+00:00"
        connection.execute(update(device).values(revoked_at=now, last_sync_at=now))
    about = [f"01a2116f-5db5-7ad8-85ce-{number:012d}" for number in (1, 2)]
    secret = '{"salt":"0011223344556677","text":"Bà HỒ THỊ NGUYỆT"}'
    machine.hello()
    batch = [
        {"event_id": about[0], "payload": secret},
        {"event_id": about[1], "payload": secret},
        {"event_id": about[0][:-1] + "9", "subject": about[0], "payload": secret},
    ]
    assert machine.push(machine.seal(batch)).status_code == 403

    page.open(upper.url + "/desk")
    look(page, "tong-quan")
    page.open(upper.url + "/quarantine")
    told = page.text("main")
    assert "thu hồi" in told
    assert "1 việc đợi sau" in told
    assert page.text(".badge") == "2"
    look(page, "chua-vao-so")
    page.enter_on(f"a[href$='{about[0]}']")
    assert "Ẩn" in page.text("main")
    assert "NGUYỆT" not in page.script("return document.documentElement.outerHTML")
    look(page, "mot-viec")
    page.enter_on("form[action$='/release'] button")
    assert "Đã vào sổ" in page.text("[role=status]")

    page.enter_on(f"a[href$='{about[1]}']")
    page.enter_on("form[action$='/discard'] button")
    assert "lý do" in page.text("[role=alert]")
    page.type_into("#reason", "Máy mất từ trước ngày ghi")
    page.enter_on("form[action$='/discard'] button")
    assert "để riêng" in page.text("[role=status]")

    with upper.database.begin() as connection:
        assert list(connection.scalars(select(event.c.dseq).order_by(event.c.cseq))) == [1, 3]
        row = connection.execute(select(quarantine)).one()
        assert (row.state, row.decided_by) == ("discarded", "Trần Minh Đức")
        assert row.decision == "Máy mất từ trước ngày ghi"


def test_a_calendar_is_written_by_one_published_by_another_and_fetched_by_a_counter(
    page: Browser, upper: Upper, client: httpx.Client, tmp_path: Path
) -> None:
    text = resources.calendar_texts()[-1].replace("Tết Dương lịch", "Tết Tây")
    broken, good = tmp_path / "sai.toml", tmp_path / "lich.toml"
    broken.write_text(text.replace("year = ", "nam = "), encoding="utf-8")
    good.write_text(text, encoding="utf-8")
    page.open(upper.url + "/catalogue")
    page.choose_file("#file", broken)
    page.type_into("#effective_on", "01/01/2027")
    page.type_into("#decision_no", "12/QĐ-UBND")
    page.enter_on("form[enctype] button")
    assert "dòng" in page.text("[role=alert]")
    # what was typed is still there
    assert page.script("return document.querySelector('#decision_no').value") == "12/QĐ-UBND"
    page.script("document.querySelector('#kind').value = 'calendar'")
    page.choose_file("#file", good)
    page.enter_on("form[enctype] button")
    assert page.path == "/catalogue/calendar/2027/1"
    look(page, "ban-nhap")
    assert "Khác bản đi kèm chương trình" in page.text("main")
    changed = page.script("return [...document.querySelectorAll('.plus')].map(e => e.innerText)")
    assert changed == ['+ name = "Tết Tây"']
    assert "Nhờ một người quản trị khác" in page.text("main")

    page.forget()
    sign_in(page, upper, "Lê Thị Hà", SECOND)
    page.open(upper.url + "/catalogue/calendar/2027/1")
    page.enter_on("form[action$='/publish'] button")
    assert "Đã công bố" in page.text("[role=status]")
    look(page, "danh-muc")

    machine = Machine(client)
    machine.enrol(upper.code_for("H50.99.01", 1))
    machine.hello()
    listed = _listed(machine.send("GET", "/sync/v1/published?have="))
    assert listed.items is not None
    (item,) = listed.items
    signed = publication_bytes("calendar", "2027", 1, "2027-01-01", item.sha256)
    assert verify(upper.keys.public_key, base64.b64decode(item.signature), signed)
    answer = machine.send("GET", "/sync/v1/published/text?kind=calendar&name=2027&version=1")
    assert decompress(answer.content, DICTIONARY_ID).decode() == text
    again = _listed(machine.send("GET", f"/sync/v1/published?have={listed.version}"))
    assert again.items is None
    assert (
        machine.send("GET", "/sync/v1/published/text?kind=calendar&name=2027&version=2").status_code
        == 404
    )


def test_nothing_in_a_page_runs_or_comes_from_elsewhere_or_is_cut(
    page: Browser, upper: Upper, client: httpx.Client
) -> None:
    machine = Machine(client)
    machine.enrol(upper.code_for("H50.99.01", 1))
    machine.hello()
    machine.push(
        machine.seal([{"event_id": f"01a2116f-5db5-7ad8-85ce-{7:012d}", "occurred_at": "a"}])
    )
    with upper.database.begin() as connection:
        long = "Phường Trường Sơn Thượng và vùng phụ cận sáp nhập năm 2025"
        connection.execute(update(commune).values(name=long))
        connection.execute(update(device).values(last_sync_at="2026-11-01T02:00:00+00:00"))
        text = resources.calendar_texts()[-1].encode()
        draft(connection, "calendar", text, "01/01/2027", "12/QĐ-UBND", "Lê Thị Hà")
    evil = "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>"
    page.open(upper.url + "/units")
    page.type_into("#org", "H50.99.07")
    page.type_into("#name", evil)
    page.enter_on("main form:not([method=get]) button")
    assert evil in page.text("h1")
    for path in (
        "/desk",
        "/units",
        "/units/H50.99.07",
        "/quarantine",
        "/bundles",
        "/catalogue",
        "/log",
        "/me",
    ):
        page.open(upper.url + path)
        look(page, f"trang-{path.split('/')[1]}")
        assert page.script("return window.ran === undefined")
        assert page.script("return document.scripts.length") == 0
        loaded = page.script("return performance.getEntriesByType('resource').map(e => e.name)")
        assert loaded
        assert [url for url in loaded if not url.startswith(upper.url)] == []
        # own type, not a fall-back
        assert page.script("return document.fonts.check('14px \"Noto Sans\"')")
        assert page.script(BEYOND) == [], path
    # the same in a telephone: rows become lines, the rail comes after the page and "Mục" leads there
    page.telephone(390, 844)
    for path in ("/desk", "/units", "/units/H50.99.01", "/quarantine", "/catalogue", "/log", "/me"):
        page.open(upper.url + path)
        look(page, f"dien-thoai-{path.split('/')[1]}")
        assert page.script(BEYOND) == [], path
        assert (
            page.script("return document.querySelector('main').getBoundingClientRect().top") < 220
        )
    page.tab_to("a.to-menu[href='#muc']")
    page.press("Enter", "Tab")
    assert page.script("return document.activeElement.closest('nav') !== null")
    page.own_size()


def _listed(answer: httpx.Response) -> PublicationList:
    return msgspec.json.decode(decompress(answer.content, DICTIONARY_ID), type=PublicationList)
