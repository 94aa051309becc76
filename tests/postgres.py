"""A throw-away PostgreSQL cluster by Debian's own tools, as nobody's superuser; or one by URL."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


def server_binaries() -> Path | None:
    """The newest server that Debian has installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))
    return found[-1].parent if found else None


@contextlib.contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """The URL of a server that exists for this block; `durable` where waiting for the disk counts."""
    given = os.environ.get("DISTRICT_TEST_DATABASE_URL")
    if given:
        yield given
        return
    binaries = server_binaries()
    if binaries is None:
        raise RuntimeError("PostgreSQL's server is missing: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="motcua-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    folder.chmod(0o755)
    data = folder / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*words: str) -> None:
        subprocess.run(
            [*as_user, *words], check=True, stdout=subprocess.DEVNULL, cwd=folder, timeout=60
        )

    run(str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "tests", "--no-sync")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    if not durable:
        # nobody waits for its disk, and nobody tidies hundreds of databases that live for a second
        options += " -c fsync=off -c full_page_writes=off -c autovacuum=off"
    control = (str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"))
    run(*control, "-o", options, "start")
    try:
        yield f"postgresql://tests@127.0.0.1:{port}/postgres"
    finally:
        run(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
