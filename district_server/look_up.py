"""What a slip tells whoever holds it: its own dossier, and nothing to anybody else.

The QR is signed by the counter that issued it; only a signature that holds opens anything. What does
not hold takes the same steps as what does, so that neither words nor time tell one from the other.
"""

import base64
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from counter_app.domain.code import DossierCode
from counter_app.domain.dossier import Dossier
from counter_app.domain.slip_code import KnownKey, SlipCode, Verdict, decode, judge, moment_of
from counter_app.domain.text import search_key
from district_server.database import Database, enter
from district_server.keys import verify
from district_server.projection import dossier_of
from district_server.tables import commune, device, dossier

_NOBODY = base64.b64decode("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
"""A key that has signed no slip (the first of RFC 8032's examples)."""
_NONE = SlipCode("H00-000101-1000", 0, moment_of(0), moment_of(0), "00" * 4, "00" * 4, bytes(64))
"""Looked for where what came is no slip at all."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A genuine slip, and its dossier as far as it has come here."""

    slip: SlipCode
    dossier: Dossier | None
    """None where the counter has not sent it yet."""
    office: str
    told_at: str | None
    """When the issuing counter was last heard of, ISO."""


def code_on(scanned: str) -> str:
    """The code that a text claims to be the slip of; empty where it is none."""
    slip = decode(scanned)
    return slip.code if slip else ""


def seen_by(database: Database, scanned: str) -> Seen | None:
    """What the slip opens; None where its signature is not that of a counter of its commune."""
    slip = decode(scanned)
    asked = slip or _NONE
    code = DossierCode.parse(asked.code)
    assert code is not None
    with database.begin_for_counter(durable=False) as connection:
        enter(connection, code.org)
        row = connection.execute(
            select(device, commune.c.name)
            .join(commune, commune.c.org == device.c.commune)
            .where(device.c.commune == code.org, device.c.key_id == asked.key_id)
        ).first()
        if row is None:
            key = KnownKey(asked.key_id, _NOBODY, "", 0)
        else:
            public = base64.b64decode(row.public_key)
            key = KnownKey(row.key_id, public, row.id, row.counter, None, _moment(row.revoked_at))
        verdict = judge(asked, {asked.key_id: key}, verify)
        if slip is None or row is None or verdict is Verdict.RED:
            return None
        found = _dossier(connection, code.org, slip)
    return Seen(slip, found, row.name or code.org, row.last_sync_at)


def _dossier(connection: Connection, org: str, slip: SlipCode) -> Dossier | None:
    """The dossier on whose receipts that very signature stands; a code can have been given out twice."""
    here = select(dossier.c.id).where(dossier.c.commune == org)
    for query in (
        here.where(dossier.c.code == slip.code),
        # it has another code since
        here.where(dossier.c.words.contains(f" {search_key(slip.code)}", autoescape=True)),
    ):
        for dossier_id in connection.scalars(query).all():
            found = dossier_of(connection, org, dossier_id)
            # of one that was erased no signature is left; that of the slip is genuine
            if found is not None and (found.erased_at or _is_of(found, slip)):
                return found
    return None


def _is_of(found: Dossier, slip: SlipCode) -> bool:
    signature = base64.b64encode(slip.signature).decode("ascii")
    return any((seal.no, seal.signature) == (slip.receipt_no, signature) for seal in found.receipts)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
