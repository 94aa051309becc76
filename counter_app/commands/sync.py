"""`sync`: one cycle with the upper server."""

import argparse
from dataclasses import asdict

from counter_app.commands.lines import write
from counter_app.commands.session import opened
from counter_app.errors import Refused
from counter_app.ports.sync import Summary, SyncProblem
from counter_app.sync.words import to_come

_UNFINISHED = "Đã đồng bộ đủ 10 phút mà chưa hết{left}. Chạy lại để gửi nhận tiếp từ chỗ dừng."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the store."""


def run(options: argparse.Namespace) -> int:
    """The summary is printed in every case; a complete cycle is 0 even with single problems."""
    with opened(options) as counter:
        try:
            summary = counter.sync.cycle()
        except Refused as reason:
            problem = SyncProblem("", reason.code, reason.message)
            waiting = counter.sync_store.waiting()
            tell(Summary(waiting=waiting, problems=[problem], fault=reason.message))
            return 1
        counter.sweep()
        count = counter.sync_state().standing.to_come
    if summary.unfinished:
        summary.fault = _UNFINISHED.format(left=f", {to_come(count)}" if count else "")
    tell(summary)
    if summary.blame == "server":
        return 1
    return 3 if summary.fault else 0


def tell(summary: Summary) -> None:
    """The line that a cycle and a bundle end with."""
    write(
        {
            "sent": summary.sent,
            "received": summary.received,
            "waiting": summary.waiting,
            "problems": [asdict(problem) for problem in summary.problems],
            "bytes_out": summary.bytes_out,
            "bytes_in": summary.bytes_in,
            **({"files": summary.files, "pages": summary.pages} if summary.files else {}),
            **({"message": summary.fault} if summary.fault else {}),
        }
    )
