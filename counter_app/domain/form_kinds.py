"""The forms there are, and what the template of each may name: data.

Every field and column carries its meaning, for whoever words a template, and an invented value, for
the preview. A builder fills exactly these, so a template that names anything else is a mistake.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Words = Mapping[str, tuple[str, str]]
"""Name → its meaning, an invented value."""

Subject = Literal["dossier", "dossiers", "notice", "visit", "day", "period", "procedure"]


@dataclass(frozen=True, slots=True)
class FormKind:
    """One form by its name in commands and files."""

    name: str
    title: str
    """For lists; the title on the paper stands in the template."""
    subject: Subject
    fields: Words
    tables: Mapping[str, Words]
    papers: tuple[str, ...] = ("a4", "a5", "a3")
    """Sizes it comes in, the usual one first."""
    after: tuple[str, ...] = ()
    """Events of which one must stand; none where the form can be had at any time."""
    missing: str = ""
    """Why it cannot be printed before that."""


_OFFICE: Words = {
    "office_name": ("Tên bộ phận một cửa", "Bộ phận Một cửa xã Khe Sanh (mẫu)"),
    "office_address": ("Địa chỉ bộ phận", "Số 1 đường Mẫu, xã Khe Sanh, tỉnh Quảng Trị"),
    "office_phone": ("Điện thoại bộ phận", "0233 000 000"),
    "complaint_phone": ("Điện thoại phản ánh, kiến nghị", "0233 000 111"),
    "made_on": ("Địa danh, ngày tháng năm", "Khe Sanh, ngày 20 tháng 11 năm 2026"),
    "made_day": ("Ngày, dạng ngắn", "20/11/2026"),
}
_PERSON: Words = {
    "applicant_name": ("Chủ hồ sơ", "HỒ THỊ NGUYỆT"),
    "representative_name": ("Người nộp thay", "HỒ VĂN THỬ"),
    "relation": ("Người nộp thay là gì của chủ hồ sơ", "Em trai"),
    "address": ("Địa chỉ", "Thôn Ta Đủ, Tân Hợp, Quảng Trị"),
    "phone": ("Số điện thoại", "0912 000 345"),
    "email": ("Thư điện tử", "nguyet@vi-du.vn"),
    "masked_number": ("Số giấy tờ, che bớt; hoặc mã số thuế", "045***234"),
    "procedure_name": ("Tên thủ tục", "Cấp Giấy xác nhận tình trạng hôn nhân"),
    "procedure_code": ("Mã thủ tục", "1.004873"),
    "case_name": ("Trường hợp; bỏ trống nếu thông thường", "Làm nhanh"),
    "field_name": ("Lĩnh vực", "Hộ tịch"),
    "unit": ("Bộ phận giải quyết", "Tư pháp - Hộ tịch"),
}
_DOSSIER: Words = {
    **_OFFICE,
    **_PERSON,
    "code": ("Mã hồ sơ", "H50.99.01-261120-2001"),
    "register_book": ("Quyển số", "2026/Hộ tịch"),
    "register_no": ("Số thứ tự", "2001"),
    "sets": ("Số bộ", "1"),
    "term": ("Thời hạn giải quyết", "3 ngày làm việc"),
    "received_at": ("Lúc nhận", "09 giờ 24 phút, ngày 20 tháng 11 năm 2026"),
    "received_day": ("Ngày nhận, dạng ngắn", "20/11/2026"),
    "due_at": ("Lúc hẹn trả ghi trên phiếu", "17 giờ 00 phút, ngày 26 tháng 11 năm 2026"),
    "provisional": ("“(tạm tính)” khi chưa có lịch nghỉ chính thức", "(tạm tính)"),
    "return_method": ("Cách nhận kết quả", "Tại quầy"),
    "fee": ("Phí, lệ phí", "15.000 đ"),
    "fee_words": ("Phí, lệ phí bằng chữ", "(Mười lăm nghìn đồng)"),
    "note": ("Ghi chú của hồ sơ", "Trả tại bản"),
    "accepted_by": ("Người tiếp nhận", "Hồ Thị Mai"),
}
_NOTICE: Words = {
    "number": ("Số của phiếu", "2-0017"),
    "reason": ("Lý do", "Cần xác minh nơi cư trú trước đây"),
    "officer": ("Người lập phiếu", "Hồ Thị Mai"),
}
_ITEMS: Words = {
    "no": ("Số thứ tự", "1"),
    "item": ("Nội dung", "Bản sao trích lục ghi chú ly hôn"),
}
_PAPERS: Words = {
    "no": ("Số thứ tự", "1"),
    "name": ("Tên giấy tờ", "Tờ khai cấp Giấy xác nhận tình trạng hôn nhân"),
    "originals": ("Số bản chính, hoặc “xem”", "1"),
    "certified": ("Số bản chứng thực", "1"),
    "copies": ("Số bản photo", "2"),
}
_PAGES: Words = {
    "no": ("Số thứ tự", "1"),
    "name": ("Tên giấy tờ xin sao", "Bằng tốt nghiệp"),
    "pages": ("Số trang", "2"),
    "copies": ("Số bản", "5"),
}
_FEES: Words = {
    "no": ("Số thứ tự", "1"),
    "name": ("Tên phí, lệ phí", "Phí cấp bản sao trích lục"),
    "amount": ("Số tiền", "15.000 đ"),
}
_LIST_FIELDS: Words = {
    **_OFFICE,
    "giver": ("Bên giao", "Bộ phận Một cửa xã Khe Sanh (mẫu)"),
    "receiver": ("Bên nhận", "Tư pháp - Hộ tịch"),
    "officer": ("Người giao", "Hồ Thị Mai"),
    "count": ("Số hồ sơ", "2"),
    "handed_at": ("Lúc giao", "10 giờ 05 phút, ngày 20 tháng 11 năm 2026"),
}
_LIST_ROWS: Words = {
    "no": ("Số thứ tự", "1"),
    "code": ("Mã hồ sơ", "H50.99.01-261120-2001"),
    "procedure_name": ("Nội dung", "Cấp Giấy xác nhận tình trạng hôn nhân"),
    "unit": ("Bộ phận giải quyết", "Tư pháp - Hộ tịch"),
    "result": ("Kết quả", "Giấy xác nhận tình trạng hôn nhân"),
    "decision_no": ("Số của kết quả", "214/XN-UBND"),
    "applicant_name": ("Chủ hồ sơ", "HỒ THỊ NGUYỆT"),
    "address": ("Địa chỉ", "Thôn Ta Đủ, Tân Hợp, Quảng Trị"),
    "fee": ("“X” nếu có phí, lệ phí", "X"),
    "post": ("“X” nếu trả qua bưu chính", "X"),
    "sets": ("Số bộ", "1"),
    "received_at": ("Lúc nhận", "09:24, 20/11/2026"),
    "due_at": ("Lúc hẹn trả", "17:00, 26/11/2026"),
    "term": ("Thời hạn", "3 ngày làm việc"),
}


def _not_yet(done: str, act: str) -> str:
    return f"Hồ sơ chưa {done} nên chưa có mẫu này. Làm việc “{act}” trước."


_ALL = (
    FormKind(
        "receipt",
        "Giấy tiếp nhận hồ sơ và hẹn trả kết quả",
        "dossier",
        {
            **_DOSSIER,
            "number": ("Số của giấy", "2001"),
            "officer": ("Người tiếp nhận", "Hồ Thị Mai"),
            "replaces": ("Số của giấy mà giấy này thay", "1"),
            "other_codes": ("Mã các hồ sơ khác cùng lượt", "H50.99.01-261120-2002"),
        },
        {"papers": _PAPERS, "pages": _PAGES, "fees": _FEES},
        papers=("a5", "a4", "a3"),
    ),
    FormKind(
        "supplement",
        "Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ",
        "notice",
        {
            **_OFFICE,
            **_PERSON,
            **_NOTICE,
            "code": ("Mã hồ sơ; trống khi chưa tiếp nhận", "H50.99.01-261120-2001"),
            "received_day": ("Ngày nhận, dạng ngắn; trống khi chưa tiếp nhận", "20/11/2026"),
            "until": ("Hạn bổ sung", "ngày 30 tháng 11 năm 2026"),
        },
        {"items": _ITEMS},
        after=("supplement.requested",),
        missing=_not_yet("có yêu cầu bổ sung", "Yêu cầu bổ sung"),
    ),
    FormKind(
        "refusal",
        "Phiếu từ chối tiếp nhận, giải quyết hồ sơ",
        "notice",
        {**_OFFICE, **_PERSON, **_NOTICE},
        {"items": _ITEMS},
        missing="Phiếu từ chối lập khi từ chối tiếp nhận. Gõ số hoặc mã của phiếu, không phải hồ sơ.",
    ),
    FormKind(
        "apology",
        "Phiếu xin lỗi và hẹn lại ngày trả kết quả",
        "dossier",
        {
            **_DOSSIER,
            **_NOTICE,
            "old_due_at": ("Lúc hẹn trả cũ", "17 giờ 00 phút, ngày 26 tháng 11 năm 2026"),
            "new_due_at": ("Lúc hẹn trả mới", "17 giờ 00 phút, ngày 30 tháng 11 năm 2026"),
            "unit_at_fault": ("Bộ phận làm chậm", "Địa chính - Xây dựng"),
            "approver": ("Người ký", "Trần Văn Mẫu"),
        },
        {
            "extensions": {
                "no": ("Lần", "1"),
                "number": ("Số của phiếu", "2-0017"),
                "day": ("Ngày lập", "25/11/2026"),
                "old_due_at": ("Hẹn cũ", "17:00, 26/11/2026"),
                "new_due_at": ("Hẹn mới", "17:00, 30/11/2026"),
                "reason": ("Lý do", "Cần xác minh nơi cư trú trước đây"),
            }
        },
        after=("dossier.extended",),
        missing=_not_yet("gia hạn", "Gia hạn"),
    ),
    FormKind(
        "stop",
        "Thông báo dừng giải quyết hồ sơ",
        "dossier",
        {
            **_DOSSIER,
            **_NOTICE,
            "decision_no": ("Số quyết định dừng", "12/QĐ-UBND"),
            "stage": ("Hồ sơ đang ở bước nào khi dừng", "đang xử lý"),
            "paid": ("Số tiền đã thu", "15.000 đ"),
        },
        {},
        after=("dossier.stopped",),
        missing=_not_yet("dừng giải quyết", "Dừng giải quyết"),
    ),
    FormKind(
        "control",
        "Phiếu kiểm soát quá trình giải quyết hồ sơ",
        "dossier",
        {
            **_DOSSIER,
            "partner": ("Cơ quan phối hợp", "Máy chủ huyện Hướng Hóa (mẫu)"),
            "returned": (
                "Trả kết quả khi nào, cho ai",
                "10 giờ 00 phút, ngày 26 tháng 11 năm 2026",
            ),
        },
        {
            "handovers": {
                "no": ("Số thứ tự", "1"),
                "giver": ("Bên giao", "Bộ phận Một cửa"),
                "receiver": ("Bên nhận", "Tư pháp - Hộ tịch"),
                "given_at": ("Lúc giao", "10 giờ 05 phút, ngày 20 tháng 11 năm 2026"),
                "taken_at": ("Lúc ký nhận, nếu khác", "14:00, 20/11/2026"),
                "given_by": ("Người giao", "Hồ Thị Mai"),
                "taken_by": ("Người nhận", "Hồ Văn Tư"),
                "outcome": ("Trước hạn, Đúng hạn hoặc Quá hạn", "Trước hạn"),
                "note": ("Ghi chú", "Kèm bản chính"),
            }
        },
        after=("dossier.transferred", "dossier.completed"),
        missing=_not_yet("giao cho ai", "Chuyển"),
    ),
    FormKind(
        "handover",
        "Phiếu bàn giao hồ sơ",
        "dossiers",
        _LIST_FIELDS,
        {"dossiers": _LIST_ROWS},
        after=("dossier.transferred",),
        missing=_not_yet("chuyển", "Chuyển"),
    ),
    FormKind(
        "handover-results",
        "Phiếu bàn giao kết quả",
        "dossiers",
        _LIST_FIELDS,
        {"dossiers": _LIST_ROWS},
        after=("dossier.completed",),
        missing=_not_yet("có kết quả", "Có kết quả"),
    ),
    FormKind(
        "result",
        "Giấy biên nhận trả kết quả",
        "dossier",
        {
            **_DOSSIER,
            "result_name": ("Loại kết quả", "Giấy xác nhận tình trạng hôn nhân"),
            "decision_no": ("Số của kết quả", "214/XN-UBND"),
            "decided_on": ("Ngày ký kết quả", "24/11/2026"),
            "signed_by": ("Người ký kết quả", "Trần Văn Mẫu"),
            "returned_at": ("Lúc trả", "10 giờ 00 phút, ngày 26 tháng 11 năm 2026"),
            "way": ("Trả cho ai", "Trả cho người được ủy quyền"),
            "receiver_name": ("Người nhận kết quả", "HỒ VĂN THỬ"),
            "receiver_number": ("Số giấy tờ người nhận, che bớt", "045***111"),
            "receiver_relation": ("Người nhận là gì của chủ hồ sơ", "Em trai"),
            "receiver_paper": ("Giấy tờ chứng minh", "Giấy ủy quyền"),
            "receiver_phone": ("Điện thoại người nhận", "0912 000 345"),
            "post_item": ("Mã bưu gửi", "RR 000 000 001 VN"),
            "slip_lost": ("Câu ghi khi mất giấy hẹn", "Người nhận không còn giấy hẹn."),
            "witness": ("Người làm chứng", "Trần Thị Thử"),
            "return_note": ("Ghi chú khi trả", "Nhận đủ"),
            "officer": ("Người trả kết quả", "Hồ Thị Mai"),
        },
        {},
        after=("dossier.returned",),
        missing=_not_yet("trả kết quả", "Trả kết quả"),
    ),
    FormKind(
        "payment",
        "Phiếu thu nội bộ",
        "dossier",
        {
            **_DOSSIER,
            "amount": ("Số tiền đã thu", "15.000 đ"),
            "amount_words": ("Số tiền bằng chữ", "Mười lăm nghìn đồng"),
            "method": ("Hình thức nộp", "Tiền mặt"),
            "receipt_serial": ("Số biên lai", "BL 0000012"),
            "exemption": ("Miễn, giảm", "Hộ nghèo"),
            "paid_at": ("Lúc thu", "09 giờ 30 phút, ngày 20 tháng 11 năm 2026"),
            "time": ("Lần thu thứ mấy", "1"),
            "payment_note": ("Ghi chú khi thu", "Thu đủ"),
            "officer": ("Người thu", "Hồ Thị Mai"),
        },
        {"fees": _FEES},
        after=("payment.received",),
        missing=_not_yet("thu tiền", "Thu phí"),
    ),
    FormKind(
        "lost-slip",
        "Giấy cam kết khi mất giấy hẹn",
        "dossier",
        _DOSSIER,
        {},
    ),
    FormKind(
        "declaration",
        "Tờ khai thay đổi thông tin cư trú (CT01)",
        "dossier",
        {
            **_DOSSIER,
            "born_on": ("Ngày sinh", "05/03/1990"),
            "sex": ("Giới tính", "Nữ"),
            "personal_number": ("Số định danh cá nhân", "045190001234"),
        },
        {
            "members": {
                "no": ("Số thứ tự", ""),
                "name": ("Họ, chữ đệm và tên; để viết tay", ""),
                "born_on": ("Ngày, tháng, năm sinh; để viết tay", ""),
                "sex": ("Giới tính; để viết tay", ""),
                "personal_number": ("Số định danh cá nhân; để viết tay", ""),
                "relation": ("Mối quan hệ với chủ hộ; để viết tay", ""),
            }
        },
    ),
    FormKind(
        "visit",
        "Giấy tiếp nhận nhiều hồ sơ của một lượt",
        "visit",
        {
            **_OFFICE,
            **_PERSON,
            "officer": ("Người tiếp nhận", "Hồ Thị Mai"),
            "count": ("Số hồ sơ", "2"),
            "received_at": ("Lúc nhận", "09 giờ 24 phút, ngày 20 tháng 11 năm 2026"),
            "return_method": ("Cách nhận kết quả", "Tại quầy"),
            "fee": ("Tổng phí, lệ phí", "15.000 đ"),
            "fee_words": ("Tổng phí, lệ phí bằng chữ", "(Mười lăm nghìn đồng)"),
        },
        {"dossiers": _LIST_ROWS},
    ),
    FormKind(
        "register",
        "Sổ theo dõi hồ sơ",
        "period",
        {
            **_OFFICE,
            "from_on": ("Từ ngày", "01/11/2026"),
            "to_on": ("Đến ngày", "30/11/2026"),
            "book": ("Quyển số", "2026/Hộ tịch"),
            "count": ("Số hồ sơ", "2"),
        },
        {
            "dossiers": {
                "no": ("Số thứ tự", "1"),
                "code": ("Mã hồ sơ", "H50.99.01-261120-2001"),
                "procedure_name": ("Tên thủ tục", "Cấp Giấy xác nhận tình trạng hôn nhân"),
                "sets": ("Số bộ", "1"),
                "applicant_name": ("Chủ hồ sơ", "HỒ THỊ NGUYỆT"),
                "address": ("Địa chỉ", "Thôn Ta Đủ, Tân Hợp, Quảng Trị"),
                "phone": ("Số điện thoại", "0912 000 345"),
                "unit": ("Cơ quan chủ trì giải quyết", "Tư pháp - Hộ tịch"),
                "received_at": ("Lúc nhận", "09:24, 20/11/2026"),
                "due_at": ("Lúc hẹn trả", "17:00, 26/11/2026"),
                "moved_at": ("Lúc chuyển đi giải quyết", "10:05, 20/11/2026"),
                "back_at": ("Lúc nhận kết quả về", "09:00, 26/11/2026"),
                "returned_at": ("Lúc trả", "10:00, 26/11/2026"),
                "way": ("Cách trả", "Tại quầy"),
                "receiver": ("Người nhận kết quả", "HỒ THỊ NGUYỆT"),
                "accepted_by": ("Người tiếp nhận", "Hồ Thị Mai"),
                "note": ("Ghi chú", "Hẹn lại 30/11/2026"),
            }
        },
    ),
    FormKind(
        "closing",
        "Phiếu kết sổ cuối ngày",
        "day",
        {
            **_OFFICE,
            "day": ("Ngày kết sổ", "ngày 20 tháng 11 năm 2026"),
            "counter_no": ("Số quầy", "2"),
            "first_code": ("Mã hồ sơ đầu tiên cấp trong ngày", "H50.99.01-261120-2001"),
            "last_code": ("Mã hồ sơ cuối cùng cấp trong ngày", "H50.99.01-261120-2012"),
            "head": ("Mười ký tự đầu của dòng sổ cuối", "3f9a0c11d2"),
            "events": ("Số dòng đã ghi trong ngày", "41"),
            "taken": ("Tổng số tiền đã thu", "45.000 đ"),
            "taken_words": ("Tổng số tiền bằng chữ", "Bốn mươi lăm nghìn đồng"),
        },
        {
            "figures": {
                "no": ("Số thứ tự", "1"),
                "name": ("Việc", "Hồ sơ tiếp nhận"),
                "count": ("Số lượng", "12"),
            },
            "collectors": {
                "no": ("Số thứ tự", "1"),
                "officer": ("Người thu", "Hồ Thị Mai"),
                "count": ("Số lần thu", "3"),
                "amount": ("Số tiền", "45.000 đ"),
            },
            "voided": {
                "no": ("Số thứ tự", "1"),
                "code": ("Mã hồ sơ", "H50.99.01-261120-2003"),
                "what": ("Việc", "Hủy hồ sơ"),
                "reason": ("Lý do", "Nhận nhầm thủ tục"),
            },
        },
    ),
    FormKind(
        "poster",
        "Bảng niêm yết thủ tục",
        "procedure",
        {
            **{name: _OFFICE[name] for name in _OFFICE if not name.startswith("made_")},
            **{
                name: _PERSON[name]
                for name in ("procedure_name", "procedure_code", "field_name", "unit")
            },
            "decision_no": ("Quyết định công bố", "163/QĐ-BTP"),
            "version": ("Bản của danh mục", "2026-01"),
            "result": ("Kết quả", "Giấy xác nhận tình trạng hôn nhân"),
            "term": ("Thời hạn giải quyết", "3 ngày làm việc"),
            "fee": ("Phí, lệ phí", "15.000 đ/bản"),
            "unchecked": ("“(chưa kiểm tra)” khi thời hạn chưa đối chiếu", "(chưa kiểm tra)"),
        },
        {
            "papers": {
                **_PAPERS,
                "must": ("“Bắt buộc”, “Nếu có” hoặc “Tùy trường hợp”", "Bắt buộc"),
                "counts": ("Số bản, viết liền", "1 bản chính"),
            },
            "cases": {
                "no": ("Số thứ tự", "1"),
                "name": ("Trường hợp", "Thông thường"),
                "term": ("Thời hạn", "3 ngày làm việc"),
                "fee": ("Phí, lệ phí", "Miễn phí"),
            },
            "hours": {
                "no": ("Số thứ tự", "1"),
                "days": ("Những ngày trong tuần", "Thứ Hai đến Thứ Sáu"),
                "season": ("Mùa", "01/10 đến 31/03"),
                "shifts": ("Các buổi", "07:30 - 11:30, 13:00 - 17:00"),
                "note": ("Ghi chú", "Chỉ nhận hồ sơ"),
            },
        },
        papers=("a4", "a3", "a5"),
    ),
)

KINDS: Mapping[str, FormKind] = {kind.name: kind for kind in _ALL}
"""Every form by its name."""
