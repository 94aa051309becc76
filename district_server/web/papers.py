"""The scanned papers of a dossier, for whoever was given the right to look at those of its commune.

They show citizens' names, so nobody has that right by being an administrator. Without it every address
here is one that does not exist. Who looks is written down before anything is shown.
"""

import hashlib
from collections.abc import Callable, Iterator
from urllib.parse import quote

from fastapi import Response

from counter_app.domain.code import DossierCode
from counter_app.domain.dossier import Dossier
from counter_app.domain.events import ScannedPage
from district_server.faults import ServerFault
from district_server.objects import Objects
from district_server.pages import key_of
from district_server.papers import Paper, papers_of
from district_server.projection import by_code, dossier_of
from district_server.web.visit import GONE, HEADERS, Page, Visit

_PICTURE = HEADERS | {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Papers:
    """Finding a dossier by its code, its papers, one page."""

    def __init__(self, draw: Callable[..., Response], objects: Objects | None) -> None:
        self._draw = draw
        self._objects = objects

    def pages(self) -> Iterator[tuple[str, Page]]:
        """(address, page)."""
        yield "/dossiers", self._find
        yield "/dossiers/{code}", self._dossier
        yield "/dossiers/{code}/{event}/{page}.jpg", self._picture
        yield "/dossiers/{code}/{event}/{page}", self._view

    def _find(self, visit: Visit) -> Response:
        if not visit.reads:
            raise GONE
        sought = visit.request.query_params.get("code", "").strip().upper()
        if sought and self._known(visit, sought) is not None:
            place = {"Location": f"/dossiers/{quote(sought)}", **HEADERS}
            return Response(status_code=303, headers=place)
        orgs = sorted(visit.reads)
        return self._draw(visit, "find.html", "Hồ sơ và bản quét", sought=sought, orgs=orgs)

    def _dossier(self, visit: Visit) -> Response:
        here, papers = self._asked(visit)
        visit.note("dossier", here.code)
        named = {one.id: one.name for one in here.facts.components}
        told = [
            {
                "number": number,
                "event": paper.event_id,
                "name": paper.added.name,
                "component": named.get(paper.added.component, ""),
                "pages": [self._has(paper, page) for page in paper.added.pages],
            }
            for number, paper in enumerate(papers, 1)
        ]
        return self._draw(visit, "dossier.html", here.code, here=here, papers=told)

    def _view(self, visit: Visit) -> Response:
        here, number, paper, page = self._page(visit)
        return self._draw(
            visit,
            "scan.html",
            f"{here.code}, tờ {number}",
            here=here,
            event=paper.event_id,
            page=page,
            pages=len(paper.added.pages),
            name=paper.added.name,
            there=self._has(paper, paper.added.pages[page - 1]),
        )

    def _picture(self, visit: Visit) -> Response:
        here, number, paper, page = self._page(visit)
        scanned = paper.added.pages[page - 1]
        objects = self._objects
        raw = None if objects is None else objects.get(key_of(paper.commune, scanned.sha256))
        if raw is None:
            raise GONE
        if hashlib.sha256(raw).hexdigest() != scanned.sha256:
            raise ServerFault(
                "attachment_damaged", "Bản quét trong kho đã hỏng. Lấy lại từ bản sao lưu của kho."
            )
        way = "attachment" if "download" in visit.request.query_params else "inline"
        action = "scan_download" if way == "attachment" else "scan"
        visit.note(action, here.code, f"tờ {number}, trang {page}")
        told = {"Content-Disposition": f'{way}; filename="{here.code}-{number}-{page}.jpg"'}
        return Response(raw, media_type="image/jpeg", headers=_PICTURE | told)

    def _has(self, paper: Paper, page: ScannedPage) -> bool:
        objects = self._objects
        return objects is not None and objects.has(key_of(paper.commune, page.sha256), page.size)

    def _known(self, visit: Visit, code: str) -> tuple[str, str] | None:
        """(commune, id) of a dossier that this person may look at."""
        parsed = DossierCode.parse(code)
        if parsed is None or parsed.org not in visit.reads:
            return None
        found = by_code(visit.connection, str(parsed))
        return next((place for place in found if place[0] == parsed.org), None)

    def _asked(self, visit: Visit) -> tuple[Dossier, list[Paper]]:
        place = self._known(visit, visit.path("code"))
        here = dossier_of(visit.connection, *place) if place else None
        if place is None or here is None:
            raise GONE
        return here, papers_of(visit.connection, *place)

    def _page(self, visit: Visit) -> tuple[Dossier, int, Paper, int]:
        here, papers = self._asked(visit)
        text = visit.path("page")
        asked = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
        for number, paper in enumerate(papers, 1):
            if paper.event_id == visit.path("event") and 1 <= asked <= len(paper.added.pages):
                return here, number, paper, asked
        raise GONE
