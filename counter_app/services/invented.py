"""Invented but lifelike dossiers, for trials and benchmarks. Nobody in them exists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Literal

from counter_app.domain import events as ev
from counter_app.domain.calendar import WorkCalendar
from counter_app.domain.code import seq_of
from counter_app.domain.dossier import needs_slip
from counter_app.domain.events import Actor, Destination, PageLine, Payload
from counter_app.domain.office import Office
from counter_app.domain.procedure import Procedure, ProcedureCase, fee_of
from counter_app.services.catalogue import Catalogue
from counter_app.services.drafting import procedure_ref
from counter_app.services.due_dates import count
from counter_app.services.intake import form_set
from counter_app.services.receipts import ReceiptSealer

DAYS_BACK = 730
_SURNAMES = ("Hồ", "Hồ", "Hồ", "Hồ", "Nguyễn", "Lê", "Trần", "Phạm", "Võ", "Đặng", "Bùi", "Pả")
_MIDDLE = {
    "male": ("Văn", "Hữu", "Đức", "Quang", "Minh", "Xuân"),
    "female": ("Thị", "Thị Ngọc", "Thị Thanh", "Thị Kim", "Thị Bích", "Thị Hồng"),
}
_GIVEN = [
    "Nguyệt",
    "Bê",
    "Lan",
    "Lâm",
    "Hoa",
    "Phúc",
    "Thủy",
    "Mai",
    "Kưng",
    "Nga",
    "Ngát",
    "Ánh",
    "Nghĩa",
    "Nguyên",
    "Ngân",
    "Tâm",
    "Bình",
    "Dũng",
    "Hùng",
    "Hạnh",
    "Hiền",
    "Linh",
    "Loan",
    "Nhung",
    "Oanh",
    "Phương",
    "Quý",
    "Sơn",
    "Tài",
    "Thảo",
    "Trang",
    "Tuấn",
    "Uyên",
    "Vân",
    "Xuân",
    "Yến",
    "Đào",
    "Đạt",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a story."""

    payload: Payload
    at: datetime


class Inventor:
    """The same size and seed tell the same people, procedures and days."""

    def __init__(
        self,
        catalogue: Catalogue,
        office: Office,
        office_version: str,
        counter_no: int,
        sealer: ReceiptSealer,
        random: Random,
    ) -> None:
        self._catalogue = catalogue
        self._office = office
        self._office_version = office_version
        self._counter_no = counter_no
        self._sealer = sealer
        self._random = random
        self._calendar: WorkCalendar = catalogue.calendar(office)
        procedures = catalogue.procedures.all
        weights = [40 if p.rank and p.rank <= 4 else 10 if p.rank else 1 for p in procedures]
        self._procedures, self._weights = procedures, weights

    def stories(self, total: int, now: datetime, used: Mapping[date, int]) -> Iterator[list[Step]]:
        """Dossiers in the order of their reception, spread over the last 24 months.

        `used` are the last numbers that each day has given already.
        """
        days = [
            day
            for back in range(DAYS_BACK, 0, -1)
            if self._calendar.day(day := now.date() - timedelta(days=back)).works
        ]
        for place, day in enumerate(days):
            amount = total * (place + 1) // len(days) - total * place // len(days)
            for number in range(1, amount + 1):
                yield self._story(day, used.get(day, 0), number, amount, now)

    def _story(
        self, day: date, used: int, number: int, of_the_day: int, now: datetime
    ) -> list[Step]:
        (procedure,) = self._random.choices(self._procedures, self._weights)
        case = self._random.choice(procedure.cases)
        received_at = self._moment(day, number, of_the_day)
        facts = self._facts(procedure, case)
        _, due = count(
            self._catalogue,
            self._office,
            received_at,
            case.unit,
            case.amount,
            (),
            self._office_version,
        )
        code = (
            f"{self._office.org_code}-{day:%y%m%d}-{seq_of(self._counter_no, None, used + number)}"
        )
        accepted = ev.DossierAccepted(
            code,
            "counter",
            received_at,
            facts,
            due,
            self._sealer.seal(code, 1, received_at, due.due_at, facts),
            needs_slip(due, received_at, due.due_at),
            form_set(self._office, day),
            self._office_version,
            self._counter_no,
            "qr" if self._random.random() < 0.7 else "typed",
        )
        steps = [Step(accepted, received_at)]
        if accepted.slip:
            printed = ev.SlipPrinted(code, "receipt", 1, 0, "CONFIRMED", "tcp://mau:9100", "")
            steps.append(Step(printed, received_at))
        return [*steps, *self._afterwards(procedure, due, received_at, now)]

    def _afterwards(
        self, procedure: Procedure, due: ev.Due, received_at: datetime, now: datetime
    ) -> Iterator[Step]:
        """What happened until now; old dossiers are mostly done, young ones are on their way."""
        random = self._random
        length = max(timedelta(hours=2), due.due_at - received_at)
        plan: list[tuple[float, Payload]] = [
            (0.1, ev.DossierTransferred(Destination("commune", procedure.unit)))
        ]
        fate = random.random()
        if fate < 0.02:
            plan.append((0.3, ev.DossierWithdrawn("Người dân xin rút")))
        elif fate < 0.03:
            plan.append((0.5, ev.DossierStopped("", "15/QĐ", "Không đủ điều kiện")))
        elif fate < 0.05:
            missing = ("Bản sao giấy tờ",)
            plan.append((0.4, ev.SupplementRequested("", missing, "Thiếu", "restart")))
        elif fate < 0.06:
            plan.append((0.4, ev.PaymentRequested(50_000, "Nghĩa vụ tài chính", "resume")))
        else:
            late = 1.15 if random.random() < 0.05 else random.uniform(0.5, 0.98)
            plan.append((late, ev.DossierCompleted(shelf=f"K{random.randint(1, 6)}")))
            if random.random() < 0.97:
                plan.append((late + random.uniform(0.05, 1.5), ev.DossierReturned("owner")))
        for part, payload in plan:
            at = received_at + length * part
            if at > now:
                return
            yield Step(payload, at.replace(microsecond=0))

    def _moment(self, day: date, number: int, of_the_day: int) -> datetime:
        """The day's dossiers in order over its open hours."""
        sessions = self._calendar.day(day).sessions
        spans = [(self._calendar.at(day, s.start), self._calendar.at(day, s.end)) for s in sessions]
        total = sum(((end - start) for start, end in spans), timedelta())
        left = total * ((number - 0.5) / of_the_day)
        for start, end in spans:
            if left < end - start:
                return (start + left).replace(second=0, microsecond=0)
            left -= end - start
        return spans[-1][0]

    def _facts(self, procedure: Procedure, case: ProcedureCase) -> ev.Facts:
        random = self._random
        pages: tuple[PageLine, ...] = ()
        if case.by_pages:
            pages = (PageLine("Giấy tờ", random.randint(1, 12), random.randint(1, 3)),)
        components = tuple(
            ev.ReceivedComponent(
                c.id, c.name, c.originals, c.certified, c.copies, c.submit == "present"
            )
            for c in case.components
            if c.required
        )
        method: Literal["counter", "post"] = "post" if random.random() < 0.05 else "counter"
        return ev.Facts(
            procedure_ref(procedure, case),
            self._person(),
            None,
            components,
            pages,
            1,
            method,
            "",
            fee_of(case, pages, 1),
        )

    def _person(self) -> ev.Party:
        random = self._random
        sex: Literal["male", "female"] = random.choice(("male", "female"))
        year = random.randint(1940, 2010)
        digit = (0 if year < 2000 else 2) + (sex == "female")
        name = f"{random.choice(_SURNAMES)} {random.choice(_MIDDLE[sex])} {random.choice(_GIVEN)}"
        villages = self._office.villages or ("Khe Sanh",)
        return ev.Party(
            "person",
            name.upper(),
            personal_number=f"045{digit}{year % 100:02d}{random.randint(0, 999_999):06d}",
            born_on=f"{year}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}",
            sex=sex,
            address=random.choice(villages),
            phone=f"09{random.randint(10_000_000, 99_999_999)}",
        )


OFFICER = Actor("seed", "Cán bộ mẫu")
"""Who did it all."""
