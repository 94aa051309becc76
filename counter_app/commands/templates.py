"""`templates`: the wording of forms, listed, written to a file, looked at, taken in, given back."""

import argparse
from pathlib import Path

from counter_app.commands.due import read_text
from counter_app.commands.lines import write
from counter_app.commands.on_paper import save
from counter_app.commands.session import opened, signed_in
from counter_app.errors import WrongUsage

_USAGE = (
    "templates list | templates export BỘ MẪU TỆP | templates preview BỘ MẪU TỆP --pdf TỆP | "
    "templates load BỘ MẪU TỆP | templates reset BỘ MẪU"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("words", nargs="+", metavar="list|export|preview|load|reset")
    parser.add_argument("--pdf", type=Path)


def run(options: argparse.Namespace) -> int:
    """A wording that is taken in holds for what happens from now on."""
    with opened(options) as counter:
        match options.words:
            case ["list"]:
                for worded in counter.forms.worded():
                    about = worded.about
                    for form in worded.forms:
                        found = {
                            "set": about.name,
                            "form": form.form,
                            "title": form.title,
                            "verified": about.verified,
                            "changed": form.changed,
                        }
                        write({**found, "fault": form.fault} if form.fault else found)
            case ["export", form_set, form, file]:
                save(Path(file), counter.forms.text(form_set, form).encode())
                write({"ok": True})
            case ["preview", form_set, form, file] if options.pdf is not None:
                text = read_text(Path(file))
                save(options.pdf, counter.forms.preview(form_set, form, text))
                write({"ok": True})
            case ["load", form_set, form, file]:
                counter.forms.reword(form_set, form, read_text(Path(file)), signed_in(counter))
                write({"ok": True})
            case ["reset", form_set, form]:
                counter.forms.reword(form_set, form, None, signed_in(counter))
                write({"ok": True})
            case _:
                raise WrongUsage(f"Cách viết: {_USAGE}")
    return 0
