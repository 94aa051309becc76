"""`erase`: what the time of keeping is over of, and with `--yes` erasing it; holding a dossier back."""

import argparse
from dataclasses import asdict

from counter_app.bootstrap import Counter
from counter_app.commands.lines import write
from counter_app.commands.session import opened, signed_in
from counter_app.domain.officer import Officer
from counter_app.domain.retention import NO_SCHEDULE, ONLY_LOOKED, Kept, Schedule
from counter_app.errors import WrongUsage

_WAITING = "Đã ghi lệnh xóa. Nội dung được xóa ở mọi máy khi máy chủ đã nhận: hãy đồng bộ."


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--yes", action="store_true")
    parser.add_argument("--years", type=int)
    parser.add_argument("--field", default="")
    parser.add_argument("--hold", metavar="CODE")
    parser.add_argument("--release", metavar="CODE")
    parser.add_argument("--reason", default="")


def run(options: argparse.Namespace) -> int:
    """One thing at a time; without any of them it is only looked."""
    chosen = [options.yes, options.years is not None, options.hold, options.release]
    if sum(map(bool, chosen)) > 1 or (options.field and options.years is None):
        raise WrongUsage("Mỗi lần một việc: --yes, --years N [--field MÃ], --hold hoặc --release.")
    with opened(options) as counter:
        officer, erasing = signed_in(counter), counter.erasing
        if options.years is not None:
            write(_told(erasing.set_years(options.years, options.field, officer)))
        elif code := options.hold or options.release:
            held = erasing.hold(code, options.reason, officer, release=bool(options.release))
            write({"ok": True, **asdict(held), "held": bool(options.hold)})
        elif options.yes:
            _erase(counter, officer)
        else:
            _look(counter, officer)
    return 0


def _look(counter: Counter, officer: Officer) -> None:
    looked = counter.erasing.look(officer)
    for one in looked:
        if one.kept not in (Kept.TOO_SOON, Kept.NO_SCHEDULE):
            write(
                {
                    "code": one.code,
                    "ended_on": one.ended_on,
                    "years": one.years,
                    "erase": one.kept is None,
                    **({"why": one.why} if one.kept else {}),
                }
            )
    schedule = counter.erasing.schedule()
    counted = {kept.value: sum(one.kept is kept for one in looked) for kept in Kept}
    write(
        {
            **_told(schedule),
            "would_erase": sum(one.kept is None for one in looked),
            "kept": {name: count for name, count in counted.items() if count},
            "held": [asdict(one) for one in counter.erasing.held()],
            "message": NO_SCHEDULE if schedule.fewest is None else ONLY_LOOKED,
        }
    )


def _erase(counter: Counter, officer: Officer) -> None:
    done = counter.erasing.erase(officer)
    for one in done.dossiers:
        write({"code": one.code, "ended_on": one.ended_on, "erased": True})
    message = _WAITING if done.waiting else ""
    if counter.erasing.schedule().fewest is None:
        message = NO_SCHEDULE
    write({"ok": True, "erased": len(done.dossiers), **({"message": message} if message else {})})


def _told(schedule: Schedule) -> dict[str, object]:
    return {"ok": True, "years": schedule.other, "by_field": dict(schedule.by_field)}
