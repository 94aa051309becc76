"""Which kind of thing a scanner read. Of what is not ours nothing is kept but its length."""

import re
from dataclasses import dataclass
from typing import Literal

from counter_app.domain.citizen_card import CitizenCard, read_card
from counter_app.domain.code import DossierCode
from counter_app.domain.pad_code import PadNumber, decode_pad
from counter_app.domain.slip_code import Signed, decode

Kind = Literal["citizen_card", "slip", "pad_slip", "dossier_code", "health_card", "unknown"]

_HEALTH_NUMBER = re.compile(r"^[A-Z]{2}\d{8,13}$|^\d{10}$")
_HEX_NAME = re.compile(r"^(?:[0-9A-Fa-f]{2})+$")


@dataclass(frozen=True, slots=True)
class Scan:
    """A routed scan with its plain fields."""

    kind: Kind
    fields: dict[str, str]
    repaired: bool = False
    missing: tuple[str, ...] = ()
    signed: Signed | None = None
    """What a device signed of it, still to be judged."""


def route(payload: str | bytes) -> Scan:
    """Tell what was scanned."""
    text = payload if isinstance(payload, str) else _text_of(payload)
    text = text.strip("\r\n\t \ufeff")
    if (card := read_card(text)) is not None:
        return Scan("citizen_card", _card_fields(card), card.repaired, card.missing)
    if (slip := decode(text)) is not None:
        return Scan(
            "slip",
            {
                "code": slip.code,
                "receipt_no": str(slip.receipt_no),
                "received_at": slip.received_at.isoformat(timespec="minutes"),
                "due_at": slip.due_at.isoformat(timespec="minutes"),
                "key_id": slip.key_id,
            },
            signed=slip,
        )
    if (pad := decode_pad(text)) is not None:
        return Scan(
            "pad_slip",
            {
                "number": pad.number,
                "printed_at": pad.printed_at.isoformat(timespec="minutes"),
                "key_id": pad.key_id,
            },
            signed=pad,
        )
    if (number := PadNumber.parse(text)) is not None:
        return Scan("pad_slip", {"number": str(number)})
    if (code := DossierCode.parse(text)) is not None:
        return Scan("dossier_code", {"code": str(code)})
    if _is_health_card(text):
        return Scan("health_card", {})
    return Scan("unknown", {"length": str(len(text))})


def _text_of(payload: bytes) -> str:
    """Scanners send UTF-8; what is not is read byte by byte, and the repair sees to it."""
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        return payload.decode("latin-1")


def _card_fields(card: CitizenCard) -> dict[str, str]:
    fields = {
        "personal_number": card.personal_number,
        "old_number": card.old_number,
        "name": card.name,
        "born_on": card.born_on.isoformat(),
        "sex": card.sex,
        "address": card.address,
        "issued_on": card.issued_on.isoformat() if card.issued_on else None,
    }
    return {key: value for key, value in fields.items() if value}


def _is_health_card(text: str) -> bool:
    parts = text.split("|")
    return (
        len(parts) > 5
        and _HEALTH_NUMBER.match(parts[0]) is not None
        and _HEX_NAME.match(parts[1]) is not None
    )
