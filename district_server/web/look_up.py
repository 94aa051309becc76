"""What a citizen sees who points a telephone at the slip: where the dossier is, and what to do.

Status and dates only. No name, no procedure, nothing that anybody typed. Whatever does not open a
dossier gives one and the same page.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request, Response

from counter_app.domain.dossier import RUNNING, Dossier, Status
from counter_app.domain.events import (
    DossierExtended,
    DossierStopped,
    DossierTransferred,
    DossierVoided,
    DossierWithdrawn,
    Payload,
    SupplementRequested,
)
from district_server.answering import Answering, address_of
from district_server.database import Database
from district_server.faults import Refused
from district_server.limits import Limits
from district_server.look_up import Seen, code_on, seen_by
from district_server.web import words
from district_server.web.drawing import environment, read

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
_NOTHING = "Xem lại mã trên phiếu, hoặc gọi quầy."
REASONS = (
    "Chờ cơ quan khác xác minh",
    "Chờ đo đạc",
    "Nhiều hồ sơ",
    "Sự cố máy, mất điện",
    "Chờ người ký",
    "Lý do khác",
)
"""Reasons of a delay that say nothing of a person; any other stays in the office."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the way of a dossier: `done`, `now` or `next`."""

    state: str
    text: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """The page in words."""

    chip: str
    colour: str
    icon: str
    headline: str
    do: str
    label: str = ""
    """What the date is; empty where there is none to show."""
    at: datetime | None = None
    printed: datetime | None = None
    """The date on the slip, where it does not hold any more."""
    why: str = ""
    steps: tuple[Step, ...] = ()


_SAID = {
    Status.IN_PROCESS: Told(
        "Đang xử lý",
        "blue",
        "loader",
        "Hồ sơ của ông bà đang được xử lý",
        "Chưa cần làm gì. Đến ngày hẹn, mang phiếu hẹn và giấy tờ tùy thân ra quầy. Có kết quả sớm thì "
        "trang này báo.",
        "Hẹn trả kết quả",
    ),
    Status.AWAITING_SUPPLEMENT: Told(
        "Chờ bổ sung",
        "amber",
        "paperclip",
        "Hồ sơ cần thêm giấy tờ",
        "Mang giấy tờ ghi trên Phiếu yêu cầu bổ sung ra quầy.",
    ),
    Status.AWAITING_PAYMENT: Told(
        "Chờ nộp tiền",
        "amber",
        "receipt",
        "Cần nộp tiền để hồ sơ đi tiếp",
        "Mang phiếu hẹn ra quầy nộp tiền. Nộp xong, hồ sơ đi tiếp.",
    ),
    Status.COMPLETED: Told(
        "Đã có kết quả",
        "green",
        "circle-check",
        "Đã có kết quả. Mời ông bà đến lấy",
        "Mang phiếu hẹn và giấy tờ tùy thân ra quầy trong giờ làm việc.",
        "Có kết quả từ",
    ),
    Status.RETURNED: Told(
        "Đã trả",
        "grey",
        "checks",
        "Đã trả kết quả",
        "Không còn việc gì phải làm. Có điều chưa rõ thì hỏi quầy đã nhận hồ sơ.",
        "Ngày trả",
    ),
    Status.WITHDRAWN: Told(
        "Đã rút",
        "grey",
        "arrow-back-up",
        "Hồ sơ đã rút",
        "Muốn làm tiếp thì nộp hồ sơ mới. Có điều chưa rõ thì hỏi quầy đã nhận hồ sơ.",
        "Ngày rút",
    ),
    Status.STOPPED: Told(
        "Đã dừng",
        "grey",
        "circle-x",
        "Hồ sơ đã dừng giải quyết",
        "Lý do ghi trên giấy quầy đưa ông bà. Có điều chưa rõ thì hỏi quầy đã nhận hồ sơ.",
        "Ngày dừng",
    ),
    Status.REFUSED: Told(
        "Không tiếp nhận",
        "grey",
        "circle-x",
        "Hồ sơ không được tiếp nhận",
        "Lý do ghi trên giấy quầy đưa ông bà. Có điều chưa rõ thì hỏi quầy.",
    ),
}
_NOT_HERE = Told(
    "Chờ tin",
    "grey",
    "hourglass",
    "Quầy chưa gửi tin mới",
    "Phiếu của ông bà đúng là của quầy cấp. Cứ theo ngày hẹn trên phiếu; cần gấp thì gọi quầy.",
    "Ngày hẹn trên phiếu",
)
_BY_POST = "Kết quả được gửi theo đường bưu chính đã chọn khi nộp. Lâu chưa nhận được thì gọi quầy."
_ASK = "Gọi hoặc ra quầy hỏi. Muốn phản ánh thì gọi số phản ánh in trên phiếu."
_STILL_GOOD = "Không phải nộp thêm giấy tờ. Giữ phiếu hẹn cũ, vẫn dùng được."


class LookUp:
    """The public page of a slip."""

    def __init__(
        self,
        database: Database,
        limits: Limits,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._limits = limits
        self._now = now
        self._templates = environment()
        self._style = read("look_up.css").encode()

    def add_to(self, app: FastAPI, answering: Answering) -> None:
        """The address in the QR, in capitals and not, and the page's own style."""
        for path, handle in (
            ("/R/{payload}", self._slip),
            ("/r/{payload}", self._slip),
            ("/look-up.css", self._stylesheet),
        ):
            endpoint = answering(path, handle, 0, self._say)
            app.add_api_route(path, endpoint, methods=["GET"])

    def _stylesheet(self, request: Request, body: bytes) -> Response:
        kept = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
        return Response(self._style, media_type="text/css", headers=kept)

    def _slip(self, request: Request, body: bytes) -> Response:
        payload = str(request.path_params["payload"])
        code, address = code_on(payload), address_of(request)
        limits = self._limits
        # whoever may not ask any more is answered like whoever asks in vain
        blocked = limits.look_up.wait(address) or (code and limits.look_up_code.wait(code))
        seen = seen_by(self._database, payload)
        if blocked or seen is None:
            if not blocked:
                # another process may have taken the last one meanwhile: the answer is the same
                with contextlib.suppress(Refused):
                    limits.look_up.take(address)
                    if code:
                        limits.look_up_code.take(code)
            return self._page("Không tìm thấy", 404, nothing=_NOTHING)
        told = told_of(seen, self._now())
        return self._page(told.headline, 200, nothing="", seen=seen, told=told)

    def _say(self, refused: Refused) -> Response:
        answer = self._page("Chưa xem được", refused.status, nothing=refused.message)
        if refused.wait:
            answer.headers["Retry-After"] = str(refused.wait)
        return answer

    def _page(self, title: str, status: int, **more: Any) -> Response:
        text = self._templates.get_template("look_up.html").render(title=title, **more)
        return Response(text, status, media_type="text/html", headers=_HEADERS)


def told_of(seen: Seen, now: datetime) -> Told:
    """A slip and its dossier as a citizen reads them at that moment."""
    here = seen.dossier
    if here is None:
        step = Step("done", "Đã nhận hồ sơ", _at(seen.slip.received_at))
        return replace(_NOT_HERE, at=seen.slip.due_at, steps=(step,))
    status = Status.IN_PROCESS if here.status in RUNNING else here.status
    told = _SAID.get(status, _SAID[Status.IN_PROCESS])
    match status:
        case Status.IN_PROCESS:
            told = _running(told, here, seen, now)
        case Status.AWAITING_SUPPLEMENT:
            told = replace(told, do=_papers(here))
        case Status.COMPLETED:
            told = replace(told, at=here.completed_at)
            if here.facts.return_method != "counter":
                told = replace(told, headline="Đã có kết quả", do=_BY_POST)
            if here.facts.return_method == "online":
                told = replace(told, do="Kết quả được trả trên mạng, nơi ông bà đã nộp hồ sơ.")
        case Status.RETURNED:
            told = replace(told, at=here.returned_at)
        case Status.WITHDRAWN:
            told = replace(told, at=_when(here, DossierWithdrawn))
        case Status.STOPPED:
            told = replace(told, at=_when(here, DossierStopped) or _when(here, DossierVoided))
    return replace(told, steps=_steps(here))


def _running(told: Told, here: Dossier, seen: Seen, now: datetime) -> Told:
    printed = seen.slip.due_at if seen.slip.due_at != here.due_at.replace(tzinfo=None) else None
    told = replace(told, at=here.due_at, printed=printed)
    late = now > here.judged_due_at
    if here.extensions:
        return replace(
            told,
            chip="Quá hạn" if late else "Hẹn lại",
            colour="red" if late else "amber",
            icon="alert-triangle" if late else "calendar-event",
            headline=("Hồ sơ bị chậm" if late else "Hồ sơ được hẹn lại ngày trả")
            + ". Chúng tôi xin lỗi ông bà",
            label="Hẹn lại",
            why=_reason(here),
            do=_ASK if now > here.due_at else _STILL_GOOD,
        )
    if late:
        return replace(
            told,
            chip="Quá hạn",
            colour="red",
            icon="alert-triangle",
            headline="Hồ sơ bị chậm",
            do=_ASK,
        )
    return told


def _reason(here: Dossier) -> str:
    """From the list, and the number and day of the notice."""
    at, notice = _last(here, DossierExtended)
    if not isinstance(notice, DossierExtended) or at is None:
        return ""
    given = notice.reason.strip().rstrip(".").casefold()
    listed = next((reason for reason in REASONS if reason.casefold() == given), "")
    told = f"Phiếu xin lỗi số {notice.notice_no}, ngày {at:%d/%m/%Y}."
    return f"{listed}. {told}" if listed else told


def _papers(here: Dossier) -> str:
    at, asked = _last(here, SupplementRequested)
    if not isinstance(asked, SupplementRequested) or at is None:
        return _SAID[Status.AWAITING_SUPPLEMENT].do
    until = f", chậm nhất ngày {asked.until:%d/%m/%Y}" if asked.until else ""
    return (
        f"Mang giấy tờ ghi trên Phiếu yêu cầu bổ sung số {asked.notice_no}, ngày {at:%d/%m/%Y}, ra "
        f"quầy{until}. Thời gian chờ không tính vào hạn."
    )


def _steps(here: Dossier) -> tuple[Step, ...]:
    begun = _when(here, DossierTransferred, first=True)
    steps = [Step("done", "Đã nhận hồ sơ", _at(here.received_at))]
    moment = f"từ {begun:%H:%M} ngày {begun:%d/%m}" if begun else ""
    match here.status:
        case Status.COMPLETED:
            ready = _at(here.completed_at)
            return (
                *steps,
                Step("done", "Đang xử lý", moment),
                Step("now", "Có kết quả", ready),
                Step("next", "Trả kết quả"),
            )
        case Status.RETURNED:
            ready, gone = _at(here.completed_at), _at(here.returned_at)
            return (
                *steps,
                Step("done", "Đang xử lý", moment),
                Step("done", "Có kết quả", ready),
                Step("done", "Trả kết quả", gone),
            )
        case Status.WITHDRAWN | Status.STOPPED | Status.REFUSED:
            return tuple(steps)
        case Status.AWAITING_SUPPLEMENT | Status.AWAITING_PAYMENT:
            text = _SAID[here.status].chip
            return (
                *steps,
                Step("now", text),
                Step("next", "Đang xử lý"),
                Step("next", "Có kết quả"),
                Step("next", "Trả kết quả"),
            )
        case _:
            latest = f"hẹn {here.due_at:%d/%m}"
            return (
                *steps,
                Step("now", "Đang xử lý", moment),
                Step("next", "Có kết quả", latest),
                Step("next", "Trả kết quả"),
            )


def _last(
    here: Dossier, kind: type[Payload], *, first: bool = False
) -> tuple[datetime | None, Payload | None]:
    """The event of that kind that stands, and its moment."""
    standing = [
        (datetime.fromisoformat(line.at), line.payload)
        for line in here.timeline
        if isinstance(line.payload, kind) and line.rejected is None and not line.reverted
    ]
    return standing[0 if first else -1] if standing else (None, None)


def _when(here: Dossier, kind: type[Payload], *, first: bool = False) -> datetime | None:
    return _last(here, kind, first=first)[0]


def _at(moment: datetime | None) -> str:
    return f"{moment:%H:%M} {words.weekday(moment)} {moment:%d/%m}" if moment else ""
