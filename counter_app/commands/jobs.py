"""`jobs`: what waits to be printed, what nobody knows the end of, and what became of the rest."""

import argparse

from counter_app.bootstrap import Counter
from counter_app.commands import on_paper
from counter_app.commands.lines import write
from counter_app.commands.session import opened, signed_in
from counter_app.errors import Refused, WrongUsage
from counter_app.ports import PrintJob

_USAGE = "jobs [--all] | jobs answer JOB yes|no | jobs print JOB [--printer …] | jobs drop JOB"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("words", nargs="*", metavar="answer|print|drop JOB")
    parser.add_argument("--all", action="store_true")
    on_paper.where(parser)


def run(options: argparse.Namespace) -> int:
    """List, answer, print or drop."""
    with opened(options) as counter:
        match options.words:
            case []:
                jobs = counter.prints.all() if options.all else counter.prints.waiting()
                for job in jobs:
                    write(_line(counter, job))
            case ["answer", job_id, "yes" | "no" as said]:
                officer = signed_in(counter)
                counter.prints.answer_unknown(job_id, said == "yes", officer)
                write({"ok": True, **_line(counter, _job(counter, job_id))})
            case ["print", job_id]:
                officer = signed_in(counter)
                job = _job(counter, job_id)
                answer = on_paper.put(counter, options, job.what, job.subject, officer, now=True)
                write(answer)
                return on_paper.status_of(answer)
            case ["drop", job_id]:
                counter.prints.drop(job_id, signed_in(counter))
                write({"ok": True, "job": job_id})
            case _:
                raise WrongUsage(f"Cách viết: {_USAGE}")
    return 0


def _job(counter: Counter, job_id: str) -> PrintJob:
    for job in counter.prints.all():
        if job.id == job_id:
            return job
    raise Refused("job_unknown", "Không có phiếu in này. Xem lại bằng lệnh jobs.")


def _line(counter: Counter, job: PrintJob) -> dict[str, object]:
    code = job.subject
    if job.dossier_id is not None and (view := counter.search.open(job.dossier_id)) is not None:
        code = view.dossier.code
    return {
        "job": job.id or None,
        "what": job.what,
        "subject": job.subject,
        "code": code,
        "state": job.state,
        "outcome": None if job.outcome is None else job.outcome.value,
        "printer": job.printer,
        "copy": job.copy_no,
        "created_at": on_paper.local(job.created_at),
    }
