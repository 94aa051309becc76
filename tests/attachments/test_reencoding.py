"""A scanned file is made anew: what is seen stays, everything else goes."""

import subprocess
import sys
from io import BytesIO

import pytest
from PIL import Image
from scans_made import SECRET, huge_png, jpeg, jpeg_claiming, pdf, png, png_beside

from counter_app.attachments import reencoding
from counter_app.attachments.reencoding import FLAG, pages_of
from counter_app.errors import Refused


def opened(page: bytes) -> Image.Image:
    picture = Image.open(BytesIO(page))
    picture.load()
    return picture


def is_red(picture: Image.Image, x: float, y: float) -> bool:
    red, green, blue = picture.convert("RGB").getpixel(  # type: ignore[misc]
        (int(picture.width * x), int(picture.height * y))
    )
    return red > 200 and green < 60 and blue < 60


def test_nothing_of_the_container_survives() -> None:
    # a picture that is a program's archive and a web page too
    raw = jpeg() + b"PK\x03\x04 evil.exe <script>alert(1)</script>"
    assert SECRET in raw
    (page,) = pages_of(raw)
    for foreign in (SECRET, b"PK\x03\x04", b"evil.exe", b"script", b"Exif"):
        assert foreign not in page
    picture = opened(page)
    assert (picture.format, picture.size) == ("JPEG", (620, 877))
    assert not picture.getexif()
    assert is_red(picture, 0.1, 0.1)
    assert not is_red(picture, 0.9, 0.9)


def test_it_stands_upright() -> None:
    """A camera that lay on its side says so in its notes, which go."""
    (page,) = pages_of(jpeg(turned=6))
    picture = opened(page)
    assert picture.size == (877, 620)
    assert is_red(picture, 0.9, 0.1)
    assert not is_red(picture, 0.1, 0.1)


@pytest.mark.parametrize("mode", ["RGBA", "P", "RGB"])
def test_a_png_becomes_a_jpeg(mode: str) -> None:
    (page,) = pages_of(png(mode))
    picture = opened(page)
    assert picture.format == "JPEG"
    assert is_red(picture, 0.1, 0.1)


def test_a_pdf_becomes_pictures_of_its_pages() -> None:
    pages = pages_of(pdf(3))
    assert len(pages) == 3
    for page in pages:
        picture = opened(page)
        assert picture.format == "JPEG"
        assert max(picture.size) <= reencoding.LONGEST_SIDE
        assert is_red(picture, 0.1, 0.1)
        assert b"PDF" not in page


def test_the_same_file_gives_the_same_bytes() -> None:
    assert pages_of(pdf(1)) == pages_of(pdf(1))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "attachment_type"),
        (b"MZ\x90\x00 a program", "attachment_type"),
        (b"<svg onload='x'/>", "attachment_type"),
        (b"GIF89a", "attachment_type"),
        (b"\xff\xd8\xff" + b"no picture at all" * 9, "attachment_broken"),
        (b"%PDF-1.7 and nothing else", "attachment_broken"),
        (jpeg()[:900], "attachment_broken"),
        (png()[:400], "attachment_broken"),
        (png_beside(b"iCCP"), "attachment_broken"),
        (png_beside(b"zTXt"), "attachment_broken"),
        (huge_png(), "attachment_pixels"),
        (jpeg_claiming(65_500, 65_500), "attachment_pixels"),
        (jpeg_claiming(0, 0), "attachment_broken"),
        (pdf(51), "attachment_pages"),
    ],
)
def test_what_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        pages_of(raw)
    assert refused.value.code == code
    assert refused.value.message.isprintable()


def test_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reencoding, "LARGEST_FILE", 100)
    with pytest.raises(Refused) as refused:
        pages_of(jpeg())
    assert refused.value.code == "attachment_size"


def test_an_enormous_picture_costs_little() -> None:
    """50,000 by 50,000: refused by its head; the child never grows (measured by the child itself)."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from counter_app.attachments.reencoding import redrawn\n"
        "from counter_app.errors import Refused\n"
        "try: list(redrawn(sys.stdin.buffer.read()))\n"
        "except Refused as no: word = no.code\n"
        # of this program alone; what getrusage tells begins with the size of whoever started it
        "status = Path('/proc/self/status').read_text().split()\n"
        "print(word, status[status.index('VmHWM:') + 1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=huge_png(), capture_output=True, check=True
    )
    word, kilobytes = done.stdout.split()
    assert word == b"attachment_pixels"
    assert int(kilobytes) < 256 * 1024


def test_a_child_that_dies_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    killed = [sys.executable, "-c", "import os; os.abort()"]
    monkeypatch.setattr(reencoding.child, "command", lambda _: killed)
    with pytest.raises(Refused) as refused:
        pages_of(jpeg())
    assert refused.value.code == "attachment_broken"


def test_a_child_that_hangs_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = [sys.executable, "-c", "import threading; threading.Event().wait()"]
    monkeypatch.setattr(reencoding.child, "command", lambda _: waiting)
    monkeypatch.setattr(reencoding, "_SECONDS", 0.2)
    with pytest.raises(Refused) as refused:
        pages_of(jpeg())
    assert refused.value.code == "attachment_slow"


def test_the_console_is_the_child() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "counter_app.tool", FLAG],
        input=png(),
        capture_output=True,
        check=True,
    )
    assert done.stdout.startswith(b'{"code": "", "sizes": [')
    assert done.stderr == b""
