"""The one line that the clerk reads: what it says of a line that is down, a refusal, a repair."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import SOME_MORNING, ToldClock
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from fault_proxy import FaultProxy
from scans_made import jpeg
from sync_steps import Enrolled, accept, do, synced

from counter_app.bootstrap import Counter
from counter_app.errors import EnvironmentFault
from counter_app.ports.sync import Blame, LineFault, Standing
from counter_app.sync.link import HttpLink
from counter_app.sync.words import state_of
from district_server.database import Database
from district_server.enrolment import revoke
from district_server.keys import ServerKeys, issue_certificate, load_keys, make_keys
from district_server.schema import bring_up_to_date

NOW = SOME_MORNING
GOOD = Standing(True, 131, 131, 0, 0, "2026-11-20T09:12:00+07:00", "", "", "")


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The words do not ask which database stands above."""
    return f"sqlite:///{tmp_path / 'tren.db'}"


def ago(**delta: float) -> str:
    return (NOW - timedelta(**delta)).isoformat()


def failing(blame: Blame, waiting: int = 3, hours: float = 1) -> Standing:
    return replace(
        GOOD,
        waiting=waiting,
        failing_since=ago(hours=hours),
        oldest_waiting_at=ago(hours=hours) if waiting else "",
        last_error="Vì thế.",
        blame=blame,
    )


def stick(hours: float, waiting: int = 3, carried: float = 0) -> Standing:
    """A commune without a line."""
    return replace(
        GOOD,
        waiting=waiting,
        oldest_waiting_at=ago(hours=hours),
        by_stick=True,
        carried_at=ago(hours=carried) if carried else "",
    )


@pytest.mark.parametrize(
    ("standing", "level", "text"),
    [
        (GOOD, "ok", "Đã gửi 131/131, lần cuối 09:12"),
        (
            replace(GOOD, waiting=2, to_come=8964),
            "waiting",
            "Đã gửi 131/131, còn 2, còn 8.964 thay đổi chưa nhận, lần cuối 09:12",
        ),
        (
            replace(GOOD, last_success_at="2026-11-18T16:58:00+07:00"),
            "ok",
            "Đã gửi 131/131, lần cuối 16:58 18/11",
        ),
        (failing("line"), "offline", "Chưa gửi được từ 08:24. Còn 3 hồ sơ, sẽ tự gửi khi có mạng"),
        (
            failing("line", hours=17),
            "offline",
            "Chưa gửi được từ 16:24 19/11. Còn 3 hồ sơ, sẽ tự gửi khi có mạng",
        ),
        (
            stick(hours=71),
            "waiting",
            "Đã gửi 131/131, còn 3, gửi bằng USB, lần cuối 09:12",
        ),
        (stick(hours=73), "late", "3 ngày chưa gửi. Còn 3 hồ sơ. F9 để xuất USB"),
        (stick(hours=169), "very_late", "7 ngày chưa gửi. Còn 3 hồ sơ. F9 để xuất USB"),
        (
            stick(hours=200, carried=71),
            "waiting",
            "Đã xuất USB 10:24 17/11, chờ gói trả lời. Còn 3 hồ sơ",
        ),
        (
            stick(hours=200, carried=73),
            "late",
            "3 ngày chờ gói trả lời. Còn 3 hồ sơ. F9 để nhập gói",
        ),
        (
            stick(hours=200, carried=169),
            "very_late",
            "7 ngày chờ gói trả lời. Còn 3 hồ sơ. F9 để nhập gói",
        ),
        (
            replace(stick(hours=200, carried=1), problems=1),
            "repair",
            "Đã gửi 131/131, 1 hồ sơ cần sửa. F9",
        ),
        # a line that is down, and a stick under way meanwhile
        (
            replace(failing("line", hours=50), carried_at=ago(hours=2)),
            "waiting",
            "Đã xuất USB 07:24, chờ gói trả lời. Còn 3 hồ sơ",
        ),
        (stick(hours=0, waiting=0), "ok", "Đã gửi 131/131, lần cuối 09:12"),
        (failing("line", waiting=0), "ok", "Đã gửi 131/131, lần cuối 09:12"),
        (
            failing("line", waiting=0, hours=25),
            "late",
            "1 ngày chưa nối được cấp trên. Đã gửi hết. F9 xem vì sao",
        ),
        (
            failing("line", waiting=0, hours=169),
            "very_late",
            "7 ngày chưa nối được cấp trên. Đã gửi hết. F9 xem vì sao",
        ),
        (
            failing("person"),
            "offline",
            "Chưa nối được cấp trên từ 08:24. Còn 3 hồ sơ. F9 xem vì sao",
        ),
        (
            failing("person", waiting=0),
            "offline",
            "Chưa nối được cấp trên từ 08:24. F9 xem vì sao",
        ),
        (failing("line", hours=25), "late", "1 ngày chưa gửi. Còn 3 hồ sơ. F9 để xuất USB"),
        (failing("line", hours=73), "late", "3 ngày chưa gửi. Còn 3 hồ sơ. F9 để xuất USB"),
        (failing("line", hours=169), "very_late", "7 ngày chưa gửi. Còn 3 hồ sơ. F9 để xuất USB"),
        (
            replace(failing("line", hours=73), problems=1),
            "late",
            "3 ngày chưa gửi. Còn 3 hồ sơ, 1 hồ sơ cần sửa. F9 để xuất USB",
        ),
        (
            replace(GOOD, today_sent=128, problems=1),
            "repair",
            "Đã gửi 128/131, 1 hồ sơ cần sửa. F9",
        ),
        (
            failing("server", hours=169),
            "refused",
            "Cấp trên không nhận máy này. Còn 3 hồ sơ. F9 xem vì sao",
        ),
        (failing("server", waiting=0), "refused", "Cấp trên không nhận máy này. F9 xem vì sao"),
        (
            replace(GOOD, is_copy=True),
            "copy",
            "Sổ này là bản sao của máy khác. Đã gửi 131/131. F9 xem phải làm gì",
        ),
        (
            replace(GOOD, enrolled=False),
            "never",
            "Máy này chưa ghi danh. Vẫn nhận hồ sơ bình thường",
        ),
    ],
)
def test_the_line_says_what_it_is(standing: Standing, level: str, text: str) -> None:
    state = state_of(standing, NOW)
    assert (state.level, state.text) == (level, text)


def test_scanned_pages_that_wait_are_told_below() -> None:
    state = state_of(replace(GOOD, pages_waiting=3), NOW)
    assert (state.level, state.hint) == ("ok", "Còn 3 trang bản quét, gửi sau hồ sơ.")


def test_counts_and_days_of_a_real_book(
    enrolled: Enrolled,
    upper,
    proxy: FaultProxy,
    clock: ToldClock,  # type: ignore[no-untyped-def]
) -> None:
    first = enrolled(1)
    old = accept(first)
    accept(first)
    synced(first)
    assert first[0].sync_state().text == "Đã gửi 2/2, lần cuối 09:24"
    # three weeks later: nothing yet today, and an old dossier goes on a moment ago
    clock.move(days=21)
    assert first[0].sync_state().text.startswith("Đã gửi 0/0, ")
    # what was taken in under a clock of 2015 has not waited for ten years
    clock.move(days=-4000)
    accept(first)
    clock.move(days=4000)
    do(first, old.dossier_id, "transfer")
    clock.move(minutes=1)
    assert first[0].sync_state().text == "Đã gửi 0/0, còn 2, lần cuối 09:24 20/11"
    first[0].attachments.add(old.dossier_id, "giay.jpg", jpeg(), "", first[1])
    assert first[0].sync_state().standing.pages_waiting == 1
    proxy.page = b"<html>Wi-Fi</html>"
    first[0].sync.cycle()
    assert first[0].sync_state().text.endswith("F9 xem vì sao")
    clock.move(days=1)
    assert first[0].sync_state().said == "1 ngày chưa gửi. Còn 2 hồ sơ"
    proxy.heal()
    with upper.database.begin() as connection:
        revoke(connection, first[0].identity.device_id)
    first[0].sync.cycle()
    state = first[0].sync_state()
    assert state.level == "refused"
    assert "thu hồi" in state.standing.last_error


def test_a_certificate_of_somebody_else_is_told_as_such(tmp_path: Path) -> None:
    ours, other = keys(tmp_path / "mot.db"), keys(tmp_path / "hai.db")
    with speaking_tls(other, tmp_path) as port:
        link = HttpLink(f"https://127.0.0.1:{port}", ours.ca_pem.decode())
        with pytest.raises(LineFault, match="certificate"):
            link.send("POST", "/sync/v1/hello", {}, b"")
        link.close()


def test_a_newer_python_that_is_strict_about_forms_trusts_a_ca_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, made = named_otherwise(keys(tmp_path / "mot.db")), ssl.create_default_context

    def strict(*args: Any, **more: Any) -> ssl.SSLContext:
        context = made(*args, **more)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    with speaking_tls(ours, tmp_path) as port:
        monkeypatch.setattr(ssl, "create_default_context", strict)
        link = HttpLink(f"https://127.0.0.1:{port}", ours.ca_pem.decode())
        # greeted, and then hung up on
        with pytest.raises(LineFault, match=r"Protocol|Read"):
            link.send("POST", "/sync/v1/hello", {}, b"")
        link.close()


def test_whoever_is_strict_about_forms_finds_none_missing(tmp_path: Path) -> None:
    ours = keys(tmp_path / "mot.db")
    strict = ssl.create_default_context(cadata=ours.ca_pem.decode())
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    with speaking_tls(ours, tmp_path) as port, socket.create_connection(("127.0.0.1", port)) as far:
        with strict.wrap_socket(far, server_hostname="127.0.0.1") as spoken:
            assert spoken.getpeercert()
            spoken.send(b"!")


def test_a_second_certificate_behind_the_one_that_was_compared_is_not_trusted(
    make_counter: Callable[[int], Counter], tmp_path: Path
) -> None:
    """Who sits in the line shows the server's CA and his own behind it, and then speaks by his own."""
    other = named_otherwise(keys(tmp_path / "hai.db"))
    ours = next(filter(_is_padded, (keys(tmp_path / f"mot-{n}.db") for n in range(40))))
    asked: list[str] = []

    class Between(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.command)
            both = (ours.ca_pem + other.ca_pem) if self.command == "GET" else b"{}"
            self.send_response(200)
            self.send_header("Content-Length", str(len(both)))
            self.end_headers()
            self.wfile.write(both)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Between) as server:
        server.socket = context_of(other, tmp_path).wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        url = f"https://127.0.0.1:{server.server_port}"
        with pytest.raises(EnvironmentFault):
            make_counter(1).enrol(url, "AAAAAAAAAA", ours.fingerprint)
        server.shutdown()
        thread.join(5)
    assert asked == ["GET"]


def named_otherwise(made: ServerKeys) -> ServerKeys:
    """With a CA of another name, so that TLS tells the two apart, and of no more fields than those had that
    were made before.
    """
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Ke o giua")])
    key = load_pem_private_key(made.ca_key_pem, None)
    assert isinstance(key, EllipticCurvePrivateKey)
    authority = (
        x509.CertificateBuilder(name, name, key.public_key(), 7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2060, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    return replace(made, ca_pem=authority.public_bytes(Encoding.PEM))


def _is_padded(made: ServerKeys) -> bool:
    """Whether a reader of its text stops at its end, whatever stands behind."""
    return b"=" in made.ca_pem


@pytest.mark.parametrize("year", [1980, 2000, 2015, 2036])
def test_a_wrong_clock_finds_the_servers_certificate_good(tmp_path: Path, year: int) -> None:
    ours = keys(tmp_path / "mot.db")
    there = datetime(year, 1, 1, tzinfo=UTC)
    for pem in (ours.ca_pem, issue_certificate(ours, ["motcua.tinh.vn"])[0]):
        one = x509.load_pem_x509_certificate(pem)
        assert one.not_valid_before_utc < there < one.not_valid_after_utc


def keys(path: Path) -> ServerKeys:
    database = Database(f"sqlite:///{path}")
    bring_up_to_date(database)
    with database.begin() as connection:
        make_keys(connection, None)
        made = load_keys(connection, None)
    database.close()
    return made


def context_of(who: ServerKeys, folder: Path) -> ssl.SSLContext:
    """With a certificate of that server's CA."""
    certificate, key = issue_certificate(who, ["127.0.0.1"])
    (folder / "c.pem").write_bytes(certificate)
    (folder / "k.pem").write_bytes(key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "c.pem", folder / "k.pem")
    return context


@contextmanager
def speaking_tls(who: ServerKeys, folder: Path) -> Iterator[int]:
    """One connection is greeted as that server greets."""
    context = context_of(who, folder)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            near, _ = listener.accept()
            with near, suppress(OSError), context.wrap_socket(near, server_side=True) as far:
                far.recv(1)

        thread = threading.Thread(target=greet)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)
