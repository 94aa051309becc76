"""What went wrong with the line, or with the book before it, in a sentence."""

from counter_app.ports.attachments import Fetched
from counter_app.ports.sync import Blame

NOT_ENROLLED = "Máy này chưa ghi danh. Vẫn nhận hồ sơ bình thường."
SENDS_BY_STICK = "Máy này gửi bằng USB, không qua mạng. Xuất gói rồi đưa cấp trên."
FORK = (
    "Sổ này có một bản sao đang chạy ở nơi khác. Không mất hồ sơ nào: từ nay máy này đánh số trong "
    "khối riêng. Hãy xin cấp trên mã ghi danh của một quầy khác cho máy này, hoặc thôi dùng một máy."
)


def why(reason: str) -> tuple[str, Blame]:
    """The sentence for a line that failed, and who has to do something about it."""
    match reason:
        case "portal":
            return (
                "Mạng đang đòi đăng nhập (trang Wi-Fi). Đăng nhập mạng rồi đồng bộ lại.",
                "person",
            )
        case "certificate":
            return (
                "Chứng thư của máy chủ không đúng, nên chưa gửi gì. Xem ngày giờ của máy này và trang đăng "
                "nhập Wi-Fi; đúng cả mà vẫn vậy thì báo cấp trên.",
                "person",
            )
        case "proof" | "answer" | "run":
            return (
                "Câu trả lời không phải của máy chủ đã ghi danh, nên chưa gửi gì. Hãy báo cấp trên.",
                "person",
            )
        case "no_end":
            return (
                "Máy chủ cấp trên trả lời mãi không xong, nên lần này dừng giữa chừng. Không mất hồ sơ nào, lát nữa "
                "tự thử lại. Hãy báo cấp trên.",
                "person",
            )
        case "program_old":
            return (
                "Chương trình ở máy này là bản cũ: đã gửi được hồ sơ, nhưng chưa nhận tin của cấp trên. Hãy cài "
                "bản mới.",
                "person",
            )
        case "server_old":
            return (
                "Máy chủ cấp trên còn là bản cũ, nên chưa gửi gì. Hồ sơ vẫn ở máy này. Báo cấp trên nâng cấp máy "
                "chủ.",
                "person",
            )
        case "busy":
            return "Máy chủ đang bận. Hồ sơ vẫn ở máy này, sẽ tự gửi lại sau.", "line"
        case _:
            return "Chưa nối được máy chủ. Hồ sơ vẫn ở máy này, sẽ tự gửi khi có mạng.", "line"


def why_cut(done: Fetched, reason: str) -> str:
    """The sentence for scanned pages that did not all come down; `reason` is empty where time ran out."""
    if done.pages or not reason:
        return (
            f"Đường truyền chậm, mới tải được {done.pages} trang. Tải lại để đi tiếp từ chỗ dừng."
        )
    return why(reason)[0]
