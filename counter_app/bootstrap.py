"""The composition root: everything of one counter, wired on one page.

What a verb does not need it does not import: the services load where they are made, so that `show`
answers at once from cold and the window's first screen waits for nothing.
"""

import base64
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import resources
from counter_app.domain.office import Office
from counter_app.domain.printer import FoundPrinter, Profile
from counter_app.errors import EnvironmentFault
from counter_app.keys import store_key
from counter_app.ports import Clock, IdSource, OfficeClock, PaperMaker, Printer
from counter_app.system import (
    ANY_ZONE,
    OfficeTime,
    SystemClock,
    SystemIds,
    SystemProcess,
    has_network,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from counter_app.attachments.vault import Vault
    from counter_app.book.backups import Backups
    from counter_app.book.checks import Checks
    from counter_app.keys.device import DeviceSigner
    from counter_app.ports.attachments import ScanFolder
    from counter_app.services.acts import Acts
    from counter_app.services.appointments import Appointments
    from counter_app.services.attachments import Attachments
    from counter_app.services.backup_plan import BackupPlan
    from counter_app.services.catalogue import Catalogue
    from counter_app.services.clock_guard import ClockGuard
    from counter_app.services.drafts import Drafts
    from counter_app.services.erasing import Erasing
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
    from counter_app.services.soundness import Soundness
    from counter_app.services.sync_notices import SyncNotices
    from counter_app.services.tickets import Tickets
    from counter_app.services.visits import Visits
    from counter_app.services.worklists import Worklists
    from counter_app.sync.bundles import Bundles
    from counter_app.sync.engine import SyncEngine
    from counter_app.sync.exchange import Exchange
    from counter_app.sync.words import SyncState
    from db.sync_store import SyncStore


class Counter:
    """An open counter: its services, each made at its first use."""

    def __init__(self, folder: Path, key: bytes) -> None:
        from db.store import Store

        self.folder = folder
        self._key = key
        self.ids: IdSource = SystemIds()
        self._clock = OfficeTime(SystemClock(ANY_ZONE))
        self.store = Store(folder, key, self._clock, self.ids)
        self._read_identity()
        with self.store.read() as books:
            self.office: Office = books.settings.office()
            self._kept_printers = books.settings.get("printers")
            self._private_key = base64.b64decode(books.settings.get("device_key") or "")
        self._clock.pc = SystemClock(self.office.time_zone)

    @property
    def clock(self) -> OfficeClock:
        """The time that everything here goes by."""
        return self._clock

    @clock.setter
    def clock(self, pc: Clock) -> None:
        self._clock.pc = pc

    @cached_property
    def clock_guard(self) -> "ClockGuard":
        """The true time, typed where the PC's cannot be believed."""
        from counter_app.services.clock_guard import ClockGuard

        return ClockGuard(self.store, self.clock, self.catalogue)

    @cached_property
    def signer(self) -> "DeviceSigner":
        """The device's key."""
        from counter_app.keys.device import DeviceSigner

        return DeviceSigner(self._private_key)

    @cached_property
    def catalogue(self) -> "Catalogue":
        """Procedures and calendars: what is shipped, and in its place what is published above."""
        from counter_app.domain.published import CALENDAR, PROCEDURES
        from counter_app.services.catalogue import Catalogue, in_force

        def of(kind: str, shipped: "Callable[[], Sequence[str]]") -> "Sequence[str]":
            with self.store.read() as books:
                published = books.settings.published()
            return in_force(kind, shipped(), published, self.clock.now().date())

        return Catalogue(
            lambda: of(PROCEDURES, resources.procedure_texts),
            lambda: of(CALENDAR, resources.calendar_texts),
        )

    @cached_property
    def intake(self) -> "Intake":
        """Taking in."""
        from counter_app.services.intake import Intake
        from counter_app.services.receipts import ReceiptSealer

        sealer = ReceiptSealer(self.signer)
        return Intake(self.store, self.catalogue, self.clock, self.ids, sealer)

    @cached_property
    def acts(self) -> "Acts":
        """What happens to a dossier afterwards."""
        from counter_app.services.acts import Acts
        from counter_app.services.receipts import ReceiptSealer

        sealer = ReceiptSealer(self.signer)
        return Acts(self.store, self.catalogue, self.clock, self.ids, sealer)

    @cached_property
    def attachments(self) -> "Attachments":
        """Scanned papers; what decodes them runs in a process of its own."""
        from counter_app.attachments.reencoding import pages_of
        from counter_app.services.attachments import Attachments

        return Attachments(self.store, self.vault, pages_of, self.clock)

    @cached_property
    def scan_plan(self) -> "ScanPlan":
        """Where scanner and camera put their files."""
        from counter_app.services.scan_plan import ScanPlan

        return ScanPlan(self.settings)

    def scan_folder(self, folder: Path) -> "ScanFolder":
        """Such a folder, to be looked at again and again."""
        from counter_app.attachments.watched import Watched

        return Watched(folder)

    @cached_property
    def vault(self) -> "Vault":
        """Where their pages lie."""
        from counter_app.attachments.vault import Vault

        return Vault(self.folder, self._key)

    @cached_property
    def search(self) -> "Search":
        """Finding and opening."""
        from counter_app.services.search import Search

        return Search(self.store, self.clock)

    @cached_property
    def worklists(self) -> "Worklists":
        """What needs someone now."""
        from counter_app.services.worklists import Worklists

        return Worklists(self.store, self.catalogue, self.clock)

    @cached_property
    def officers(self) -> "Officers":
        """Who may sign in."""
        from counter_app.keys.pins import Argon2Pins
        from counter_app.services.officers import Officers

        return Officers(self.store, Argon2Pins(), self.clock, self.ids)

    @cached_property
    def prints(self) -> "Prints":
        """Whatever is printed, and how it ended."""
        from counter_app.services.prints import Prints, Sources

        sources = Sources(
            {
                "ticket": lambda books, subject: self.tickets.slip(books, subject),
                "appointment": lambda books, subject: self.appointments.slip(books, subject),
                "pad": lambda books, subject: self.pads.slip(books, subject),
            },
            lambda form, subject: self.forms.pdf(form, subject),
        )
        return Prints(self.store, _paper, sources, self.clock, self.ids, SystemProcess())

    @cached_property
    def printers(self) -> "Printers":
        """The printers of this counter."""
        from counter_app.services.printers import Printers

        return Printers(self.store, self._kept_printers, self.printer_at)

    @cached_property
    def visits(self) -> "Visits":
        """Several dossiers, one slip."""
        from counter_app.services.visits import Visits

        return Visits(self.store, self.clock, self.ids)

    @cached_property
    def pads(self) -> "Pads":
        """Blank slips for hours without power."""
        from counter_app.services.pads import Pads

        return Pads(self.store, self.signer, self.clock, self.ids)

    @cached_property
    def tickets(self) -> "Tickets":
        """The queue."""
        from counter_app.services.tickets import Tickets

        return Tickets(self.store, self.clock, self.ids)

    @cached_property
    def appointments(self) -> "Appointments":
        """Booked hours."""
        from counter_app.services.appointments import Appointments

        return Appointments(self.store, self.catalogue, self.clock, self.ids)

    @cached_property
    def forms(self) -> "Forms":
        """Statutory forms."""
        from counter_app.services.forms import Forms
        from counter_app.services.wording import Wording

        wording = Wording(resources.form_set_texts, resources.form_text)
        return Forms(self.store, _paper, self.clock, wording, self.catalogue)

    @cached_property
    def settings(self) -> "LocalSettings":
        """Settings of this PC."""
        from counter_app.services.local_settings import LocalSettings

        return LocalSettings(self.store)

    @cached_property
    def notices(self) -> "SyncNotices":
        """What rounds told that somebody has to see to."""
        from counter_app.services.sync_notices import SyncNotices

        return SyncNotices(self.settings)

    @cached_property
    def erasing(self) -> "Erasing":
        """Dossiers whose time of keeping is over."""
        from counter_app.services.erasing import Erasing

        return Erasing(self.store, self.vault, self.clock)

    def sweep(self) -> None:
        """What a round emptied leaves the disk too; where the file is busy, after the next one."""
        with suppress(EnvironmentFault):
            self.erasing.sweep()

    @cached_property
    def drafts(self) -> "Drafts":
        """Begun intakes."""
        from counter_app.services.drafts import Drafts

        return Drafts(self.store, self.clock)

    @cached_property
    def scans(self) -> "Scans":
        """What a scanner read."""
        from counter_app.keys.device import verify
        from counter_app.services.scans import Scans

        return Scans(self.store, verify)

    @cached_property
    def sync_store(self) -> "SyncStore":
        """The store as the sync lane sees it."""
        from db.sync_store import SyncStore

        return SyncStore(self.store, self.ids)

    @cached_property
    def sync(self) -> "SyncEngine":
        """The conversation with the upper server; what speaks HTTP loads on the sync lane."""
        from counter_app.keys.device import verify
        from counter_app.sync.engine import SyncEngine
        from counter_app.sync.link import HttpLink
        from counter_app.sync.pages import Pages
        from counter_app.sync.relay import Relay
        from db.exchange import ExchangeStore
        from db.uploads import Uploads

        return SyncEngine(
            self.sync_store,
            lambda identity: HttpLink(identity.server_url, identity.ca_pem),
            self.signer,
            verify,
            self.clock,
            Pages(Uploads(self.store), self.vault, self.clock),
            Relay(ExchangeStore(self.store)),
        )

    @cached_property
    def bundles(self) -> "Bundles":
        """What a cycle says, on a stick."""
        from counter_app.keys.device import verify
        from counter_app.sync.bundles import Bundles
        from db.uploads import Uploads

        return Bundles(
            self.sync_store,
            self.signer,
            self._private_key,
            verify,
            self.clock,
            Uploads(self.store),
            self.vault,
        )

    @cached_property
    def exchange(self) -> "Exchange":
        """The other counters, in a folder."""
        from counter_app.keys.device import verify
        from counter_app.sync.exchange import Exchange
        from db.exchange import ExchangeStore

        store = ExchangeStore(self.store)
        return Exchange(store, self.signer, self._private_key, verify, self.clock)

    def _read_identity(self) -> None:
        with self.store.read() as books:
            self.identity = books.settings.identity()

    def enrol_request(self, code: str, target: Path) -> None:
        """By stick: ask to be taken in."""
        from counter_app.sync.enrol import write_request

        write_request(self.sync_store, self.signer, code, target)

    def enrol_answer_mark(self, source: Path) -> str:
        """By stick: the fingerprint to compare before the answer is taken."""
        from counter_app.keys.device import verify_by_ca
        from counter_app.sync.enrol import mark_of_answer

        return mark_of_answer(self.sync_store, verify_by_ca, source)

    def enrol_answer(self, source: Path, fingerprint: str | None) -> tuple[str, str]:
        """By stick: take the answer; the device id and the fingerprint of the server's CA."""
        from counter_app.keys.device import verify_by_ca
        from counter_app.sync.enrol import take_answer

        enrolled, mark = take_answer(self.sync_store, verify_by_ca, source, fingerprint)
        self._read_identity()
        return enrolled.device, mark

    def enrol(self, url: str, code: str, fingerprint: str | None, number: int | None = None) -> str:
        """Bind this device at the upper server; answers the device id. `number`: as in `sync.enrol`."""
        from counter_app.sync.enrol import enrol

        def part() -> None:
            self.sync.part()

        store, signer = self.sync_store, self.signer
        enrolled = enrol(store, signer, url, code, fingerprint, number, part)
        self._read_identity()
        return enrolled.device

    def sync_state(self) -> "SyncState":
        """The line of the status bar."""
        from counter_app.sync.words import state_of

        now = self.clock.now()
        return state_of(self.sync_store.standing(now.date().isoformat()), now)

    def seconds_until_sync(self, failures: int) -> float:
        """When the next cycle is due: by the office's interval, later while the line fails."""
        from counter_app.sync.schedule import Schedule, seconds_until_next

        schedule = Schedule(self.office.sync_every_minutes, self.office.sync_outside_hours)
        chance = self.ids.choose(1_000) / 1_000
        calendar = self.catalogue.calendar(self.office)
        wait = seconds_until_next(schedule, calendar, self.clock.now(), failures, chance)
        # a server that is busy is not asked sooner, and not by all counters in the same second
        asked = self.sync_store.wanted_wait() if failures else 0.0
        return max(wait, asked * (1.0 + chance / 4))

    def has_network(self) -> bool:
        """Whether this PC has any way out."""
        return has_network()

    def printer_at(self, address: str, profile: Profile, name: str = "") -> Printer:
        """The printer at an address such as `tcp://192.168.1.50:9100`."""
        from counter_app.printing.ways import printer_at

        return printer_at(address, profile, name)

    def printer_warning(self, address: str) -> str:
        """What should be known about an address before it is used."""
        from counter_app.printing.ways import warning_of

        return warning_of(address)

    def found_printers(self) -> "Sequence[FoundPrinter]":
        """What hangs on this PC and may print."""
        from counter_app.printing.ways import found_printers

        return found_printers()

    @cached_property
    def soundness(self) -> "Soundness":
        """What was found when the book was last looked at."""
        from counter_app.services.soundness import Soundness

        return Soundness(self.settings)

    @cached_property
    def checks(self) -> "Checks":
        """Looking whether the book is sound."""
        from counter_app.book.checks import Checks

        return Checks(self.store, self.folder, self._key, self.clock, self.soundness)

    @cached_property
    def backup_plan(self) -> "BackupPlan":
        """When a backup makes itself, and how the last ones went."""
        from counter_app.services.backup_plan import BackupPlan

        return BackupPlan(self.settings)

    @cached_property
    def backups(self) -> "Backups":
        """Copies of the book in one file each."""
        from counter_app.book.backups import Backups

        def counter_no() -> int:
            return self.identity.counter_no

        return Backups(self.folder, self._key, self.clock, counter_no, self.backup_plan)

    def close(self) -> None:
        """Let go of the file."""
        self.store.close()


def open_counter(
    folder: Path, passphrase: str | None = None, recovery: str | None = None
) -> Counter:
    """Open the store in `folder`; a missing or damaged one is told, never replaced."""
    if store_key.state(folder) == "none":
        raise EnvironmentFault(
            "store_missing",
            f"Chưa có sổ dữ liệu ở {folder}. Hãy tạo sổ trước (init), hoặc xem lại đường dẫn.",
        )
    # a passphrase is slow on purpose and holds up nobody else: what the store needs loads meanwhile
    with ThreadPoolExecutor(1) as aside:
        key = aside.submit(store_key.unlock, folder, passphrase, recovery)
        import db.store  # noqa: F401

        return Counter(folder, key.result())


@cache
def _paper() -> PaperMaker:
    """Pillow, ReportLab and qrcode load at the first print."""
    from counter_app.printing.paper import Paper

    return Paper()
