"""What an administrator installs: the units, the backup, and coming back from it on another machine."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import draft
from postgres import cluster
from sqlalchemy import create_engine, text
from upper import running

from counter_app.bootstrap import Counter
from counter_app.services.results import Accepted
from district_server.__main__ import COMMANDS
from district_server.database import ROLE, Database
from district_server.projection import by_code
from district_server.serving import LONGEST_FAREWELL

DEPLOY = Path(__file__).parents[2] / "deploy"
BIN = Path(sys.executable).parent


def unit(name: str) -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment]
    read.read(DEPLOY / name, encoding="utf-8")
    return read


def test_the_units_start_what_there_is_and_wait_for_its_farewell() -> None:
    service = unit("district-server.service")["Service"]
    program, command = service["ExecStart"].split()
    assert Path(program).name == "district-server"
    assert command in COMMANDS
    assert int(service["TimeoutStopSec"]) > LONGEST_FAREWELL
    started = Path(unit("district-server-backup.service")["Service"]["ExecStart"].split()[0])
    assert os.access(DEPLOY / started.name, os.X_OK)
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

    assert back_up(postgres_url, folder, KEEP="3", BACKUP_COPY=str(other)).returncode == 0

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


def test_a_backup_comes_back_on_another_machine_and_the_counters_bring_the_rest(
    postgres_url: str, make_counter: Callable[..., Counter], tmp_path: Path
) -> None:
    counter = make_counter(2)
    officer = counter.officers.all()[0]

    def accepted(name: str) -> str:
        made = counter.intake.accept(draft(name=name), officer)  # type: ignore[arg-type]
        assert isinstance(made, Accepted)
        assert not counter.sync.cycle().fault
        return made.code

    with running(postgres_url) as upper:
        port, fingerprint = upper.port, upper.keys.fingerprint
        counter.enrol(upper.url, upper.code(counter), None)
        codes = [accepted("HỒ THỊ NGUYỆT")]
        assert back_up(postgres_url, tmp_path).returncode == 0
        codes.append(accepted("LÊ VĂN ĐẠT"))
    (dump,) = tmp_path.glob("*.dump")

    with cluster() as other:
        url = other.rpartition("/")[0] + "/mot_cua"
        admin = create_engine(
            other.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
        )
        with admin.connect() as connection:
            connection.execute(text(f"CREATE ROLE {ROLE} NOLOGIN"))
            connection.execute(text("CREATE DATABASE mot_cua"))
        admin.dispose()
        restore = ["pg_restore", "--exit-on-error", "--no-owner", f"--dbname={url}", str(dump)]
        subprocess.run(restore, check=True, capture_output=True)
        for command in ("init", "restore-done", "check"):
            done = subprocess.run(
                [BIN / "district-server", command, "--database-url", url], capture_output=True
            )
            assert done.returncode == 0, (command, done.stdout)
        with running(url, port=port) as upper:
            assert upper.keys.fingerprint == fingerprint
            for _ in range(3):
                counter.sync.cycle()
            summary = counter.sync.cycle()
            assert (summary.fault, summary.waiting) == ("", 0)
            with upper.database.begin() as connection:
                assert [len(by_code(connection, code)) for code in codes] == [1, 1]
            with upper.database.begin_for_counter() as connection:
                # the wall has come along
                assert connection.execute(text("SELECT count(*) FROM event")).scalar_one() == 0
        done = subprocess.run(
            [BIN / "district-server", "check", "--database-url", url], capture_output=True
        )
        assert done.returncode == 0, done.stdout
