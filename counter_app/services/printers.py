"""The printers of this counter: what each is for, what it can do, which is tried first. Never synced."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from counter_app.domain.officer import Officer, Right
from counter_app.domain.outcome import Reason, Sent
from counter_app.domain.printer import KeptPrinter, Learnt, PrinterRole, Profile, role_of
from counter_app.domain.text import clean_text
from counter_app.errors import Refused
from counter_app.ports import Printer, Store

KEY = "printers"
"""Where they stand in the settings of the store, in the order in which they are tried."""
_LONGEST_NAME = 60
WayTo = Callable[[str, Profile, str], Printer]
"""(address, profile, name) → the way to a printer. Opens nothing."""


class Printers:
    """Kept in the store; held here too, so that a screen may ask at any time."""

    def __init__(self, store: Store, kept: str | None, way_to: WayTo) -> None:
        self._store = store
        self._way_to = way_to
        self._kept = _parsed(kept)
        self._locks: dict[str, threading.Lock] = {}

    # ---- looking ---------------------------------------------------------------------------

    def all(self) -> tuple[KeptPrinter, ...]:
        """In the order in which they are tried."""
        return self._kept

    def read_again(self) -> tuple[KeptPrinter, ...]:
        """As another program may have left them."""
        with self._store.read() as books:
            self._kept = _parsed(books.settings.get(KEY))
        return self._kept

    def named(self, name: str) -> KeptPrinter:
        """One of them; refused where there is none of that name."""
        for printer in self._kept:
            if _same(printer.name, name):
                return printer
        names = ", ".join(printer.name for printer in self._kept) or "chưa có máy nào"
        raise Refused("printer_unknown", f"Không có máy in tên “{name}”. Các máy in: {names}.")

    def in_role(self, role: PrinterRole) -> tuple[KeptPrinter, ...]:
        """Those of a role. Numbers of the queue come out with the slips where nothing else is set."""
        found = tuple(printer for printer in self._kept if role in printer.roles)
        if not found and role is PrinterRole.TICKET:
            return self.in_role(PrinterRole.SLIP)
        return found

    def ways_for(self, what: str) -> tuple[Printer, ...]:
        """Where a print goes: the first, and the next where nothing had left the PC."""
        return tuple(self.way(printer) for printer in self.in_role(role_of(what)))

    def way(self, printer: KeptPrinter) -> Printer:
        """The way to one of them. One job at a time, whoever asks."""
        profile = (
            replace(printer.profile, pages=True) if _is_for_forms(printer) else printer.profile
        )
        lock = self._locks.setdefault(printer.address, threading.Lock())
        return _OneAtATime(self._way_to(printer.address, profile, printer.name), lock)

    # ---- changing --------------------------------------------------------------------------

    def keep(self, printer: KeptPrinter, officer: Officer) -> KeptPrinter:
        """Add it, or change the one of that name; it is tried last unless it had its place.

        Raises:
            Refused: no right, no name, no role, or an address that leads nowhere.
        """
        made = replace(printer, name=clean_text(printer.name), address=clean_text(printer.address))
        if not 0 < len(made.name) <= _LONGEST_NAME:
            raise Refused("printer_name", f"Đặt tên máy in, từ 1 đến {_LONGEST_NAME} chữ.", "name")
        if not made.roles:
            raise Refused("printer_roles", "Chọn máy in dùng để in gì.", "roles")
        if PrinterRole.FORM in made.roles and (len(made.roles) > 1 or not made.queue):
            raise Refused(
                "printer_roles",
                "Máy in biểu mẫu là máy in đã cài trong máy tính (windows:TÊN hoặc cups:TÊN) "
                "và không in phiếu. Phiếu thì thêm một máy in khác.",
                "roles",
            )
        # a bare number of the network is kept as the address it means
        made = replace(made, address=self._way_to(made.address, made.profile, "").name)

        def change(kept: Sequence[KeptPrinter]) -> list[KeptPrinter]:
            names = [one.name.casefold() for one in kept]
            if made.name.casefold() not in names:
                return [*kept, made]
            return [made if _same(one.name, made.name) else one for one in kept]

        self._change(change, officer)
        return made

    def remove(self, name: str, officer: Officer) -> None:
        """Nothing is printed on it any more."""
        gone = self.named(name)
        self._change(lambda kept: [one for one in kept if one.name != gone.name], officer)

    def put_first(self, name: str, officer: Officer) -> None:
        """Tried before all others of its roles."""
        first = self.named(name)
        self._change(
            lambda kept: [first, *(one for one in kept if one.name != first.name)], officer
        )

    def learn(self, name: str, officer: Officer) -> Learnt:
        """Ask a printer what it can do and keep the answer. Waits; feeds no paper."""
        _check(officer)
        printer = self.named(name)
        learnt = self.way(printer).learn()
        if learnt.against is None:
            known = replace(learnt.profile, pages=printer.profile.pages)
            self.keep(replace(printer, profile=known), officer)
        return learnt

    def _change(
        self, change: Callable[[Sequence[KeptPrinter]], list[KeptPrinter]], officer: Officer
    ) -> None:
        _check(officer)
        with self._store.write() as books:
            after = tuple(change(_parsed(books.settings.get(KEY))))
            books.settings.put(KEY, json.dumps([_plain(p) for p in after], ensure_ascii=False))
        self._kept = after


class _OneAtATime:
    """A printer whose jobs wait for one another, from whatever thread they come."""

    def __init__(self, way: Printer, lock: threading.Lock) -> None:
        self._way = way
        self._lock = lock
        self.name = way.name
        self.profile = way.profile

    def send(self, job: bytes) -> Sent:
        with self._lock:
            return self._way.send(job)

    def state(self) -> Reason | None:
        with self._lock:
            return self._way.state()

    def learn(self) -> Learnt:
        with self._lock:
            return self._way.learn()


def _check(officer: Officer) -> None:
    if not officer.may(Right.SETTINGS):
        raise Refused("no_right", "Bạn không có quyền đặt máy in. Hãy đổi người.")


def _same(name: str, other: str) -> bool:
    return clean_text(name).casefold() == clean_text(other).casefold()


def _is_for_forms(printer: KeptPrinter) -> bool:
    return PrinterRole.FORM in printer.roles


def _plain(printer: KeptPrinter) -> Mapping[str, Any]:
    return {
        "name": printer.name,
        "address": printer.address,
        "roles": sorted(printer.roles),
        "profile": asdict(printer.profile),
    }


def _parsed(text: str | None) -> tuple[KeptPrinter, ...]:
    return tuple(
        KeptPrinter(
            found["name"],
            found["address"],
            frozenset(map(PrinterRole, found["roles"])),
            Profile(**found["profile"]),
        )
        for found in json.loads(text or "[]")
    )
