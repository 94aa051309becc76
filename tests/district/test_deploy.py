"""What an administrator installs: the units, the backup, and coming back from it on another machine."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

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
    assert "DISTRICT_PASSPHRASE=" not in re.sub(r"(?m)^#.*$", "", container)


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
