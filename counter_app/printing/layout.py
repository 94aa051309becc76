"""What a slip says, block by block: the one content that is drawn for every width."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from counter_app.domain.calendar import weekday_name
from counter_app.domain.events import ReceivedComponent
from counter_app.domain.money import vnd
from counter_app.domain.receipt import RETURN_METHODS, Receipt
from counter_app.domain.text import clean_text

TITLE = ("GIẤY TIẾP NHẬN HỒ SƠ", "VÀ HẸN TRẢ KẾT QUẢ")


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph over the whole width."""

    text: str
    bold: bool = False
    large: bool = False
    small: bool = False
    centred: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and what stands behind it."""

    label: str
    value: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """What must be found at a glance: framed."""

    label: str
    value: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """White on black: a reprint."""

    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin line."""


@dataclass(frozen=True, slots=True)
class Qr:
    """The signed payload; an empty one is a place for it on a preview."""

    payload: str
    host: str


Block = Line | Pair | Box | Mark | Rule | Qr


def slip_blocks(receipt: Receipt, copy_no: int) -> tuple[Block, ...]:
    """The slip of a receipt. `copy_no` counts the prints before this one."""
    return tuple(_cleaned(block) for block in _blocks(receipt, copy_no))


def _blocks(receipt: Receipt, copy_no: int) -> Iterator[Block]:
    for line in receipt.letterhead or (receipt.office_name,):
        yield Line(line, bold=True, small=True, centred=True)
    for line in (receipt.office_address, _phone(receipt.office_phone)):
        if line:
            yield Line(line, small=True, centred=True)
    if copy_no:
        yield Mark(f"BẢN IN LẠI lần {copy_no}")
    for line in TITLE:
        yield Line(line, bold=True, large=True, centred=True)
    yield Pair("Mã hồ sơ", receipt.code, bold=True)
    if receipt.replaces_no:
        yield Pair("Phiếu số", f"{receipt.no}, thay phiếu số {receipt.replaces_no}")
    yield Pair("Người nộp", receipt.applicant_name, bold=True)
    yield from _pairs(
        ("Nộp thay", receipt.representative_name),
        ("Số giấy tờ", receipt.masked_number),
        ("Địa chỉ", receipt.address),
        ("Điện thoại", receipt.phone),
    )
    yield Pair("Việc", _procedure(receipt), bold=True)
    yield from _papers(receipt)
    yield Pair("Nhận lúc", moment_text(receipt.received_at))
    yield Box(
        "HẸN TRẢ KẾT QUẢ" + (" (tạm tính)" if receipt.provisional else ""),
        due_text(receipt.due_at),
        f"Thời hạn: {receipt.term}",
    )
    yield Pair("Nhận kết quả", RETURN_METHODS[receipt.return_method])
    yield from _fees(receipt)
    yield from _pairs(("Ghi chú", receipt.note))
    if receipt.other_codes:
        yield Pair("Cùng lượt", ", ".join(receipt.other_codes))
    yield Qr(receipt.qr, receipt.lookup_host)
    yield Line(receipt.code, bold=True, centred=True)
    yield Rule()
    yield Pair("Người nhận", f"{receipt.officer}, quầy {receipt.counter_no}")
    yield Line(f"{receipt.office_name}.", small=True)
    yield Line("Khi đến lấy kết quả, ông bà mang phiếu này và giấy tờ tùy thân.", small=True)
    if receipt.complaint_phone:
        yield Line(f"Phản ánh, kiến nghị: {receipt.complaint_phone}", small=True)


def _papers(receipt: Receipt) -> Iterator[Block]:
    kinds = len(receipt.components) + len(receipt.pages)
    sets = f"{receipt.sets} bộ"
    yield Pair("Giấy tờ", f"{kinds} loại, {sets}" if kinds else sets)
    number = 0
    for component in receipt.components:
        number += 1
        yield Line(f"{number}. {component.name}: {counts_text(component)}", small=True)
    for page in receipt.pages:
        number += 1
        name = page.name or "Bản sao"
        yield Line(f"{number}. {name}: {page.pages} trang, {page.copies} bản", small=True)


def _fees(receipt: Receipt) -> Iterator[Block]:
    if not receipt.fees:
        yield Pair("Phải thu", "Miễn phí")
        return
    if len(receipt.fees) > 1:
        for fee in receipt.fees:
            yield Line(f"{fee.name}: {vnd(fee.amount)}", small=True)
    yield Pair("Phải thu", vnd(receipt.fee_total), bold=True)


def _pairs(*pairs: tuple[str, str]) -> Iterator[Block]:
    for label, value in pairs:
        if value:
            yield Pair(label, value)


def _procedure(receipt: Receipt) -> str:
    if receipt.case_name in ("", "Thông thường"):
        return receipt.procedure_name
    return f"{receipt.procedure_name} ({receipt.case_name})"


def counts_text(component: ReceivedComponent) -> str:
    """`1 chính, 2 sao`, or that it was only shown."""
    if component.present:
        return "xem"
    counts = [
        f"{count} {kind}"
        for count, kind in (
            (component.originals, "chính"),
            (component.certified, "chứng thực"),
            (component.copies, "sao"),
        )
        if count
    ]
    return ", ".join(counts) or "đã nhận"


def moment_text(moment: datetime) -> str:
    """`09:24, 20/11/2026`, in the clock the moment carries."""
    return f"{moment:%H:%M, %d/%m/%Y}"


def due_text(moment: datetime) -> str:
    """`17:00 Thứ Năm, 26/11/2026`."""
    return f"{moment:%H:%M} {weekday_name(moment.date())}, {moment:%d/%m/%Y}"


def _phone(number: str) -> str:
    return f"Điện thoại: {number}" if number else ""


def _cleaned(block: Block) -> Block:
    """Whatever came from people becomes printable text here, once more, before it is drawn."""
    match block:
        case Line():
            return Line(clean_text(block.text), block.bold, block.large, block.small, block.centred)
        case Pair():
            return Pair(block.label, clean_text(block.value), block.bold)
        case Box():
            return Box(block.label, clean_text(block.value), clean_text(block.below))
        case _:
            return block
