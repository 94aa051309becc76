"""What each slip says, block by block: the one content that is drawn for every width."""

from collections.abc import Iterator
from datetime import datetime

from counter_app.domain.calendar import weekday_name
from counter_app.domain.events import ReceivedComponent
from counter_app.domain.money import vnd
from counter_app.domain.office import Office
from counter_app.domain.receipt import RETURN_METHODS, Receipt
from counter_app.domain.slips import AppointmentSlip, PadSlip, SlipContent, TicketSlip
from counter_app.printing.blocks import (
    Big,
    Blank,
    Block,
    Box,
    Line,
    Mark,
    Pair,
    Qr,
    Rule,
    cleaned,
)

TITLE = ("GIẤY TIẾP NHẬN HỒ SƠ", "VÀ HẸN TRẢ KẾT QUẢ")


def slip_blocks(content: SlipContent, copy_no: int) -> tuple[Block, ...]:
    """The slip of that content. `copy_no` counts the prints before this one."""
    match content:
        case Receipt():
            head, body = _head_of_receipt(content), _receipt(content)
        case TicketSlip():
            head, body = _head(content.office), _ticket(content)
        case AppointmentSlip():
            head, body = _head(content.office), _appointment(content)
        case PadSlip():
            head, body = _head(content.office), _pad(content)
    mark = (Mark(f"BẢN IN LẠI lần {copy_no}"),) if copy_no else ()
    return tuple(cleaned(block) for block in (*head, *mark, *body))


def _head_of_receipt(receipt: Receipt) -> Iterator[Block]:
    return _heading(
        receipt.letterhead or (receipt.office_name,),
        receipt.office_address,
        receipt.office_phone,
    )


def _head(office: Office) -> Iterator[Block]:
    return _heading(office.letterhead or (office.name,), office.address, office.phone)


def _heading(lines: tuple[str, ...], address: str, phone: str) -> Iterator[Block]:
    for line in lines:
        yield Line(line, bold=True, small=True, centred=True)
    for line in (address, f"Điện thoại: {phone}" if phone else ""):
        if line:
            yield Line(line, small=True, centred=True)


def _receipt(receipt: Receipt) -> Iterator[Block]:
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
    yield Box(_due_label(receipt), due_text(receipt.due_at), f"Thời hạn: {receipt.term}")
    yield Pair("Nhận kết quả", RETURN_METHODS[receipt.return_method])
    yield from _fees(receipt)
    yield from _pairs(("Ghi chú", receipt.note))
    yield from _visit(receipt)
    yield Qr(receipt.qr, receipt.lookup_host)
    yield Line(receipt.code, bold=True, centred=True)
    yield Rule()
    yield Pair("Người nhận", f"{receipt.officer}, quầy {receipt.counter_no}")
    yield Line(f"{receipt.office_name}.", small=True)
    yield Line("Khi đến lấy kết quả, ông bà mang phiếu này và giấy tờ tùy thân.", small=True)
    yield from _complaints(receipt.complaint_phone)


def _visit(receipt: Receipt) -> Iterator[Block]:
    """The other dossiers of the visit: as text, the QR is the first one's."""
    if not receipt.others:
        return
    yield Rule()
    count = len(receipt.others) + 1
    yield Line(f"CÙNG LƯỢT: {count} HỒ SƠ CHUNG PHIẾU NÀY", bold=True, centred=True)
    for number, other in enumerate(receipt.others, 2):
        yield Line(f"{number}. {other.code}", bold=True)
        if other.applicant_name != receipt.applicant_name:
            yield Pair("Người nộp", other.applicant_name)
        yield Pair("Việc", _procedure(other))
        provisional = " (tạm tính)" if other.provisional else ""
        yield Pair("Hẹn trả", due_text(other.due_at) + provisional)
        yield Pair("Phải thu", vnd(other.fee_total) if other.fees else "Miễn phí")
    yield Pair("Cộng thu", vnd(receipt.visit_total), bold=True)
    yield Rule()


def _ticket(slip: TicketSlip) -> Iterator[Block]:
    yield Line("SỐ THỨ TỰ", bold=True, large=True, centred=True)
    yield Big(slip.ticket.label)
    yield Line(slip.group_name, bold=True, large=True, centred=True)
    ahead = f"Trước ông bà còn {slip.ahead} người." if slip.ahead else "Chưa có ai trước ông bà."
    yield Line(ahead, centred=True)
    yield Rule()
    yield Line(f"Lấy số lúc {moment_text(slip.ticket.taken_at)}", small=True, centred=True)
    yield Line("Số chỉ dùng trong hôm nay.", small=True, centred=True)


def _appointment(slip: AppointmentSlip) -> Iterator[Block]:
    booked = slip.appointment
    yield Line("PHIẾU HẸN GIỜ LÀM VIỆC", bold=True, large=True, centred=True)
    yield Box(
        "MỜI ÔNG BÀ ĐẾN LÚC",
        due_text(booked.slot.starts_at),
        f"Giữ chỗ đến {booked.slot.ends_at:%H:%M}",
    )
    yield from _pairs(
        ("Họ và tên", booked.name),
        ("Điện thoại", booked.phone),
        ("Việc", booked.procedure_name),
    )
    if slip.provisional:
        year = booked.slot.starts_at.year
        yield Line(f"Lịch nghỉ năm {year} chưa chính thức: gọi hỏi trước khi đến.", small=True)
    yield Qr(booked.number, "")
    yield Line(booked.number, bold=True, centred=True)
    yield Line("Đến quầy thì đưa phiếu này. Không đến được thì gọi để nhường chỗ.", small=True)
    yield from _complaints(slip.office.complaint_phone)


def _pad(slip: PadSlip) -> Iterator[Block]:
    yield Line("PHIẾU TIẾP NHẬN DỰ PHÒNG", bold=True, large=True, centred=True)
    yield Line("Ghi tay khi mất điện hoặc hỏng máy", small=True, centred=True)
    yield Big(slip.number)
    yield Blank(("Họ và tên",))
    yield Blank(("Số định danh",))
    yield Blank(("Địa chỉ",), more=1)
    yield Blank(("Điện thoại",))
    yield Blank(("Việc",), more=1)
    yield Blank(("Giấy tờ",), more=3)
    yield Blank(("Nhận lúc", "giờ", "ngày"))
    yield Blank(("Hẹn đến hỏi lúc", "ngày"))
    yield Blank(("Người nhận",))
    yield Qr(slip.qr, "")
    yield Line(slip.number, bold=True, centred=True)
    yield Rule()
    yield Line("Có điện lại, quầy nhập phiếu này vào sổ và giao giấy tiếp nhận.", small=True)
    yield Line("Ông bà giữ phiếu này, đưa lại khi nhận giấy tiếp nhận.", small=True)
    yield from _complaints(slip.office.complaint_phone)


def _complaints(phone: str) -> Iterator[Block]:
    if phone:
        yield Line(f"Phản ánh, kiến nghị: {phone}", small=True)


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


def _due_label(receipt: Receipt) -> str:
    return "HẸN TRẢ KẾT QUẢ" + (" (tạm tính)" if receipt.provisional else "")


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
