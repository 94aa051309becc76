"""What needs someone now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from counter_app.domain.dossier import ON_A_SLIP
from counter_app.domain.due import working_day_after
from counter_app.domain.form_kinds import KINDS
from counter_app.ports import Books, Clock, DossierRow, Figures, PrintJob, Store
from counter_app.services.catalogue import Catalogue
from counter_app.services.print_jobs import FORM
from counter_app.services.results import Changes

UNCOLLECTED_AFTER = (90, 60, 30)
"""Days a result may lie on the shelf before it is pointed out."""
TRAYS = (
    "new",
    "held",
    "awaiting_supplement",
    "awaiting_payment",
    "due_soon",
    "overdue",
    "waiting_return",
)
"""Where dossiers lie until somebody moves them on."""
_SOON = 3
"""Working days ahead in which a date counts as near."""


@dataclass(frozen=True, slots=True)
class Urgent:
    """One line of "Cần làm ngay"."""

    kind: str
    """`unprinted`, `open_visit`, `unknown_print`, `other_print`, `draft`, `repair`, `uncollected`; `notice` of
    a round with the upper server."""
    text: str
    dossier_id: str | None = None
    draft_id: str | None = None
    code: str = ""
    """The dossier's, where the line is about one."""
    job_id: str = ""
    """Of the print that waits for someone."""
    visit_id: str = ""
    """Of the visit that nobody closed."""


class Worklists:
    """The figures of the home screen and the dossiers behind each."""

    def __init__(self, store: Store, catalogue: Catalogue, clock: Clock) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock

    def figures(self) -> Figures:
        """Counted now."""
        with self._store.read() as books:
            return books.dossiers.figures(self._clock.now().date())

    def rows(self, kind: str, limit: int = 200) -> tuple[DossierRow, ...]:
        """The dossiers behind a figure or in a tray."""
        today = self._clock.now().date()
        with self._store.read() as books:
            soon = self._soon(books, today) if kind == "due_soon" else today
            return tuple(books.dossiers.work(kind, limit, today, soon))

    def trays(self) -> Mapping[str, int]:
        """How many lie in each."""
        today = self._clock.now().date()
        with self._store.read() as books:
            soon = self._soon(books, today)
            return {kind: books.dossiers.count(kind, today, soon) for kind in TRAYS}

    def _soon(self, books: Books, today: date) -> date:
        return working_day_after(self._catalogue.calendar(books.settings.office()), today, _SOON)

    def saw(self, dossier_id: str) -> Changes:
        """An officer knows what of that dossier counts for nothing; it is not told again."""
        with self._store.write() as books:
            books.dossiers.saw(dossier_id)
        return Changes(frozenset({dossier_id}), frozenset({"sync"}))

    def urgent(self, officer_id: str) -> tuple[Urgent, ...]:
        """What was saved and not printed, drafts, repairs, results nobody collected."""
        today = self._clock.now().date()
        lines: list[Urgent] = []
        with self._store.read() as books:
            waiting = [job for job in books.prints.unfinished() if job.state != "printing"]
            slips = [job for job in waiting if job.what in ON_A_SLIP]
            lines += [_of_dossier(books, job) for job in slips[:20]]
            lines += _of_others(books, [job for job in waiting if job.what not in ON_A_SLIP])
            for row in books.dossiers.work("problem", 20, today, today):
                trouble = books.dossiers.trouble(row.id)
                text = f"Hồ sơ {row.code} cần sửa trước khi gửi."
                if trouble is not None and trouble.refused:
                    text = f"Hồ sơ {row.code} có việc làm ở máy này không tính."
                lines.append(Urgent("repair", text, row.id, code=row.code))
            for draft in books.drafts.of(officer_id):
                name = str((draft.fields.get("applicant") or {}).get("name") or "chưa có tên")
                text = f"Nháp lúc {draft.saved_at:%H:%M %d/%m}: {name}"
                lines.append(Urgent("draft", text, draft_id=draft.id))
            for days in UNCOLLECTED_AFTER:
                count = books.dossiers.uncollected(today - timedelta(days=days))
                if count:
                    lines.append(
                        Urgent("uncollected", f"{count} kết quả quá {days} ngày chưa ai đến lấy")
                    )
                    break
        return tuple(lines)


def _of_dossier(books: Books, job: PrintJob) -> Urgent:
    row = books.dossiers.row(job.dossier_id or "")
    code, name = (row.code, row.applicant_name) if row else (job.subject, "")
    if job.state == "unknown":
        text = f"Phiếu {code} của {name} đã ra chưa?"
        return Urgent("unknown_print", text, job.dossier_id, code=code, job_id=job.id)
    text = f"Hồ sơ {code} của {name} vừa lưu, chưa in. Đừng nhận lại."
    if job.state == "open":
        return Urgent("open_visit", text, job.dossier_id, code=code, visit_id=job.subject)
    return Urgent("unprinted", text, job.dossier_id, code=code, job_id=job.id)


def _of_others(books: Books, jobs: Sequence[PrintJob]) -> list[Urgent]:
    """One line a question, one a kind of print that waits: a pad may have hundreds."""
    lines = [
        Urgent(
            "unknown_print",
            f"{_thing(books, job)} đã ra chưa?",
            code=_code(books, job),
            job_id=job.id,
        )
        for job in jobs
        if job.state == "unknown"
    ]
    for what in dict.fromkeys(job.what for job in jobs if job.state == "pending"):
        waiting = [job for job in jobs if job.state == "pending" and job.what == what]
        more = f" và {len(waiting) - 1} phiếu nữa" if len(waiting) > 1 else ""
        first = waiting[0]
        thing = _thing(books, first)
        lines.append(Urgent("other_print", f"{thing}{more} chưa in.", job_id=first.id))
    return lines


def _thing(books: Books, job: PrintJob) -> str:
    kind = KINDS.get(job.what.removeprefix(FORM))
    if kind is None:
        return f"{_THINGS.get(job.what, 'Bản in')} {job.subject.rpartition('/')[2]}"
    code = _code(books, job)
    return f"{kind.title} {code}" if code else kind.title


def _code(books: Books, job: PrintJob) -> str:
    """What an officer knows it by; nothing where it is about several dossiers."""
    row = books.dossiers.row(job.dossier_id) if job.dossier_id else None
    if row is not None:
        return row.code
    return "" if job.what.startswith(FORM) and "," in job.subject else job.subject


_THINGS = {"ticket": "Số thứ tự", "appointment": "Phiếu hẹn", "pad": "Phiếu dự phòng"}
