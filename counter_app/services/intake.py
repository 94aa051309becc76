"""Taking in (tiếp nhận): a draft becomes a dossier in the book, with its code, date and receipt.

Number, event, lists and the print job of the slip are one transaction, durable before any paper
moves. A refused draft takes no number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from counter_app.domain import events as ev
from counter_app.domain.applicants import applicant_key
from counter_app.domain.code import place_of
from counter_app.domain.dossier import Dossier, apply, needs_slip
from counter_app.domain.due import DueMoment
from counter_app.domain.events import Actor, Facts, ReceiptSeal
from counter_app.domain.fields import local_moment
from counter_app.domain.office import Office
from counter_app.domain.officer import Officer, Right
from counter_app.domain.problems import Problem
from counter_app.domain.procedure import Procedure, ProcedureCase
from counter_app.domain.receipt import Receipt, receipt_of
from counter_app.domain.text import clean_text, text_in
from counter_app.errors import Refused
from counter_app.ports import Books, IdSource, NoticeRow, OfficeClock, Store
from counter_app.services.catalogue import Catalogue
from counter_app.services.clock_guard import doubt
from counter_app.services.drafting import KEYS, read_draft
from counter_app.services.due_dates import count
from counter_app.services.from_paper import OnPaper, against_the_book, read_from_paper
from counter_app.services.print_jobs import asked_for
from counter_app.services.receipts import ReceiptSealer
from counter_app.services.results import Accepted, Changes, Noticed, Rejected, rejected
from counter_app.services.visits import LONGEST_ID, is_closed

NEWER_FORMS_FROM = date(2025, 7, 1)
"""Decree 118/2025/NĐ-CP is in force; an office may pin either set."""

_VISIT_CLOSED = "Lượt {visit} đã đóng và có phiếu chung. Nhận hồ sơ này ở lượt mới."

_LONGEST_TEXT = 500
_REFUSE_KEYS = KEYS | {"reason", "notice", "items"}

IdentitySource = Literal["qr", "typed", "mrz", "chip"]


@dataclass(frozen=True, slots=True)
class Check:
    """What a draft would become now. Nothing is written."""

    problems: tuple[Problem, ...]
    procedure: Procedure | None
    case: ProcedureCase | None
    moment: DueMoment | None
    why: str
    fees: tuple[ev.FeeLine, ...]
    preview: Receipt | None

    @property
    def fee_total(self) -> int:
        """What is to be paid, in đồng."""
        return sum(line.amount for line in self.fees)


class Intake:
    """Checks drafts, accepts them, refuses them."""

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        clock: OfficeClock,
        ids: IdSource,
        sealer: ReceiptSealer,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._ids = ids
        self._sealer = sealer

    def check(self, draft: Mapping[str, Any], officer: Officer) -> Check:
        """Problems, date, fee and the slip as it would be printed."""
        reading = read_draft(draft, self._catalogue)
        now = _minute(self._clock.now())
        problems = [*reading.problems, *reading.warnings]
        paper, wrong = read_from_paper(draft, now)
        received_at = paper.received_at if paper else now
        override, wrong_override = _override(draft, received_at)
        problems += [*wrong, *wrong_override]
        moment, why, preview = None, "", None
        with self._store.read() as books:
            if (doubted := self._doubt(books)) is not None:
                problems.append(doubted)
            office = books.settings.office()
            if reading.procedure is not None and reading.case is not None:
                moment, due = self._due(books, office, received_at, reading.case)
                why = due.why
                if reading.facts is not None:
                    problems += _alike(books, reading.facts)
                    if paper is not None:
                        problems += against_the_book(books, paper)
                    seal = self._sealer.unsigned()
                    accepted = self._payload(
                        books, office, received_at, reading.facts, due, "", seal, "typed"
                    )
                    preview = _preview(replace(accepted, due_override=override), officer, office)
        return Check(
            tuple(problems),
            reading.procedure,
            reading.case,
            moment,
            why,
            reading.fees,
            preview,
        )

    def accept(
        self,
        draft: Mapping[str, Any],
        officer: Officer,
        identity_source: IdentitySource = "typed",
        *,
        asks_about_clock: bool = False,
    ) -> Accepted | Rejected:
        """Write the dossier into the book. When this returns, it is durable. With `asks_about_clock` nothing is
        written under a clock that cannot be believed: somebody has to confirm it first.
        """
        if not officer.may(Right.INTAKE):
            return rejected("no_right", "Bạn không có quyền nhận hồ sơ. Hãy đổi người.")
        reading = read_draft(draft, self._catalogue)
        now = _minute(self._clock.now())
        paper, wrong_paper = read_from_paper(draft, now)
        received_at = paper.received_at if paper else now
        override, wrong = _override(draft, received_at)
        visit_id, wrong_visit = _visit(draft)
        problems = (*reading.problems, *wrong, *wrong_paper, *wrong_visit)
        if problems or reading.facts is None or reading.case is None:
            return Rejected(problems)
        try:
            with self._store.write() as books:
                office = books.settings.office()
                warnings = [*reading.warnings, *_alike(books, reading.facts)]
                if (doubted := self._doubt(books)) is not None:
                    if asks_about_clock:
                        return Rejected((doubted,))
                    warnings.append(doubted)
                if visit_id and is_closed(books, visit_id):
                    return rejected("visit_closed", _VISIT_CLOSED.format(visit=visit_id), "visit")
                told = against_the_book(books, paper) if paper else []
                if wrong := [problem for problem in told if problem.severity == "must"]:
                    return Rejected(tuple(wrong))
                warnings += told
                code = self._code(books, office, received_at, paper)
                _, due = self._due(books, office, received_at, reading.case)
                due_at = override.at if override else due.due_at
                seal = self._sealer.seal(code, 1, received_at, due_at, reading.facts)
                payload = replace(
                    self._payload(
                        books, office, received_at, reading.facts, due, code, seal, identity_source
                    ),
                    origin=paper.origin if paper else "counter",
                    alias=paper.pad if paper else None,
                    due_override=override,
                    slip=needs_slip(due, received_at, due_at),
                    visit_id=visit_id,
                    warnings=tuple(warning.code for warning in warnings),
                )
                event = books.log.append(payload, actor=_actor(officer), at=self._clock.now())
                state = books.dossiers.enter(event, payload)
                job_id = None
                if payload.slip and not visit_id and (paper is None or paper.origin == "pad"):
                    job_id = self._ids.new_id(now)
                    books.prints.add(
                        asked_for(
                            job_id, "receipt", state.id, now,
                            dossier_id=state.id, receipt_no=state.receipt.no,
                        )
                    )  # fmt: skip
            return Accepted(
                state.id,
                state.code,
                state.received_at,
                state.due_at,
                state.slip,
                job_id,
                tuple(warnings),
                Changes(frozenset({state.id}), frozenset({"prints"})),
            )
        except Refused as reason:
            # nothing was written: the day has no number left
            return rejected(reason.code, reason.message)

    def refuse(self, draft: Mapping[str, Any], officer: Officer) -> Noticed | Rejected:
        """Give out a refusal or a request to complete the papers; no code is used."""
        if not officer.may(Right.INTAKE):
            return rejected("no_right", "Bạn không có quyền nhận hồ sơ. Hãy đổi người.")
        reading = read_draft(draft, self._catalogue, _REFUSE_KEYS)
        problems = list(reading.problems)
        reason = text_in(draft.get("reason"))
        if not reason or len(reason) > 500:
            problems.append(
                Problem(
                    "reason", "reason_missing", "Chưa có lý do. Gõ lý do, nhiều nhất 500 ký tự."
                )
            )
        kind = "refusal" if draft.get("notice") is None else draft["notice"]
        if kind not in ("refusal", "supplement"):
            problems.append(
                Problem("notice", "notice_unknown", "Loại phiếu là refusal hoặc supplement.")
            )
        items = [] if draft.get("items") is None else draft["items"]
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            problems.append(Problem("items", "wrong_type", "Giấy tờ cần bổ sung là một danh sách."))
            items = []
        cleaned = tuple(text for item in items if (text := clean_text(item)))
        if kind == "supplement" and not cleaned:
            problems.append(
                Problem("items", "items_missing", "Chưa ghi giấy tờ cần bổ sung. Ghi đủ một lần.")
            )
        if problems or reading.facts is None:
            return Rejected(tuple(problems))
        notice: Literal["refusal", "supplement"] = (
            "supplement" if kind == "supplement" else "refusal"
        )
        now = self._clock.now()
        with self._store.write() as books:
            office = books.settings.office()
            number = books.numbers.next_notice(notice, now.year)
            event = books.log.append(
                ev.IntakeRefused(
                    number,
                    notice,
                    reading.facts.procedure,
                    reading.facts.applicant,
                    cleaned,
                    reason,
                    form_set(office, now.date()),
                    books.settings.office_version(),
                ),
                actor=_actor(officer),
                at=now,
            )
            books.notices.add(NoticeRow(event.event_id, number, notice, now))
        return Noticed(event.event_id, number, Changes(topics=frozenset({"notices"})))

    def _doubt(self, books: Books) -> Problem | None:
        """What an officer typed was asked for, and looked at, when it was typed."""
        return None if self._clock.typed else doubt(books, self._clock.now())

    def _due(
        self, books: Books, office: Office, received_at: datetime, case: ProcedureCase
    ) -> tuple[DueMoment, ev.Due]:
        version = books.settings.office_version()
        return count(self._catalogue, office, received_at, case.unit, case.amount, (), version)

    def _payload(
        self,
        books: Books,
        office: Office,
        received_at: datetime,
        facts: Facts,
        due: ev.Due,
        code: str,
        seal: ReceiptSeal,
        identity_source: IdentitySource,
    ) -> ev.DossierAccepted:
        version = books.settings.office_version()
        return ev.DossierAccepted(
            code=code,
            origin="counter",
            received_at=received_at,
            facts=facts,
            due=due,
            receipt=seal,
            slip=needs_slip(due, received_at, due.due_at),
            form_set=form_set(office, received_at.date()),
            office_version=version,
            counter_no=books.settings.identity().counter_no,
            identity_source=identity_source,
        )

    def _code(
        self, books: Books, office: Office, received_at: datetime, paper: OnPaper | None
    ) -> str:
        day = received_at.date()
        if paper is None or paper.code is None:
            return f"{office.org_code}-{day:%y%m%d}-{books.numbers.next_seq(day)}"
        code = str(paper.code)
        place = place_of(paper.code.seq)
        own = paper.code.org == office.org_code
        if place and own and place.counter_no == books.settings.identity().counter_no:
            books.numbers.pass_by(paper.code.day, place.block, place.number)
        return code


def form_set(office: Office, day: date) -> str:
    """The set of forms in force at an office on the day of receipt."""
    if office.form_set != "auto":
        return office.form_set
    return "FS-2025" if day >= NEWER_FORMS_FROM else "FS-2018"


def _preview(payload: ev.DossierAccepted, officer: Officer, office: Office) -> Receipt:
    draft_event = ev.Event(
        "", "", 0, "", "dossier.accepted", 1, "", payload.received_at.isoformat(), "",
        officer.id, officer.name, "", "", "", "",
    )  # fmt: skip
    state = apply(None, draft_event, payload)
    assert isinstance(state, Dossier)
    return replace(receipt_of(state, office), code="(cấp khi lưu)", register_no="", qr="")


def _alike(books: Books, facts: Facts) -> list[Problem]:
    codes = books.dossiers.open_alike(applicant_key(facts.applicant), facts.procedure.code)
    if not codes:
        return []
    return [
        Problem(
            "procedure",
            "duplicate",
            f"Người này đang có hồ sơ cùng thủ tục chưa trả: {', '.join(codes[:3])}.",
            "may",
        )
    ]


def _override(
    draft: Mapping[str, Any], received_at: datetime
) -> tuple[ev.DueOverride | None, list[Problem]]:
    given = draft.get("due_override")
    if given is None:
        return None, []
    if not isinstance(given, Mapping) or set(given) - {"at", "reason", "approver"}:
        return None, [
            Problem("due_override", "wrong_type", "Sửa ngày hẹn cần ngày giờ, lý do, người duyệt.")
        ]
    problems = []
    at = local_moment(given.get("at"), received_at)
    if at is None or at <= received_at:
        problems.append(
            Problem(
                "due_override.at",
                "moment_wrong",
                "Ngày hẹn sửa tay phải là ngày giờ sau lúc nhận, ví dụ 2026-11-26T17:00.",
            )
        )
    reason = text_in(given.get("reason"))
    approver = text_in(given.get("approver"))
    if not 1 <= len(reason) <= _LONGEST_TEXT:
        problems.append(
            Problem(
                "due_override.reason",
                "reason_missing",
                f"Sửa ngày hẹn phải có lý do, nhiều nhất {_LONGEST_TEXT} ký tự.",
            )
        )
    if not 1 <= len(approver) <= _LONGEST_TEXT:
        problems.append(
            Problem(
                "due_override.approver",
                "approver_missing",
                f"Sửa ngày hẹn phải có người duyệt, nhiều nhất {_LONGEST_TEXT} ký tự.",
            )
        )
    if problems or at is None:
        return None, problems
    return ev.DueOverride(at, reason, approver), []


def _visit(draft: Mapping[str, Any]) -> tuple[str | None, list[Problem]]:
    given = draft.get("visit")
    if given is None:
        return None, []
    if isinstance(given, str) and (cleaned := clean_text(given)) and len(cleaned) <= LONGEST_ID:
        return cleaned, []
    return None, [Problem("visit", "wrong_type", "Số lượt là chữ, nhiều nhất 40 ký tự.")]


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _actor(officer: Officer) -> Actor:
    return Actor(officer.id, officer.name)
