"""What the window calls: the counter's services, given from outside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # the first screen needs none of them
    from collections.abc import Sequence

    from counter_app.domain.office import Office
    from counter_app.domain.printer import FoundPrinter, Profile
    from counter_app.ports import Clock, Identity, IdSource, Printer
    from counter_app.ports.attachments import ScanFolder
    from counter_app.ports.exchange import Exchange
    from counter_app.ports.sync import Bundles, Cycles, Standing
    from counter_app.services.acts import Acts
    from counter_app.services.appointments import Appointments
    from counter_app.services.attachments import Attachments
    from counter_app.services.backup_plan import BackupPlan
    from counter_app.services.catalogue import Catalogue
    from counter_app.services.clock_guard import ClockGuard
    from counter_app.services.drafts import Drafts
    from counter_app.services.forms import Forms
    from counter_app.services.intake import Intake
    from counter_app.services.local_settings import LocalSettings
    from counter_app.services.officers import Officers
    from counter_app.services.pads import Pads
    from counter_app.services.printers import Printers
    from counter_app.services.prints import Prints
    from counter_app.services.scan_plan import ScanPlan
    from counter_app.services.scans import Scans
    from counter_app.services.search import Search
    from counter_app.services.soundness import Found, Soundness
    from counter_app.services.sync_notices import SyncNotices
    from counter_app.services.tickets import Tickets
    from counter_app.services.visits import Visits
    from counter_app.services.worklists import Worklists


class SyncWords(Protocol):
    """The line of the status bar."""

    @property
    def level(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def said(self) -> str: ...

    @property
    def standing(self) -> Standing: ...

    @property
    def hint(self) -> str: ...


class Backups(Protocol):
    """Copies of the book in one file each."""

    def make(self, target: Path) -> object:
        """The whole book into one file, read back; work goes on meanwhile."""

    def make_if_due(self) -> bool:
        """A backup where one is due; whether one was made."""


class Checks(Protocol):
    """Looking whether the book is sound."""

    def end(self) -> None:
        """Whether the log ends as it was written. Raises `EnvironmentFault`."""

    def behind(self) -> Found:
        """Look in a process that gives way."""


class Counter(Protocol):
    """An open counter, as `bootstrap` makes it."""

    ids: IdSource
    folder: Path
    identity: Identity
    office: Office

    @property
    def clock(self) -> Clock: ...

    @property
    def clock_guard(self) -> ClockGuard: ...

    @property
    def catalogue(self) -> Catalogue: ...

    @property
    def intake(self) -> Intake: ...

    @property
    def acts(self) -> Acts: ...

    @property
    def attachments(self) -> Attachments: ...

    @property
    def search(self) -> Search: ...

    @property
    def worklists(self) -> Worklists: ...

    @property
    def officers(self) -> Officers: ...

    @property
    def prints(self) -> Prints: ...

    @property
    def printers(self) -> Printers: ...

    @property
    def visits(self) -> Visits: ...

    @property
    def pads(self) -> Pads: ...

    @property
    def tickets(self) -> Tickets: ...

    @property
    def appointments(self) -> Appointments: ...

    @property
    def forms(self) -> Forms: ...

    @property
    def drafts(self) -> Drafts: ...

    @property
    def settings(self) -> LocalSettings: ...

    @property
    def notices(self) -> SyncNotices: ...

    @property
    def scans(self) -> Scans: ...

    @property
    def exchange(self) -> Exchange: ...

    @property
    def sync(self) -> Cycles: ...

    def sync_state(self) -> SyncWords: ...

    def sweep(self) -> None:
        """What a round emptied, because its time of keeping is over, leaves the disk too."""

    def seconds_until_sync(self, failures: int) -> float:
        """When the next cycle is due by the office's schedule."""

    def has_network(self) -> bool:
        """Whether this PC has any way out; what lies behind the first router is not known."""

    def enrol(self, url: str, code: str, fingerprint: str | None, number: int | None = None) -> str:
        """Bind this device; answers its id. `number`: the code's, where this store is a copy."""

    def enrol_request(self, code: str, target: Path) -> None:
        """By stick: ask to be taken in."""

    def enrol_answer_mark(self, source: Path) -> str:
        """By stick: the fingerprint to compare before the answer is taken."""

    def enrol_answer(self, source: Path, fingerprint: str | None) -> tuple[str, str]:
        """By stick: take the answer; the device id and the fingerprint."""

    def printer_at(self, address: str, profile: Profile, name: str = "") -> Printer:
        """The printer at an address."""

    def printer_warning(self, address: str) -> str:
        """What should be known about an address before it is used."""

    def found_printers(self) -> Sequence[FoundPrinter]:
        """What hangs on this PC and may print."""

    @property
    def scan_plan(self) -> ScanPlan: ...

    def scan_folder(self, folder: Path) -> ScanFolder:
        """A folder that a scanner or a camera writes into."""

    @property
    def backup_plan(self) -> BackupPlan: ...

    @property
    def backups(self) -> Backups: ...

    @property
    def soundness(self) -> Soundness: ...

    @property
    def checks(self) -> Checks: ...

    @property
    def bundles(self) -> Bundles: ...

    def close(self) -> None: ...
