"""Scanned papers of nobody: pictures and PDF files that are drawn here."""

import random
import struct
import zlib
from io import BytesIO

from PIL import Image, ImageDraw

SECRET = b"GPS-toa-do-bi-mat"
"""Stands in what a file carries beside its picture; must not survive."""


def drawn(width: int = 620, height: int = 877, mode: str = "RGB") -> Image.Image:
    """A page with a red stamp in its upper left quarter."""
    page = Image.new(mode, (width, height), "white")
    ImageDraw.Draw(page).rectangle((20, 20, width // 4, height // 4), fill="red")
    return page


def jpeg(turned: int = 1) -> bytes:
    """With a camera's notes; `turned` is the orientation it claims (6: lies on its side)."""
    out, notes = BytesIO(), Image.Exif()
    notes[0x0112], notes[0x010E] = turned, SECRET.decode()
    drawn().save(out, "JPEG", quality=90, exif=notes, comment=SECRET)
    return out.getvalue() + SECRET


def noisy(seed: int = 1, side: int = 600) -> bytes:
    """A picture that no encoder makes small."""
    out = BytesIO()
    dots = random.Random(seed).randbytes(side * side * 3)
    Image.frombytes("RGB", (side, side), dots).save(out, "PNG")
    return out.getvalue()


def png(mode: str = "RGB") -> bytes:
    out = BytesIO()
    drawn(mode=mode).save(out, "PNG")
    return out.getvalue()


def pdf(pages: int) -> bytes:
    out = BytesIO()
    first, *others = (drawn() for _ in range(pages))
    first.save(out, "PDF", save_all=True, append_images=others, resolution=75, title="bi-mat")
    return out.getvalue()


def huge_png(side: int = 50_000) -> bytes:
    """A small file that claims to be an enormous picture."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    parts = _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def png_beside(kind: bytes) -> bytes:
    """A good picture with a bomb beside it: 200 kB of notes that unpack to 200 MB."""
    picture, bomb = png(), b"a\0\0" + zlib.compress(bytes(200_000_000), 9)
    return picture[:33] + _chunk(kind, bomb) + picture[33:]


def jpeg_claiming(width: int, height: int) -> bytes:
    """A picture whose head tells of another size."""
    raw = bytearray(jpeg())
    struct.pack_into(">HH", raw, raw.find(b"\xff\xc0") + 5, height, width)
    return bytes(raw)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
