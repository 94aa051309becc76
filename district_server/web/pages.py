"""The pages and what they do. Every page works without a script; nothing comes from elsewhere."""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from sqlalchemy import Connection, func, select, update

import resources
from district_server import administrators, bundles, publishing, reviewing
from district_server.administrators import Session, note
from district_server.answering import Answering, Handler, address_of
from district_server.database import Database
from district_server.enrolment import issue_code, make_commune, revoke
from district_server.faults import Refused
from district_server.keys import ServerKeys
from district_server.limits import Limits
from district_server.objects import Objects
from district_server.silence import Heard, doubtful_clocks
from district_server.tables import admin_log, commune, device, publication
from district_server.web.account import Account
from district_server.web.drawing import environment, read
from district_server.web.forms import Form, read_form
from district_server.web.papers import Papers
from district_server.web.visit import GONE, HEADERS, Page, Visit
from district_server.web.words import KINDS

COOKIE = "mot_cua"
LARGEST_FORM = publishing.LARGEST_TEXT + 100_000
LARGEST_BUNDLE = 32 * 1024 * 1024
_FONTS = (
    "NotoSans-Regular.ttf",
    "NotoSans-SemiBold.ttf",
    "NotoSans-Bold.ttf",
    "BeVietnamPro-SemiBold.ttf",
)
_MOST_ROWS = 200
Work = Callable[[Form, Path], Page]
"""Work on files in a folder of its own; the page that tells how it went."""
Found = TypeVar("Found")


class Pages:
    """Administration by page."""

    def __init__(
        self, database: Database, keys: ServerKeys, limits: Limits, objects: Objects | None
    ) -> None:
        self._database = database
        self._keys = keys
        self._limits = limits
        self._objects = objects
        self._templates = environment()
        self._account = Account(self._page, _to, keys)
        self._style = read("style.css").encode()

    def add_to(self, app: FastAPI, answering: Answering) -> None:
        """Put every page under its address."""

        def add(method: str, path: str, handle: Handler) -> None:
            app.add_api_route(
                path, answering(path, handle, LARGEST_FORM, self._say), methods=[method]
            )

        add("GET", "/static/style.css", self._stylesheet)
        add("GET", "/static/{name}", self._font)
        add("GET", "/sign-in", self._sign_in_page)
        add("POST", "/sign-in", self._sign_in)
        add("POST", "/sign-out", self._sign_out)
        add("GET", "/bundles/{device}", self._bundle_down)
        add("GET", "/catalogue/{kind}/{name}/{version}/file", self._version_file)
        account = self._account
        for path, shown in Papers(self._page, self._objects).pages():
            add("GET", path, self._shown(shown))
        unit, case = "/units/{org}", "/quarantine/{org}/{subject}"
        version = "/catalogue/{kind}/{name}/{version}"
        for path, page in (
            ("/", self._home),
            ("/desk", self._desk),
            ("/units", self._units),
            (unit, self._unit),
            (f"{unit}/revoke/{{device}}", self._revoke_page),
            ("/quarantine", self._quarantine),
            (case, self._case),
            ("/bundles", self._bundles),
            ("/catalogue", self._catalogue),
            (version, self._version),
            ("/log", self._log),
            ("/me", account.page),
        ):
            add("GET", path, self._shown(page))
        for path, act, page in (
            ("/units", self._add_unit, self._units),
            (unit, self._rename_unit, self._unit),
            (f"{unit}/code", self._issue_code, self._unit),
            (f"{unit}/revoke/{{device}}", self._revoke, self._revoke_page),
            (f"{case}/release", self._release, self._case),
            (f"{case}/discard", self._discard, self._case),
            ("/catalogue", self._draft, self._catalogue),
            (f"{version}/publish", self._publish, self._version),
            (f"{version}/drop", self._drop, self._version),
            *((path, act, account.page) for path, act in account.acts()),
        ):
            add("POST", path, self._done(act, page))

        for path, work in (
            ("/bundles", self._bundle_up),
            ("/bundles/enrol", self._enrol_by_stick),
        ):
            handle = self._with_file(work)
            endpoint = answering(path, handle, LARGEST_BUNDLE, self._say)
            app.add_api_route(path, endpoint, methods=["POST"])

    # ---- what every page does ------------------------------------------------------------------

    def _shown(self, page: Page) -> Handler:
        def handle(request: Request, body: bytes) -> Response:
            with self._database.begin() as connection:
                session = self._session(connection, request)
                if session is None:
                    return _to("/sign-in")
                done = request.query_params.get("done", "")
                return page(
                    Visit(request, connection, session, Form({}, {}), done=_DONE.get(done, ""))
                )

        return handle

    def _done(self, act: Page, page: Page) -> Handler:
        """An action, all or nothing; where it is refused its page again, with what was typed."""

        def handle(request: Request, body: bytes) -> Response:
            form = read_form(request.headers.get("content-type", ""), body)
            session: Session | None = None
            try:
                with self._database.begin() as connection:
                    session = self._session(connection, request)
                    if session is None:
                        return _to("/sign-in")
                    _check_origin(request)
                    administrators.check_form(session, form["form_key"])
                    return act(Visit(request, connection, session, form))
            except Refused as refused:
                if refused.status == 404 or session is None:
                    raise
                with self._database.begin() as connection:
                    visit = Visit(request, connection, session, form, refused.message)
                    visit.typed = form.fields
                    answer = page(visit)
                answer.status_code = refused.status
                return answer

        return handle

    def _with_file(self, work: Work) -> Handler:
        """What takes transactions of its own, one after another, as it reads a file."""

        def handle(request: Request, body: bytes) -> Response:
            form = read_form(request.headers.get("content-type", ""), body)
            with self._database.begin() as connection:
                session = self._session(connection, request)
            if session is None:
                return _to("/sign-in")
            _check_origin(request)
            administrators.check_form(session, form["form_key"])
            finish: Page
            try:
                with TemporaryDirectory(prefix="mot-cua-") as folder:
                    finish = work(form, Path(folder))
                problem, status = "", 200
            except Refused as refused:
                finish, problem, status = self._bundles, refused.message, refused.status
            with self._database.begin() as connection:
                answer = finish(Visit(request, connection, session, form, problem))
            answer.status_code = status
            return answer

        return handle

    def _session(self, connection: Connection, request: Request) -> Session | None:
        return administrators.session_of(connection, request.cookies.get(COOKIE, ""))

    def _page(self, visit: Visit, template: str, title: str, **more: Any) -> Response:
        asides = reviewing.waiting(visit.connection)
        return self._html(
            template,
            title=title,
            visit=visit,
            place="/" + visit.request.url.path.split("/")[1],
            asides=asides,
            counted=_counted(visit.devices),
            **more,
        )

    def _html(self, template: str, status: int = 200, **more: Any) -> Response:
        text = self._templates.get_template(template).render(**more)
        return Response(text, status, media_type="text/html", headers=HEADERS)

    def _say(self, refused: Refused) -> Response:
        answer = self._html("problem.html", refused.status, title="Không làm được", refused=refused)
        if refused.wait:
            answer.headers["Retry-After"] = str(refused.wait)
        return answer

    # ---- files ---------------------------------------------------------------------------------

    def _stylesheet(self, request: Request, body: bytes) -> Response:
        return Response(self._style, media_type="text/css", headers=_KEPT)

    def _font(self, request: Request, body: bytes) -> Response:
        name = request.path_params["name"]
        if name == "mot-cua.svg":
            return Response(resources.icon("mot-cua"), media_type="image/svg+xml", headers=_KEPT)
        if name not in _FONTS:
            raise GONE
        return Response(resources.font(name), media_type="font/ttf", headers=_KEPT)

    # ---- coming and going ----------------------------------------------------------------------

    def _sign_in_page(self, request: Request, body: bytes) -> Response:
        return self._html("sign_in.html", title="Đăng nhập", problem="", name="")

    def _sign_in(self, request: Request, body: bytes) -> Response:
        _check_origin(request)
        form = read_form(request.headers.get("content-type", ""), body)
        try:
            self._limits.sign_in.take(address_of(request))
            with self._database.begin() as connection:
                found = administrators.sign_in(
                    connection,
                    form["name"],
                    form.fields.get("password", ""),
                    lambda name: self._account.holds(connection, name, form["code"]),
                )
                if isinstance(found, str):
                    note(connection, form["name"], "sign_in", "")
        except Refused as refused:
            found = refused
        if isinstance(found, Refused):
            return self._html(
                "sign_in.html",
                found.status,
                title="Đăng nhập",
                problem=found.message,
                name=form["name"],
            )
        answer = _to("/desk")
        answer.set_cookie(
            COOKIE,
            found,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    def _sign_out(self, request: Request, body: bytes) -> Response:
        _check_origin(request)
        form = read_form(request.headers.get("content-type", ""), body)
        with self._database.begin() as connection:
            session = self._session(connection, request)
            if session is not None:
                administrators.check_form(session, form["form_key"])
                administrators.sign_out(connection, request.cookies.get(COOKIE, ""))
        answer = _to("/sign-in")
        answer.delete_cookie(COOKIE)
        return answer

    # ---- desk ----------------------------------------------------------------------------------

    def _home(self, visit: Visit) -> Response:
        return _to("/desk")

    def _desk(self, visit: Visit) -> Response:
        names = _names(visit.connection)
        return self._page(
            visit,
            "desk.html",
            "Tổng quan",
            communes=len(names),
            names=names,
            silent=sorted(
                (one for one in visit.devices if one.silence), key=lambda one: -one.silent_days
            )[:12],
            cases=reviewing.cases(visit.connection, "waiting", 8)[0],
            drafts=[row for row in publishing.all_of(visit.connection) if row.state == "draft"],
        )

    # ---- communes, counters, devices -----------------------------------------------------------

    def _units(self, visit: Visit) -> Response:
        only_silent = visit.request.query_params.get("show") == "silent"
        sought = visit.request.query_params.get("q", "").strip().casefold()
        by_org: dict[str, list[Heard]] = {}
        for one in visit.devices:
            by_org.setdefault(one.commune, []).append(one)
        rows = []
        for org, name in _names(visit.connection).items():
            mine = [one for one in by_org.get(org, []) if one.revoked_at is None]
            worst = max((one.silent_days for one in mine), default=0)
            silent = [one for one in mine if one.silence]
            if only_silent and not silent:
                continue
            if sought and sought not in f"{org} {name}".casefold():
                continue
            last = max((one.last_sync_at or "" for one in mine), default="")
            aside = sum(one.quarantined for one in by_org.get(org, []))
            rows.append((org, name, len(mine), last, silent, worst, aside))
        return self._page(
            visit,
            "units.html",
            "Xã và quầy",
            rows=rows[:_MOST_ROWS],
            total=len(rows),
            only_silent=only_silent,
            sought=sought,
        )

    def _add_unit(self, visit: Visit) -> Response:
        org = visit.form["org"].upper()
        if not make_commune(visit.connection, org, visit.form["name"]):
            raise Refused("commune_known", f"Xã {org} đã có. Tìm trong danh sách.")
        visit.note("commune", org, visit.form["name"])
        return _to(f"/units/{quote(org)}?done=commune")

    def _rename_unit(self, visit: Visit) -> Response:
        org = self._org(visit)
        name = " ".join(visit.form["name"].split())[:200]
        visit.connection.execute(update(commune).where(commune.c.org == org).values(name=name))
        visit.note("commune", org, name)
        return _to(f"/units/{quote(org)}?done=renamed")

    def _unit(self, visit: Visit, **more: Any) -> Response:
        org = self._org(visit)
        devices = [one for one in visit.devices if one.commune == org]
        row = visit.connection.execute(select(commune).where(commune.c.org == org)).one()
        in_use = {
            number
            for one in devices
            if one.revoked_at is None
            for number in (one.counter, *one.also)
        }
        return self._page(
            visit,
            "unit.html",
            row.name or org,
            org=org,
            name=row.name,
            events=row.seq,
            active=[one for one in devices if one.revoked_at is None],
            revoked=[one for one in devices if one.revoked_at is not None],
            free=[number for number in range(1, 10) if number not in in_use],
            doubtful=doubtful_clocks(visit.connection, org),
            **{"code": None, **more},
        )

    def _issue_code(self, visit: Visit) -> Response:
        org = self._org(visit)
        number = visit.form["counter"]
        if number not in list("123456789"):
            raise Refused("counter_wrong", "Chọn số quầy từ 1 đến 9.")
        code, expires_at = issue_code(visit.connection, org, int(number))
        visit.note("code", f"{org}, quầy {number}")
        shown = {"code": code, "counter": number, "expires_at": expires_at}
        return self._unit(visit, code={**shown, "fingerprint": self._keys.fingerprint})

    def _revoke_page(self, visit: Visit) -> Response:
        org = self._org(visit)
        found = [
            one
            for one in visit.devices
            if (one.commune, one.device, one.revoked_at) == (org, visit.path("device"), None)
        ]
        if not found:
            raise GONE
        name = _names(visit.connection)[org]
        return self._page(visit, "revoke.html", "Thu hồi máy", org=org, name=name, one=found[0])

    def _revoke(self, visit: Visit) -> Response:
        org = self._org(visit)
        if visit.form["org"].upper() != org:
            raise Refused("not_confirmed", f"Gõ đúng mã xã {org} để xác nhận thu hồi.")
        known = select(device.c.id).where(
            device.c.commune == org, device.c.id == visit.path("device")
        )
        if visit.connection.execute(known).first() is None:
            raise GONE
        revoke(visit.connection, visit.path("device"))
        visit.note("revoke", f"{org}, {visit.path('device')}", visit.form["reason"])
        return _to(f"/units/{quote(org)}?done=revoked")

    def _org(self, visit: Visit) -> str:
        org = visit.path("org")
        known = select(commune.c.org).where(commune.c.org == org)
        if visit.connection.execute(known).first() is None:
            raise GONE
        return org

    # ---- what could not be taken ---------------------------------------------------------------

    def _quarantine(self, visit: Visit) -> Response:
        state = "discarded" if visit.request.query_params.get("show") == "discarded" else "waiting"
        after = visit.request.query_params.get("after", "")
        cases, further = reviewing.cases(visit.connection, state, _MOST_ROWS, after)
        return self._page(
            visit,
            "quarantine.html",
            "Sự kiện chưa vào sổ",
            cases=cases,
            further=further,
            state=state,
            names=_names(visit.connection),
        )

    def _case(self, visit: Visit) -> Response:
        case = reviewing.case_of(visit.connection, visit.path("org"), visit.path("subject"))
        if case is None:
            raise GONE
        names = _names(visit.connection)
        return self._page(visit, "case.html", "Sự kiện chưa vào sổ", case=case, names=names)

    def _release(self, visit: Visit) -> Response:
        org, subject = visit.path("org"), visit.path("subject")
        taken, left = reviewing.release(visit.connection, self._keys, org, subject)
        visit.note("release", f"{org}, {subject}", f"vào sổ {taken}, còn chờ {left}")
        if left:
            return _to(f"/quarantine/{quote(org)}/{quote(subject)}?done=still")
        return _to("/quarantine?done=released")

    def _discard(self, visit: Visit) -> Response:
        org, subject = visit.path("org"), visit.path("subject")
        reviewing.discard(visit.connection, org, subject, visit.who, visit.form["reason"])
        visit.note("discard", f"{org}, {subject}", visit.form["reason"])
        return _to("/quarantine?done=discarded")

    # ---- by stick ------------------------------------------------------------------------------

    def _bundles(self, visit: Visit, taken: Mapping[str, Any] | None = None) -> Response:
        numbers = {one.device: one.counter for one in visit.devices}
        return self._page(
            visit,
            "bundles.html",
            "Gói USB",
            taken=taken,
            counter=numbers.get(taken["device"]) if taken else None,
            names=_names(visit.connection),
        )

    def _bundle_up(self, form: Form, folder: Path) -> Page:
        source = folder / "goi.hsx"
        source.write_bytes(_file(form, "file", "Chưa chọn tệp. Chọn tệp .hsx trên USB."))
        taken = bundles.take_in(self._database, self._keys, source, self._objects)

        def finish(visit: Visit) -> Response:
            visit.note(
                "bundle", f"{taken['commune']}, {taken['device']}", f"{taken['received']} việc"
            )
            return self._bundles(visit, taken)

        return finish

    def _bundle_down(self, request: Request, body: bytes) -> Response:
        """The answer is written in a transaction of its own."""
        with self._database.begin() as connection:
            session = self._session(connection, request)
        if session is None:
            return _to("/sign-in")
        with TemporaryDirectory(prefix="mot-cua-") as folder:
            target = Path(folder) / "goi.hsx"
            device_id = str(request.path_params["device"])
            try:
                bundles.write(self._database, self._keys, device_id, target, self._objects)
            except Refused:
                raise GONE from None
            with self._database.begin() as connection:
                note(connection, session.administrator, "bundle_out", device_id)
            return _download(target.read_bytes(), "tra-loi.hsx")

    def _enrol_by_stick(self, form: Form, folder: Path) -> Page:
        source, target = folder / "yeu-cau.json", folder / "tra-loi.json"
        source.write_bytes(_file(form, "request", "Chưa chọn tệp. Chọn tệp yêu cầu của quầy."))
        done = bundles.enrol_by_stick(self._database, self._keys, source, target, "")
        answer = target.read_bytes()

        def finish(visit: Visit) -> Response:
            visit.note("enrol_file", f"{done['commune']}, {done['device']}")
            return _download(answer, "tra-loi-ghi-danh.json")

        return finish

    # ---- catalogue and calendars ---------------------------------------------------------------

    def _catalogue(self, visit: Visit) -> Response:
        rows = publishing.all_of(visit.connection)
        return self._page(visit, "catalogue.html", "Danh mục và lịch", rows=rows)

    def _draft(self, visit: Visit) -> Response:
        raw = visit.form.files.get("file", b"")
        if not raw:
            raise Refused("file_missing", "Chưa chọn tệp. Chọn tệp .toml của danh mục hoặc lịch.")
        kind = visit.form["kind"]
        name, version = publishing.draft(
            visit.connection,
            kind,
            raw,
            visit.form["effective_on"],
            visit.form["decision_no"],
            visit.who,
        )
        visit.note("draft", f"{KINDS[kind]} {name}, bản {version}")
        return _to(f"/catalogue/{quote(kind)}/{quote(name)}/{version}?done=draft")

    def _version(self, visit: Visit) -> Response:
        row = self._row(visit)
        before = publishing.before(visit.connection, row.kind, row.name, row.version)
        return self._page(
            visit,
            "version.html",
            row.title,
            row=row,
            lines=publishing.difference(before[0] if before else "", row.text),
            than=_THAN[before and before[1]],
        )

    def _version_file(self, request: Request, body: bytes) -> Response:
        """As it was written, for writing the next one."""
        with self._database.begin() as connection:
            session = self._session(connection, request)
            if session is None:
                return _to("/sign-in")
            row = self._row(Visit(request, connection, session, Form({}, {})))
            return _download(row.text.encode(), f"{row.name}-{row.version}.toml")

    def _publish(self, visit: Visit) -> Response:
        row = self._row(visit)
        publishing.publish(visit.connection, self._keys, row.kind, row.name, row.version, visit.who)
        visit.note("publish", f"{KINDS[row.kind]} {row.name}, bản {row.version}")
        return _to("/catalogue?done=published")

    def _drop(self, visit: Visit) -> Response:
        row = self._row(visit)
        publishing.drop(visit.connection, row.kind, row.name, row.version)
        visit.note("drop", f"{KINDS[row.kind]} {row.name}, bản {row.version}")
        return _to("/catalogue?done=dropped")

    def _row(self, visit: Visit) -> Any:
        number = visit.path("version")
        row = visit.connection.execute(
            select(publication).where(
                publication.c.kind == visit.path("kind"),
                publication.c.name == visit.path("name"),
                publication.c.version
                == (int(number) if number.isdecimal() and len(number) < 9 else 0),
                publication.c.state != "dropped",
            )
        ).one_or_none()
        if row is None:
            raise GONE
        return row

    # ---- who did what --------------------------------------------------------------------------

    def _log(self, visit: Visit) -> Response:
        query = select(admin_log).order_by(admin_log.c.id.desc()).limit(_MOST_ROWS + 1)
        if before := visit.request.query_params.get("before", ""):
            query = query.where(admin_log.c.id < before)
        rows = visit.connection.execute(query).fetchall()
        shown = rows[:_MOST_ROWS]
        total = visit.connection.execute(select(func.count()).select_from(admin_log)).scalar_one()
        older = shown[-1].id if len(rows) > _MOST_ROWS else ""
        title = "Nhật ký quản trị"
        return self._page(visit, "log.html", title, rows=shown, total=total, older=older)


_KEPT = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}

_THAN = {
    None: "Nội dung",
    True: "Khác bản đã công bố trước",
    False: "Khác bản đi kèm chương trình",
}
_DONE = {
    "commune": "Đã thêm xã.",
    "renamed": "Đã đổi tên.",
    "revoked": "Đã thu hồi máy. Từ bây giờ máy chủ không nhận gì của máy này nữa.",
    "released": "Đã vào sổ. Các quầy của xã nhận ở lần đồng bộ sau.",
    "still": "Đã kiểm tra lại, vẫn chưa nhận được. Lý do ghi bên dưới.",
    "discarded": "Đã để riêng. Việc của quầy vẫn được giữ nguyên như đã gửi.",
    "draft": "Đã lưu bản nháp. Một người khác xem rồi công bố.",
    "published": "Đã công bố. Quầy nhận ở lần đồng bộ sau, dùng từ ngày hiệu lực.",
    "second_off": "Đã bỏ mã 6 số. Từ lần sau chỉ hỏi mật khẩu.",
    "dropped": "Đã bỏ bản nháp.",
}


def _file(form: Form, name: str, otherwise: str) -> bytes:
    raw = form.files.get(name, b"")
    if not raw:
        raise Refused("file_missing", otherwise)
    return raw


def _download(raw: bytes, name: str) -> Response:
    told = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(raw, media_type="application/octet-stream", headers={**HEADERS, **told})


def _names(connection: Connection) -> dict[str, str]:
    query = select(commune.c.org, commune.c.name).order_by(commune.c.org)
    return {row.org: row.name for row in connection.execute(query)}


def _counted(devices: list[Heard]) -> dict[str, int]:
    active = [one for one in devices if one.revoked_at is None]
    return {
        "active": len(active),
        "revoked": len(devices) - len(active),
        "silent": sum(1 for one in active if one.silence),
    }


def _to(place: str) -> Response:
    return Response(status_code=303, headers={"Location": place, **HEADERS})


def _check_origin(request: Request) -> None:
    """Browsers say where a form comes from; another site's is refused."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused("form_foreign", "Yêu cầu đến từ trang khác nên không nhận.", 403)
