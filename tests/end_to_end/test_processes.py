"""Real processes only: the server's commands, two counters' commands, one dossier's whole way."""

import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from counter_app.bootstrap import Counter
from counter_app.errors import EnvironmentFault

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
SETTINGS = {"COUNTER_PIN": "246813", "COUNTER_PASSPHRASE": "cau mo so de thu"}

Run = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A console program in its own process, in a time zone that is not the office's."""
    database = f"sqlite:///{(tmp_path / 'upper.sqlite3').as_posix()}"
    surroundings = os.environ | SETTINGS | {"DISTRICT_DATABASE_URL": database, "TZ": "UTC"}

    def call(program: str, *arguments: object, given: str = "") -> tuple[int, list[dict[str, Any]]]:
        ended = subprocess.run(
            [BIN / program, *map(str, arguments)],
            input=given.encode(),
            env=surroundings,
            capture_output=True,
            cwd=tmp_path,
        )
        assert b"Traceback" not in ended.stdout + ended.stderr
        return ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()]

    call.__dict__["surroundings"] = surroundings
    return call


@pytest.fixture
def upper(run: Run, tmp_path: Path) -> Iterator[str]:
    """The address of a server that runs until the test ends."""
    assert run("district-server", "init")[0] == 0
    server = subprocess.Popen(
        [BIN / "district-server", "serve", "--port", "0"],
        env=run.__dict__["surroundings"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    assert server.stdout is not None
    yield json.loads(server.stdout.readline())["url"]
    server.terminate()
    server.stdout.close()
    assert server.wait(20) is not None


def draft(name: str) -> str:
    person = {"name": name, "personal_number": "045190001234"}
    return json.dumps({"procedure": "1.004873", "applicant": person, "components": "all"}) + "\n"


def test_a_dossier_goes_up_is_decided_and_comes_back(run: Run, upper: str, tmp_path: Path) -> None:
    def tool(number: int, verb: str, *arguments: object, given: str = "") -> list[dict[str, Any]]:
        where = ["--data-dir", tmp_path / str(number)]
        status, lines = run("counter-tool", verb, *where, *arguments, given=given)
        assert status == 0, lines
        return lines

    office = ROOT / "resources" / "offices" / "khe-sanh.toml"
    for number in (1, 2):
        tool(number, "init", "--office", office, "--counter", number)
        code = run("district-server", "issue-code", "--commune", "H50.99.01", "--counter", number)
        tool(number, "enrol", "--server", upper, "--code", code[1][0]["code"])
        tool(number, "sync")
    made = tool(1, "accept", given=draft("HỒ THỊ NGUYỆT") + draft("LÊ VĂN ĐẠT"))
    code = made[0]["code"]
    assert [one["code"][-4:] for one in made] == ["1001", "1002"]

    assert tool(1, "sync")[0]["sent"] == 2
    assert tool(2, "sync")[0]["received"] == 2
    up = tmp_path / "len.json"
    up.write_text('{"to": "upper"}', encoding="utf-8")
    tool(2, "act", code, "transfer", "--json", up)
    tool(2, "sync")
    assert run("district-server", "act", code, "complete")[0] == 0
    # a second decision on the same dossier is refused
    assert run("district-server", "act", code, "complete")[0] == 1
    tool(1, "sync")
    assert tool(1, "show", code)[0]["status"] == "completed"
    tool(1, "act", code, "return")
    tool(1, "sync")
    tool(2, "sync")

    shown = [tool(number, "show", code)[0] for number in (1, 2)]
    shown.append(run("district-server", "show", code)[1][0])
    assert [one["status"] for one in shown] == ["returned"] * 3
    events = [line["event"] for line in shown[0]["timeline"]]
    assert events == [
        "dossier.accepted",
        "dossier.transferred",
        "dossier.completed",
        "dossier.returned",
    ]
    assert [[line["event"] for line in one["timeline"]] for one in shown] == [events] * 3
    assert shown[0]["sent"] == "sent"
    for number in (1, 2):
        assert tool(number, "check")[0]["dossiers"] == 2
    assert run("district-server", "check")[0] == 0
    assert [hit["code"] for hit in run("district-server", "find", "nguyet")[1]] == [code]
    devices = run("district-server", "status")[1]
    assert {one["counter"] for one in devices} == {1, 2}
    assert {one["commune"] for one in devices} == {"H50.99.01"}


def test_the_server_says_in_words_what_is_wrong(run: Run, tmp_path: Path) -> None:
    nowhere = f"sqlite:///{(tmp_path / 'khong-co' / 'a.sqlite3').as_posix()}"
    for arguments, status in (
        (("find", "a"), 3),
        (("dance",), 2),
        (("show",), 2),
        (("init", "--database-url", nowhere), 3),
        (("init", "--database-url", "mysql://a/b"), 3),
    ):
        found, lines = run("district-server", *arguments)
        assert found == status, (arguments, lines)
        (problem,) = lines[0]["problems"]
        assert problem["message"]


def test_a_port_that_is_no_number_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    run.__dict__["surroundings"]["DISTRICT_PORT"] = "tám nghìn"

    status, lines = run("district-server", "serve")

    assert status == 2
    assert lines[0]["problems"][0]["code"] == "wrong_usage"


def test_init_of_the_server_may_be_repeated_and_keeps_its_keys(run: Run) -> None:
    first = run("district-server", "init")[1][0]
    again = run("district-server", "init")[1][0]

    assert (first["new"], again["new"]) == (True, False)
    assert first["fingerprint"] == again["fingerprint"]


def test_serving_beyond_loopback_is_never_plain_and_answers_to_its_names(
    run: Run, tmp_path: Path, make_counter: Callable[..., Counter]
) -> None:
    run("district-server", "init")
    for wrong in ("máy chủ", "may-chu.tinh.vn:8443", "10.1.2.3:8443"):
        code, told = run("district-server", "serve", "--host", "0.0.0.0", "--name", wrong)
        assert (code, told[-1]["problems"][0]["code"]) == (3, "name_wrong")
    server = subprocess.Popen(
        [BIN / "district-server", "serve", "--host", "0.0.0.0", "--port", "0"],
        env=run.__dict__["surroundings"]
        | {"DISTRICT_NAMES": "may-chu.tinh.vn, MAY_CHU 10.1.2.3,fd00::1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    assert server.stdout is not None
    said = json.loads(server.stdout.readline())
    port = int(said["url"].rpartition(":")[2])
    ca = httpx.get(f"https://127.0.0.1:{port}/enrol/v1/ca", verify=False, trust_env=False).text
    trusting = ssl.create_default_context(cadata=ca)
    for name in ("may-chu.tinh.vn", "may_chu", "10.1.2.3", "fd00::1", "localhost"):
        with socket.create_connection(("127.0.0.1", port)) as near:
            trusting.wrap_socket(near, server_hostname=name).close()
    # another way to the same machine, by a name that nobody told it
    with pytest.raises(EnvironmentFault, match="DISTRICT_NAMES"):
        make_counter(2).enrol(f"https://127.0.0.2:{port}", "AAAAAAAAAA", said["fingerprint"])
    server.terminate()
    server.stdout.close()
    server.wait(20)

    assert said["url"].startswith("https://")


def test_the_demo_does_the_main_job_and_leaves_its_paper(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "counter_app.demo"], cwd=tmp_path, capture_output=True
    )
    told = ended.stdout.decode()

    assert ended.returncode == 0, told + ended.stderr.decode()
    made = {path.suffix for path in (tmp_path / "demo-output").rglob("*") if path.is_file()}
    assert {".png", ".pdf"} <= made
    assert "Đã trả kết quả" in told
