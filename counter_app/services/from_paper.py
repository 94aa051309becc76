"""What stands on a paper already and is entered afterwards: a lost dossier, an old one, a pad slip."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from counter_app.domain.code import DossierCode, is_org_code
from counter_app.domain.fields import local_moment
from counter_app.domain.pad_code import PadNumber
from counter_app.domain.problems import Problem
from counter_app.domain.slip_code import FIRST_YEAR
from counter_app.ports import Books

_KEYS = {"origin", "code", "pad", "received_at"}


@dataclass(frozen=True, slots=True)
class OnPaper:
    """Its origin, its code or pad number, and the written moment of receipt."""

    origin: Literal["paper", "pad", "import"]
    code: DossierCode | None
    pad: str | None
    received_at: datetime


def read_from_paper(
    draft: Mapping[str, Any], now: datetime
) -> tuple[OnPaper | None, list[Problem]]:
    """What the draft says of its paper, with every problem named by its field."""
    given = draft.get("from_paper")
    if given is None:
        return None, []
    if not isinstance(given, Mapping) or set(given) - _KEYS:
        return None, [
            Problem(
                "from_paper", "wrong_type", "Nhập từ giấy cần nguồn, mã hoặc số phiếu, lúc nhận."
            )
        ]
    problems = []
    origin = given.get("origin")
    if origin not in ("paper", "pad", "import"):
        problems.append(
            Problem("from_paper.origin", "origin_unknown", "Nguồn là paper, pad hoặc import.")
        )
    received_at = local_moment(given.get("received_at"), now)
    if received_at is None or received_at > now or received_at.year < FIRST_YEAR:
        problems.append(
            Problem(
                "from_paper.received_at",
                "moment_wrong",
                "Lúc nhận ghi trên giấy phải là ngày giờ đã qua, từ năm 2000. Xem lại trên giấy.",
            )
        )
    code = pad = None
    if origin == "pad":
        pad = PadNumber.parse(str(given.get("pad") or ""))
        if pad is None:
            problems.append(
                Problem(
                    "from_paper.pad",
                    "pad_wrong",
                    "Số phiếu dự phòng không đúng. Xem lại, ví dụ P2-7K3-0042.",
                )
            )
    else:
        code = DossierCode.parse(str(given.get("code") or ""))
        if code is None or not is_org_code(code.org):
            problems.append(
                Problem("from_paper.code", "code_wrong", "Mã hồ sơ trên giấy không đúng. Xem lại.")
            )
    if problems or received_at is None or origin not in ("paper", "pad", "import"):
        return None, problems
    return OnPaper(origin, code, None if pad is None else str(pad), received_at), []


def against_the_book(books: Books, paper: OnPaper) -> list[Problem]:
    """What the book has against this paper, and what it only wonders about."""
    if paper.pad is not None:
        return _of_pad(books, paper.pad, paper.received_at)
    if books.dossiers.ids_of(str(paper.code)):
        return [
            Problem(
                "from_paper.code",
                "code_exists",
                f"Mã {paper.code} đã có trong sổ. Tra cứu mã này để xem hồ sơ.",
            )
        ]
    return []


def _of_pad(books: Books, pad: str, received_at: datetime) -> list[Problem]:
    def problem(code: str, message: str, severity: Literal["must", "may"] = "must") -> Problem:
        return Problem("from_paper.pad", code, message, severity)

    if used := books.dossiers.ids_of(pad):
        row = books.dossiers.row(used[0])
        where = row.code if row else ""
        return [
            problem("pad_used", f"Phiếu {pad} đã nhập ở hồ sơ {where}. Mở hồ sơ đó, đừng nhận lại.")
        ]
    told = [problem("from_paper", f"Nhập từ phiếu {pad}: lúc nhận là lúc ghi trên phiếu.", "may")]
    known = books.pads.get(pad)
    if known is None or known.printed_at is None:
        told.append(
            problem("pad_unknown", f"Máy này chưa thấy phiếu {pad} được in. Xem lại số.", "may")
        )
        return told
    if known.fate == "spoilt":
        return [
            problem(
                "pad_spoilt",
                f"Phiếu {pad} đã ghi là hỏng ({known.reason}). Xem lại số, hoặc ghi lại là chưa dùng.",
            )
        ]
    if known.fate == "lost":
        told.append(problem("pad_lost", f"Phiếu {pad} từng ghi là mất. Xem kỹ phiếu.", "may"))
    if received_at < known.printed_at.replace(second=0, microsecond=0):
        told.append(
            problem("pad_before_print", "Lúc nhận ghi trước lúc in phiếu. Xem lại giờ.", "may")
        )
    return told
