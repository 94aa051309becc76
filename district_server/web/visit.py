"""One request of somebody who is signed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from fastapi import Request, Response
from sqlalchemy import Connection

from district_server.administrators import Session, may_read, note
from district_server.faults import Refused
from district_server.silence import Heard, heard
from district_server.web.forms import Form

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
GONE = Refused("not_found", "Không có trang này.", 404)


@dataclass
class Visit:
    """One request of somebody who is signed in."""

    request: Request
    connection: Connection
    session: Session
    form: Form
    problem: str = ""
    done: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def devices(self) -> list[Heard]:
        """Every device as it stood when this was first asked."""
        return heard(self.connection)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The communes whose scanned papers this person may look at."""
        return may_read(self.connection, self.who)

    @property
    def who(self) -> str:
        """The administrator's name."""
        return self.session.administrator

    def path(self, name: str) -> str:
        """A part of the address."""
        return str(self.request.path_params.get(name, ""))

    def note(self, action: str, about: str, reason: str = "") -> None:
        """Write down what was done."""
        note(self.connection, self.who, action, about, reason)


Page = Callable[[Visit], Response]
