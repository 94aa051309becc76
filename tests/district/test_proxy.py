"""The proxy before the public page, as it is shipped: what it lets through, and what it writes down."""

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from upper import Upper

from district_server.keys import issue_certificate
from district_server.limits import Bucket

CONFIG = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"

pytestmark = pytest.mark.skipif(not Path(NGINX).exists(), reason="no nginx here")


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{(tmp_path / 'server.sqlite3').as_posix()}"


@pytest.fixture
def public(upper: Upper, tmp_path: Path) -> Iterator[httpx.Client]:
    """The shipped file with a port and a certificate of this test."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    chain, key = issue_certificate(upper.keys, ["localhost"])
    (tmp_path / "c.pem").write_bytes(chain)
    (tmp_path / "c.key").write_bytes(key)
    (tmp_path / "ca.pem").write_bytes(upper.keys.ca_pem)
    text = CONFIG.read_text(encoding="utf-8")
    for said, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/nginx/tra-cuu.pem", str(tmp_path / "c.pem")),
        ("/etc/nginx/tra-cuu.key", str(tmp_path / "c.key")),
        ("/var/log/nginx/tra-cuu.log", str(tmp_path / "tra-cuu.log")),
        ("127.0.0.1:8081", f"127.0.0.1:{upper.port}"),
    ):
        assert said in text
        text = text.replace(said, here)
    (tmp_path / "site.conf").write_text(text, encoding="utf-8")
    folders = "".join(
        f"{name}_temp_path {tmp_path}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = tmp_path / "main.conf"
    main.write_text(
        f"{'user root; ' if os.geteuid() == 0 else ''}daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}} "
        f"http {{ access_log {tmp_path}/access.log; {folders} include {tmp_path}/site.conf; }}",
        encoding="utf-8",
    )
    command = [NGINX, "-p", str(tmp_path), "-c", str(main)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "nginx does not answer"
        with httpx.Client(
            base_url=f"https://localhost:{port}", verify=trusted, trust_env=False, timeout=30
        ) as client:
            yield client
    finally:
        running.terminate()
        running.wait(20)


def test_only_the_public_page_is_reached_and_no_slip_is_written_down(
    upper: Upper, public: httpx.Client, tmp_path: Path
) -> None:
    slip = "XTHC" * 40
    page = public.get(f"/R/{slip}")
    assert (page.status_code, "Không tìm thấy" in page.text) == (404, True)
    assert page.headers["strict-transport-security"]
    assert public.get("/look-up.css").headers["content-type"].startswith("text/css")
    assert public.get("/static/NotoSans-Regular.ttf").status_code == 200
    for path in (
        "/",
        "/desk",
        "/sign-in",
        "/health",
        "/metrics",
        "/sync/v1/hello",
        "/R/",
        "/R/a/b",
    ):
        answer = public.get(path)
        assert (answer.status_code, "Một Cửa" in answer.text) == (404, False), path
    routes = {line["route"] for line in upper.said() if line["event"] == "request"}
    assert routes == {"/R/{payload}", "/look-up.css", "/static/{name}"}
    # a flood is refused by the proxy, and leaves no slip in any log either
    begun = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        flood = list(pool.map(lambda _: public.get(f"/R/{slip}").status_code, range(200)))
    # 20 at once and 5 a second
    assert flood.count(404) <= 22 + 5 * (time.monotonic() - begun)
    assert set(flood) == {404, 429}
    for log in tmp_path.glob("*.log"):
        assert slip not in log.read_text(encoding="utf-8", errors="replace"), log


def test_who_claims_another_address_is_counted_by_his_own(
    upper: Upper, public: httpx.Client
) -> None:
    object.__setattr__(upper.limits, "look_up", Bucket(3, 0.0001))
    for number in range(3):
        public.get("/R/0", headers={"X-Forwarded-For": f"192.0.2.{number}"})
    assert upper.limits.look_up.wait("127.0.0.1") > 0
    assert upper.limits.look_up.wait("192.0.2.1") == 0
