"""`counter-tool`: the console twin of the window, through the same services.

Each verb is a module that is imported after its name was read, so that `show` answers at once from
cold and no verb pays for another's libraries.
"""

import argparse
import atexit
import gc
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from counter_app.errors import EnvironmentFault, Refused, WrongUsage
from counter_app.wire import console

VERBS = {
    "due": "due",
    "scan": "scan",
    "init": "init",
    "accept": "accept",
    "refuse": "refuse",
    "act": "act",
    "find": "find",
    "show": "show",
    "attach": "attach",
    "attachments": "attachments",
    "slip": "slip",
    "form": "form",
    "templates": "templates",
    "jobs": "jobs",
    "printers": "printers",
    "visit": "visit",
    "pad": "pad",
    "ticket": "ticket",
    "appointment": "appointment",
    "officer": "officer",
    "keys": "keys",
    "enrol": "enrol",
    "sync": "sync",
    "bundle-out": "bundle_out",
    "bundle-in": "bundle_in",
    "exchange": "exchange",
    "check": "check",
    "erase": "erase",
    "backup": "backup",
    "restore": "restore",
    "seed": "seed",
}
_NO_VERBS = {
    "--self-check": ("commands.self_check", "run"),
    "--pages": ("attachments.reencoding", "run"),
    "--check-behind": ("commands.check", "run_behind"),
}
"""What the program itself calls it for."""
_WITHOUT_STORE = {"due"}
_STORE_IF_GIVEN = {"scan"}


class _Parser(argparse.ArgumentParser):
    """Wrong usage in Vietnamese."""

    def error(self, message: str) -> NoReturn:
        raise WrongUsage(self.format_help().strip())

    def format_help(self) -> str:
        usage = " ".join(self.format_usage().removeprefix("usage: ").split())
        return f"Cách viết: {usage}\n"


def main(argv: list[str] | None = None) -> int:
    """Run one verb. 0 done, 1 refused or found bad, 2 wrong usage, 3 the environment's fault."""
    # the process ends: to look through all that it loaded for garbage would take 60 ms
    atexit.register(gc.freeze)
    return console.run(_answered, argv)


def _answered(given: list[str]) -> int:
    """The status of the verb, every fault told as a problem."""
    from counter_app.commands.lines import write_problems
    from counter_app.domain.problems import Problem

    def refuse(code: str, message: str, field: str = "") -> None:
        write_problems((Problem(field, code, message),))

    try:
        return _run(given)
    except WrongUsage as wrong:
        refuse("wrong_usage", f"Lệnh viết chưa đúng. {wrong.message}")
        return 2
    except Refused as reason:
        refuse(reason.code, reason.message, reason.field)
        return 1
    except EnvironmentFault as fault:
        refuse(fault.code, fault.message)
        return 3
    except console.Unheard:
        raise
    except Exception as fault:
        if console.is_foreign(fault):
            refuse("wrong_usage", console.FOREIGN)
            return 2
        # ours, not the world's: a file for whoever mends it, a sentence for whoever works with it
        from counter_app import crash, data_folder

        crash.write_crash_file(_data_dir(given), fault)
        refuse("program_fault", f"{crash.SENTENCE} Nơi xảy ra ghi ở tệp {data_folder.CRASHES}.")
        return 3


def _data_dir(given: list[str]) -> Path:
    found, _ = _data_dir_parser().parse_known_args(given)
    return Path(found.data_dir or "")


def _data_dir_parser(required: bool = False) -> argparse.ArgumentParser:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--data-dir", type=_folder, required=required)
    return parser


def _folder(text: str) -> str:
    """A script with an empty variable means no folder, and never the one it stands in."""
    if not text.strip():
        raise argparse.ArgumentTypeError("empty")
    return text


def _run(given: list[str]) -> int:
    if given and given[0] in _NO_VERBS:
        module, does = _NO_VERBS[given[0]]
        return int(getattr(import_module(f"counter_app.{module}"), does)())
    names = ", ".join(VERBS)
    if not given or given[0] in ("-h", "--help"):
        console.say(f"counter-tool VIỆC [--data-dir THƯ_MỤC] …\nCác việc: {names}\n")
        return 0 if given else 2
    verb, *rest = given
    if verb not in VERBS:
        raise WrongUsage(f"Không có việc “{verb}”. Các việc: {names}.")
    command = import_module(f"counter_app.commands.{VERBS[verb]}")
    store = [] if verb in _WITHOUT_STORE else [_data_dir_parser(verb not in _STORE_IF_GIVEN)]
    parser = _Parser(prog=f"counter-tool {verb}", allow_abbrev=False, parents=store)
    command.arguments(parser)
    status: int = command.run(parser.parse_args(rest))
    return status


if __name__ == "__main__":
    sys.exit(main())
