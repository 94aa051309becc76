"""How a print ended (contract of every way to a printer), by what was really known."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Only an answer from the printer confirms: sent without an error is not printed."""

    CONFIRMED = "CONFIRMED"
    """The printer answered that everything before its answer was processed."""
    SENT = "SENT"
    """All bytes were taken by a channel that cannot answer."""
    UNKNOWN = "UNKNOWN"
    """Silence or a reset after bytes had left: someone must look. Never reprinted by itself."""
    FAILED = "FAILED"
    """No byte of the job left."""


class Reason(StrEnum):
    """Why it ended so. Stable codes: the console says them, each belongs to one outcome."""

    OK = "ok"
    SLOW = "slow"
    PAPER_LOW = "paper_low"

    MUTE = "mute"
    SPOOLED = "spooled"
    WRITTEN = "written"

    PORT_CLOSED = "port_closed"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    NOT_HERE = "not_here"
    CLOSED_AT_ONCE = "closed_at_once"
    TAKES_NOTHING = "takes_nothing"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    OFFLINE = "offline"
    ERROR = "error"
    QUEUE_STOPPED = "queue_stopped"
    QUEUE_REFUSED = "queue_refused"
    NOT_WRITTEN = "not_written"

    NEVER_READS = "never_reads"
    STALLED_IN_JOB = "stalled_in_job"
    RESET_IN_JOB = "reset_in_job"
    RESET_BEFORE_FENCE = "reset_before_fence"
    PAPER_OUT_IN_JOB = "paper_out_in_job"
    COVER_OPEN_IN_JOB = "cover_open_in_job"
    OFFLINE_IN_JOB = "offline_in_job"
    ERROR_IN_JOB = "error_in_job"
    NO_FENCE = "no_fence"
    QUEUE_SILENT = "queue_silent"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a job; `message` where somebody should look or act."""

    outcome: Outcome
    reason: Reason
    message: str = ""


def sent(reason: Reason) -> Sent:
    """The outcome and the sentence that belong to a reason."""
    outcome, message = _MEANING[reason]
    return Sent(outcome, reason, message)


_MEANING: dict[Reason, tuple[Outcome, str]] = {
    Reason.OK: (Outcome.CONFIRMED, ""),
    Reason.SLOW: (
        Outcome.CONFIRMED,
        "Phiếu đã ra nhưng máy in nhận rất chậm. Xem dây mạng, hoặc tốc độ cổng của máy in.",
    ),
    Reason.PAPER_LOW: (Outcome.CONFIRMED, "Giấy trong máy in sắp hết. Để sẵn một cuộn bên cạnh."),
    Reason.MUTE: (
        Outcome.SENT,
        "Máy in này không báo được đã in hay chưa. Xem phiếu đã ra.",
    ),
    Reason.SPOOLED: (
        Outcome.SENT,
        "Đã giao phiếu cho hàng đợi in của máy tính. Xem phiếu đã ra.",
    ),
    Reason.WRITTEN: (Outcome.SENT, ""),
    Reason.PORT_CLOSED: (
        Outcome.FAILED,
        "Máy ở địa chỉ này không nhận in. Xem máy in đã bật và đúng địa chỉ chưa.",
    ),
    Reason.UNREACHABLE: (
        Outcome.FAILED,
        "Máy in không trả lời. Xem máy in đã bật và cắm dây chưa.",
    ),
    Reason.BUSY: (
        Outcome.FAILED,
        "Máy in đang bị chương trình khác giữ. Tắt chương trình đó rồi in lại.",
    ),
    Reason.NOT_HERE: (
        Outcome.FAILED,
        "Máy tính này không in được theo cách đó. Chọn cách nối khác ở F11, mục Máy in.",
    ),
    Reason.CLOSED_AT_ONCE: (
        Outcome.FAILED,
        "Máy in ngắt kết nối trước khi in. Tắt rồi bật lại máy in.",
    ),
    Reason.TAKES_NOTHING: (
        Outcome.FAILED,
        "Máy in không nhận dữ liệu. Xem máy in đã bật, còn giấy và đóng nắp chưa.",
    ),
    Reason.PAPER_OUT: (Outcome.FAILED, "Máy in hết giấy. Thay giấy rồi in lại."),
    Reason.COVER_OPEN: (Outcome.FAILED, "Nắp máy in đang mở. Đóng nắp rồi in lại."),
    Reason.OFFLINE: (
        Outcome.FAILED,
        "Máy in đang tạm nghỉ. Bấm nút trên máy in, hoặc tắt rồi bật lại, rồi in lại.",
    ),
    Reason.ERROR: (Outcome.FAILED, "Máy in báo lỗi. Tắt rồi bật lại máy in."),
    Reason.QUEUE_STOPPED: (
        Outcome.FAILED,
        "Hàng đợi in đang dừng. Mở máy in trong phần cài đặt của máy tính và cho in tiếp.",
    ),
    Reason.QUEUE_REFUSED: (
        Outcome.FAILED,
        "Máy tính không có máy in này hoặc không nhận phiếu. Xem lại tên máy in.",
    ),
    Reason.NOT_WRITTEN: (
        Outcome.FAILED,
        "Không ghi được tệp phiếu. Xem đường dẫn và ổ đĩa còn chỗ không.",
    ),
    Reason.NEVER_READS: (
        Outcome.UNKNOWN,
        "Máy in không nhận hết phiếu. Xem giấy và nắp máy in, rồi xem phiếu đã ra chưa.",
    ),
    Reason.STALLED_IN_JOB: (
        Outcome.UNKNOWN,
        "Máy in ngừng giữa chừng. Xem phiếu đã ra đủ chưa.",
    ),
    Reason.RESET_IN_JOB: (
        Outcome.UNKNOWN,
        "Máy in ngắt kết nối giữa chừng. Xem phiếu đã ra đủ chưa.",
    ),
    Reason.RESET_BEFORE_FENCE: (
        Outcome.UNKNOWN,
        "Máy in nhận đủ phiếu rồi ngắt kết nối. Xem phiếu đã ra chưa.",
    ),
    Reason.PAPER_OUT_IN_JOB: (
        Outcome.UNKNOWN,
        "Máy in hết giấy khi đang in. Thay giấy, rồi xem phiếu đã ra đủ chưa.",
    ),
    Reason.COVER_OPEN_IN_JOB: (
        Outcome.UNKNOWN,
        "Nắp máy in bị mở khi đang in. Đóng nắp, rồi xem phiếu đã ra đủ chưa.",
    ),
    Reason.OFFLINE_IN_JOB: (
        Outcome.UNKNOWN,
        "Máy in tạm nghỉ khi đang in. Bấm nút trên máy in, rồi xem phiếu đã ra đủ chưa.",
    ),
    Reason.ERROR_IN_JOB: (
        Outcome.UNKNOWN,
        "Máy in báo lỗi khi đang in. Tắt rồi bật lại, rồi xem phiếu đã ra đủ chưa.",
    ),
    Reason.NO_FENCE: (
        Outcome.UNKNOWN,
        "Máy in nhận đủ phiếu nhưng không báo đã in xong. Xem phiếu đã ra chưa.",
    ),
    Reason.QUEUE_SILENT: (
        Outcome.UNKNOWN,
        "Hàng đợi in của máy tính không trả lời. Xem phiếu đã ra chưa.",
    ),
}
