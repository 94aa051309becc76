"""The second factor: the standard's own examples, no code twice, a lock, a way back in."""

import re
import time
from base64 import b32decode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import zxingcpp
from browser import chromium, look
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from PIL import Image
from sqlalchemy import select, update
from upper import Upper

from district_server import second_factor
from district_server.__main__ import main
from district_server.administrators import prove, set_password, sign_in
from district_server.database import Database
from district_server.faults import Refused
from district_server.keys import ServerKeys, load_keys, make_keys
from district_server.schema import bring_up_to_date
from district_server.tables import admin_log, administrator, recovery_code
from district_server.tables import second_factor as kept

NAME, PASSWORD = "Trần Minh Đức", "ba con trau di cay"
OTHER = "Lê Thị Hà"
AT = 1_795_800_000.0
"""A whole number of steps."""


@pytest.fixture
def place(database_url: str) -> Iterator[tuple[Database, ServerKeys]]:
    database = Database(database_url)
    bring_up_to_date(database)
    with database.begin() as connection:
        make_keys(connection, "cau niem phong")
        keys = load_keys(connection, "cau niem phong")
        for name in (NAME, OTHER):
            set_password(connection, name, PASSWORD)
    yield database, keys
    database.close()


def secret_of(begun: second_factor.Begun) -> bytes:
    return b32decode(begun.secret.replace(" ", ""))


def code_at(secret: bytes, at: float) -> str:
    """Another's code: what a telephone shows then."""
    return TOTP(secret, 6, SHA1(), 30).generate(int(at)).decode()


@pytest.mark.parametrize(
    ("at", "code"),
    # RFC 6238, appendix B, SHA-1: the last six of its eight digits
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
     (2000000000, "279037"), (20000000000, "353130")],
)  # fmt: skip
def test_the_examples_of_the_standard(
    place: tuple[Database, ServerKeys], monkeypatch: pytest.MonkeyPatch, at: int, code: str
) -> None:
    database, keys = place
    monkeypatch.setattr(second_factor.secrets, "token_bytes", lambda n: b"12345678901234567890"[:n])
    with database.begin() as connection:
        second_factor.begin(connection, keys, NAME)
        with pytest.raises(Refused):
            second_factor.confirm(connection, keys, NAME, code, at + 90)
        assert len(second_factor.confirm(connection, keys, NAME, code, at)) == 10


@pytest.fixture
def secret(place: tuple[Database, ServerKeys]) -> bytes:
    """Set up a minute ago."""
    database, keys = place
    with database.begin() as connection:
        begun = second_factor.begin(connection, keys, NAME)
        found = secret_of(begun)
        second_factor.confirm(connection, keys, NAME, code_at(found, AT - 60), AT - 60)
    return found


def let_in(place: tuple[Database, ServerKeys], code: str, at: float = AT, name: str = NAME) -> bool:
    database, keys = place
    with database.begin() as connection:
        return second_factor.holds(connection, keys, name, code, at)


def test_one_step_either_way_and_no_code_twice(
    place: tuple[Database, ServerKeys], secret: bytes
) -> None:
    assert not let_in(place, code_at(secret, AT - 60))
    assert not let_in(place, code_at(secret, AT + 60))
    assert let_in(place, code_at(secret, AT - 30))
    assert not let_in(place, code_at(secret, AT - 30))
    assert let_in(place, code_at(secret, AT + 30), AT)
    # a later step was used: none before it comes back
    assert not let_in(place, code_at(secret, AT))
    for wrong in ("", "12345", "abcdef", "１２３４５６", code_at(secret, AT + 60)[::-1] + "0"):
        assert not let_in(place, wrong, AT + 60)
    # who has set up none needs none
    assert let_in(place, "", name=OTHER)


def test_it_counts_only_from_the_code_that_proves_it(place: tuple[Database, ServerKeys]) -> None:
    database, keys = place
    with database.begin() as connection:
        second_factor.begin(connection, keys, NAME)
    assert let_in(place, "")
    with database.begin() as connection:
        # begun anew: the first secret is forgotten
        found = secret_of(second_factor.begin(connection, keys, NAME))
    with database.begin() as connection:
        second_factor.confirm(connection, keys, NAME, code_at(found, AT), AT)
    assert not let_in(place, "")
    with database.begin() as connection, pytest.raises(Refused):
        second_factor.begin(connection, keys, NAME)


def test_a_recovery_code_opens_once(place: tuple[Database, ServerKeys], secret: bytes) -> None:
    database, keys = place
    with database.begin() as connection:
        second_factor.forget(connection, NAME)
        found = secret_of(second_factor.begin(connection, keys, NAME))
        codes = second_factor.confirm(connection, keys, NAME, code_at(found, AT), AT)
    assert len(set(codes)) == 10
    assert let_in(place, codes[3].lower())
    assert not let_in(place, codes[3])
    assert let_in(place, codes[4].replace("-", " "))
    with database.begin() as connection:
        assert second_factor.codes_left(connection, NAME) == 8
        hashes = "".join(connection.scalars(select(recovery_code.c.code_hash)))
        row = connection.execute(select(kept)).one()
    # nothing of it stands open in the database
    for code in codes:
        assert code.replace("-", "") not in hashes
    assert found not in row.secret.encode()


def test_a_dump_without_the_passphrase_opens_no_secret(
    place: tuple[Database, ServerKeys], secret: bytes, tmp_path: Path
) -> None:
    database, _ = place
    other = Database(f"sqlite:///{tmp_path / 'khac.sqlite3'}")
    bring_up_to_date(other)
    with other.begin() as connection:
        make_keys(connection, None)
        foreign = load_keys(connection, None)
    with database.begin() as connection, pytest.raises(InvalidTag):
        second_factor.holds(connection, foreign, NAME, code_at(secret, AT), AT)
    other.close()


def test_wrong_codes_lock_like_wrong_passwords(
    place: tuple[Database, ServerKeys], secret: bytes
) -> None:
    database, keys = place

    def come(code: str, password: str = PASSWORD) -> str | Refused:
        with database.begin() as connection:
            return sign_in(
                connection,
                NAME,
                password,
                lambda name: second_factor.holds(connection, keys, name, code, AT),
            )

    wrong = come("000000", "sai mat khau roi")
    for _ in range(4):
        refused = come("000000")
        # nobody learns that the password was right
        assert (isinstance(refused, Refused), str(refused)) == (True, str(wrong))
    locked = come(code_at(secret, AT))
    assert isinstance(locked, Refused)
    assert locked.code == "locked"
    with database.begin() as connection:
        connection.execute(update(administrator).values(locked_until=None))
    assert isinstance(come(code_at(secret, AT)), str)


def test_the_console_takes_it_away(upper: Upper, capsys: pytest.CaptureFixture[str]) -> None:
    url = upper.database.engine.url.render_as_string(hide_password=False)
    with upper.database.begin() as connection:
        set_password(connection, NAME, PASSWORD)
        found = secret_of(second_factor.begin(connection, upper.keys, NAME))
        second_factor.confirm(connection, upper.keys, NAME, code_at(found, AT), AT)
    with httpx.Client(base_url=upper.url, trust_env=False, timeout=30) as client:
        fields = {"name": NAME, "password": PASSWORD}
        assert client.post("/sign-in", data=fields).status_code == 403
        now = code_at(found, time.time())
        assert client.post("/sign-in", data=fields | {"code": now}).status_code == 303
        assert main(["reset-second-factor", "--database-url", url, "--name", NAME]) == 0
        # whoever was in is out
        assert client.get("/me").status_code == 303
        assert client.post("/sign-in", data=fields).status_code == 303
    assert main(["reset-second-factor", "--database-url", url, "--name", NAME]) == 1
    assert "second_none" in capsys.readouterr().out
    with upper.database.begin() as connection:
        actions = list(connection.scalars(select(admin_log.c.action).order_by(admin_log.c.id)))
    assert "second_off" in actions


def test_wrong_tries_inside_count_too(upper: Upper) -> None:
    """An unlocked screen is no place to guess the password at."""
    with upper.database.begin() as connection:
        set_password(connection, NAME, PASSWORD)
    with httpx.Client(base_url=upper.url, trust_env=False, timeout=30) as client:
        client.post("/sign-in", data={"name": NAME, "password": PASSWORD})
        key = re.search('name="form_key" value="([^"]+)"', client.get("/me").text)
        assert key
        for path in ("/me", "/me/second", "/me/second", "/me/second/off", "/me"):
            fields = {"form_key": key[1], "old": "sai", "password": "sai", "code": ""}
            assert client.post(path, data=fields).status_code == 403
    with upper.database.begin() as connection:
        locked = prove(connection, NAME, PASSWORD)
    assert isinstance(locked, Refused)
    assert locked.code == "locked"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_set_up_and_used_in_a_browser(upper: Upper, tmp_path: Path) -> None:
    with upper.database.begin() as connection:
        set_password(connection, NAME, PASSWORD)
    with chromium() as page:
        page.open(upper.url + "/sign-in")
        page.press(NAME, "Tab", PASSWORD)
        page.enter_on("button.main")
        page.open(upper.url + "/me")
        look(page, "tai-khoan")
        page.type_into("form[action='/me/second'] [name=password]", PASSWORD)
        page.enter_on("form[action='/me/second'] button")
        look(page, "ma-6-so")
        # what a telephone sees, read by a decoder that is not ours
        page.picture(tmp_path / "qr.png")
        with Image.open(tmp_path / "qr.png") as seen:
            (found,) = zxingcpp.read_barcodes(seen)
        uri = httpx.URL(found.text)
        assert (uri.scheme, uri.host, uri.params["issuer"]) == ("otpauth", "totp", "Mot Cua")
        secret = b32decode(uri.params["secret"])
        assert page.text(".secret").replace(" ", "") == uri.params["secret"]
        page.type_into("#code", code_at(secret, time.time()))
        page.enter_on("form[action='/me/second/confirm'] button")
        look(page, "ma-du-phong")
        codes = re.findall(r"[2-9A-Z]{5}-[2-9A-Z]{5}", page.text(".codes"))
        assert len(codes) == 10
        page.open(upper.url + "/me")
        inside = page.script("return document.documentElement.outerHTML")
        for once in (uri.params["secret"], codes[0]):
            assert once not in inside.replace(" ", "")
        assert "còn 10 mã dự phòng" in page.text("main")

        page.forget()
        page.open(upper.url + "/sign-in")
        page.press(NAME, "Tab", PASSWORD)
        page.enter_on("button.main")
        assert "không đúng" in page.text("[role=alert]")
        look(page, "dang-nhap")
        page.type_into("#password", PASSWORD)
        page.type_into("#code", codes[0])
        page.enter_on("button.main")
        assert page.path == "/desk"
        page.open(upper.url + "/me")
        assert "còn 9 mã dự phòng" in page.text("main")
