"""The verbs of the stick, on both sides, as administrators call them."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import draft
from console import Console
from sqlalchemy import select

from district_server.__main__ import main as district
from district_server.database import Database
from district_server.tables import admin_log


class District:
    """Calls `district-server` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], url: str) -> None:
        self._capsys = capsys
        self.url = url

    def __call__(self, *words: object) -> tuple[int, dict[str, object]]:
        self._capsys.readouterr()
        status = district([*map(str, words), "--database-url", self.url])
        lines = self._capsys.readouterr().out.splitlines()
        return status, json.loads(lines[-1]) if lines else {}


@pytest.fixture
def upper(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> District:
    made = District(capsys, f"sqlite:///{(tmp_path / 'may-chu.sqlite3').as_posix()}")
    assert made("init")[0] == 0
    return made


def test_without_a_line_nothing_is_fetched(console: Console) -> None:
    made = console.accept(draft()).one
    refused = console("attachments", made["code"], "--fetch")
    assert (refused.status, refused.codes) == (1, ["not_enrolled"])


def test_the_way_of_a_counter_without_a_line(
    console: Console, upper: District, tmp_path: Path
) -> None:
    ask, answer = tmp_path / "xin.json", tmp_path / "tra-loi.json"
    going, coming = tmp_path / "len.hsx", tmp_path / "xuong.hsx"
    made = console.accept(draft()).one
    assert (console("bundle-out", going).status, console("bundle-in", coming).status) == (1, 1)
    code = upper("issue-code", "--commune", "H50.99.01", "--counter", 2)[1]["code"]
    assert console("enrol", "--code", code).status == 2
    assert console("enrol", "--answer", ask, "--code", code).status == 2
    told = console("enrol", "--code", code, "--request", ask).one
    status, enrolled = upper("enrol-file", ask, answer)
    assert (status, enrolled["device"]) == (0, told["device_id"])
    assert console("enrol", "--answer", answer).one["fingerprint"] == enrolled["fingerprint"]

    out = console("bundle-out", going).one
    assert (out["sent"], out["waiting"], out["bytes_out"]) == (3, 3, going.stat().st_size)
    status, taken = upper("bundle-in", going)
    assert (status, taken["received"], taken["problems"]) == (0, 3, [])
    assert upper("show", made["code"])[1]["status"] == "accepted"
    assert upper("bundle-out", "--device", told["device_id"], coming)[0] == 0
    back = console("bundle-in", coming).one
    assert (back["received"], back["waiting"], back["bytes_in"]) == (0, 0, coming.stat().st_size)
    assert console("show", made["code"]).one["sent"] == "sent"

    with Database(upper.url).begin() as connection:
        done = connection.execute(select(admin_log.c.action).order_by(admin_log.c.id)).scalars()
        assert list(done) == ["code", "enrol_file", "bundle", "bundle_out"]

    # again and again, and what is damaged or not there
    assert upper("bundle-in", going) == (0, {**taken, "received": 0})
    assert console("bundle-in", coming).status == 0
    coming.write_bytes(coming.read_bytes()[:-1])
    assert console("bundle-in", coming).codes == ["bundle_wrong"]
    assert upper("bundle-in", coming)[0] == 1
    assert (console("bundle-in", tmp_path / "a").status, upper("bundle-in", tmp_path / "a")[0]) == (
        3,
        3,
    )
    assert upper("bundle-out", "--device", "c-khong-co", coming)[0] == 1
    assert console("sync").codes == ["by_stick"]

    # bytes of another encoding
    assert upper("show", "\udcff")[0] == upper("revoke", "--device", "\udcff")[0] == 2
    # a file of fields that no program reads
    deep = tmp_path / "sau.json"
    deep.write_text("[" * 100_000)
    assert upper("act", made["code"], "transfer", "--json", deep)[0] == 1
    # in the hours of whoever reads it
    for moment in (
        upper("issue-code", "--commune", "H50.99.01", "--counter", 9)[1]["expires_at"],
        upper("status")[1]["last_sync"],
    ):
        assert str(moment).endswith("+07:00")

    # never over the database
    database = tmp_path / "may-chu.sqlite3"
    assert upper("bundle-out", "--device", told["device_id"], database)[0] == 1
    assert upper("enrol-file", ask, database)[0] == 1
    assert upper("bundle-out", "--device", told["device_id"], tmp_path)[0] == 3
    assert upper("show", made["code"])[1]["status"] == "accepted"


def test_what_a_server_cannot_be_opened_with_is_told_before_it_says_that_it_is_open(
    upper: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("không phải giấy")
    # an empty line of a settings file is none
    for name in ("HOST", "PORT", "TLS_DIR"):
        monkeypatch.setenv(f"DISTRICT_{name}", "")
    for words, status, code in (
        (("--port", "99999"), 2, "wrong_usage"),
        (("--port", "-1"), 2, "wrong_usage"),
        (("--port", "0", "--tls-dir", tmp_path), 3, "tls_wrong"),
        (("--port", "0", "--tls-dir", tmp_path / "khong-co"), 3, "tls_missing"),
        (("--port", "0", "--attachments", "ftp://may/ngan"), 3, "attachments_url"),
        (
            (
                "--host",
                "khong co may nay",
            ),
            3,
            "port_taken",
        ),
    ):
        found, answer = upper("serve", *words)
        problems = answer["problems"]
        assert isinstance(problems, list)
        assert (found, problems[0]["code"]) == (status, code), words


def test_a_server_put_back_is_told(upper: District) -> None:
    status, told = upper("restore-done")
    assert (status, told["ok"]) == (0, True)
    assert upper("restore-done")[1]["epoch"] != told["epoch"]
    assert upper("check")[0] == 0


def test_a_copy_parts_and_takes_a_number_of_its_own_by_stick_alone(
    console: Console, upper: District, tmp_path: Path
) -> None:
    ask, answer = tmp_path / "xin.json", tmp_path / "tra-loi.json"
    going, coming = tmp_path / "len.hsx", tmp_path / "xuong.hsx"

    def enrol(number: int) -> dict[str, object]:
        code = upper("issue-code", "--commune", "H50.99.01", "--counter", number)[1]["code"]
        assert console("enrol", "--code", code, "--request", ask).status == 0
        assert upper("enrol-file", ask, answer)[0] == 0
        return console("enrol", "--answer", answer).one

    device = enrol(2)["device_id"]
    original, copy = console.folder, tmp_path / "ban-sao"
    shutil.copytree(original, copy)
    first = console.accept(draft()).one["code"]
    assert (console("bundle-out", going).status, upper("bundle-in", going)[0]) == (0, 0)
    console.folder = copy
    assert console.accept(draft()).one["code"] == first
    assert console("bundle-out", going).status == 0
    status, refused = upper("bundle-in", going)
    assert (status, refused["problems"][0]["code"]) == (1, "bundle_fork")  # type: ignore[index]
    assert upper("bundle-out", "--device", device, coming)[0] == 0
    assert [one["code"] for one in console("bundle-in", coming).one["problems"]] == ["fork"]

    assert enrol(3)["counter"] == 3

    assert console.accept(draft()).one["code"].endswith("-3001")
    assert console("bundle-out", going).status == 0
    assert upper("bundle-in", going)[1]["problems"] == []
    assert upper("status")[1]["copies"] == [3]
    console.folder = original
    assert console.accept(draft()).one["code"].endswith("-2002")
    assert console("check").status == 0
