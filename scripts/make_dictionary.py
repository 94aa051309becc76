"""Make the preset dictionary of the wire: the words that events are mostly made of.

The most useful bytes stand last. A released dictionary is never changed: a better one gets the next
number, and the old one stays readable.

Usage: python scripts/make_dictionary.py
"""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import resources
from counter_app.domain.events import (
    Destination,
    DossierAccepted,
    DossierCompleted,
    DossierReturned,
    DossierTransferred,
    Due,
    Facts,
    Party,
    ProcedureRef,
    ReceiptSeal,
    ReceivedComponent,
    SlipPrinted,
)
from counter_app.domain.procedure import parse_procedures
from counter_app.wire.codec import encode_payload

TARGET = Path(__file__).parent.parent / "counter_app" / "wire" / "dictionary-1.bin"
MOST = 32_000


def _skeletons() -> str:
    zone = timezone(timedelta(hours=7))
    at = datetime(2026, 11, 20, 9, 0, tzinfo=zone)
    due = Due(
        at,
        at,
        (at.date(), at.date()),
        False,
        "working_day",
        3,
        "3 ngày làm việc, không tính ngày nhận. Bỏ qua Thứ Bảy và Chủ nhật.",
        "",
        "",
    )
    same = Due(at, at, (at.date(),), False, "same_day", 1, "Trả trong ngày.", "", "")
    texts = []
    for procedure in sorted(_catalogue(), key=lambda p: -(p.rank or 99)):
        case = procedure.cases[0]
        ref = ProcedureRef(
            procedure.code,
            procedure.name,
            procedure.version,
            procedure.field_code,
            procedure.field_name,
            case.id,
            case.name,
            procedure.unit,
            procedure.result,
        )
        papers = tuple(
            ReceivedComponent(
                c.id, c.name, c.originals, c.certified, c.copies, c.submit == "present"
            )
            for c in case.components
        )
        party = Party(
            "person",
            "HỒ THỊ",
            "0451900",
            None,
            None,
            "1990-01-01",
            "female",
            "Thôn Tân Hợp, Hướng Hóa, Quảng Trị",
            "09",
        )
        facts = Facts(ref, party, None, papers, (), 1, "counter", "", ())
        accepted = DossierAccepted(
            "H50.99.01-261120-2001",
            "counter",
            at,
            facts,
            same if case.unit == "same_day" else due,
            ReceiptSeal(1, "", ""),
            True,
            "FS-2018",
            "",
            1,
        )
        texts.append(encode_payload(accepted, bytes(8)))
    tail = [
        encode_payload(p, bytes(8))
        for p in (
            DossierTransferred(Destination("commune", "Tư pháp - Hộ tịch")),
            DossierCompleted(),
            DossierReturned("owner"),
            SlipPrinted("", "receipt", 1, 0, "CONFIRMED", "tcp://192.168.1.50:9100", ""),
        )
    ]
    events = (
        '","dossier.transferred",1,"","slip.printed",1,"","dossier.returned",1,"",'
        '"dossier.completed",1,"01a","dossier.accepted",1,"","2026-11-20T09:00:00+07:00","'
    )
    return "".join(texts) + "".join(tail) + events


def _catalogue() -> list:
    found = [p for text in resources.procedure_texts() for p in parse_procedures(text)]
    return [p for p in found if p.rank or p.border]


if __name__ == "__main__":
    TARGET.write_bytes(_skeletons().encode()[-MOST:])
