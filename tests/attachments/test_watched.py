"""A folder that others write into: what is whole, what is not yet, what is there twice."""

import os
from pathlib import Path

import pytest
from scans_made import jpeg, pdf, png

from counter_app.attachments import reencoding
from counter_app.attachments.watched import Watched
from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports.attachments import FoundFile

NOW = 1_795_000_000.0


class Looker:
    """Looks at a folder; files are as old as they are told to be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = NOW
        self.watched = Watched(folder, now=lambda: self.now)

    def put(self, name: str, raw: bytes, age: float = 60.0) -> Path:
        path = self.folder / name
        path.write_bytes(raw)
        os.utime(path, (self.now - age, self.now - age))
        return path

    def look(self, times: int = 1) -> dict[str, FoundFile]:
        for _ in range(times):
            found = self.watched.look()
        return {one.path.name: one for one in found}


@pytest.fixture
def looker(tmp_path: Path) -> Looker:
    folder = tmp_path / "quet"
    folder.mkdir()
    return Looker(folder)


def test_the_newest_first_with_a_picture(looker: Looker) -> None:
    looker.put("cu.jpg", jpeg(), 300)
    looker.put("moi.PDF", pdf(3), 20)
    looker.put("giua.png", png(), 100)
    looker.put("khong-phai.txt", b"x", 1)
    (looker.folder / "thu-muc.jpg").mkdir()
    first = looker.look()
    assert list(first) == ["moi.PDF", "giua.png", "cu.jpg"]
    # two at a look: the third is not kept waiting for all
    assert [one.state for one in first.values()] == ["ready", "ready", "reading"]
    found = looker.look()
    assert {one.state for one in found.values()} == {"ready"}
    for one in found.values():
        assert one.small.startswith(b"\xff\xd8\xff")
        assert max(_size(one.small)) <= reencoding.SMALL_SIDE
    assert found["moi.PDF"].at == NOW - 20


def test_what_is_being_written_is_waited_for(looker: Looker) -> None:
    raw = jpeg()
    looker.put("dang-ghi.jpg", raw[:5000], 0)
    assert looker.look()["dang-ghi.jpg"].state == "writing"
    # a second later there is more of it
    looker.now += 1
    looker.put("dang-ghi.jpg", raw[:9000], 0)
    assert looker.look()["dang-ghi.jpg"].state == "writing"
    # the writer pauses: it stays as it is and is no picture yet
    assert looker.look()["dang-ghi.jpg"].state == "writing"
    looker.now += 1
    looker.put("dang-ghi.jpg", raw, 0)
    assert looker.look()["dang-ghi.jpg"].state == "writing"
    assert looker.look()["dang-ghi.jpg"].state == "ready"


def test_half_a_pdf_is_not_taken_for_a_short_one(looker: Looker) -> None:
    raw = pdf(3)
    looker.put("giay.pdf", raw[: raw.rindex(b"%%EOF")], 0)
    assert looker.look(3)["giay.pdf"].state == "writing"
    looker.put("giay.pdf", raw, 0)
    assert looker.look(2)["giay.pdf"].state == "ready"
    # one that never gets its end is drawn as far as it goes, or is broken
    looker.put("cut.pdf", raw[: len(raw) // 2], 60)
    assert looker.look(2)["cut.pdf"].state in ("ready", "broken")


def test_what_never_becomes_a_picture_is_said(looker: Looker) -> None:
    looker.put("hong.jpg", jpeg()[:5000], 0)
    assert looker.look(2)["hong.jpg"].state == "writing"
    looker.now += 60
    broken = looker.look()["hong.jpg"]
    assert (broken.state, broken.sha256) == ("broken", "")
    assert "Không đọc được tệp này" in broken.problem


def test_the_same_content_twice_is_pointed_out(looker: Looker) -> None:
    raw = jpeg()
    looker.put("lan-1.jpg", raw, 200)
    looker.put("khac.png", png(), 150)
    looker.put("lan-2.jpg", raw, 100)
    found = looker.look(2)
    assert {name: one.same_as for name, one in found.items()} == {
        "lan-2.jpg": "lan-1.jpg",
        "khac.png": "",
        "lan-1.jpg": "",
    }


def test_a_file_that_changed_is_neither_taken_nor_removed(looker: Looker) -> None:
    path = looker.put("giay.jpg", jpeg())
    found = looker.look()["giay.jpg"]
    assert looker.watched.content(found) == jpeg()
    path.write_bytes(png())
    with pytest.raises(Refused) as refused:
        looker.watched.content(found)
    assert refused.value.code == "file_changed"
    assert not looker.watched.remove(found)
    assert path.exists()
    path.write_bytes(jpeg())
    assert looker.watched.remove(found)
    assert not path.exists()
    assert not looker.watched.remove(found)


def test_the_same_name_again_is_looked_at_anew(looker: Looker) -> None:
    looker.put("scan.jpg", jpeg(), 100)
    before = looker.look()["scan.jpg"]
    looker.put("scan.jpg", png(), 50)
    after = looker.look(2)["scan.jpg"]
    assert after.state == "ready"
    assert after.sha256 != before.sha256


def test_only_so_many_are_shown(looker: Looker) -> None:
    for number in range(40):
        looker.put(f"{number:02}.jpg", b"x", 1000 - number)
    found = looker.look()
    assert len(found) == 24
    assert next(iter(found)) == "39.jpg"


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault) as fault:
        Watched(tmp_path / "rut").look()
    assert fault.value.code == "scan_folder_missing"


def test_a_glimpse_of_many_pages_is_the_first_alone() -> None:
    small = reencoding.glimpse(pdf(5))
    assert max(_size(small)) <= reencoding.SMALL_SIDE
    assert len(small) < 20_000


def _size(raw: bytes) -> tuple[int, int]:
    from io import BytesIO

    from PIL import Image

    return Image.open(BytesIO(raw)).size
