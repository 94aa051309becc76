"""Who administers by page: passwords, sessions, and a log of what each did."""

import hashlib
import hmac
import secrets
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, insert, select, update

from counter_app.domain.text import is_surrogate
from district_server.faults import Refused
from district_server.tables import admin_log, admin_session, administrator, commune, reading_right

SHORTEST_PASSWORD = 12
IDLE = timedelta(minutes=30)
_LOCKS = {5: timedelta(minutes=1), 10: timedelta(minutes=5)}
_LONGEST_LOCK = timedelta(minutes=30)
_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
_WRONG = Refused(
    "sign_in",
    "Tên, mật khẩu hoặc mã 6 số không đúng. Xem lại, chú ý phím Caps Lock; mỗi mã chỉ dùng một lần.",
    403,
)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in."""

    administrator: str
    token_hash: str
    form_key: str
    """Stands in every form, so that no other site can send one in this person's name."""


def set_password(connection: Connection, name: str, password: str) -> bool:
    """True where the administrator is new. Signs them out everywhere."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(name) <= 60:
        raise Refused("name_wrong", "Tên người quản trị từ 1 đến 60 chữ.")
    if any(map(is_surrogate, password)):
        # bytes of another encoding: nobody could type them in a browser
        raise Refused("password_wrong", "Mật khẩu không phải chữ UTF-8. Đặt lại bằng chữ thường.")
    if len(password) < SHORTEST_PASSWORD:
        raise Refused("password_short", f"Mật khẩu phải từ {SHORTEST_PASSWORD} ký tự.")
    if len(set(password)) < 5 or name.casefold() in password.casefold():
        raise Refused("password_weak", "Mật khẩu dễ đoán. Chọn vài chữ không liên quan nhau.")
    values = {
        "password_hash": _hash(password),
        "changed_at": _now(),
        "wrong_tries": 0,
        "locked_until": None,
    }
    changed = connection.execute(
        update(administrator).where(administrator.c.name == name).values(values)
    )
    if changed.rowcount:
        connection.execute(delete(admin_session).where(admin_session.c.administrator == name))
        return False
    connection.execute(insert(administrator).values(name=name, **values))
    return True


def let_read(connection: Connection, name: str, org: str, may: bool) -> None:
    """Whether somebody may look at the scanned papers of a commune from now on."""
    mine = (reading_right.c.administrator == name, reading_right.c.org == org)
    connection.execute(delete(reading_right).where(*mine))
    if not may:
        return
    if connection.execute(select(commune.c.org).where(commune.c.org == org)).first() is None:
        raise Refused("commune_unknown", f"Không có xã {org}. Xem lại mã đơn vị.")
    known = select(administrator.c.name).where(administrator.c.name == name)
    if connection.execute(known).first() is None:
        raise Refused("name_unknown", f"Không có người quản trị {name}. Đặt bằng lệnh admin trước.")
    connection.execute(insert(reading_right).values(administrator=name, org=org))


def may_read(connection: Connection, name: str) -> frozenset[str]:
    """The communes whose scanned papers that person may look at."""
    query = select(reading_right.c.org).where(reading_right.c.administrator == name)
    return frozenset(connection.scalars(query))


def sign_in(
    connection: Connection,
    name: str,
    password: str,
    holds: Callable[[str], bool] = lambda name: True,
) -> str | Refused:
    """The session's token. A wrong try is counted, so a refusal is an answer, not a rollback.

    `holds` says of whoever has the right password whether the second factor is right too.
    """
    proved = prove(connection, name, password, holds)
    if isinstance(proved, Refused):
        return proved
    now = datetime.now(UTC)
    stale = (now - IDLE).isoformat(timespec="seconds")
    connection.execute(delete(admin_session).where(admin_session.c.seen_at < stale))
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(admin_session).values(
            token_hash=_digest(token),
            administrator=proved,
            form_key=secrets.token_urlsafe(24),
            seen_at=_now(),
        )
    )
    return token


def prove(
    connection: Connection,
    name: str,
    password: str,
    holds: Callable[[str], bool] = lambda name: True,
) -> str | Refused:
    """The name as it is kept, of whoever knows what it takes; every wrong try brings the lock nearer."""
    name = " ".join(unicodedata.normalize("NFC", name).split())[:60]
    row = connection.execute(
        select(administrator).where(administrator.c.name == name).with_for_update()
    ).one_or_none()
    now = datetime.now(UTC)
    if row is not None and row.locked_until and datetime.fromisoformat(row.locked_until) > now:
        left = datetime.fromisoformat(row.locked_until) - now
        minutes = int(left.total_seconds() // 60) + 1
        return Refused("locked", f"Sai nhiều lần. Thử lại sau {minutes} phút.", 403)
    # an unknown name costs the same time as a known one
    right = _verify(row.password_hash if row is not None else _nobody(), password)
    if row is None:
        return _WRONG
    if not right or not holds(name):
        tries = row.wrong_tries + 1
        lock = (_LOCKS.get(tries) or _LONGEST_LOCK) if tries % 5 == 0 else None
        until = (now + lock).isoformat(timespec="seconds") if lock else None
        connection.execute(
            update(administrator)
            .where(administrator.c.name == name)
            .values(wrong_tries=tries, locked_until=until)
        )
        return _WRONG
    connection.execute(
        update(administrator)
        .where(administrator.c.name == name)
        .values(wrong_tries=0, locked_until=None)
    )
    return name


def sign_out_others(connection: Connection, kept: Session) -> None:
    """End every session of that person but this one."""
    connection.execute(
        delete(admin_session).where(
            admin_session.c.administrator == kept.administrator,
            admin_session.c.token_hash != kept.token_hash,
        )
    )


def sign_out_everywhere(connection: Connection, name: str) -> None:
    """End every session of that person."""
    connection.execute(delete(admin_session).where(admin_session.c.administrator == name))


def session_of(connection: Connection, token: str) -> Session | None:
    """Whoever has the token, if they were here within the last 30 minutes."""
    row = connection.execute(
        select(admin_session).where(admin_session.c.token_hash == _digest(token))
    ).one_or_none()
    now = datetime.now(UTC)
    if row is None or datetime.fromisoformat(row.seen_at) + IDLE < now:
        return None
    connection.execute(
        update(admin_session)
        .where(admin_session.c.token_hash == row.token_hash)
        .values(seen_at=_now())
    )
    return Session(row.administrator, row.token_hash, row.form_key)


def sign_out(connection: Connection, token: str) -> None:
    """End the session."""
    connection.execute(delete(admin_session).where(admin_session.c.token_hash == _digest(token)))


def check_form(session: Session, given: str) -> None:
    """Refuse a form that did not come from our own page."""
    if not hmac.compare_digest(session.form_key.encode(), given.encode()):
        raise Refused("form_foreign", "Trang đã cũ. Mở lại trang rồi làm lại.", 403)


def note(connection: Connection, who: str, action: str, about: str, reason: str = "") -> None:
    """Write down what somebody did."""
    connection.execute(
        insert(admin_log).values(
            id=f"{time.time_ns():020d}-{secrets.token_hex(6)}",
            at=_now(),
            administrator=who,
            action=action,
            object=about[:200],
            reason=reason[:500],
        )
    )


def _hash(password: str) -> str:
    return _hasher.hash(unicodedata.normalize("NFC", password))


def _verify(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, unicodedata.normalize("NFC", password[:1000]))
    except (VerificationError, InvalidHashError):
        return False


def _nobody() -> str:
    global _NOBODY
    _NOBODY = _NOBODY or _hasher.hash(secrets.token_hex(16))
    return _NOBODY


_NOBODY = ""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
