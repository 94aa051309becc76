"""`slip CODE`: the slip of a dossier, as a picture, as a page, as bytes, or on a printer."""

import argparse
from pathlib import Path

from counter_app.commands.lines import write
from counter_app.commands.session import opened, signed_in
from counter_app.domain.outcome import Outcome
from counter_app.domain.printer import Profile
from counter_app.errors import EnvironmentFault, Refused


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("code")
    parser.add_argument("--width", type=int, choices=(576, 560, 512, 384), default=576)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--png", type=Path)
    where.add_argument("--pdf", type=Path)
    where.add_argument("--escpos", type=Path)
    where.add_argument("--printer")


def run(options: argparse.Namespace) -> int:
    """Previews to a file are never counted; a print is."""
    with opened(options) as counter:
        officer = signed_in(counter)
        views = counter.search.by_code(options.code)
        if not views:
            raise Refused("dossier_unknown", f"Không có hồ sơ mã {options.code} trong sổ.")
        dossier_id = views[0].dossier.id
        if options.png is not None:
            save(options.png, counter.prints.slip_png(dossier_id, options.width))
        elif options.pdf is not None:
            save(options.pdf, counter.prints.pdf("receipt", [dossier_id], options.width))
        elif options.escpos is not None:
            save(options.escpos, counter.prints.slip_job(dossier_id, options.width))
        else:
            from counter_app.printing.ways import printer_at  # only for a real print

            printer = printer_at(options.printer, Profile(width=options.width))
            done = counter.prints.print_slip(dossier_id, [printer], officer)
            answer = {
                "outcome": done.outcome.value,
                "reason": done.reason.value,
                "copy_no": done.copy_no,
            }
            write({**answer, "message": done.message} if done.message else answer)
            return 0 if done.outcome in (Outcome.CONFIRMED, Outcome.SENT) else 3
    write({"outcome": Outcome.SENT.value})
    return 0


def save(path: Path, content: bytes) -> None:
    """Write a file, or say why not."""
    try:
        path.write_bytes(content)
    except OSError:
        raise EnvironmentFault(
            "disk_fault", f"Không ghi được tệp {path.name}. Xem lại đường dẫn và ổ đĩa."
        ) from None
