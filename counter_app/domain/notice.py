"""A notice without a dossier code: a refusal, or what is still missing."""

from dataclasses import dataclass
from datetime import datetime

from counter_app.domain.events import Event, IntakeRefused
from counter_app.domain.office import Office
from counter_app.domain.personal_number import mask


@dataclass(frozen=True, slots=True)
class Notice:
    """What the paper says."""

    kind: str
    notice_no: str
    made_at: datetime
    letterhead: tuple[str, ...]
    office_name: str
    office_phone: str
    form_set: str
    applicant_name: str
    address: str
    phone: str
    email: str
    masked_number: str
    procedure_name: str
    items: tuple[str, ...]
    reason: str
    officer: str

    @classmethod
    def of_refusal(cls, event: Event, payload: IntakeRefused, office: Office) -> "Notice":
        """Built from the event, the same on every print."""
        applicant = payload.applicant
        return cls(
            payload.notice,
            payload.notice_no,
            datetime.fromisoformat(event.occurred_at),
            office.letterhead,
            office.name,
            office.phone,
            payload.form_set,
            applicant.name,
            applicant.address or "",
            applicant.phone or "",
            applicant.email or "",
            mask(applicant.personal_number) if applicant.personal_number else "",
            payload.procedure.name if payload.procedure else "",
            payload.items,
            payload.reason,
            event.actor_name,
        )
