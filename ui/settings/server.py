"""Binding this machine to the upper server."""

from counter_app.domain.officer import Right
from ui.desk import Desk
from ui.enrolment import EnrolBox
from ui.settings.section import Section
from ui.widgets import Banner, column


class ServerSection(Section):
    """Over the line or by stick, for whoever may change settings."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__(desk, banner)
        self.box = EnrolBox(desk)
        self.box.told.connect(banner.tell)
        self.box.moved.connect(self.moved)
        self.box.enrolled.connect(desk.sync_requested)
        self.setLayout(column(self.box))

    @property
    def finishes(self) -> str:
        """What F12 does."""
        return self.box.finishes

    def enter(self) -> None:
        """As far as it is."""
        self.box.enter()

    def finish(self) -> None:
        """The next step."""
        if self._may():
            self.box.finish()

    def key(self, name: str) -> bool:
        """Those of the box."""
        if name == "Alt+X" and not self._may():
            return True
        return self.box.key(name)

    def _may(self) -> bool:
        if self.desk.who.may(Right.SETTINGS):
            return True
        self.banner.tell("Bạn không có quyền ghi danh máy. Hãy đổi người.", "Red")
        return False
