"""`--self-check`: whether a built program has all its parts: store, slip, form, ways to printers."""

import secrets
import tempfile
from pathlib import Path

import resources
from counter_app.book.creation import create_counter
from counter_app.bootstrap import open_counter
from counter_app.commands.lines import write
from counter_app.domain.officer import Officer
from counter_app.printing.spools import FilePrinter
from counter_app.services.results import Accepted

_PIN = "246813"


def run() -> int:
    """Open a temporary store, accept one dossier, draw slip and form."""
    with tempfile.TemporaryDirectory(prefix="mot-cua-") as name:
        folder = Path(name)
        passphrase = secrets.token_hex(12)
        office = resources.office_text(resources.office_names()[0])
        create_counter(folder / "so", office, 1, "Kiểm tra", _PIN, passphrase)
        counter = open_counter(folder / "so", passphrase)
        officer = counter.officers.sign_in(None, _PIN)
        assert isinstance(officer, Officer)
        draft = {"procedure": "1.004873", "applicant": {"name": "HỒ THỊ A"}, "components": "all"}
        made = counter.intake.accept(draft, officer)
        assert isinstance(made, Accepted)
        printed = counter.prints.print_slip(made.dossier_id, [FilePrinter(folder / "p")], officer)
        form = counter.forms.pdf("receipt", made.dossier_id, "a5")
        # whatever hangs here: the parts that look for it are in the program
        found = counter.found_printers()
        report = counter.checks.whole()
        counter.close()
    good = not report.faults and form.startswith(b"%PDF")
    outcome = printed.outcome.value
    told = {"code": made.code, "outcome": outcome, "form": len(form), "printers": len(found)}
    write({"ok": good, **told})
    return 0 if good else 3
