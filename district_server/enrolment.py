"""Taking counters in: a one-time code binds a device's key to a commune and a counter."""

import base64
import hashlib
import hmac
import secrets
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    delete,
    insert,
    or_,
    select,
    update,
)

from counter_app.domain import chain
from counter_app.domain.code import DossierCode, is_org_code
from counter_app.domain.events import COUNTER_PREFIX
from counter_app.wire.messages import Enrol, Enrolled
from counter_app.wire.signing import enrol_bytes, from_base64
from district_server.caller import Caller
from district_server.database import get_meta
from district_server.faults import Refused
from district_server.keys import ServerKeys, verify
from district_server.lives import numbers_of
from district_server.tables import (
    commune,
    device,
    device_home,
    dossier,
    enrol_code,
    quarantine,
    stream,
)

LIFETIME = timedelta(minutes=15)
TRIES = 5
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_DAYS_OF_NUMBERS = 60
_OTHER = (
    "Mã này của quầy {}, máy này đang là quầy {}. Nếu máy này làm từ bản sao của một máy khác thì ghi danh lại "
    "kèm số quầy mới; nếu không, xin mã của đúng quầy."
)
_WRONG = "Mã ghi danh không phải của đơn vị {}, hoặc đã hết hạn. Xin mã mới ở cấp trên."


def issue_code(connection: Connection, org: str, counter_no: int) -> tuple[str, str]:
    """(code, when it expires). A commune that is not known yet is made."""
    if not 1 <= counter_no <= 9:
        raise Refused("counter_wrong", "Số quầy là một chữ số từ 1 đến 9.")
    make_commune(connection, org)
    taken = connection.execute(
        select(device.c.id)
        .select_from(device.outerjoin(stream))
        .where(
            device.c.commune == org,
            or_(device.c.counter == counter_no, stream.c.counter == counter_no),
            device.c.revoked_at.is_(None),
        )
    ).first()
    if taken is not None:
        raise Refused(
            "counter_taken",
            f"Quầy {counter_no} của {org} đang có máy. Thu hồi máy cũ trước (revoke).",
        )
    code = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    expires_at = (datetime.now(UTC) + LIFETIME).isoformat(timespec="seconds")
    connection.execute(
        delete(enrol_code).where(enrol_code.c.commune == org, enrol_code.c.counter == counter_no)
    )
    connection.execute(
        insert(enrol_code).values(
            commune=org, counter=counter_no, code_hash=_hash(code), expires_at=expires_at, tries=0
        )
    )
    return code, expires_at


def caller_of(connection: Connection, device_id: str) -> Caller | None:
    """The device's record, for those who see all communes."""
    home = select(device_home.c.commune).where(device_home.c.device == device_id)
    row = connection.execute(
        select(device).where(device.c.commune == home.scalar_subquery(), device.c.id == device_id)
    ).one_or_none()
    if row is None:
        return None
    key = base64.b64decode(row.public_key)
    return Caller(row.id, row.commune, row.counter, key, row.revoked_at)


def enrol(
    connection: Connection, keys: ServerKeys, asked: Enrol, later: timedelta = timedelta()
) -> Enrolled | Refused:
    """Bind the device. `later`: how much longer the code is good. A wrong try is counted, so the refusal is an answer, not a rollback."""
    public_key = _public_key(asked)
    message = enrol_bytes(asked.code, asked.device, asked.commune, asked.counter)
    if public_key is None or not verify(public_key, from_base64(asked.signature), message):
        return Refused("signature_wrong", "Yêu cầu ghi danh không đúng chữ ký.", 403)
    home = select(device_home.c.commune).where(device_home.c.device == asked.device)
    known = connection.execute(home).scalar_one_or_none()
    caller = caller_of(connection, asked.device)
    here = caller is not None and (caller.commune, caller.revoked_at) == (asked.commune, None)
    row = _open_code(connection, msgspec.structs.replace(asked, counter=0), later)
    if here and caller and asked.counter in numbers_of(connection, caller):
        if row is not None and row.counter != asked.counter:
            return Refused("code_of_other", _OTHER.format(row.counter, asked.counter), 403)
        # the answer was lost on the way: the same device may hear it again
        return _answer(connection, keys, asked, asked.counter)
    if row is not None and asked.counter not in (0, row.counter):
        row = None
    if row is None:
        if here and (number := _number_of(connection, asked)):
            return _answer(connection, keys, asked, number)
        _count_a_try(connection, asked)
        # only what the asker told us: the sentence says nothing about codes that exist
        named = (
            f"{asked.commune[:30]}, quầy {asked.counter}" if asked.counter else asked.commune[:30]
        )
        return Refused("code_wrong", _WRONG.format(named), 403)
    if known is not None and not here:
        return Refused("device_known", "Máy này đã ghi danh nơi khác hoặc đã bị thu hồi.", 403)
    connection.execute(
        delete(enrol_code).where(*_codes(asked), enrol_code.c.counter == row.counter)
    )
    if caller is not None:
        _number_a_copy(connection, asked, row.counter)
        return _answer(connection, keys, asked, row.counter)
    connection.execute(insert(device_home).values(device=asked.device, commune=asked.commune))
    connection.execute(
        insert(device).values(
            id=asked.device,
            commune=asked.commune,
            counter=row.counter,
            public_key=asked.public_key,
            key_id=hashlib.sha256(public_key).hexdigest()[:8],
            enrolled_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
    )
    return _answer(connection, keys, asked, row.counter)


def _codes(asked: Enrol) -> tuple[ColumnElement[bool], ...]:
    """The codes that may be meant: that of the counter, or all of the commune."""
    here = enrol_code.c.commune == asked.commune
    return (here, enrol_code.c.counter == asked.counter) if asked.counter else (here,)


def _open_code(connection: Connection, asked: Enrol, later: timedelta) -> Row[Any] | None:
    """The one that was given, where it is still good."""
    query = select(enrol_code).where(*_codes(asked)).with_for_update()
    for row in connection.execute(query).fetchall():
        good = datetime.fromisoformat(row.expires_at) + later >= datetime.now(UTC)
        if hmac.compare_digest(row.code_hash, _hash(asked.code)) and good:
            return row
    return None


def _count_a_try(connection: Connection, asked: Enrol) -> None:
    """Against each that was perhaps meant; the last one kills it."""
    tries = enrol_code.c.tries + 1
    connection.execute(delete(enrol_code).where(*_codes(asked), tries >= TRIES))
    connection.execute(update(enrol_code).where(*_codes(asked)).values(tries=tries))


def _number_of(connection: Connection, asked: Enrol) -> int | None:
    """What this life was given."""
    return connection.execute(select(stream.c.counter).where(*_life(asked))).scalar_one_or_none()


def _number_a_copy(connection: Connection, asked: Enrol, number: int) -> None:
    """From now on codes of that number are good from this device too."""
    done = connection.execute(update(stream).where(*_life(asked)).values(counter=number))
    if done.rowcount == 0:
        connection.execute(
            insert(stream).values(
                commune=asked.commune,
                device=asked.device,
                incarnation=asked.incarnation[:16],
                high=0,
                head=chain.GENESIS,
                counter=number,
            )
        )


def _life(asked: Enrol) -> tuple[ColumnElement[bool], ...]:
    return (
        stream.c.commune == asked.commune,
        stream.c.device == asked.device,
        stream.c.incarnation == asked.incarnation[:16],
    )


def revoke(connection: Connection, device_id: str) -> None:
    """The device's key is no longer trusted for what it signs from now on."""
    home = select(device_home.c.commune).where(device_home.c.device == device_id)
    changed = connection.execute(
        update(device)
        .where(device.c.commune == home.scalar_subquery(), device.c.id == device_id)
        .where(device.c.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC).isoformat(timespec="seconds"))
    )
    if changed.rowcount == 0:
        raise Refused("device_unknown", "Không có máy này, hoặc đã thu hồi rồi.")


def _answer(connection: Connection, keys: ServerKeys, asked: Enrol, number: int) -> Enrolled:
    return Enrolled(
        asked.device,
        asked.commune,
        keys.server_id,
        base64.b64encode(keys.public_key).decode("ascii"),
        get_meta(connection, "epoch") or "",
        _numbers(connection, asked.commune, number),
        number,
    )


def _numbers(connection: Connection, org: str, counter_no: int) -> tuple[tuple[str, int], ...]:
    """The highest running number known of that counter for each of the last days."""
    since = (datetime.now(UTC) - timedelta(days=_DAYS_OF_NUMBERS)).date().isoformat()
    query = select(dossier.c.code).where(dossier.c.commune == org, dossier.c.received_at >= since)
    # what waits in quarantine is on somebody's paper all the same
    aside = select(quarantine.c.dossier_code).where(
        quarantine.c.commune == org, quarantine.c.dossier_code != ""
    )
    highest: dict[str, int] = defaultdict(int)
    for text in (*connection.scalars(query), *connection.scalars(aside)):
        code = DossierCode.parse(text)
        if code is None or code.org != org or len(code.seq) > 5:
            continue
        if code.seq.startswith(str(counter_no)):
            day = code.day.isoformat()
            highest[day] = max(highest[day], int(code.seq[1:]))
    return tuple(sorted(highest.items()))


def make_commune(connection: Connection, org: str, name: str = "") -> bool:
    """True where it was not known yet."""
    if not is_org_code(org):
        raise Refused("commune_wrong", f"Mã đơn vị {org[:40]} không đúng, ví dụ H50.99.01.")
    known = connection.execute(select(commune.c.org).where(commune.c.org == org)).first()
    if known is None:
        connection.execute(
            insert(commune).values(
                org=org,
                seq=0,
                digest=chain.NOTHING,
                incarnation=secrets.token_hex(8),
                dseq=0,
                head=chain.GENESIS,
                name=" ".join(name.split())[:200],
            )
        )
    return known is None


def _public_key(asked: Enrol) -> bytes | None:
    """The key, if the device id is its fingerprint."""
    raw = from_base64(asked.public_key)
    name = COUNTER_PREFIX + hashlib.sha256(raw).hexdigest()[:32]
    return raw if len(raw) == 32 and name == asked.device else None


def _hash(code: str) -> str:
    return hashlib.sha256(code.strip().upper().encode()).hexdigest()
