"""The dossier object that `show` and `find` print, the same at counters and above."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from counter_app.domain import events as ev
from counter_app.domain.dossier import Dossier, TimelineEntry


def dossier_json(dossier: Dossier, sent: str) -> dict[str, Any]:
    """Everything about a dossier as plain data, times in the office's own wall clock."""
    facts = dossier.facts
    found = {
        **summary_of(dossier),
        "dossier_id": dossier.id,
        "received_at": _local(dossier.received_at),
        "original_due_at": _local(dossier.original_due_at),
        "provisional": dossier.due.provisional,
        "why": dossier.due.why,
        "procedure": {
            "code": facts.procedure.code,
            "name": facts.procedure.name,
            "case": facts.procedure.case_id,
            "case_name": facts.procedure.case_name,
            "field": facts.procedure.field_name,
        },
        "applicant": _given(asdict(facts.applicant)),
        "representative": _given(asdict(facts.representative)) if facts.representative else None,
        "components": [asdict(component) for component in facts.components],
        "pages": [asdict(line) for line in facts.pages],
        "sets": facts.sets,
        "return_method": facts.return_method,
        "note": facts.note,
        "fees": [asdict(line) for line in facts.fees],
        "fee_total": facts.fee_total,
        "paid_total": sum(amount for _, amount in dossier.paid),
        "holder": {"side": dossier.holder.side, "name": dossier.holder.name},
        "receipt_no": dossier.receipt.no,
        "slip": dossier.slip,
        "counter": dossier.counter_no,
        "origin": dossier.origin,
        "aliases": list(dossier.aliases),
        "completed_at": _local(dossier.completed_at),
        "returned_at": _local(dossier.returned_at),
        "attachments": [
            {
                "id": entry.event_id,
                "name": entry.payload.name,
                "component": entry.payload.component,
                "pages": [asdict(page) for page in entry.payload.pages],
            }
            for entry in dossier.timeline
            if isinstance(entry.payload, ev.AttachmentAdded) and entry.rejected is None
        ],
        "sent": sent,
        "timeline": [_line(entry) for entry in dossier.timeline],
    }
    if dossier.due_override is not None:
        found["due_override"] = {
            "reason": dossier.due_override.reason,
            "approver": dossier.due_override.approver,
            "computed_due_at": _local(dossier.due.due_at),
        }
    return found


def summary_of(dossier: Dossier) -> dict[str, Any]:
    """The state in a few fields."""
    found: dict[str, Any] = {
        "code": dossier.code,
        "status": dossier.status.value,
        "status_no": dossier.status.no,
        "due_at": _local(dossier.due_at),
    }
    if dossier.voided:
        found["voided"] = True
    if dossier.held:
        found["held"] = dossier.held
    if dossier.erased_at is not None:
        found["erased_at"] = _local(dossier.erased_at)
    return found


def _line(entry: TimelineEntry) -> dict[str, Any]:
    moment = datetime.fromisoformat(entry.at)
    line: dict[str, Any] = {
        "at": _local(moment),
        "event": entry.event,
        "actor": entry.actor,
        "note": entry.note,
    }
    if isinstance(entry.payload, ev.SlipPrinted):
        line["outcome"] = entry.payload.outcome
        line["copy_no"] = entry.payload.copy_no
    if isinstance(entry.payload, ev.DossierCorrected):
        line["changes"] = [asdict(change) for change in entry.payload.changes]
    if entry.rejected is not None:
        line["rejected"] = entry.rejected.value
    if entry.reverted:
        line["reverted"] = True
    return line


def _local(moment: datetime | None) -> str | None:
    return None if moment is None else moment.replace(tzinfo=None).isoformat(timespec="minutes")


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
