"""Scanned pages on their way up: after the events, piece by piece, whole or not at all."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from fault_proxy import FaultProxy
from scans_made import noisy, pdf
from sqlalchemy import func, select
from sync_steps import Enrolled, Pair, accept, assert_at_rest, synced
from upper import Machine, Upper, running

from counter_app.services.attachments import Scanned
from counter_app.wire.messages import DICTIONARY_ID, LARGEST_PIECE, PageState, decompress
from district_server.__main__ import main
from district_server.enrolment import revoke
from district_server.objects import Folder
from district_server.tables import attachment_piece

ORG = "H50.99.01"


@pytest.fixture
def upper(database_url: str, tmp_path: Path) -> Iterator[Upper]:
    with running(database_url, objects=Folder(tmp_path / "tren")) as made:
        yield made


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the server keeps what is whole."""
    return tmp_path / "tren"


def scan(pair: Pair, dossier_id: str, raw: bytes, name: str = "giay.png") -> Scanned:
    return pair[0].attachments.add(dossier_id, name, raw, "", pair[1]).scanned


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pieces(upper: Upper) -> int:
    with upper.database.begin() as connection:
        return connection.execute(select(func.count()).select_from(attachment_piece)).scalar_one()


def is_sent(pair: Pair, dossier_id: str) -> list[int]:
    return [one.sent for one in pair[0].attachments.of(dossier_id)]


def routes(upper: Upper) -> list[str]:
    return [str(line["route"]) for line in upper.said() if line["event"] == "request"]


def test_pages_go_up_after_the_events(upper: Upper, enrolled: Enrolled, kept: Path) -> None:
    first, second = enrolled(1), enrolled(2)
    made = accept(first)
    papers = scan(first, made.dossier_id, pdf(2), "giay.pdf")
    synced(first)

    above = contents(kept)
    assert set(above) == {page.sha256 for page in papers.pages}
    for address, content in above.items():
        assert hashlib.sha256(content).hexdigest() == address
        assert content == first[0].vault.get(address)
    assert pieces(upper) == 0
    assert is_sent(first, made.dossier_id) == [2]
    said = routes(upper)
    assert said.index("/sync/v1/push") < said.index("/sync/v1/page")

    before = len(said)
    synced(first)
    assert "/sync/v1/page" not in routes(upper)[before:]
    # the other counter knows of the paper without its bytes
    assert_at_rest(upper, first, second)
    (seen,) = second[0].attachments.of(made.dossier_id)
    assert (seen.name, seen.here, seen.pages) == ("giay.pdf", False, papers.pages)


def test_a_cut_costs_one_piece(
    upper: Upper, proxy: FaultProxy, enrolled: Enrolled, kept: Path
) -> None:
    """Cut every 30,000 bytes a page of seven times that arrives, with little sent twice."""
    first = enrolled(1)
    made = accept(first)
    synced(first)
    paper = scan(first, made.dossier_id, noisy())
    assert paper.size > 200_000
    proxy.cut_up = 30_000
    spent, cycles = 0, 0
    while not contents(kept):
        spent += first[0].sync.cycle().bytes_out
        cycles += 1
        assert cycles < 20
    proxy.heal()
    synced(first)
    assert contents(kept) == {paper.pages[0].sha256: first[0].vault.get(paper.pages[0].sha256)}
    assert is_sent(first, made.dossier_id) == [1]
    assert spent < 2.5 * paper.size


@pytest.mark.parametrize("cut", [400, 900, 1500, 2200, 3000])
def test_a_lost_answer_doubles_nothing(
    upper: Upper, proxy: FaultProxy, enrolled: Enrolled, kept: Path, cut: int
) -> None:
    first = enrolled(1)
    made = accept(first)
    synced(first)
    paper = scan(first, made.dossier_id, noisy(side=200))
    proxy.cut_down = cut
    first[0].sync.cycle()
    proxy.heal()
    synced(first)
    assert contents(kept) == {paper.pages[0].sha256: first[0].vault.get(paper.pages[0].sha256)}
    assert pieces(upper) == 0


def test_events_that_come_meanwhile_go_first(
    upper: Upper, enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = enrolled(1)
    made = accept(first)
    synced(first)
    scan(first, made.dossier_id, noisy())
    ask = first[0].sync._pages._asked  # type: ignore[union-attr]
    met = []

    def at_the_counter(send, method, page, more, body):  # type: ignore[no-untyped-def]
        if method == "PATCH" and not met:
            met.append(accept(first))
        return ask(send, method, page, more, body)

    monkeypatch.setattr(first[0].sync._pages, "_asked", at_the_counter)
    before = len(routes(upper))
    synced(first)
    said = routes(upper)[before:]
    last_push = len(said) - 1 - said[::-1].index("/sync/v1/push")
    assert said[last_push + 1 :].count("/sync/v1/page") > 3


def test_a_page_that_is_not_what_the_log_says_stops_no_other(
    upper: Upper, enrolled: Enrolled, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = enrolled(1)
    made = accept(first)
    wrong = scan(first, made.dossier_id, noisy(1, 200))
    right = scan(first, made.dossier_id, noisy(2, 200))
    get = first[0].vault.get

    def altered(address: str) -> bytes:
        content = get(address)
        return content[:-1] + b"?" if address == wrong.pages[0].sha256 else content

    monkeypatch.setattr(first[0].vault, "get", altered)
    synced(first)
    assert set(contents(kept)) == {right.pages[0].sha256}
    assert pieces(upper) == 0
    assert is_sent(first, made.dossier_id) == [0, 1]
    monkeypatch.undo()
    synced(first)
    assert is_sent(first, made.dossier_id) == [1, 1]


def test_what_is_lost_here_stops_no_other(upper: Upper, enrolled: Enrolled, kept: Path) -> None:
    first = enrolled(1)
    made = accept(first)
    scan(first, made.dossier_id, noisy(1, 200))
    for path in first[0].vault.folder.rglob("*"):
        if path.is_file():
            path.unlink()
    right = scan(first, made.dossier_id, noisy(2, 200))
    synced(first)
    assert set(contents(kept)) == {right.pages[0].sha256}


def test_a_server_put_back_is_given_the_pages_again(
    upper: Upper, enrolled: Enrolled, kept: Path
) -> None:
    first = enrolled(1)
    synced(first)
    saved = upper.save()
    made = accept(first)
    paper = scan(first, made.dossier_id, noisy(side=200))
    synced(first)
    upper.stop()
    upper.put_back(saved)
    for path in kept.rglob("*"):
        if path.is_file():
            path.unlink()
    upper.start()
    synced(first)
    assert set(contents(kept)) == {paper.pages[0].sha256}


def test_a_server_that_keeps_no_pages_takes_the_events(upper: Upper, enrolled: Enrolled) -> None:
    upper.stop()
    upper.objects = None
    upper.start()
    first = enrolled(1)
    made = accept(first)
    scan(first, made.dossier_id, noisy(side=200))
    synced(first)
    assert is_sent(first, made.dossier_id) == [0]


def test_those_who_decide_above_can_open_them(
    upper: Upper,
    enrolled: Enrolled,
    kept: Path,
    tmp_path: Path,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = enrolled(1)
    made = accept(first)
    paper = scan(first, made.dossier_id, pdf(2), "giay.pdf")
    synced(first)
    capsys.readouterr()
    where = ["--database-url", database_url, "--attachments", str(kept)]
    out = tmp_path / "ra"
    assert main(["attachments", made.code, "--out", str(out), *where]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["here"]) == ("giay.pdf", 2)
    for at, page in enumerate(paper.pages, 1):
        written = (out / f"001-{at:02}.jpg").read_bytes()
        assert hashlib.sha256(written).hexdigest() == page.sha256
    assert main(["attachments", "H50.99.01-260101-1001", *where]) == 1


def state(answer: httpx.Response) -> PageState:
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(decompress(answer.content, DICTIONARY_ID), type=PageState)


def test_only_of_its_own_commune_and_only_what_fits(
    upper: Upper, enrolled: Enrolled, kept: Path
) -> None:
    first = enrolled(1)
    made = accept(first)
    paper = scan(first, made.dossier_id, noisy(side=200))
    page = first[0].vault.get(paper.pages[0].sha256)
    first[0].sync._pages = None
    synced(first)
    with httpx.Client(base_url=upper.url) as client:
        mate = Machine(client, ORG, 3, seed=3)
        mate.enrol(upper.code_for(ORG, 3))
        mate.hello()
        target = f"/sync/v1/page?event={paper.event_id}&page=0"
        assert state(mate.send("GET", target)) == PageState(0, False)
        # out of place, empty, or more than the page has: nothing is kept
        for offset, piece in ((5, page[5:50]), (0, b"")):
            assert state(mate.send("PATCH", f"{target}&offset={offset}", piece)).offset == 0
        assert state(mate.send("PATCH", f"{target}&offset=0", page[:9000])).offset == 9000
        assert state(mate.send("PATCH", f"{target}&offset=0", page[:9000])).offset == 9000
        rest = len(page) - 9000
        long = page[9000:] + b"x"
        assert rest < LARGEST_PIECE
        assert state(mate.send("PATCH", f"{target}&offset=9000", long)).offset == 9000
        assert (
            mate.send("PATCH", f"{target}&offset=9000", bytes(LARGEST_PIECE + 1)).status_code == 413
        )
        mate.hello()
        assert mate.send("GET", target.replace("page=0", "page=1")).status_code == 404
        mate.hello()
        done = state(mate.send("PATCH", f"{target}&offset=9000", page[9000:]))
        assert done == PageState(len(page), True)
        assert set(contents(kept)) == {paper.pages[0].sha256}

        stranger = Machine(client, "H50.99.02", 1, seed=4)
        stranger.enrol(upper.code_for("H50.99.02", 1))
        stranger.hello()
        assert stranger.send("GET", target).status_code == 404
        stranger.hello()
        assert stranger.send("PATCH", f"{target}&offset=0", page[:10]).status_code == 404

        with upper.database.begin() as connection:
            revoke(connection, mate.device)
        mate.hello()
        assert mate.send("GET", target).status_code == 403
