"""One's own account: the password, and the second factor."""

import time
from collections.abc import Callable, Iterator

from fastapi import Response
from markupsafe import Markup
from sqlalchemy import Connection

from district_server import administrators, second_factor
from district_server.faults import Refused
from district_server.keys import ServerKeys
from district_server.second_factor import Begun
from district_server.web.visit import Page, Visit


class Account:
    """What somebody may change of themselves. Each change asks for what only they know; a wrong answer
    counts, like one at the door.
    """

    def __init__(
        self,
        draw: Callable[..., Response],
        go: Callable[[str], Response],
        keys: ServerKeys,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._draw = draw
        self._go = go
        self._keys = keys
        self._now = now

    def acts(self) -> Iterator[tuple[str, Page]]:
        """(address, what a form there does)."""
        yield "/me", self._change_password
        yield "/me/second", self._begin
        yield "/me/second/confirm", self._confirm
        yield "/me/second/off", self._off

    def page(
        self, visit: Visit, begun: Begun | None = None, codes: tuple[str, ...] = ()
    ) -> Response:
        """The account as it stands; a secret and recovery codes only where they were just made."""
        return self._draw(
            visit,
            "me.html",
            "Tài khoản",
            second=second_factor.state_of(visit.connection, visit.who),
            left=second_factor.codes_left(visit.connection, visit.who),
            begun=begun,
            drawn=_drawn(begun.uri) if begun else "",
            codes=codes,
        )

    def holds(self, connection: Connection, name: str, code: str) -> bool:
        """Whether the second factor of somebody is right now."""
        return second_factor.holds(connection, self._keys, name, code, self._now())

    def _change_password(self, visit: Visit) -> Response:
        fields = visit.form.fields
        if refused := self._unproved(visit, "old"):
            return refused
        if fields.get("new", "") != fields.get("again", ""):
            raise Refused("differs", "Hai lần gõ mật khẩu mới không giống nhau. Gõ lại.")
        administrators.set_password(visit.connection, visit.who, fields.get("new", ""))
        visit.note("password", "")
        return self._go("/sign-in")

    def _begin(self, visit: Visit) -> Response:
        if refused := self._unproved(visit, "password"):
            return refused
        begun = second_factor.begin(visit.connection, self._keys, visit.who)
        return self.page(visit, begun=begun)

    def _confirm(self, visit: Visit) -> Response:
        codes = second_factor.confirm(
            visit.connection, self._keys, visit.who, visit.form["code"], self._now()
        )
        administrators.sign_out_others(visit.connection, visit.session)
        visit.note("second_on", "")
        return self.page(visit, codes=codes)

    def _off(self, visit: Visit) -> Response:
        if refused := self._unproved(visit, "password", visit.form["code"]):
            return refused
        second_factor.forget(visit.connection, visit.who)
        visit.note("second_off", "")
        return self._go("/me?done=second_off")

    def _unproved(self, visit: Visit, field: str, code: str | None = None) -> Response | None:
        """The page again where the password, or the code if one is asked for, is not right."""

        def holds(name: str) -> bool:
            return code is None or self.holds(visit.connection, name, code)

        given = visit.form.fields.get(field, "")
        proved = administrators.prove(visit.connection, visit.who, given, holds)
        if not isinstance(proved, Refused):
            return None
        visit.problem = proved.message
        if proved.code != "locked":
            what = "Mật khẩu" if code is None else "Mật khẩu hoặc mã"
            visit.problem = f"{what} đang dùng không đúng. Gõ lại."
        # answered, not raised: the wrong try must stay counted
        answer = self.page(visit)
        answer.status_code = proved.status
        return answer


def _drawn(uri: str) -> Markup:
    """The QR as one path; nothing is fetched to show it."""
    import qrcode  # only the few who set up a second factor need it

    code = qrcode.QRCode(border=4)
    code.add_data(uri)
    rows = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    side = len(rows)
    return Markup(
        '<svg class="qr" viewBox="0 0 {0} {0}" shape-rendering="crispEdges" role="img" '
        'aria-label="Mã QR cho điện thoại"><path d="{1}"/></svg>'
    ).format(side, path)
