"""The QR of a slip: module size matters more than the error level, so modules never shrink."""

import qrcode
from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.util import MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData

MODULE = 6
"""Dots a module: at 4 dots only 6 % of faded prints could be read, at 6 dots 90 %."""

QUIET = 4
LARGEST_VERSION = 8
_MASK = 3
"""One of the eight. Trying all of them costs five times as much, and a payload that is mostly
signature gives none an edge: of 240 faded prints 170 were read with the best, 171 with this."""

Modules = list[list[bool]]


def slip_modules(payload: str, host: str) -> Modules:
    """The modules without the quiet zone.

    With the look-up address where it fits at level M; else without it; else at level L.
    """
    plain = (payload, ERROR_CORRECT_M), (payload, ERROR_CORRECT_L)
    with_host = ((f"HTTPS://{host.upper()}/R/{payload}", ERROR_CORRECT_M),) if host else ()
    for text, level in (*with_host, *plain):
        modules = _modules(text, level)
        if modules is not None:
            return modules
    raise ValueError("a slip's payload always fits version 8 at level L")


def words_modules(words: str) -> Modules:
    """Words for a telephone, in as many modules as they take.

    Raises:
        ValueError: more than a QR can hold, about 2,300 bytes of UTF-8.
    """
    code = qrcode.QRCode(
        version=None, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=_MASK
    )
    code.add_data(QRData(words.encode(), mode=MODE_8BIT_BYTE), optimize=0)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.modules]


def _modules(text: str, level: int) -> Modules | None:
    code = qrcode.QRCode(version=None, error_correction=level, border=0, mask_pattern=_MASK)
    code.add_data(QRData(text, mode=MODE_ALPHA_NUM), optimize=0)
    try:
        if code.best_fit() > LARGEST_VERSION:
            return None
    except (DataOverflowError, ValueError):
        return None
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.modules]
