"""Invented content of every slip, ordinary and at its longest."""

from dataclasses import replace
from datetime import date, datetime

from conftest import ZONE

import resources
from counter_app.domain.appointments import Appointment, Slot
from counter_app.domain.events import FeeLine, PageLine, ReceivedComponent
from counter_app.domain.office import parse_office
from counter_app.domain.receipt import Receipt
from counter_app.domain.slips import AppointmentSlip, PadSlip, SlipContent, TicketSlip
from counter_app.domain.tickets import Ticket

OFFICE = parse_office(resources.office_text("khe-sanh"))
AT = datetime(2026, 11, 20, 9, 24, tzinfo=ZONE)
PAYLOAD = "1K3F" * 43
"""As long as a receipt's."""


def receipt(code: str = "H50.99.01-261120-2014", **more: object) -> Receipt:
    ordinary = Receipt(
        letterhead=OFFICE.letterhead,
        office_name=OFFICE.name,
        office_address=OFFICE.address,
        office_phone=OFFICE.phone,
        complaint_phone=OFFICE.complaint_phone,
        lookup_host="",
        form_set="FS-2018",
        code=code,
        no=1,
        replaces_no=None,
        register_book="2026/Hộ tịch",
        register_no=code.rpartition("-")[2],
        applicant_kind="person",
        applicant_name="HỒ THỊ NGUYỆT",
        representative_name="",
        address="Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị",
        phone="0912000345",
        email="",
        masked_number="045***234",
        procedure_code="1.004873",
        procedure_name="Cấp Giấy xác nhận tình trạng hôn nhân",
        case_name="Kết hôn lần đầu",
        field_name="Hộ tịch",
        components=(
            ReceivedComponent("g1", "Tờ khai cấp Giấy xác nhận tình trạng hôn nhân", 1),
            ReceivedComponent("g2", "Giấy tờ tùy thân (xuất trình)", present=True),
        ),
        pages=(),
        sets=1,
        term="3 ngày làm việc",
        why="",
        provisional=False,
        received_at=AT,
        due_at=AT.replace(day=26, hour=17, minute=0),
        return_method="counter",
        fees=(FeeLine("le-phi", "Lệ phí", "levy", 15_000),),
        note="",
        officer="Hồ Thị Mai",
        counter_no=2,
        others=(),
        qr=PAYLOAD,
    )
    return replace(ordinary, **more)


def longest_receipt() -> Receipt:
    """An organisation with a representative, everything as long as the contract allows."""
    long = {
        "applicant_kind": "organisation",
        "applicant_name": ("Hợp tác xã Nông nghiệp và Dịch vụ tổng hợp Ẩm Ướt " * 3)[:120].strip(),
        "representative_name": ("NGUYỄN PHƯỜNG THƯỢNG ẢNH " * 5)[:120].strip(),
        "address": ("Thôn Ta Đủ, xã Tân Hợp, huyện Hướng Hóa, tỉnh Quảng Trị; " * 6)[:300],
        "note": "W" * 200,
        "procedure_name": "Chứng thực chữ ký trong các giấy tờ, văn bản " * 5,
        "components": tuple(
            ReceivedComponent(f"g{n}", f"Giấy tờ số {n}, {'Ễ' * (2 * n)} bản chính", 12, 3, 40)
            for n in range(30)
        ),
        "pages": tuple(PageLine(f"Giấy khai sinh số {n}", 40, 12) for n in range(5)),
        "fees": tuple(
            FeeLine(f"p{n}", f"Phí thẩm định số {n}", "fee", 1_000_000_000) for n in range(4)
        ),
        "officer": "NGUYỄN THỊ HỒNG PHƯỢNG " * 3,
        "replaces_no": 1,
        "no": 2,
        "provisional": True,
        "lookup_host": "x" * 32,
    }
    return receipt(**long, others=(receipt("H50.99.01-261120-2015", **long), receipt()))


def ticket(**more: object) -> TicketSlip:
    taken = Ticket(date(2026, 11, 20), "A", 12, AT)
    return replace(TicketSlip(OFFICE, taken, "Hộ tịch, chứng thực", 4), **more)


def appointment(**more: object) -> AppointmentSlip:
    starts = AT.replace(day=23, hour=9, minute=0)
    booked = Appointment(
        "L2-261123-007",
        Slot(starts, starts.replace(hour=10)),
        "HỒ THỊ NGUYỆT",
        "0912000345",
        "1.004873",
        "Cấp Giấy xác nhận tình trạng hôn nhân",
        AT,
    )
    return AppointmentSlip(OFFICE, replace(booked, **more), provisional=True)


def pad(number: str = "P2-7K3-0042") -> PadSlip:
    return PadSlip(OFFICE, number, "2K3F" * 35)


def every_slip() -> dict[str, SlipContent]:
    visit = receipt(others=(receipt("H50.99.01-261120-2015"), receipt("H50.99.01-261120-2016")))
    return {
        "receipt": receipt(),
        "visit": visit,
        "longest": longest_receipt(),
        "preview": receipt(qr=""),
        "ticket": ticket(ahead=123, group_name="Ưu tiên: " + "người cao tuổi, " * 4),
        "appointment": appointment(name="NGUYỄN PHƯỜNG " * 8),
        "pad": pad(),
        "pad with a long number": pad("P2-7K3-004277"),
    }
