"""What may be done with a dossier, as data: its words, its key, and what its form asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from counter_app.domain.actions import EVENT_OF, owed
from counter_app.domain.calendar import weekday_name
from counter_app.domain.dossier import Dossier
from counter_app.domain.events import SupplementRequested
from counter_app.domain.form_kinds import KINDS

Told = Callable[[Dossier], str]
UPPER = "Cấp trên"
"""What stands for the upper server where somebody is named."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One line of a form."""

    key: str
    """The field of the action; `applicant.name` is a field of a part."""
    caption: str
    kind: Literal["text", "lines", "money", "day", "moment", "holder", "changed"] = "text"
    """`changed` is given only where it is not what stood there before."""
    required: bool = False
    short: bool = False
    """Shares its line with the next short one."""
    value: Told = lambda _: ""
    """What stands there at first."""
    limit: int = 300
    missing: Told = lambda _: ""
    """Why an empty one will not do for this dossier; most are told by the action itself."""
    when: Callable[[Dossier], bool] = lambda _: True
    repair: bool = False
    """Asked only where the upper server could not take the acceptance."""


@dataclass(frozen=True, slots=True)
class ActForm:
    """One thing that may be done. Without asks it is done at once."""

    text: str
    """On its button."""
    key: str
    likely: str
    """On the button of the screen, when it is what comes next or its form is open."""
    done: str
    """What is said afterwards."""
    asks: tuple[Ask, ...] = ()
    sentence: Told = lambda _: ""
    finish: str = "F12"
    danger: bool = False
    many: bool = True
    """Whether it makes sense for several dossiers at once."""


_NOTE = Ask("note", "Ghi chú", limit=500)
_REASON = Ask("reason", "Lý do", required=True, limit=500)


def _asked_items(dossier: Dossier) -> str:
    for line in reversed(dossier.timeline):
        if isinstance(line.payload, SupplementRequested) and not line.reverted:
            return "\n".join(line.payload.items)
    return ""


def _money(dossier: Dossier) -> str:
    return f"{owed(dossier):,}".replace(",", ".") if owed(dossier) else ""


def _promised(dossier: Dossier) -> str:
    said = f"Đang hẹn {dossier.due_at:%H:%M, %d/%m/%Y}. Hạn đầu vẫn dùng để tính trễ."
    if dossier.extensions:
        said += " Đã hẹn lại một lần: lần này phải có lãnh đạo duyệt."
    return said


def _second(dossier: Dossier) -> str:
    return "Hẹn lại lần thứ hai: gõ tên lãnh đạo duyệt." if dossier.extensions else ""


def _is_person(dossier: Dossier) -> bool:
    return dossier.facts.applicant.kind == "person"


ACTS: Mapping[str, ActForm] = {
    "transfer": ActForm(
        "Chuyển", "Alt+C", "Chuyển xử lý", "Đã chuyển",
        (
            Ask("to", "Chuyển cho", "holder", True,
                value=lambda dossier: dossier.facts.procedure.unit),
            _NOTE,
        ),
    ),
    "take-over": ActForm("Ký nhận", "Alt+Y", "Ký nhận bàn giao", "Đã ký nhận"),
    "request-supplement": ActForm(
        "Bổ sung", "Alt+B", "Lập phiếu bổ sung", "Đã yêu cầu bổ sung",
        (
            Ask("items", "Giấy tờ còn thiếu, mỗi dòng một loại", "lines", True),
            _REASON,
            Ask("until", "Hạn bổ sung, ví dụ 30/11", "day"),
        ),
        lambda _: "Ghi đủ một lần. Trong lúc chờ không tính hạn.",
    ),
    "receive-supplement": ActForm(
        "Đã bổ sung", "Alt+B", "Đã nhận bổ sung", "Đã nhận bổ sung",
        (Ask("items", "Giấy tờ đã nhận, mỗi dòng một loại", "lines", value=_asked_items), _NOTE),
        lambda _: "Hạn tính tiếp từ lúc này.",
    ),
    "request-payment": ActForm(
        "Nộp phí", "Alt+N", "Báo nộp phí", "Đã báo nộp phí",
        (Ask("amount", "Số tiền (đồng)", "money", True, value=_money), _REASON),
        lambda _: "Trong lúc chờ nộp phí không tính hạn.",
    ),
    "receive-payment": ActForm(
        "Thu tiền", "Alt+N", "Đã thu tiền", "Đã ghi thu tiền",
        (
            Ask("amount", "Số tiền (đồng)", "money", True, True, _money),
            Ask("receipt_serial", "Số biên lai", short=True, limit=60),
            Ask("method", "Hình thức nộp", short=True, limit=60, value=lambda _: "Tiền mặt"),
            Ask("exemption", "Miễn, giảm (nếu có)", short=True, limit=120),
        ),
    ),
    "extend": ActForm(
        "Gia hạn", "Alt+G", "Xin lỗi và hẹn lại", "Đã hẹn lại",
        (
            Ask("new_due_at", "Ngày hẹn mới, ví dụ 30/11", "moment", True,
                value=lambda dossier: f"{dossier.due_at:%d/%m/%Y %H:%M}"),
            _REASON,
            Ask("unit_at_fault", "Đơn vị gây chậm", short=True, limit=120),
            Ask("approver", "Người duyệt", short=True, limit=120, missing=_second),
        ),
        _promised,
    ),
    "stop": ActForm(
        "Dừng", "Alt+D", "Dừng giải quyết", "Đã dừng giải quyết",
        (Ask("decision_no", "Số quyết định", required=True, limit=120), _REASON),
        lambda _: "Người nộp nhận thông báo dừng giải quyết.",
        danger=True,
    ),
    "withdraw": ActForm(
        "Rút", "Alt+U", "Rút hồ sơ", "Đã ghi rút",
        (_REASON,), lambda _: "Người dân rút hồ sơ về.", danger=True,
    ),
    "complete": ActForm(
        "Có kết quả", "Alt+K", "Kết quả đã về", "Đã ghi có kết quả",
        (
            Ask("decision_no", "Số của kết quả", short=True, limit=120),
            Ask("decided_on", "Ngày ký, ví dụ 26/11", "day", short=True),
            Ask("signed_by", "Người ký", short=True, limit=120),
            Ask("shelf", "Kệ", short=True, limit=40),
        ),
    ),
    "return": ActForm("Trả kết quả", "Alt+R", "Trả kết quả", "Đã trả", many=False),
    "correct": ActForm(
        "Sửa sai", "Alt+S", "Đính chính", "Đã đính chính",
        (
            _REASON,
            Ask("applicant.name", "Họ tên", "changed", short=True, limit=160,
                value=lambda dossier: dossier.facts.applicant.name),
            Ask("applicant.personal_number", "Số định danh", "changed", short=True, limit=15,
                value=lambda dossier: dossier.facts.applicant.personal_number or "",
                when=_is_person),
            Ask("applicant.tax_code", "Mã số thuế", "changed", short=True, limit=15,
                value=lambda dossier: dossier.facts.applicant.tax_code or "",
                when=lambda dossier: not _is_person(dossier)),
            Ask("applicant.address", "Nơi cư trú", "changed", limit=400,
                value=lambda dossier: dossier.facts.applicant.address or ""),
            Ask("applicant.phone", "Điện thoại", "changed", short=True, limit=20,
                value=lambda dossier: dossier.facts.applicant.phone or ""),
            Ask("note", "Ghi chú trên phiếu", "changed", short=True, limit=500,
                value=lambda dossier: dossier.facts.note),
            Ask("code", "Mã trên giấy (để trống: cấp mã mới)", short=True, limit=40, repair=True),
        ),
        lambda dossier: f"Phiếu số {dossier.receipt.no} sẽ được thay bằng phiếu mới. "
        "Cả hai đều được giữ.",
        many=False,
    ),
    "void": ActForm(
        "Hủy", "Alt+H", "Hủy hồ sơ", "Đã hủy",
        (_REASON,),
        lambda dossier: f"Hủy hồ sơ {seq_of(dossier)}? Mã này không cấp lại cho ai. "
        "Gõ lý do, rồi bấm Alt+H để hủy.",
        finish="Alt+H", danger=True, many=False,
    ),
    "revert": ActForm(
        "Lấy lại", "Alt+L", "Lấy lại việc vừa làm", "Đã lấy lại",
        (_REASON,), lambda _: "Lấy lại việc vừa làm; việc ấy vẫn đọc được trong diễn biến.",
    ),
}  # fmt: skip
"""Action → its form."""


def act_of(key: str, allowed: tuple[str, ...]) -> str:
    """The action behind a key such as `Alt+C` or `c` among those that are offered; empty for none."""
    wanted = key if "+" in key else f"Alt+{key.upper()}"
    return next((name for name in allowed if ACTS[name].key == wanted), "")


def papers_after(action: str, *, lists: bool) -> tuple[str, ...]:
    """The forms that an action calls for: those of each dossier, or the lists of several."""
    event = EVENT_OF[action]
    return tuple(
        kind.name
        for kind in KINDS.values()
        if event in kind.after and (kind.subject == "dossiers") == lists
    )


def seq_of(dossier: Dossier) -> str:
    """The end of its code, by which people at the counter call it."""
    return dossier.code.rpartition("-")[2]


def next_words(dossier: Dossier, likely: str) -> tuple[str, str]:
    """What comes next and by when."""
    due = dossier.due_at
    by = f"Chậm nhất {due:%H:%M} {weekday_name(due.date())} {due:%d/%m/%Y}."
    match dossier.status:
        case "awaiting_supplement":
            return "chờ người nộp bổ sung", "Trong lúc chờ không tính hạn."
        case "awaiting_payment":
            return "chờ người nộp trả phí", "Trong lúc chờ không tính hạn."
        case "completed":
            shelf = dossier.completion.shelf if dossier.completion else ""
            return "chờ người đến nhận kết quả", f"Kết quả ở kệ {shelf}." if shelf else ""
        case "in_process" if dossier.holder.name or dossier.holder.side == "upper":
            who = UPPER.lower() if dossier.holder.side == "upper" else dossier.holder.name
            return f"{who} giao kết quả", by
        case _ if likely and dossier.status in ("accepted", "in_process"):
            words = ACTS[likely].likely
            return f"{words[:1].lower()}{words[1:]}", by
    return "", ""
