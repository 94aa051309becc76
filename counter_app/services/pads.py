"""The emergency pad (tập phiếu dự phòng): printed beforehand, accounted for slip by slip."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal, cast

from counter_app.domain import events as ev
from counter_app.domain.officer import Officer, Right
from counter_app.domain.pad_code import PadCode, PadNumber
from counter_app.domain.slips import PadSlip
from counter_app.domain.text import clean_text
from counter_app.errors import Refused
from counter_app.ports import Books, Clock, IdSource, Signer, Store
from counter_app.ports.desk import PadRow
from counter_app.services.print_jobs import asked_for

MOST_AT_ONCE = 500
FATES = ("spoilt", "lost", "unused")
"""What an officer may say of a slip; `unused` takes a mistaken fate back."""
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class GivenOut:
    """Numbers that stand in the log from now on, with the print jobs of their slips."""

    numbers: tuple[str, ...]
    print_job_ids: tuple[str, ...]


class Pads:
    """Gives pad numbers out and accounts for them."""

    def __init__(self, store: Store, signer: Signer, clock: Clock, ids: IdSource) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock
        self._ids = ids

    def give_out(self, count: int, officer: Officer, *, waits: bool = True) -> GivenOut:
        """So many new blank slips. The numbers are used for ever, printed or not.

        Each waits for a printer, unless they are drawn into files for another one.
        """
        if not officer.may(Right.INTAKE):
            raise Refused("no_right", "Bạn không có quyền in tập phiếu dự phòng. Hãy đổi người.")
        if not 1 <= count <= MOST_AT_ONCE:
            raise Refused("count_wrong", f"Mỗi lần in từ 1 đến {MOST_AT_ONCE} phiếu.")
        now = self._clock.now()
        with self._store.write() as books:
            numbers = books.pads.next_numbers(count)
            books.log.append(ev.PadPrinted(numbers), actor=_actor(officer), at=now)
            books.pads.note_printed(numbers, self._signer.device_id, now)
            jobs = [
                asked_for(self._ids.new_id(now), "pad", number, now)
                for number in (numbers if waits else ())
            ]
            for job in jobs:
                books.prints.add(job)
        return GivenOut(numbers, tuple(job.id for job in jobs))

    def account(self, number: str, fate: str, reason: str, officer: Officer) -> PadRow:
        """Say what became of a slip that is no dossier."""
        if not officer.may(Right.INTAKE):
            raise Refused("no_right", "Bạn không có quyền ghi sổ phiếu dự phòng. Hãy đổi người.")
        wanted, reason = PadNumber.parse(number), clean_text(reason)
        if wanted is None:
            raise Refused("pad_wrong", "Số phiếu dự phòng không đúng, ví dụ P2-7K3-0042.")
        if fate not in FATES:
            raise Refused("fate_unknown", f"Chọn một trong: {', '.join(FATES)}.")
        if not 0 < len(reason) <= _LONGEST_REASON:
            raise Refused("reason_missing", "Chưa có lý do. Gõ lý do, nhiều nhất 500 ký tự.")
        with self._store.write() as books:
            row = books.pads.get(str(wanted))
            used = [books.dossiers.row(found) for found in books.dossiers.ids_of(str(wanted))]
            if used and used[0] is not None:
                raise Refused("pad_used", f"Phiếu {wanted} đã nhập ở hồ sơ {used[0].code}.")
            if row is None:
                raise Refused(
                    "pad_unknown",
                    f"Máy này chưa thấy phiếu {wanted} được in. Xem lại số, hoặc đồng bộ trước.",
                )
            told = cast(Literal["spoilt", "lost", "unused"], fate)
            books.log.append(
                ev.PadAccounted(row.number, told, reason),
                actor=_actor(officer),
                at=self._clock.now(),
                subject=row.number,
            )
            books.pads.refresh(row.number)
            if fate != "unused":
                # what is spoilt or lost wants no paper any more
                for job in books.prints.about("pad", row.number):
                    if job.state != "printing":
                        books.prints.keep(replace(job, state="done"))
            return replace(row, fate=fate, reason=reason)

    def all(self) -> tuple[PadRow, ...]:
        """Every pad slip of the commune that is known here, by number."""
        with self._store.read() as books:
            return tuple(books.pads.all())

    def counts(self) -> dict[str, int]:
        """How many of each fate."""
        return dict(Counter(row.fate for row in self.all()))

    def slip(self, books: Books, subject: str) -> PadSlip:
        """The blank slip of a number that this counter gave out."""
        row = books.pads.get(subject)
        if row is None or row.printed_at is None or row.device != self._signer.device_id:
            raise Refused("pad_unknown", f"Máy này không in phiếu {subject}. In ở quầy đã cấp số.")
        unsigned = PadCode(row.number, row.printed_at, self._signer.key_id)
        signed = replace(unsigned, signature=self._signer.sign(unsigned.signed_bytes()))
        return PadSlip(books.settings.office(), row.number, signed.encode())


def _actor(officer: Officer) -> ev.Actor:
    return ev.Actor(officer.id, officer.name)
