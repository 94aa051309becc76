"""What an administrator installs: the units, the backup, and coming back from it on another machine."""

import configparser
import hashlib
import json
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import draft
from postgres import cluster
from scans_made import noisy
from sqlalchemy import create_engine, select, text
from upper import Upper

from counter_app.bootstrap import Counter
from counter_app.services.results import Accepted
from district_server.__main__ import _parser, main
from district_server.database import ROLE, Database
from district_server.keys import load_keys
from district_server.objects import objects_at
from district_server.sealing import Sealed
from district_server.serving import LONGEST_FAREWELL
from district_server.tables import admin_log

DEPLOY = Path(__file__).parents[2] / "deploy"
SENTENCE = "mot cau dai cat trong ket"


def unit(name: str) -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment]
    read.read(DEPLOY / name, encoding="utf-8")
    return read


def test_the_units_start_what_there_is_and_wait_for_its_farewell() -> None:
    service = unit("district-server.service")["Service"]
    program, command = service["ExecStart"].split()
    assert Path(program).name == "district-server"
    assert _parser().parse_args([command]).command == command
    assert int(service["TimeoutStopSec"]) > LONGEST_FAREWELL
    started = Path(unit("district-server-backup.service")["Service"]["ExecStart"].split()[0])
    assert os.access(DEPLOY / started.name, os.X_OK)
    # where the guide sends the copies, the fence lets them in
    guide = (DEPLOY.parent / "docs" / "van-hanh.md").read_text(encoding="utf-8")
    (second,) = re.findall(r"`BACKUP_COPY=(\S+)`", guide)
    assert f"-{second}" in unit("district-server-backup.service")["Service"]["ReadWritePaths"]
    container = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    for folder in re.findall(r"^COPY (\w+) \w+$", container, re.MULTILINE):
        assert (DEPLOY.parent / folder).is_dir()
    (left_out,) = re.findall(r"pip uninstall --quiet --yes ([^&]+?)\n\n", container)
    lock = (DEPLOY.parent / "requirements.lock").read_text(encoding="utf-8")
    for name in left_out.replace("\\", "").split():
        assert re.search(rf"(?m)^{name}==", lock), name
    assert "DISTRICT_PASSPHRASE=" not in re.sub(r"(?m)^#.*$", "", container)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
@pytest.mark.parametrize("name", sorted(path.name for path in DEPLOY.glob("district-server*")))
def test_systemd_understands_every_line_and_the_fence_is_tight(name: str, tmp_path: Path) -> None:
    for path in DEPLOY.glob("district-server*"):
        # the programs are not installed where a test runs
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", path.read_text("utf-8"))
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    asked = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", tmp_path / name]
    done = subprocess.run(asked, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    if name.endswith(".service"):
        # of 100; an ordinary service has 96
        judged = ["systemd-analyze", "security", "--offline=yes", "--threshold=25", tmp_path / name]
        judge = subprocess.run(judged, capture_output=True, text=True)
        assert judge.returncode == 0, judge.stdout[-300:]


def back_up(url: str, folder: Path, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [DEPLOY / "backup-postgresql", folder],
        env=os.environ | {"DISTRICT_DATABASE_URL": url} | more,
        capture_output=True,
    )


def test_old_backups_go_and_a_copy_lies_on_another_disk(postgres_url: str, tmp_path: Path) -> None:
    folder, other = tmp_path / "backups", tmp_path / "other"
    for place in (folder, other):
        place.mkdir()
        for year in range(2018, 2023):
            (place / f"district-{year}0101-000000.dump").touch()
        (place / "giu-lai.txt").touch()

    pages, copies = tmp_path / "ban-quet", tmp_path / "ban-quet-sao"
    (pages / "H50.99.01" / "ab").mkdir(parents=True)
    (pages / "H50.99.01" / "ab" / "abc").write_bytes(b"trang")
    (pages / "H50.99.01" / "ab" / "abd.7.part").write_bytes(b"nua")
    scans = {"DISTRICT_ATTACHMENTS": str(pages), "BACKUP_SCANS": str(copies)}

    done = back_up(postgres_url, folder, KEEP="3", BACKUP_COPY=str(other), **scans)

    assert done.returncode == 0, done.stderr
    held = [(path.name, path.read_bytes()) for path in copies.rglob("*") if path.is_file()]
    assert held == [("abc", b"trang")]
    refused = back_up(postgres_url, tmp_path, **scans | {"DISTRICT_ATTACHMENTS": "s3://kho/ngan"})
    assert refused.returncode == 2

    for place in (folder, other):
        kept = sorted(path.name for path in place.iterdir())
        assert kept[:2] == ["district-20210101-000000.dump", "district-20220101-000000.dump"]
        assert kept[3:] == ["giu-lai.txt"]
    newest = sorted(folder.glob("*.dump"))[-1]
    assert newest.stat().st_mode & 0o077 == 0
    assert newest.read_bytes() == (other / newest.name).read_bytes()


def test_a_dump_that_cannot_be_read_back_does_not_count(postgres_url: str, tmp_path: Path) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    real = shutil.which("pg_dump")
    cut = broken / "pg_dump"
    cut.write_text(
        f'#!/bin/sh\n{real} "$@"\nfor word; do case "$word" in --file=*) '
        'truncate -s -200 "${word#--file=}";; esac; done\n'
    )
    cut.chmod(0o755)
    database = Database(postgres_url)
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE a AS SELECT generate_series(1, 5000) AS b"))
    database.close()
    folder = tmp_path / "backups"
    folder.mkdir()
    earlier = folder / "district-20220101-000000.dump"
    earlier.touch()

    done = back_up(postgres_url, folder, PATH=f"{broken}:{os.environ['PATH']}", KEEP="1")

    assert done.returncode != 0
    assert list(folder.iterdir()) == [earlier]


def installed(cluster_url: str) -> str:
    """What the guide has an administrator type: a user who owns the database and may nothing else."""
    admin = create_engine(
        cluster_url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    name = f"mot_cua_{uuid.uuid4().hex[:8]}"
    with admin.connect() as connection:
        for role, more in ((ROLE, "NOLOGIN"), ("district-server", "LOGIN")):
            known = text("SELECT count(*) FROM pg_roles WHERE rolname = :role")
            if not connection.execute(known, {"role": role}).scalar_one():
                connection.exec_driver_sql(f'CREATE ROLE "{role}" {more}')
        connection.exec_driver_sql(f'GRANT {ROLE} TO "district-server"')
        connection.exec_driver_sql(f'CREATE DATABASE {name} OWNER "district-server"')
    admin.dispose()
    place = cluster_url.rpartition("/")[0].rpartition("@")[2]
    return f"postgresql://district-server@{place}/{name}"


class Administrator:
    """Types what the guide says, with the settings of its file."""

    def __init__(
        self, url: str, attachments: Path, capsys: pytest.CaptureFixture[str], passphrase: str
    ) -> None:
        self.url = url
        self._capsys = capsys
        self._settings = {
            "DISTRICT_DATABASE_URL": url,
            "DISTRICT_PASSPHRASE": passphrase,
            "DISTRICT_ATTACHMENTS": str(attachments),
        }

    def types(self, *words: str, ends: int = 0) -> dict[str, Any]:
        self._capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self._settings.items():
                patch.setenv(name, value)
            assert main(list(words)) == ends
        told: dict[str, Any] = json.loads(self._capsys.readouterr().out.splitlines()[-1])
        return told

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[Upper]:
        with closing(Database(self.url)) as database:
            with database.begin() as connection:
                keys = load_keys(connection, self._settings["DISTRICT_PASSPHRASE"])
            objects = Sealed(objects_at(self._settings["DISTRICT_ATTACHMENTS"]), keys)
            made = Upper(database, keys, objects=objects, port=port)
            made.start()
            try:
                yield made
            finally:
                made.stop()


def test_a_backup_comes_back_on_another_machine_and_the_counters_bring_the_rest(
    postgres: str,
    make_counter: Callable[..., Counter],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    counter = make_counter(2)
    officer = counter.officers.all()[0]
    codes: list[str] = []
    pages: list[str] = []

    def accept(name: str) -> None:
        """With a scan, and all of it gone up."""
        made = counter.intake.accept(draft(name=name), officer)  # type: ignore[arg-type]
        assert isinstance(made, Accepted)
        seen = noisy(len(codes), 40)
        paper = counter.attachments.add(made.dossier_id, "giay.png", seen, "", officer).scanned
        assert not counter.sync.cycle().fault
        assert [one.sent for one in counter.attachments.of(made.dossier_id)] == [1]
        codes.append(made.code)
        pages.append(paper.pages[0].sha256)

    there, copied = tmp_path / "ban-quet", tmp_path / "ban-quet-sao"
    first = Administrator(installed(postgres), there, capsys, SENTENCE)
    first.types("init")
    with first.serving() as upper:
        port, fingerprint = upper.port, upper.keys.fingerprint
        code = first.types("issue-code", "--commune", "H50.99.01", "--counter", "2")["code"]
        counter.enrol(upper.url, code, None)
        accept("HỒ THỊ NGUYỆT")
        # copied a while before the database: what the copy lacks the counters have
        shutil.copytree(there, copied)
        accept("LÊ VĂN ĐẠT")
        assert back_up(first.url, tmp_path).returncode == 0
        accept("HỒ VĂN SÁU")
    (dump,) = tmp_path.glob("*.dump")

    with cluster() as other:
        url = installed(other)
        second = Administrator(url, copied, capsys, SENTENCE)
        restore = ["pg_restore", "--exit-on-error", "--no-owner", f"--dbname={url}", str(dump)]
        subprocess.run(restore, check=True, capture_output=True)
        for command in ("init", "restore-done", "check"):
            second.types(command)
        assert second.types("attachments", codes[1])["here"] == 0
        with second.serving(port) as upper:
            assert upper.keys.fingerprint == fingerprint
            for _ in range(3):
                counter.sync.cycle()
            summary = counter.sync.cycle()
            assert (summary.fault, summary.waiting) == ("", 0)
        assert second.types("check")["ok"]
        for code, page in zip(codes, pages, strict=True):
            out = tmp_path / code
            out.mkdir()
            assert second.types("attachments", code, "--out", str(out))["here"] == 1
            # the keys have come along: what was sealed there is opened here
            (seen,) = out.iterdir()
            assert hashlib.sha256(seen.read_bytes()).hexdigest() == page
        with closing(Database(url)) as database, database.begin() as connection:
            # only what left the store is noted, not what was only listed
            taken = select(admin_log.c.object).where(admin_log.c.action == "scan_download")
            assert sorted(connection.scalars(taken)) == sorted(codes)
        with closing(Database(url)) as database, database.begin_for_counter() as connection:
            # the wall has come along
            assert connection.execute(text("SELECT count(*) FROM event")).scalar_one() == 0
        for words in ("", "mot cau khac"):
            without = Administrator(url, copied, capsys, words).types("status", ends=3)
            assert "DISTRICT_PASSPHRASE" in without["problems"][0]["message"]
