"""Scanned pages at rest above: sealed, whole, each under its own name; and who may look at them."""

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from browser import chromium, look
from scans_made import noisy, pdf
from sqlalchemy import select
from sync_steps import Pair, accept
from upper import Upper, running

from counter_app.bootstrap import Counter
from district_server import commands
from district_server.__main__ import main
from district_server.administrators import let_read, set_password
from district_server.database import Database
from district_server.faults import ServerFault
from district_server.keys import ServerKeys, load_keys, make_keys
from district_server.objects import Folder
from district_server.schema import bring_up_to_date
from district_server.sealing import Sealed
from district_server.tables import admin_log, meta

KEY = "H50.99.01/ab/" + "ab" * 32
OTHER = KEY.replace("ab", "cd")
NAME, PASSWORD = "Trần Minh Đức", "ba con trau di cay"
BLIND = "Lê Thị Hà"


def keys_of(database: Database) -> ServerKeys:
    with database.begin() as connection:
        make_keys(connection, None)
        return load_keys(connection, None)


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[ServerKeys]:
    database = Database(f"sqlite:///{tmp_path / 'khoa.sqlite3'}")
    bring_up_to_date(database)
    yield keys_of(database)
    database.close()


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 65_537, 200_000])
def test_what_is_sealed_comes_back_whole_and_in_parts(
    keys: ServerKeys, tmp_path: Path, size: int
) -> None:
    folder = Folder(tmp_path / "tren")
    sealed, content = Sealed(folder, keys), os.urandom(size)
    sealed.put(KEY, content)
    lying = folder.get(KEY)
    assert lying is not None
    for at in range(0, size - 32, 4_096):
        assert content[at : at + 32] not in lying
    assert sealed.get(KEY) == content
    assert sealed.has(KEY, size)
    assert not sealed.has(KEY, size + 1)
    for start, length in (
        (0, 10),
        (size // 2, 70_000),
        (size - 1, 5),
        (max(0, size - 65_536), size),
    ):
        assert sealed.part(KEY, start, length) == content[start : start + length]
    assert sealed.get(OTHER) is None
    assert sealed.part(OTHER, 0, 5) is None
    # the same page twice does not even look the same
    sealed.put(OTHER, content)
    assert folder.get(OTHER) != lying


def test_a_page_that_was_touched_is_none(keys: ServerKeys, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "tren")
    sealed, content = Sealed(folder, keys), os.urandom(150_000)
    sealed.put(KEY, content)
    lying = folder.get(KEY)
    assert lying is not None

    def damaged(raw: bytes, key: str = KEY) -> None:
        folder.put(key, raw)
        with pytest.raises(ServerFault) as fault:
            sealed.get(key)
        assert fault.value.code == "attachment_damaged"

    for at in (8, 15, 20, 60, 80, 70_000, len(lying) - 1):
        damaged(lying[:at] + bytes([lying[at] ^ 1]) + lying[at + 1 :])
    # a chunk less, two chunks in the other's place, another page's name
    chunk = 65_536 + 16
    damaged(lying[:-1])
    damaged(lying[: 76 + 2 * chunk])
    damaged(
        lying[:76]
        + lying[76 + chunk : 76 + 2 * chunk]
        + lying[76 : 76 + chunk]
        + lying[76 + 2 * chunk :]
    )
    damaged(lying, OTHER)
    folder.put(KEY, lying[: 76 + 2 * chunk])
    with pytest.raises(ServerFault):
        sealed.part(KEY, 2 * 65_536, 10)


def test_another_servers_keys_open_nothing(keys: ServerKeys, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'khac.sqlite3'}")
    bring_up_to_date(database)
    folder = Folder(tmp_path / "tren")
    Sealed(folder, keys).put(KEY, b"trang")
    with pytest.raises(ServerFault):
        Sealed(folder, keys_of(database)).get(KEY)
    database.close()


def test_a_dump_without_the_passphrase_signs_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the passphrase came only after the keys."""
    told = []
    for sentence in ("", "mot cau dai cat trong ket", ""):
        monkeypatch.setenv("DISTRICT_PASSPHRASE", sentence)
        told.append((main(["init", "--database-url", database_url]), capsys.readouterr().out))
    (open_, first), (sealed, second), (refused, third) = told
    assert (open_, sealed, refused) == (0, 0, 3)
    before, after = json.loads(first), json.loads(second)
    assert (before.pop("sealed"), after.pop("sealed")) == (False, True)
    assert (before.pop("new"), after.pop("new")) == (True, False)
    assert before == after
    assert "DISTRICT_PASSPHRASE" in third

    database = Database(database_url)
    with database.begin() as connection:
        keys = load_keys(connection, "mot cau dai cat trong ket")
        dump = " ".join(connection.scalars(select(meta.c.value)))
        for wrong in (None, "mot cau khac"):
            with pytest.raises(ServerFault):
                load_keys(connection, wrong)
    database.close()
    for secret in (keys.signing.private_bytes_raw(), keys.ca_key_pem, keys.sealing):
        assert base64.b64encode(secret).decode() not in dump
        assert secret.hex() not in dump
    assert "PRIVATE KEY" not in dump
    assert keys.server_id == after["server_id"]


def test_pages_from_before_are_read_and_sealed_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, place = f"sqlite:///{tmp_path / 'may.sqlite3'}", tmp_path / "tren"
    assert main(["init", "--database-url", url]) == 0
    before, after = os.urandom(100_000), os.urandom(10)
    folder = Folder(place)
    folder.put(KEY, before)
    database = Database(url)
    sealed = Sealed(folder, keys_of(database))
    sealed.put(OTHER, after)
    assert (sealed.get(KEY), sealed.has(KEY, 100_000)) == (before, True)
    assert sealed.part(KEY, 5, 10) == before[5:15]
    capsys.readouterr()
    # a folder named by mistake: what is no page stays as it is
    others = [place / "ke-hoach.docx", place / "H50.99.01" / "ab" / "ghi-chu.txt"]
    for other in others:
        other.write_bytes(before)

    command = ["seal-attachments", "--database-url", url, "--attachments", str(place)]
    for told in ({"sealed": 1, "already": 1}, {"sealed": 0, "already": 2}):
        assert main(command) == 0
        assert json.loads(capsys.readouterr().out) == {"ok": True, **told}

    lying = folder.get(KEY)
    assert lying is not None
    assert before[:64] not in lying
    assert (sealed.get(KEY), sealed.get(OTHER)) == (before, after)
    assert [other.read_bytes() for other in others] == [before, before]
    assert list(place.rglob("*.part")) == []
    database.close()


def test_commands_find_the_pages_where_the_server_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'may.sqlite3'}")
    bring_up_to_date(database)
    keys = keys_of(database)
    here, there = tmp_path / "may-chu", tmp_path / "cho-khac"
    for folder in (here, there):
        folder.mkdir()
    monkeypatch.chdir(here)
    commands._objects(database, keys, "", remember=True).put(KEY, b"trang")
    monkeypatch.chdir(there)
    assert commands._objects(database, keys, "").get(KEY) == b"trang"
    assert commands._objects(database, keys, "rieng").get(KEY) is None
    assert commands._objects(database, keys, "").get(KEY) == b"trang"
    assert list(there.iterdir()) == []
    # the server moves: what it is told now holds
    commands._objects(database, keys, str(there / "moi"), remember=True).put(OTHER, b"a")
    monkeypatch.chdir(here)
    assert commands._objects(database, keys, "").get(OTHER) == b"a"
    database.close()


@pytest.fixture
def upper(database_url: str, tmp_path: Path) -> Iterator[Upper]:
    with running(database_url) as made:
        made.stop()
        made.objects = Sealed(Folder(tmp_path / "tren"), made.keys)
        made.start()
        yield made


@pytest.fixture
def scanned(upper: Upper, make_counter: Callable[..., Counter]) -> tuple[Pair, str, str]:
    """A dossier with a paper of two pages above: (counter, its code, the paper's event)."""
    counter = make_counter(1)
    counter.enrol(upper.url, upper.code(counter), None)
    pair = counter, counter.officers.all()[0]
    made = accept(pair)
    counter.attachments.add(made.dossier_id, "giấy <b>.pdf", pdf(2), "", pair[1])
    assert not counter.sync.cycle().fault
    with upper.database.begin() as connection:
        for name in (NAME, BLIND):
            set_password(connection, name, PASSWORD)
        let_read(connection, NAME, "H50.99.01", True)
    (paper,) = counter.attachments.of(made.dossier_id)
    return pair, made.code, paper.event_id


@contextmanager
def inside(upper: Upper, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=upper.url, trust_env=False, timeout=30) as made:
        answer = made.post("/sign-in", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303
        yield made


def test_only_who_was_let_sees_a_page_and_it_is_written_down(
    upper: Upper, scanned: tuple[Pair, str, str], tmp_path: Path
) -> None:
    (counter, _), code, paper = scanned
    place = f"/dossiers/{code}/{paper}"
    with inside(upper, NAME) as client:
        found = client.get("/dossiers", params={"code": code.lower()})
        assert (found.status_code, found.headers["location"]) == (303, f"/dossiers/{code}")
        listed = client.get(f"/dossiers/{code}").text
        assert "giấy &lt;b&gt;.pdf" in listed
        assert listed.count("Xem tờ 1 trang") == 2
        picture = client.get(f"{place}/2.jpg")
        assert picture.headers["content-type"] == "image/jpeg"
        (kept,) = counter.attachments.of(counter.search.find(code)[0].id)
        assert hashlib.sha256(picture.content).hexdigest() == kept.pages[1].sha256
        assert picture.headers["content-disposition"] == f'inline; filename="{code}-1-2.jpg"'
        assert "sandbox" in picture.headers["content-security-policy"]
        assert picture.headers["cache-control"] == "no-store"
        loaded = client.get(f"{place}/1.jpg?download=1")
        assert loaded.headers["content-disposition"].startswith("attachment; ")
        for wrong in (f"{place}/0", f"{place}/3", f"{place}/3.jpg", f"/dossiers/{code}/x/1.jpg"):
            assert client.get(wrong).status_code == 404
    with upper.database.begin() as connection:
        log = connection.execute(select(admin_log).order_by(admin_log.c.id)).fetchall()
    assert [(row.administrator, row.action, row.object, row.reason) for row in log[1:]] == [
        (NAME, "dossier", code, ""),
        (NAME, "scan", code, "tờ 1, trang 2"),
        (NAME, "scan_download", code, "tờ 1, trang 1"),
    ]
    # what lies in the folder is no picture
    for path in (tmp_path / "tren").rglob("*"):
        assert path.is_dir() or not path.read_bytes().startswith(b"\xff\xd8")


def test_sealed_pages_come_down_to_another_counter_and_up_by_a_stick_handed_in_by_page(
    upper: Upper,
    scanned: tuple[Pair, str, str],
    make_counter: Callable[..., Counter],
    tmp_path: Path,
) -> None:
    (first, officer), code, _ = scanned
    dossier_id = first.search.find(code)[0].id
    second = make_counter(2)
    second.enrol(upper.url, upper.code(second), None)
    assert not second.sync.cycle().fault
    second.sync.fetch(second.attachments.missing(dossier_id))
    (kept,) = second.attachments.of(dossier_id)
    for page in kept.pages:
        assert second.vault.get(page.sha256) == first.vault.get(page.sha256)

    first.attachments.add(dossier_id, "them.pdf", pdf(2), "", officer)
    first.bundles.write(tmp_path / "len.hsx")
    with inside(upper, BLIND) as client:
        key = re.search('name="form_key" value="([^"]+)"', client.get("/me").text)
        assert key
        raw = (tmp_path / "len.hsx").read_bytes()
        told = client.post("/bundles", data={"form_key": key[1]}, files={"file": ("a", raw)})
        assert "1 việc mới. 2 trang bản quét." in " ".join(told.text.split())
        down = client.get(f"/bundles/{first.identity.device_id}")
    (tmp_path / "xuong.hsx").write_bytes(down.content)
    first.bundles.take_in(tmp_path / "xuong.hsx")
    assert [paper.sent for paper in first.attachments.of(dossier_id)] == [2, 2]


def test_without_the_right_nothing_is_there(upper: Upper, scanned: tuple[Pair, str, str]) -> None:
    _, code, paper = scanned
    ways = (
        "/dossiers",
        f"/dossiers/{code}",
        f"/dossiers/{code}/{paper}/1",
        f"/dossiers/{code}/{paper}/1.jpg",
    )
    with httpx.Client(base_url=upper.url, trust_env=False, timeout=30) as outside:
        for way in ways:
            assert outside.get(way).headers["location"] == "/sign-in"
    with inside(upper, BLIND) as client:
        unknown = client.get("/dossiers/H50.99.01-261120-1999").text
        for way in ways:
            answer = client.get(way)
            assert (answer.status_code, answer.text) == (404, unknown), way
        assert "Hồ sơ, bản quét" not in client.get("/desk").text
    with upper.database.begin() as connection:
        # of another commune
        upper_code = select(admin_log.c.action).where(admin_log.c.administrator == BLIND)
        assert list(connection.scalars(upper_code)) == ["sign_in"]
    upper.code_for("H50.99.02", 1)
    with upper.database.begin() as connection:
        let_read(connection, BLIND, "H50.99.02", True)
        let_read(connection, NAME, "H50.99.01", False)
    for name in (BLIND, NAME):
        with inside(upper, name) as client:
            for way in ways[1:]:
                assert client.get(way).status_code == 404


def test_the_console_gives_the_right_and_takes_it(
    upper: Upper, scanned: tuple[Pair, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    url = upper.database.engine.url.render_as_string(hide_password=False)
    base = ["reader", "--database-url", url, "--name", BLIND, "--commune"]
    assert main([*base, "H50.99.01"]) == 0
    with inside(upper, BLIND) as client:
        assert client.get(f"/dossiers/{scanned[1]}").status_code == 200
    assert main([*base, "H50.99.01", "--remove"]) == 0
    with inside(upper, BLIND) as client:
        assert client.get(f"/dossiers/{scanned[1]}").status_code == 404
    assert main([*base, "H50.99.77"]) == 1
    assert (
        main(["reader", "--database-url", url, "--name", "Không Ai", "--commune", "H50.99.01"]) == 1
    )
    told = capsys.readouterr().out
    assert "commune_unknown" in told
    assert "name_unknown" in told


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_is_seen_in_a_browser(upper: Upper, scanned: tuple[Pair, str, str]) -> None:
    (counter, officer), code, _ = scanned
    dossier_id = counter.search.find(code)[0].id
    counter.attachments.add(dossier_id, "anh.png", noisy(side=200), "", officer)
    assert not counter.sync.cycle().fault
    with chromium() as page:
        page.open(upper.url + "/dossiers")
        page.press(NAME, "Tab", PASSWORD)
        page.enter_on("button.main")
        page.open(upper.url + "/dossiers")
        page.type_into("#code", code)
        page.enter_on("main button.main")
        assert page.path == f"/dossiers/{code}"
        look(page, "ho-so-ban-quet")
        page.enter_on("a[href$='/1']")
        assert page.script("return document.querySelector('img.scan').naturalWidth") > 600
        look(page, "ban-quet")
        assert page.script("return document.documentElement.scrollWidth - innerWidth") <= 0
        page.enter_on("a[rel=next]")
        assert re.search("/2$", page.path)
