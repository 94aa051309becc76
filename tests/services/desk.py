"""A desk to try the services at: one counter, its officer, a told clock, a small catalogue."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from conftest import ToldClock, draft

import resources
from counter_app.bootstrap import Counter
from counter_app.domain.dossier import Dossier
from counter_app.domain.events import Event, Payload
from counter_app.domain.officer import Officer, Role
from counter_app.ports import PrintJob
from counter_app.services.acts import Acted
from counter_app.services.catalogue import Catalogue
from counter_app.services.results import Accepted, Rejected

THREE_DAYS = "9.000003"
TEN_DAYS = "9.000010"
TEN_DAYS_OTHER_WAY = "9.000011"
"""A supplement resumes the count, a payment starts it anew: the other way round than usual."""
SEVENTEEN_DAYS = "9.000017"
SAME_DAY = "9.000001"
FIFTEEN_CALENDAR_DAYS = "9.000015"

PROCEDURES = """
field_code = "thu-nghiem"
field_name = "Thử nghiệm"
unit = "Tư pháp - Hộ tịch"

[[procedure]]
code = "9.000003"
name = "Xác nhận thử ba ngày"
version = "2026-01"
unit_of_time = "working_day"
amount = 3
fees = [{ name = "Phí thử", kind = "fee", amount = 15000 }]
papers = [
    { name = "Tờ khai thử", originals = 1 },
    { name = "Giấy tờ tùy thân (xuất trình)", present = true },
    { name = "Văn bản ủy quyền (nếu nộp thay)", certified = 1, optional = true },
]

[[procedure]]
code = "9.000010"
name = "Xác minh thử mười ngày"
unit_of_time = "working_day"
amount = 10
papers = [{ name = "Đơn thử", originals = 1 }]

[[procedure.case]]
id = "thuong"
name = "Thông thường"

[[procedure.case]]
id = "nhanh"
name = "Làm nhanh"
amount = 5

[[procedure]]
code = "9.000011"
name = "Xác minh thử mười ngày, kiểu khác"
unit_of_time = "working_day"
amount = 10
supplement_policy = "resume"
payment_policy = "restart"
papers = [{ name = "Đơn thử", originals = 1 }]

[[procedure]]
code = "9.000017"
name = "Thẩm định thử mười bảy ngày"
unit_of_time = "working_day"
amount = 17
papers = [{ name = "Đơn thử", originals = 1 }]

[[procedure]]
code = "9.000001"
name = "Chứng thử trong ngày"
unit_of_time = "same_day"
amount = 1
papers = [{ name = "Bản chính (xuất trình)", present = true }]

[[procedure]]
code = "9.000015"
name = "Niêm yết thử mười lăm ngày"
unit_of_time = "calendar_day"
amount = 15
papers = [{ name = "Đơn thử", originals = 1 }]
"""


def small_catalogue(procedures: str = PROCEDURES) -> Catalogue:
    """Procedures whose terms the tests know, with the calendars as shipped."""
    return Catalogue(lambda: [procedures], resources.calendar_texts)


SMALL = small_catalogue()


def moment(text: str) -> datetime:
    """`2026-05-04T09:00`, at the office."""
    return datetime.fromisoformat(f"{text}+07:00")


def shown(at: datetime) -> str:
    """A moment as the contract writes it."""
    return at.strftime("%Y-%m-%dT%H:%M")


class Desk:
    """A counter on a store of its own; the first officer has every right."""

    def __init__(
        self, folder: Path, key: bytes, clock: ToldClock, catalogue: Catalogue = SMALL
    ) -> None:
        self.folder, self.key, self.clock, self.catalogue = folder, key, clock, catalogue
        self.counter = self._open()
        self.officer = self.counter.officers.all()[0]

    def _open(self) -> Counter:
        counter = Counter(self.folder, self.key)
        counter.clock = self.clock
        counter.catalogue = self.catalogue
        return counter

    def reopen(self, catalogue: Catalogue | None = None) -> None:
        """The program ends and starts again."""
        self.counter.close()
        self.catalogue = catalogue or self.catalogue
        self.counter = self._open()

    def at(self, text: str) -> None:
        """It is that time now; a machine that is on runs on."""
        then = moment(text)
        self.clock.seconds += max(0.0, (then - self.clock.at).total_seconds())
        self.clock.at = then

    def accept(self, **more: object) -> Accepted:
        """An ordinary dossier."""
        made = self.counter.intake.accept(given(**more), self.officer)
        assert isinstance(made, Accepted), made
        return made

    def refused(self, **more: object) -> list[tuple[str, str]]:
        """(field, code) of every problem of a draft that is not accepted."""
        made = self.counter.intake.accept(given(**more), self.officer)
        assert isinstance(made, Rejected), made
        return [(problem.field, problem.code) for problem in made.problems]

    def do(self, dossier_id: str, action: str, by: Officer | None = None, **fields: Any) -> Dossier:
        """An action that is expected to be done."""
        done = self.counter.acts.act(dossier_id, action, fields, by or self.officer)
        assert isinstance(done, Acted), done
        return done.dossier

    def denied(
        self, dossier_id: str, action: str, by: Officer | None = None, **fields: Any
    ) -> list[str]:
        """The codes of the problems of an action that is expected to be refused."""
        done = self.counter.acts.act(dossier_id, action, fields, by or self.officer)
        assert isinstance(done, Rejected), done
        return [problem.code for problem in done.problems]

    def dossier(self, dossier_id: str) -> Dossier:
        """The dossier as the book has it."""
        view = self.counter.search.open(dossier_id)
        assert view is not None
        return view.dossier

    def prints_of(self, dossier_id: str) -> Sequence[PrintJob]:
        """The prints of a dossier, oldest first."""
        view = self.counter.search.open(dossier_id)
        assert view is not None
        return view.prints

    def story(self, dossier_id: str) -> list[tuple[Event, Payload | None]]:
        """The events of a dossier."""
        with self.counter.store.read() as books:
            return list(books.log.of(dossier_id))

    def count(self, table: str) -> int:
        """How many rows a table has."""
        with self.counter.store.read() as books:
            found = books.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
        return int(found)

    def faults(self) -> list[str]:
        """What the checker finds."""
        return [f"{fault.code} {fault.message}" for fault in self.counter.checks.whole().faults]

    def hire(self, name: str, *roles: Role) -> Officer:
        """Someone with these roles and no PIN: services ask who acts, not for the PIN."""
        return Officer(f"id-{name}", name, "", frozenset(roles))

    def close(self) -> None:
        """The program ends."""
        self.counter.close()


def given(**more: object) -> dict[str, Any]:
    """The draft of an ordinary intake."""
    fields: Mapping[str, object] = {"procedure": THREE_DAYS, **more}
    return draft(**fields)  # type: ignore[arg-type]


def person(name: str, **more: object) -> dict[str, object]:
    """An applicant of whom only this is known."""
    return {"name": name, **more}


def change_office(desk: Desk, old: str, new: str) -> None:
    """F11 puts another office file in force."""
    shipped = resources.office_text("khe-sanh")
    changed = shipped.replace(old, new)
    assert changed != shipped
    with desk.counter.store.write() as books:
        books.settings.put_document("office", "doi-sau", changed)
