"""Signing in, and who may do what.

Five wrong PINs lock an officer for 1, then 5, then 30 minutes. The lock is in the store, and only
time that this boot of the PC has really run wears it off: neither a restart nor a wound clock helps.
"""

from dataclasses import replace

from counter_app.domain.events import SYSTEM, Actor, OfficerAdded, OfficerChanged
from counter_app.domain.officer import Officer, Right, Role
from counter_app.domain.problems import Problem
from counter_app.domain.text import clean_text
from counter_app.ports import Books, Clock, IdSource, PinHasher, Secret, Store
from counter_app.services.results import Rejected, rejected

TRIES = 5
_LOCKS = (60, 300, 1800)
_SHORTEST_PIN = 6
_LONGEST_PIN = 12
_EASY = ("0123456789012", "9876543210987")


class Officers:
    """Adds and changes officers, checks their PINs."""

    def __init__(self, store: Store, hasher: PinHasher, clock: Clock, ids: IdSource) -> None:
        self._store = store
        self._hasher = hasher
        self._clock = clock
        self._ids = ids

    def all(self) -> tuple[Officer, ...]:
        """Everyone, in the order they were added."""
        with self._store.read() as books:
            return tuple(books.officers.all())

    def sign_in(self, name_or_id: str | None, pin: str) -> Officer | Rejected:
        """The officer, if the PIN is right; without a name the first officer is meant."""
        with self._store.read() as books:
            officers = books.officers.all()
            known = (
                next((o for o in officers if o.active), None)
                if not name_or_id
                else books.officers.find(clean_text(name_or_id))
            )
            secret = books.officers.secret(known.id) if known and known.active else None
            anyones = next(filter(None, (books.officers.secret(o.id) for o in officers)), None)
        if known is None or secret is None:
            # a name that cannot sign in takes as long as one that can; the answer counts for nothing
            if anyones is not None:
                self._hasher.verify(anyones.pin_hash, pin)
            return rejected("pin_wrong", "Sai tên cán bộ hoặc mã PIN. Hãy xem lại.", "pin")
        wait = self._still_locked(secret)
        if wait > 0:
            self._keep_locked(known, secret, wait)
            return _locked(wait)
        if self._hasher.verify(secret.pin_hash, pin):
            if secret.failures or secret.lock_seconds:
                with self._store.write() as books:
                    books.officers.keep_secret(known.id, Secret(secret.pin_hash))
            return known
        return self._failed(known)

    def add(
        self, name: str, roles: tuple[Role, ...], title: str, pin: str, by: Actor = SYSTEM
    ) -> Officer | Rejected:
        """A new officer with a first PIN."""
        problems = [*name_problems(name), *pin_problems(pin)]
        if problems:
            return Rejected(tuple(problems))
        hashed = self._hasher.hash(pin)
        with self._store.write() as books:
            if books.officers.find(clean_text(name)) is not None:
                return rejected("officer_exists", "Đã có cán bộ tên này. Thêm chữ để phân biệt.")
            return self.write_added(books, clean_text(name), roles, title, hashed, by)

    def write_added(
        self,
        books: Books,
        name: str,
        roles: tuple[Role, ...],
        title: str,
        pin_hash: str,
        by: Actor,
    ) -> Officer:
        """Add an officer inside a transaction that is already open."""
        now = self._clock.now()
        officer_id = self._ids.new_id(now)
        books.log.append(
            OfficerAdded(officer_id, name, clean_text(title), tuple(role.value for role in roles)),
            actor=by,
            at=now,
            subject=officer_id,
        )
        books.officers.keep_secret(officer_id, Secret(pin_hash))
        return books.officers.refresh(officer_id)

    def change(
        self,
        name: str,
        by: Officer,
        *,
        roles: tuple[Role, ...] | None = None,
        active: bool | None = None,
        title: str | None = None,
    ) -> Officer | Rejected:
        """New roles, title or state; the last supervisor cannot be taken away."""
        if not by.may(Right.OFFICERS):
            return rejected("no_right", "Bạn không có quyền sửa cán bộ. Hãy đổi người.")
        now = self._clock.now()
        with self._store.write() as books:
            known = books.officers.find(clean_text(name))
            if known is None:
                return rejected("officer_unknown", "Không có cán bộ tên này.")
            after = replace(
                known,
                roles=known.roles if roles is None else frozenset(roles),
                active=known.active if active is None else active,
                title=known.title if title is None else clean_text(title),
            )
            others = [o for o in books.officers.all() if o.id != known.id]
            if not any(o.active and o.may(Right.OFFICERS) for o in (*others, after)):
                return rejected(
                    "last_admin", "Đây là người cuối cùng quản lý cán bộ nên không bỏ được."
                )
            books.log.append(
                OfficerChanged(
                    after.id,
                    after.name,
                    after.title,
                    tuple(sorted(role.value for role in after.roles)),
                    after.active,
                ),
                actor=Actor(by.id, by.name),
                at=now,
                subject=after.id,
            )
            return books.officers.refresh(after.id)

    def set_pin(self, name: str, pin: str, by: Officer | None) -> Officer | Rejected:
        """A new PIN, by a supervisor (or whoever opened the store by its passphrase: `by` None).

        It also unlocks.
        """
        if by is not None and not by.supervises:
            return rejected("no_right", "Đặt lại mã PIN cần người phụ trách. Hãy đổi người.")
        if problems := pin_problems(pin):
            return Rejected(tuple(problems))
        hashed = self._hasher.hash(pin)
        with self._store.write() as books:
            known = books.officers.find(clean_text(name))
            if known is None:
                return rejected("officer_unknown", "Không có cán bộ tên này.")
            books.officers.keep_secret(known.id, Secret(hashed))
        return known

    def _failed(self, known: Officer) -> Rejected:
        with self._store.write() as books:
            secret = books.officers.secret(known.id)
            assert secret is not None
            failures = secret.failures + 1
            if failures < TRIES:
                books.officers.keep_secret(known.id, replace(secret, failures=failures))
                return rejected("pin_wrong", f"Sai mã PIN, còn {TRIES - failures} lần.", "pin")
            longer = [seconds for seconds in _LOCKS if seconds > secret.lock_seconds]
            seconds = longer[0] if longer else _LOCKS[-1]
            books.officers.keep_secret(
                known.id,
                Secret(
                    secret.pin_hash,
                    0,
                    self._clock.boot_id(),
                    self._clock.uptime() + seconds,
                    seconds,
                ),
            )
        return _locked(seconds)

    def _still_locked(self, secret: Secret) -> float:
        """Seconds left; a new boot of the PC starts the lock again."""
        if not secret.locked_boot:
            return 0.0
        if secret.locked_boot != self._clock.boot_id():
            return float(secret.lock_seconds)
        return max(0.0, secret.locked_until - self._clock.uptime())

    def _keep_locked(self, known: Officer, secret: Secret, wait: float) -> None:
        if secret.locked_boot == self._clock.boot_id():
            return
        with self._store.write() as books:
            books.officers.keep_secret(
                known.id,
                replace(
                    secret,
                    locked_boot=self._clock.boot_id(),
                    locked_until=self._clock.uptime() + wait,
                ),
            )


def pin_problems(pin: str) -> list[Problem]:
    """Why a PIN is not good enough."""
    if not pin.isascii() or not pin.isdigit() or not _SHORTEST_PIN <= len(pin) <= _LONGEST_PIN:
        return [
            Problem("pin", "pin_form", f"Mã PIN gồm {_SHORTEST_PIN} đến {_LONGEST_PIN} chữ số.")
        ]
    repeated = any(
        len(pin) % size == 0 and pin == pin[:size] * (len(pin) // size) for size in (1, 2, 3)
    )
    if repeated or any(pin in run for run in _EASY):
        return [Problem("pin", "pin_easy", "Mã PIN này quá dễ đoán. Hãy chọn số khác.")]
    return []


def name_problems(name: str) -> list[Problem]:
    """Why a name will not do."""
    cleaned = clean_text(name)
    if not cleaned or len(cleaned) > 120:
        return [Problem("name", "name_missing", "Tên cán bộ phải có, nhiều nhất 120 ký tự.")]
    return []


def _locked(seconds: float) -> Rejected:
    minutes, rest = divmod(int(seconds + 0.999), 60)
    left = f"{minutes} phút {rest:02d} giây" if minutes else f"{rest} giây"
    return rejected(
        "pin_locked",
        f"Sai mã PIN quá {TRIES} lần. Thử lại sau {left}, hoặc nhờ người phụ trách mở khóa.",
        "pin",
    )
