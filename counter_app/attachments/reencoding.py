"""A scanned file made anew: decoded under limits, drawn upright, written as JPEG pages.

Nothing of the file that came survives but what is seen. It is decoded in a process of its own, which
may crash, hang or eat memory without the window noticing more than a sentence.
"""

import json
import subprocess
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any

from counter_app import child
from counter_app.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL.Image import Image

LARGEST_FILE = 50 * 1024 * 1024
MOST_PIXELS = 40_000_000
"""An A4 page at 600 dots an inch has 35 million."""
MOST_PAGES = 50
LONGEST_SIDE = 2339
"""An A4 page at 200 dots an inch: small stamps can be read, and a slow line carries it."""

FLAG = "--pages"
"""What the console is called with to do this work and nothing else."""

SMALL = "--small"
"""With it the child draws the first page alone, no larger than `SMALL_SIDE`."""
SMALL_SIDE = 240

_SECONDS = 60
_MEMORY = 1024 * 1024 * 1024
_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"
_PDF = b"%PDF-"

_WORDS = {
    "attachment_type": "Chỉ nhận ảnh JPEG, PNG hoặc tệp PDF. Hãy quét lại thành một trong ba loại này.",
    "attachment_size": "Tệp quá lớn, nhiều nhất 50 MB. Hãy quét lại ở 200 điểm mỗi inch.",
    "attachment_pixels": "Ảnh quá lớn, nhiều nhất 40 triệu điểm ảnh. Hãy quét lại ở 200 điểm mỗi inch.",
    "attachment_pages": "Tệp có quá nhiều trang, nhiều nhất 50. Hãy tách thành nhiều tệp.",
    "attachment_broken": "Không đọc được tệp này: hỏng hoặc có mật khẩu. Hãy quét lại.",
    "attachment_slow": "Tệp này mở quá lâu nên không nhận. Hãy quét lại thành ảnh.",
}


def pages_of(raw: bytes) -> "Sequence[bytes]":
    """The pages of a scanned file as JPEG, made in a child process. Raises `Refused`."""
    return _drawn(raw)


def glimpse(raw: bytes) -> bytes:
    """Its first page, small, as JPEG; made in a child process too. Raises `Refused`."""
    return _drawn(raw, SMALL)[0]


def _drawn(raw: bytes, *more: str) -> "Sequence[bytes]":
    if len(raw) > LARGEST_FILE:
        raise _refused("attachment_size")
    if not raw.startswith((_JPEG, _PNG, _PDF)):
        raise _refused("attachment_type")
    try:
        done = subprocess.run(
            child.command(FLAG, *more),
            input=raw,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            creationflags=child.HIDDEN,
        )
    except subprocess.TimeoutExpired:
        raise _refused("attachment_slow") from None
    return _answer(done.stdout)


def _answer(out: bytes) -> "Sequence[bytes]":
    head, _, body = out.partition(b"\n")
    try:
        told = json.loads(head)
    except ValueError:
        # it died before it could say why
        raise _refused("attachment_broken") from None
    if told["code"]:
        raise _refused(told["code"])
    pages, at = [], 0
    for size in told["sizes"]:
        pages.append(body[at : at + size])
        at += size
    if not pages or at != len(body):
        raise _refused("attachment_broken")
    return pages


def _refused(code: str) -> Refused:
    return Refused(code, _WORDS[code], "file")


# ---- in the child -------------------------------------------------------------------------------


def run() -> int:
    """The child: a file comes in, pages go out, or a code that says why not."""
    _fence()
    raw = sys.stdin.buffer.read(LARGEST_FILE + 1)
    try:
        pages, code = list(redrawn(raw, small=SMALL in sys.argv)), ""
    except Refused as refused:
        pages, code = [], refused.code
    head = {"code": code, "sizes": [len(page) for page in pages]}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + b"".join(pages))
    sys.stdout.buffer.flush()
    return 0


def redrawn(raw: bytes, *, small: bool = False) -> "Iterator[bytes]":
    """The pages, one by one; of `small` ones only the first. Raises `Refused`."""
    try:
        for picture in _pdf_pages(raw) if raw.startswith(_PDF) else [_picture(raw)]:
            out = BytesIO()
            if small:
                picture.thumbnail((SMALL_SIDE, SMALL_SIDE))
            picture.save(out, "JPEG", quality=80, optimize=True)
            yield out.getvalue()
            if small:
                return
    except Refused:
        raise
    except Exception:
        # whatever a decoder says of a file that is not what it claims to be
        raise _refused("attachment_broken") from None


def _picture(raw: bytes) -> "Image":
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # counted below, before anything is decoded
    with Image.open(BytesIO(raw), formats=("JPEG", "PNG")) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise _refused("attachment_pixels")
        opened.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
        upright = ImageOps.exif_transpose(opened)
        return _plain(upright)


def _plain(picture: "Image") -> "Image":
    """On white paper, in grey or colour, no larger than needed, and nothing but its dots."""
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=picture.getchannel("A"))
        picture = paper
    grey = picture.mode in ("1", "L")
    picture = picture.convert("L" if grey else "RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    return bare


def _pdf_pages(raw: bytes) -> "Iterator[Image]":
    from pypdfium2 import PdfDocument

    with PdfDocument(raw) as document:
        if len(document) > MOST_PAGES:
            raise _refused("attachment_pages")
        for page in document:
            longest = max(*page.get_size(), 1.0)
            drawn: Any = page.render(scale=min(200 / 72, LONGEST_SIDE / longest))
            yield _plain(drawn.to_pil())


def _fence() -> None:
    """No more memory than a large scan needs; Windows has only the limits on dots and bytes."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
