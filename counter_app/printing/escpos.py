"""One-bit pictures to the bytes of an ESC/POS printer.

`GS v 0` in strips of 128 rows. A strip whose height is a multiple of 48 makes some 58 mm printers
print garbage. Real-time commands (DLE EOT, DLE ENQ, DLE DC4) inside raster data make others act in
the middle of a picture, so no strip may hold them.
"""

from PIL import Image

from counter_app.domain.printer import Profile

STRIP = 128
_BAD_HEIGHT = 48
_REAL_TIME = (b"\x10\x04", b"\x10\x05", b"\x10\x14")

INIT = b"\x1b@"
CUT = b"\x1dVB\x00"
FENCE = b"\x1dr\x01"
STATUS_ONLINE = b"\x10\x04\x01"
STATUS_CAUSE = b"\x10\x04\x02"
STATUS_PAPER = b"\x10\x04\x04"
_LEAST_SKIPPED = 4


def job_bytes(image: Image.Image, profile: Profile) -> bytes:
    """The whole job without status questions and fence, which the transport adds."""
    rows = _rows(image, profile.width)
    parts = [INIT]
    for skip, chunk in _chunks(rows, profile.skip_blank):
        parts += [b"\x1bJ" + bytes((min(255, skip - done),)) for done in range(0, skip, 255)]
        parts += _strips(chunk, trim=profile.skip_blank)
    parts.append(b"\x1bJ" + bytes((profile.feed_rows,)))
    parts.append(CUT if profile.cutter else b"\n\n")
    return b"".join(parts)


def _rows(image: Image.Image, width: int) -> list[bytes]:
    """Rows of bytes, a set bit is a burnt dot; harmless for real-time commands."""
    if image.mode != "1" or image.width > width:
        raise ValueError("a slip is one bit deep and no wider than the head")
    if image.width % 8:
        raise ValueError("a slip's width is a multiple of 8")
    stride = image.width // 8
    raw = image.tobytes("raw", "1;I")
    return [_harmless(raw[at : at + stride]) for at in range(0, len(raw), stride)]


def _harmless(row: bytes) -> bytes:
    """A row without real-time commands: a lone dot before one is drawn two dots wide."""
    for command in _REAL_TIME:
        row = row.replace(command, b"\x18" + command[1:])
    return row


def _chunks(rows: list[bytes], skip_blank: bool) -> list[tuple[int, list[bytes]]]:
    """(rows to feed, rows to draw) in turn."""
    if not skip_blank:
        return [(0, rows)]
    chunks: list[tuple[int, list[bytes]]] = []
    skip, blank, drawn = 0, 0, list[bytes]()
    for row in rows:
        if any(row):
            if drawn and blank >= _LEAST_SKIPPED:
                chunks.append((skip, drawn))
                skip, drawn = blank, []
            elif drawn:
                drawn += [bytes(len(row))] * blank
            else:
                skip += blank
            blank = 0
            drawn.append(row)
        else:
            blank += 1
    if drawn:
        chunks.append((skip, drawn))
    return chunks


def _strips(rows: list[bytes], *, trim: bool) -> list[bytes]:
    found, at = [], 0
    while at < len(rows):
        height = _clean_height(rows, at, min(STRIP, len(rows) - at))
        strip = rows[at : at + height]
        at += height
        if height % _BAD_HEIGHT == 0:
            # one blank row more: the paper is a ninth of a millimetre longer
            strip = [*strip, bytes(len(strip[0]))]
        stride = len(strip[0])
        if trim:
            # white at the right need not be sent
            stride = max(1, *(len(row.rstrip(b"\x00")) for row in strip))
            strip = [row[:stride] for row in strip]
        found.append(
            b"\x1dv0\x00"
            + stride.to_bytes(2, "little")
            + len(strip).to_bytes(2, "little")
            + b"".join(strip)
        )
    return found


def _clean_height(rows: list[bytes], at: int, height: int) -> int:
    """Shorter, if a real-time command would lie across the end of a row."""
    for row in range(at, at + height - 1):
        if rows[row][-1:] + rows[row + 1][:1] in _REAL_TIME:
            return row + 1 - at
    return height
