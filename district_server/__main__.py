"""`district-server`: the console of the upper server."""

import argparse
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from counter_app.wire import console
from district_server.faults import Refused, ServerFault
from district_server.output import write_problem


class WrongUsage(Exception):
    """The command line itself is wrong."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongUsage(f"Lệnh viết chưa đúng. {self.format_help().strip()}")

    def format_help(self) -> str:
        usage = " ".join(self.format_usage().removeprefix("usage: ").split())
        return f"Cách viết: {usage}\n"


def _port(text: str) -> int:
    """0 takes whichever is free."""
    if not 0 <= (number := int(text)) <= 65_535:
        raise ValueError(text)
    return number


def main(argv: list[str] | None = None) -> int:
    """0 done, 1 refused or found bad, 2 wrong usage, 3 the environment's fault."""
    return console.run(_answered, argv)


def _answered(given: list[str]) -> int:
    """The status of the command, every fault told as a problem."""
    try:
        return _run(given)
    except WrongUsage as wrong:
        write_problem("wrong_usage", str(wrong))
        return 2
    except Refused as refused:
        write_problem(refused.code, refused.message)
        return 1
    except ServerFault as fault:
        write_problem(fault.code, fault.message)
        return 3
    except console.Unheard:
        raise
    except Exception as fault:
        if console.is_foreign(fault):
            write_problem("wrong_usage", console.FOREIGN)
            return 2
        # ours, not the world's: where it happened, for whoever mends it; never what the values were
        place = traceback.extract_tb(fault.__traceback__)[-1]
        where = f"{type(fault).__name__}, {Path(place.filename).name}:{place.lineno}"
        write_problem(
            "program_fault",
            f"Chương trình gặp sự cố, dữ liệu đã lưu vẫn còn. Hãy làm lại, hoặc báo: {where}.",
        )
        return 3


def _run(given: list[str]) -> int:
    parser = _parser()
    if not given:
        parser.error("")
    options = parser.parse_args(given)
    commands = import_module("district_server.commands")
    status: int = getattr(commands, options.command.replace("-", "_"))(options)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="district-server", allow_abbrev=False)
    shared = _Parser(add_help=False, allow_abbrev=False)
    shared.add_argument("--database-url", default=os.environ.get("DISTRICT_DATABASE_URL"))
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)

    def add(name: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, parents=[shared], allow_abbrev=False)

    add("init")
    serve = add("serve")
    serve.add_argument("--host", default=os.environ.get("DISTRICT_HOST") or "127.0.0.1")
    serve.add_argument("--port", type=_port, default=os.environ.get("DISTRICT_PORT") or "8443")
    serve.add_argument("--tls-dir", type=Path, default=os.environ.get("DISTRICT_TLS_DIR") or None)
    names = (os.environ.get("DISTRICT_NAMES") or "").replace(",", " ").split()
    serve.add_argument("--name", action="append", default=names)
    code = add("issue-code")
    code.add_argument("--commune", required=True)
    code.add_argument("--counter", required=True, type=int)
    find = add("find")
    find.add_argument("text")
    find.add_argument("--limit", type=int, default=50)
    add("show").add_argument("code")
    scans = add("attachments")
    scans.add_argument("code")
    scans.add_argument("--out", type=Path)
    act = add("act")
    act.add_argument("code")
    act.add_argument("action")
    act.add_argument("--json", type=Path)
    add("revoke").add_argument("--device", required=True)
    add("status").add_argument("--silent", action="store_true")
    add("check")
    add("admin").add_argument("--name", required=True)
    add("reset-second-factor").add_argument("--name", required=True)
    reader = add("reader")
    reader.add_argument("--name", required=True)
    reader.add_argument("--commune", required=True)
    reader.add_argument("--remove", action="store_true")
    add("restore-done")
    erase = add("erase")
    erase.add_argument("--commune")
    erase.add_argument("--yes", action="store_true")
    erase.add_argument("--years", type=int)
    erase.add_argument("--field", default="")
    erase.add_argument("--hold", metavar="CODE")
    erase.add_argument("--release", metavar="CODE")
    erase.add_argument("--reason", default="")
    coming = add("bundle-in")
    coming.add_argument("file", type=Path)
    out = add("bundle-out")
    out.add_argument("file", type=Path)
    out.add_argument("--device", required=True)
    enrol = add("enrol-file")
    enrol.add_argument("request", type=Path)
    enrol.add_argument("answer", type=Path)
    enrol.add_argument("--url", default="")
    for told in (serve, scans, add("seal-attachments"), coming, out, erase):
        told.add_argument("--attachments", default=os.environ.get("DISTRICT_ATTACHMENTS", ""))
    return parser


if __name__ == "__main__":
    sys.exit(main())
