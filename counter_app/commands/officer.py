"""`officer NAME`: add or change an officer."""

import argparse
import os

from counter_app.bootstrap import Counter
from counter_app.commands.lines import write, write_problems
from counter_app.commands.session import opened, signed_in
from counter_app.domain.events import Actor
from counter_app.domain.officer import Officer, Right, Role
from counter_app.domain.text import clean_text
from counter_app.errors import Refused, WrongUsage
from counter_app.services.results import Rejected


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("name")
    parser.add_argument("--role", action="append", default=[])
    parser.add_argument("--off", action="store_true")
    parser.add_argument("--new-pin", action="store_true")


def run(options: argparse.Namespace) -> int:
    """Tell the officer after it."""
    roles = _roles(options.role)
    with opened(options) as counter:
        named = clean_text(options.name)
        known = next((o for o in counter.officers.all() if named in (o.name, o.id)), None)
        if options.new_pin and known is not None and not (roles or options.off):
            done = counter.officers.set_pin(known.id, _new_pin(), _supervisor(counter, known))
        else:
            by = signed_in(counter)
            done = _write(counter, options, known, roles, by)
        if isinstance(done, Rejected):
            write_problems(done.problems)
            return 1
        write(
            {
                "ok": True,
                "officer_id": done.id,
                "name": done.name,
                "roles": sorted(done.roles),
                "active": done.active,
            }
        )
    return 0


def _write(
    counter: Counter,
    options: argparse.Namespace,
    known: Officer | None,
    roles: tuple[Role, ...],
    by: Officer,
) -> Officer | Rejected:
    if known is not None:
        done = counter.officers.change(known.id, by, roles=roles or None, active=not options.off)
        if options.new_pin and not isinstance(done, Rejected):
            return counter.officers.set_pin(known.id, _new_pin(), by)
        return done
    if options.off:
        raise Refused("officer_unknown", f"Không có cán bộ tên {clean_text(options.name)}.")
    if not by.may(Right.OFFICERS):
        raise Refused("no_right", "Bạn không có quyền thêm cán bộ.")
    return counter.officers.add(
        options.name, roles or (Role.INTAKE,), "", _new_pin(), Actor(by.id, by.name)
    )


def _supervisor(counter: Counter, known: Officer) -> Officer | None:
    """Who vouches for a new PIN; without another supervisor whoever opened the store does."""
    others = [o for o in counter.officers.all() if o.supervises and o.active and o.id != known.id]
    if os.environ.get("COUNTER_PIN"):
        return signed_in(counter)
    opened_by_hand = os.environ.get("COUNTER_PASSPHRASE") or os.environ.get("COUNTER_RECOVERY")
    if not others and opened_by_hand:
        return None
    raise Refused("pin_missing", "Đặt lại mã PIN cần mã PIN của người phụ trách (COUNTER_PIN).")


def _new_pin() -> str:
    pin = os.environ.get("COUNTER_NEW_PIN")
    if not pin:
        raise WrongUsage("Thiếu COUNTER_NEW_PIN, mã PIN mới.")
    return pin


def _roles(given: list[str]) -> tuple[Role, ...]:
    for name in given:
        if name not in tuple(Role):
            raise WrongUsage(f"Không có vai trò “{name}”. Chọn: {', '.join(Role)}.")
    return tuple(Role(name) for name in given)
