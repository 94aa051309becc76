"""A code that two copies of one store gave out: the first in the order keeps it, the other gets one
of the upper server's, and both dossiers say so.
"""

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from counter_app.domain.code import (
    LAST_NUMBER_OF_A_BLOCK,
    UPPER_SERVER,
    DossierCode,
    place_of,
    seq_of,
)
from counter_app.domain.events import Actor, DossierRenumbered, NoteAdded
from district_server.book import append_own
from district_server.database import get_meta, lock_book
from district_server.keys import ServerKeys
from district_server.tables import dossier

BLOCKS_UNTIL = "blocks_until"
"""Meta: the last day on which a restored server may have given out numbers that it lost."""

SERVER = Actor("system", "Máy chủ cấp trên")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def renumber(
    connection: Connection, keys: ServerKeys, org: str, twice: Sequence[tuple[str, str]]
) -> None:
    """Give these dossiers, (id, code that is another's already), a code of their own."""
    lock_book(connection, org)
    now = datetime.now(ZONE)
    for dossier_id, text in twice:
        code = DossierCode.parse(text)
        kept_by = connection.execute(
            select(dossier.c.id)
            .where(dossier.c.commune == org, dossier.c.code == text, dossier.c.id != dossier_id)
            .order_by(dossier.c.id)
        ).scalar()
        if code is None or kept_by is None:
            continue
        new = f"{org}-{code.day:%y%m%d}-{_next_seq(connection, org, code.day)}"
        append_own(
            connection, keys, org, dossier_id, DossierRenumbered(text, new, kept_by), SERVER, now
        )
        told = f"Mã {text} đã cấp hai lần. Hồ sơ này giữ mã; hồ sơ kia nay mang mã {new}."
        append_own(connection, keys, org, kept_by, NoteAdded(told), SERVER, now)


def _next_seq(connection: Connection, org: str, day: date) -> str:
    """The caller holds the commune's row: nobody else counts meanwhile."""
    query = select(dossier.c.code).where(
        dossier.c.commune == org, dossier.c.code.startswith(f"{org}-{day:%y%m%d}-{UPPER_SERVER}")
    )
    codes = [DossierCode.parse(text) for text in connection.scalars(query)]
    used = [place for code in codes if code and (place := place_of(code.seq))]
    last = max((place.number for place in used if not place.block), default=0)
    lost = day.isoformat() <= (get_meta(connection, BLOCKS_UNTIL) or "")
    if not lost and last < LAST_NUMBER_OF_A_BLOCK:
        return seq_of(UPPER_SERVER, None, last + 1)
    free = sorted(set(range(100, 1000)) - {place.block for place in used})
    return seq_of(UPPER_SERVER, secrets.choice(free), 1)
