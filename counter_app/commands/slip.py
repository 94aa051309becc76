"""`slip CODE`: the slip of a dossier, as a picture, as a page, as bytes, or on a printer."""

import argparse

from counter_app.commands import on_paper
from counter_app.commands.lines import write
from counter_app.commands.session import opened, signed_in
from counter_app.errors import Refused


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("code")
    on_paper.where(parser)


def run(options: argparse.Namespace) -> int:
    """Previews to a file are never counted; a print is."""
    with opened(options) as counter:
        officer = signed_in(counter)
        views = counter.search.by_code(options.code)
        if not views:
            raise Refused("dossier_unknown", f"Không có hồ sơ mã {options.code} trong sổ.")
        dossier_id = views[0].dossier.id
        answer = on_paper.put(counter, options, "receipt", dossier_id, officer, now=True)
        write(answer)
    return on_paper.status_of(answer)
