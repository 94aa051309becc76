"""How pages say things: moments in the country's one zone, kinds, actions."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_DAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")

EVENTS = {
    "store.created": "Lập sổ của quầy",
    "incarnation.started": "Sổ chuyển sang đời mới",
    "officer.added": "Thêm cán bộ",
    "officer.changed": "Đổi thông tin cán bộ",
    "dossier.accepted": "Tiếp nhận hồ sơ",
    "intake.refused": "Từ chối tiếp nhận",
    "dossier.transferred": "Chuyển hồ sơ",
    "dossier.taken_over": "Ký nhận hồ sơ",
    "supplement.requested": "Yêu cầu bổ sung",
    "supplement.received": "Nhận giấy tờ bổ sung",
    "payment.requested": "Yêu cầu nộp tiền",
    "payment.received": "Thu tiền",
    "payment.voided": "Hủy khoản thu",
    "dossier.extended": "Hẹn lại ngày trả",
    "dossier.stopped": "Dừng giải quyết",
    "dossier.withdrawn": "Người dân rút hồ sơ",
    "dossier.completed": "Có kết quả",
    "dossier.returned": "Trả kết quả",
    "dossier.corrected": "Đính chính",
    "dossier.voided": "Hủy hồ sơ",
    "action.reverted": "Lấy lại việc vừa làm",
    "dossier.renumbered": "Đổi mã hồ sơ",
    "note.added": "Ghi chú",
    "attachment.added": "Thêm bản quét",
    "slip.printed": "In phiếu",
    "visit.closed": "Đóng lượt",
    "pad.printed": "In tập phiếu dự phòng",
    "pad.accounted": "Kiểm đếm phiếu dự phòng",
    "subject.held": "Giữ lại quá hạn lưu",
    "subject.released": "Bỏ giữ lại",
    "subject.erased": "Xóa theo hạn lưu",
}

ACTIONS = {
    "password": "Đặt mật khẩu",
    "sign_in": "Đăng nhập",
    "commune": "Thêm hoặc đổi tên xã",
    "code": "Cấp mã ghi danh",
    "revoke": "Thu hồi máy",
    "release": "Kiểm tra lại việc chưa vào sổ",
    "discard": "Để riêng, không nhận",
    "bundle": "Nhận gói USB",
    "bundle_out": "Lấy gói trả lời USB",
    "enrol_file": "Ghi danh bằng USB",
    "restored": "Đặt lại từ bản sao lưu",
    "retention": "Đặt hạn lưu",
    "hold": "Giữ lại hồ sơ quá hạn lưu",
    "hold_off": "Bỏ giữ lại hồ sơ",
    "erase": "Xóa hồ sơ hết hạn lưu",
    "draft": "Soạn bản mới",
    "publish": "Công bố",
    "drop": "Bỏ bản nháp",
    "second_on": "Đặt mã 6 số",
    "second_off": "Bỏ mã 6 số",
    "reader": "Cho xem bản quét của xã",
    "dossier": "Mở hồ sơ",
    "scan": "Xem bản quét",
    "scan_download": "Tải bản quét",
}

KINDS = {"calendar": "Lịch làm việc", "procedures": "Danh mục thủ tục"}


def when(text: str | None) -> str:
    """A kept moment as people read it; `–` where there is none."""
    if not text:
        return "–"
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{at.astimezone(ZONE):%H:%M %d/%m/%Y}" if at.tzinfo else text


def day(text: str) -> str:
    """A kept day as people read it."""
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    except ValueError:
        return text


def ago(text: str | None) -> str:
    """How long ago, in the one unit that matters."""
    if not text:
        return "chưa lần nào"
    minutes = int((datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds() // 60)
    if minutes < 1:
        return "vừa xong"
    if minutes < 60:
        return f"{minutes} phút trước"
    return f"{minutes // 60} giờ trước" if minutes < 1440 else f"{minutes // 1440} ngày trước"


def today() -> str:
    """For the head of a page."""
    now = datetime.now(ZONE)
    return f"{_DAYS[now.weekday()]}, {now:%d/%m/%Y}"


def weekday(at: date) -> str:
    """`Thứ Hai` to `Chủ nhật`."""
    return _DAYS[at.weekday()]


def moment(at: datetime) -> str:
    """A promised moment, in the clock it carries: `17 giờ, Thứ Năm 26/11/2026`."""
    return f"{_hour(at)}, {weekday(at)} {at:%d/%m/%Y}"


def hour_and_day(at: datetime) -> str:
    """Shorter: `17 giờ, 26/11/2026`."""
    return f"{_hour(at)}, {at:%d/%m/%Y}"


def _hour(at: datetime) -> str:
    return f"{at.hour} giờ" if at.minute == 0 else f"{at:%H:%M}"


def clock() -> str:
    """Hours and minutes now."""
    return f"{datetime.now(ZONE):%H:%M}"


def event_name(kind: str) -> str:
    """What a counter did, in words; a kind newer than this program by its own name."""
    return EVENTS.get(kind, kind)
