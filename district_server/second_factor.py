"""The second factor of an administrator: six digits of a telephone (RFC 6238), and ten codes for the day
it is lost.

The secret lies sealed by the server's sealing key; recovery codes are known by a keyed hash alone. A
code is good for its half minute and the ones beside it, and once: no step comes back.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import Connection, delete, func, insert, select, update

from district_server.faults import Refused
from district_server.keys import ServerKeys
from district_server.tables import recovery_code, second_factor

STEP = 30
"""Seconds."""
AROUND = (0, -1, 1)
"""Steps beside the present one whose codes are taken: clocks differ, people are slow."""
RECOVERY_CODES = 10
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_ISSUER = "Mot Cua"
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Begun:
    """What is shown once."""

    secret: str
    """In groups, for typing."""
    uri: str
    """For the QR."""


def state_of(connection: Connection, name: str) -> str:
    """`on`, `pending` (begun, not proved) or empty."""
    query = select(second_factor.c.state).where(second_factor.c.administrator == name)
    return connection.execute(query).scalar_one_or_none() or ""


def codes_left(connection: Connection, name: str) -> int:
    """Recovery codes that were not used."""
    query = select(func.count()).where(recovery_code.c.administrator == name)
    return connection.execute(query).scalar_one()


def begin(connection: Connection, keys: ServerKeys, name: str) -> Begun:
    """A new secret; it counts from the first code that proves that the telephone has it."""
    if state_of(connection, name) == "on":
        raise Refused("second_on", "Đã có mã 6 số. Bỏ mã đang dùng rồi đặt lại.")
    forget(connection, name)
    secret = secrets.token_bytes(20)
    connection.execute(
        insert(second_factor).values(
            administrator=name,
            secret=_sealed(keys, name, secret),
            state="pending",
            last_step=0,
            since=datetime.now(UTC).isoformat(timespec="seconds"),
        )
    )
    text = base64.b32encode(secret).decode("ascii")
    groups = " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    return Begun(groups, _totp(secret).get_provisioning_uri(name, _ISSUER))


def confirm(
    connection: Connection, keys: ServerKeys, name: str, code: str, now: float
) -> tuple[str, ...]:
    """From here on it is asked for. The recovery codes, shown once."""
    if state_of(connection, name) != "pending":
        raise Refused("second_gone", "Chưa bắt đầu đặt mã 6 số, hoặc đã đặt rồi. Mở lại trang.")
    if not _right(connection, keys, name, code, now):
        raise Refused(
            "second_wrong",
            "Mã 6 số không đúng. Xem giờ của điện thoại có đúng không, rồi gõ mã đang hiện.",
        )
    connection.execute(
        update(second_factor).where(second_factor.c.administrator == name).values(state="on")
    )
    made = tuple(
        "".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)
    )
    connection.execute(
        insert(recovery_code),
        [{"administrator": name, "code_hash": _hash(keys, name, one)} for one in made],
    )
    return tuple(f"{one[:5]}-{one[5:]}" for one in made)


def holds(connection: Connection, keys: ServerKeys, name: str, code: str, now: float) -> bool:
    """Whether that code lets somebody in whose password was right; it is spent by that. Anybody without
    a second factor needs none.
    """
    if state_of(connection, name) != "on":
        return True
    given = "".join(code.split()).replace("-", "").upper()
    if len(given) == 6:
        return _right(connection, keys, name, given, now)
    spent = connection.execute(
        delete(recovery_code).where(
            recovery_code.c.administrator == name,
            recovery_code.c.code_hash == _hash(keys, name, given),
        )
    )
    return spent.rowcount == 1


def forget(connection: Connection, name: str) -> bool:
    """No second factor any more; False where there was none."""
    connection.execute(delete(recovery_code).where(recovery_code.c.administrator == name))
    gone = connection.execute(delete(second_factor).where(second_factor.c.administrator == name))
    return gone.rowcount == 1


def _right(connection: Connection, keys: ServerKeys, name: str, code: str, now: float) -> bool:
    row = connection.execute(
        select(second_factor).where(second_factor.c.administrator == name).with_for_update()
    ).one()
    totp, present = _totp(_opened(keys, name, row.secret)), int(now) // STEP
    given = code.strip().encode()
    steps = [
        step
        for step in (present + beside for beside in AROUND)
        if hmac.compare_digest(totp.generate(step * STEP), given) and step > row.last_step
    ]
    if not steps:
        return False
    connection.execute(
        update(second_factor)
        .where(second_factor.c.administrator == name)
        .values(last_step=max(steps))
    )
    return True


def _totp(secret: bytes) -> TOTP:
    # what every authenticator speaks: SHA-1, six digits
    return TOTP(secret, 6, SHA1(), STEP)


def _sealed(keys: ServerKeys, name: str, secret: bytes) -> str:
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(keys.derived(b"totp/v1")).encrypt(nonce, secret, name.encode())
    return base64.b64encode(nonce + sealed).decode("ascii")


def _opened(keys: ServerKeys, name: str, kept: str) -> bytes:
    raw = base64.b64decode(kept)
    box = AESGCM(keys.derived(b"totp/v1"))
    return box.decrypt(raw[:_NONCE], raw[_NONCE:], name.encode())


def _hash(keys: ServerKeys, name: str, code: str) -> str:
    """Keyed: a stolen dump cannot be searched for codes."""
    message = f"{name}\n{code}".encode()
    return hmac.digest(keys.derived(b"recovery/v1"), message, hashlib.sha256).hex()
