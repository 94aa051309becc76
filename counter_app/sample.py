"""A sample office with invented people, so that a first look shows a counter at work."""

from pathlib import Path
from typing import Any

import resources
from counter_app.book.creation import create_counter
from counter_app.bootstrap import open_counter
from counter_app.domain.events import SYSTEM
from counter_app.domain.officer import Role
from counter_app.printing.spools import FilePrinter
from counter_app.services.results import Accepted, Rejected

PIN = "246813"
_PEOPLE = (
    ("HỒ THỊ NGUYỆT", "045190001234", "1.004873", "Thôn Ta Đủ, Tân Hợp"),
    ("HỒ VĂN BÊ", "045201004321", "1.001193", "Khối 3B, Khe Sanh"),
    ("PẢ KƯNG", "045085000777", "1.004222", "Bản Cuôi, Hướng Lập"),
    ("HỒ THỊ NGA", "045192007788", "1.000656", "Thôn Húc Ván, Húc"),
    ("HỒ VĂN LÂM", "045088003322", "1.001612", "Khối 2, Khe Sanh"),
    ("NGUYỄN THỊ HOA", "045193005566", "1.012812", "Thôn Tân Linh, Hướng Tân"),
)


def make_sample(folder: Path, passphrase: str) -> None:
    """A store of Khe Sanh (sample) with three officers and a few dossiers in different states."""
    office = resources.office_text("khe-sanh")
    create_counter(folder, office, 2, "Hồ Thị Mai", PIN, passphrase, sample=True)
    counter = open_counter(folder, passphrase)
    for name, role in (("Trần Thị Lệ Thủy", Role.PROCESSING), ("Lê Văn Phúc", Role.SUPERVISOR)):
        added = counter.officers.add(name, (role,), "", PIN, SYSTEM)
        assert not isinstance(added, Rejected)
    officer = counter.officers.all()[0]
    accepted = []
    for name, number, procedure, address in _PEOPLE:
        draft: dict[str, Any] = {
            "procedure": procedure,
            "applicant": {"name": name, "personal_number": number, "address": address},
            "components": "all",
        }
        made = counter.intake.accept(draft, officer)
        assert isinstance(made, Accepted)
        accepted.append(made.dossier_id)
        if made.slip:
            counter.prints.print_slip(made.dossier_id, [FilePrinter(folder / "phieu-mau")], officer)
    counter.acts.act(accepted[0], "transfer", {}, officer)
    counter.acts.act(accepted[2], "transfer", {}, officer)
    counter.acts.act(accepted[3], "complete", {"shelf": "K2"}, officer)
    counter.close()
