"""Scanned pages on their way down: when they are asked for, piece by piece, whole or not at all."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from conftest import PASSPHRASE
from fault_proxy import FaultProxy
from scans_made import noisy, pdf
from sync_steps import Enrolled, Pair, accept, synced
from upper import Machine, Upper, running

from counter_app.bootstrap import Counter, open_counter
from counter_app.errors import EnvironmentFault, Refused
from counter_app.services.attachments import Scanned
from counter_app.sync import engine
from counter_app.wire.messages import DICTIONARY_ID, LARGEST_PIECE, decompress
from district_server.enrolment import revoke
from district_server.objects import Folder

ORG, CONTENT = "H50.99.01", "/sync/v1/page/content"


@pytest.fixture
def upper(database_url: str, tmp_path: Path) -> Iterator[Upper]:
    with running(database_url, objects=Folder(tmp_path / "tren")) as made:
        yield made


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the server keeps what is whole."""
    return tmp_path / "tren"


def scanned_at_the_first(first: Pair, second: Pair, raw: bytes) -> tuple[str, Scanned]:
    """A dossier that both know, with a paper whose bytes lie at one counter and above."""
    made = accept(first)
    paper = first[0].attachments.add(made.dossier_id, "giay.png", raw, "", first[1]).scanned
    synced(first)
    synced(second)
    return made.dossier_id, paper


def fetched(counter: Counter, dossier_id: str) -> tuple[int, int, int]:
    done = counter.sync.fetch(counter.attachments.missing(dossier_id))
    return done.pages, done.not_above, done.wrong


def lines(upper: Upper, route: str) -> list[dict[str, object]]:
    return [line for line in upper.said() if line["event"] == "request" and line["route"] == route]


def test_they_come_down_when_they_are_asked_for(upper: Upper, enrolled: Enrolled) -> None:
    first, second = enrolled(1), enrolled(2)
    dossier_id, paper = scanned_at_the_first(first, second, pdf(2))
    (seen,) = second[0].attachments.of(dossier_id)
    assert (seen.own, seen.here, len(second[0].attachments.missing(dossier_id))) == (
        False,
        False,
        2,
    )
    assert lines(upper, CONTENT) == []

    # its two pages are one content
    assert fetched(second[0], dossier_id) == (1, 0, 0)
    (seen,) = second[0].attachments.of(dossier_id)
    assert (seen.own, seen.here, seen.sent) == (False, True, 0)
    for page in paper.pages:
        content = second[0].attachments.content(page)
        assert hashlib.sha256(content).hexdigest() == page.sha256
    # what was fetched is nobody's to send
    before = len(lines(upper, "/sync/v1/page"))
    synced(second)
    assert len(lines(upper, "/sync/v1/page")) == before
    # nothing is left over, nothing asked twice
    assert not list(second[0].vault.folder.rglob("*.begun"))
    asked = len(lines(upper, CONTENT))
    assert fetched(second[0], dossier_id) == (0, 0, 0)
    assert len(lines(upper, CONTENT)) == asked
    (own,) = first[0].attachments.of(dossier_id)
    assert (own.own, own.sent) == (True, 2)


def test_a_cut_costs_one_piece_and_a_new_start_none(
    upper: Upper, proxy: FaultProxy, enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut every 30,000 bytes, the program closed after each: little comes twice."""
    monkeypatch.setattr(engine, "RECONNECTS", 0)
    first, second = enrolled(1), enrolled(2)
    dossier_id, paper = scanned_at_the_first(first, second, noisy())
    assert paper.size > 200_000
    proxy.cut_down = 30_000
    folder, clock, starts = second[0].folder, second[0].clock, 0
    while True:
        counter = open_counter(folder, PASSPHRASE)
        counter.clock = clock
        try:
            fetched(counter, dossier_id)
            break
        except EnvironmentFault:
            for path in folder.rglob("*.begun"):
                assert b"\xff\xd8\xff" not in path.read_bytes()[:64]
        finally:
            counter.close()
        starts += 1
        assert starts < 20
    assert second[0].attachments.of(dossier_id)[0].here
    assert starts > 1
    sent = sum(int(str(line["bytes_out"])) for line in lines(upper, CONTENT))
    assert sent < 2.5 * paper.size


def test_what_is_another_content_above_is_not_taken(
    upper: Upper, enrolled: Enrolled, kept: Path
) -> None:
    first, second = enrolled(1), enrolled(2)
    dossier_id, paper = scanned_at_the_first(first, second, noisy(side=200))
    (path,) = kept.rglob(paper.pages[0].sha256)
    right = path.read_bytes()
    path.write_bytes(right[:-1] + bytes([right[-1] ^ 1]))
    assert fetched(second[0], dossier_id) == (0, 0, 1)
    assert not second[0].attachments.of(dossier_id)[0].here
    path.write_bytes(right)
    assert fetched(second[0], dossier_id) == (1, 0, 0)


def test_what_the_server_has_not_got_is_said(upper: Upper, enrolled: Enrolled, kept: Path) -> None:
    first, second = enrolled(1), enrolled(2)
    made = accept(first)
    for seed in (1, 2):
        first[0].attachments.add(made.dossier_id, "giay.png", noisy(seed, 200), "", first[1])
    synced(first)
    synced(second)
    pages = second[0].attachments.missing(made.dossier_id)
    next(kept.rglob(pages[0].sha256)).unlink()
    # one that is not there stops no other
    assert fetched(second[0], made.dossier_id) == (1, 1, 0)
    upper.stop()
    with pytest.raises(EnvironmentFault, match="Chưa nối được máy chủ"):
        fetched(second[0], made.dossier_id)


def test_before_enrolment_there_is_nothing_to_ask(make_counter: Callable[..., Counter]) -> None:
    with pytest.raises(Refused) as refused:
        make_counter().sync.fetch(())
    assert refused.value.code == "not_enrolled"


def test_only_of_its_own_commune_and_only_what_fits(upper: Upper, enrolled: Enrolled) -> None:
    first, second = enrolled(1), enrolled(2)
    _, paper = scanned_at_the_first(first, second, noisy())
    page = first[0].vault.get(paper.pages[0].sha256)
    with httpx.Client(base_url=upper.url) as client:
        mate = Machine(client, ORG, 3, seed=3)
        mate.enrol(upper.code_for(ORG, 3))
        target = f"{CONTENT}?event={paper.event_id}&page=0"

        def piece(more: str) -> bytes:
            mate.hello()
            answer = mate.send("GET", target + more)
            assert answer.status_code == 200
            return decompress(answer.content, DICTIONARY_ID)

        assert piece("&offset=7&size=100") == page[7:107]
        assert piece("&offset=0&size=9999999") == page[:LARGEST_PIECE]
        assert piece(f"&offset={len(page) - 5}&size=100") == page[-5:]
        assert piece("&offset=0&size=-3") == page[:1]
        for more in (f"&offset={len(page)}&size=10", f"&offset={len(page) + 9}"):
            mate.hello()
            assert mate.send("GET", target + more).status_code == 404
        mate.hello()
        assert mate.send("GET", target.replace("page=0", "page=1")).status_code == 404

        stranger = Machine(client, "H50.99.02", 1, seed=4)
        stranger.enrol(upper.code_for("H50.99.02", 1))
        stranger.hello()
        assert stranger.send("GET", f"{target}&offset=0&size=10").status_code == 404
        assert client.get(f"{target}&offset=0&size=10").status_code == 401
        with upper.database.begin() as connection:
            revoke(connection, mate.device)
        mate.hello()
        assert mate.send("GET", f"{target}&offset=0&size=10").status_code == 403
