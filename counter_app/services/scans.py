"""What a scanner read, and whether a slip is genuine. The raw payload is never kept."""

from dataclasses import dataclass

from counter_app.domain.dossier import Dossier
from counter_app.domain.scan import Scan, route
from counter_app.domain.slip_code import SlipCode, Verdict, Verify, applicant_check, judge
from counter_app.ports import Store


@dataclass(frozen=True, slots=True)
class Judged:
    """A scan with its verdict, and the dossier it opens. A blank pad slip opens none yet."""

    scan: Scan
    verdict: Verdict | None = None
    dossier_id: str | None = None
    replaced: bool = False
    """A newer receipt of this dossier exists: "đã thay bằng phiếu khác"."""
    mismatch: bool = False
    """The slip was issued to another name or number than the book has."""


class Scans:
    """Routes scans and judges slips with the store's own key list."""

    def __init__(self, store: Store, verify: Verify) -> None:
        self._store = store
        self._verify = verify

    def judge(self, payload: str | bytes) -> Judged:
        """What this is; for what was signed also whether it is ours."""
        scan = route(payload)
        named = scan.fields.get("code") or scan.fields.get("number")
        if scan.kind not in ("slip", "pad_slip", "dossier_code") or not named:
            return Judged(scan)
        slip = scan.signed
        with self._store.read() as books:
            verdict = judge(slip, books.settings.keys(), self._verify) if slip else None
            ids = books.dossiers.ids_of(named)
            opened = [books.dossiers.get(known) for known in ids] if scan.kind == "slip" else []
        if not isinstance(slip, SlipCode):
            return Judged(scan, verdict, ids[0] if ids else None)
        dossiers = [dossier for dossier in opened if dossier is not None]
        if not dossiers:
            return Judged(scan, verdict)
        # one code may have been given out twice: the slip is that of its own applicant
        dossier = next((known for known in dossiers if _is_for(slip, known)), dossiers[0])
        replaced = slip.receipt_no < dossier.receipt.no
        return Judged(
            scan,
            verdict,
            dossier.id,
            replaced,
            not replaced and not dossier.erased_at and not _is_for(slip, dossier),
        )


def _is_for(slip: SlipCode, dossier: Dossier) -> bool:
    party = dossier.facts.applicant
    expected = applicant_check(slip.code, party.name, party.personal_number)
    return expected == slip.applicant_check
