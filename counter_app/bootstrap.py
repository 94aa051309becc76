"""The composition root: everything of one counter, wired on one page.

What a verb does not need it does not import: the services load where they are made, so that `show`
answers at once from cold and the window's first screen waits for nothing.
"""

import base64
import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import resources
from counter_app import __version__, child, data_folder
from counter_app.domain.faults import FileFault
from counter_app.domain.office import Office, parse_office
from counter_app.domain.printer import FoundPrinter, Profile
from counter_app.errors import EnvironmentFault, Refused
from counter_app.keys import store_key
from counter_app.ports import Clock, IdSource, OfficeClock, PaperMaker, Printer
from counter_app.system import OfficeTime, SystemClock, SystemIds, SystemProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from counter_app.attachments.vault import Vault
    from counter_app.backup_file import Manifest
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
    from db.check import Report
    from db.sync_store import SyncStore

ADMIN_NAME = "Quản trị"
LINKS_AT_START = 5_000
"""Of the own chain, looked at when the window opens: 0.1 s; what is older waits for the weekly look."""
CHECK_PAGES, CHECK_WHOLE = "pages", "whole"
_COPYING_TAKES = 24 * 3600.0
"""Seconds, at the very most."""


@dataclass(frozen=True, slots=True)
class Created:
    """A new store. The recovery code is shown this once."""

    device_id: str
    key_id: str
    counter_no: int
    recovery_code: str


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was put back. What was written after `ends_at` is on paper or with the server."""

    device_id: str
    counter_no: int
    ends_at: datetime | None


class Counter:
    """An open counter: its services, each made at its first use."""

    def __init__(self, folder: Path, key: bytes) -> None:
        from db.store import Store

        self.folder = folder
        self._key = key
        self.ids: IdSource = SystemIds()
        # the zone stands in the office file inside the store; until it is read, any zone will do
        self._clock = OfficeTime(SystemClock("Asia/Ho_Chi_Minh"))
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
        from counter_app.keys.device import verify
        from counter_app.sync.enrol import mark_of_answer

        return mark_of_answer(self.sync_store, verify, source)

    def enrol_answer(self, source: Path, fingerprint: str | None) -> tuple[str, str]:
        """By stick: take the answer; the device id and the fingerprint of the server's CA."""
        from counter_app.keys.device import verify
        from counter_app.sync.enrol import take_answer

        enrolled, mark = take_answer(self.sync_store, verify, source, fingerprint)
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

    def check(self, *, only_pages: bool = False) -> "Report":
        """Whether the book is whole; or only whether no page of its file is damaged."""
        from counter_app.keys.device import verify
        from db.check import check, check_pages

        return check_pages(self.store) if only_pages else check(self.store, verify)

    @cached_property
    def soundness(self) -> "Soundness":
        """What was found when the book was last looked at."""
        from counter_app.services.soundness import Soundness

        return Soundness(self.settings)

    def look_at_end(self) -> None:
        """Whether the own log ends as it was written. Raises `EnvironmentFault` where it does not."""
        with self.store.read() as books:
            books.log.look_at_end(LINKS_AT_START)

    def check_behind(self) -> str:
        """Look at every page, each week at everything, in a process of its own that gives way; what does
        not fit, in a sentence. Raises `EnvironmentFault` where it could not be looked at.
        """
        whole = self.soundness.is_due(self.clock.now())
        what = CHECK_WHOLE if whole else CHECK_PAGES
        with subprocess.Popen(
            child.command(child.CHECK_BEHIND, what, str(self.folder)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=child.HIDDEN | child.BEHIND,
        ) as asked:
            assert asked.stdin is not None
            assert asked.stdout is not None
            with suppress(OSError):
                asked.stdin.write(self._key.hex().encode() + b"\n")
                asked.stdin.flush()
            # its way in stays open: where this process ends, the child sees it shut and ends too
            told = asked.stdout.read()
        if asked.returncode not in (0, 1):
            raise EnvironmentFault("check_failed", "Chưa kiểm được sổ. Máy sẽ kiểm lại.")
        found = "".join(problem["message"] for problem in json.loads(told)["problems"][:1])
        with suppress(EnvironmentFault):
            # a damaged book may take no more, and it is told all the same
            self.soundness.note(found, self.clock.now(), whole=whole)
        return found

    @cached_property
    def backup_plan(self) -> "BackupPlan":
        """When a backup makes itself, and how the last ones went."""
        from counter_app.services.backup_plan import BackupPlan

        return BackupPlan(self.settings)

    def back_up_by_plan(self) -> bool:
        """A backup where one is due; whether one was made. The folder is never made: where it is
        missing, the disk or the stick is.
        """
        from counter_app import backup_file

        plan, now = self.backup_plan, self.clock.now()
        # a task of the system may have made one
        self.settings.read_again("backup.")
        if not plan.is_due(now):
            return False
        folder, number = Path(plan.folder), self.identity.counter_no
        if not os.path.isdir(folder):
            raise EnvironmentFault(
                "backup_folder_missing",
                f"Không thấy {folder}. Cắm ổ hoặc USB sao lưu; máy tự sao lưu khi thấy nó.",
            )
        backup_file.clear_away(folder, number, plan.kept)
        self.back_up(folder / backup_file.planned_name(number, now), planned=True)
        backup_file.clear_away(folder, number, plan.kept)
        return True

    def back_up(self, target: Path, *, planned: bool = False) -> "Manifest":
        """The whole store into one file, while everything else goes on."""
        from counter_app.services.backup_plan import BackupMade

        made = self._back_up(target)
        noted = BackupMade(made.made_at, target.name, target.stat().st_size)
        with suppress(EnvironmentFault):
            # the backup stands, even where the book's own disk takes no more
            self.backup_plan.note_made(noted, planned=planned)
        return made

    def _back_up(self, target: Path) -> "Manifest":
        from counter_app import backup_file
        from db.copying import copy_whole

        data_folder.refuse_book(target)
        folder, copying = self.folder / data_folder.BACKUPS, "dang-sao-luu"
        for left in folder.glob(f"{copying}*"):
            # a power cut left it; what another process makes now is younger
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _COPYING_TAKES:
                    left.unlink()
        # the window and a task of the system may do so at once
        copy = folder / f"{copying}-{os.getpid()}.db"
        try:
            copy_whole(self.folder / data_folder.STORE, self._key, copy)
            at = self.clock.now().isoformat(timespec="seconds")
            return backup_file.write(target, copy, self.folder, at)
        finally:
            copy.unlink(missing_ok=True)

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


def create_counter(
    folder: Path,
    office_text: str,
    counter_no: int,
    officer_name: str,
    pin: str,
    passphrase: str | None,
    *,
    sample: bool = False,
) -> Created:
    """Make the store, the device key and the first officer, who has every right."""
    from counter_app.domain.events import SYSTEM
    from counter_app.domain.officer import Role
    from counter_app.keys.device import DeviceSigner, new_private_key
    from counter_app.keys.pins import Argon2Pins
    from counter_app.services.officers import Officers, name_problems, pin_problems
    from counter_app.services.results import Rejected
    from db.creation import NewStore, create_store

    try:
        office = parse_office(office_text)
    except FileFault as fault:
        raise EnvironmentFault("file_damaged", fault.sentence("cơ quan")) from None
    if not 1 <= counter_no <= 9:
        raise Refused("counter_wrong", "Số quầy là một chữ số từ 1 đến 9.", "counter")
    for problem in (*pin_problems(pin), *name_problems(officer_name)):
        raise Refused(problem.code, problem.message, problem.field)
    if store_key.state(folder) != "none":
        raise data_folder.store_exists()
    clock, ids = OfficeTime(SystemClock(office.time_zone)), SystemIds()
    private = new_private_key()
    signer = DeviceSigner(private)
    made = NewStore(
        signer.device_id,
        private,
        signer.public_key,
        counter_no,
        office.org_code,
        office_text,
        __version__,
        sample,
    )
    with data_folder.making(folder) as place:
        key, recovery = store_key.create(place, passphrase)
        store = create_store(place, key, made, clock, ids, clock.now())
        added = Officers(store, Argon2Pins(), clock, ids).add(
            officer_name, (Role.ADMIN,), "", pin, SYSTEM
        )
        store.close()
        if isinstance(added, Rejected):
            raise Refused(added.problems[0].code, added.problems[0].message)
    return Created(signer.device_id, signer.key_id, counter_no, recovery)


def restore_counter(
    folder: Path, source: Path, passphrase: str | None, recovery: str | None
) -> Restored:
    """A backup into an empty folder, going on under a new life. What stands there is never touched."""
    from counter_app import backup_file
    from db.creation import begin_restored

    if not data_folder.is_free(folder):
        raise Refused(
            "folder_not_empty",
            f"{folder} không trống. Chỉ khôi phục vào thư mục mới; đừng xóa sổ cũ, hãy để riêng.",
        )
    with data_folder.making(folder) as place:
        backup_file.unpack(source, place)
        key = store_key.unlock(place, passphrase, recovery)
        if recovery is not None:
            store_key.wrap_here(place, key, passphrase)
        restored = Counter(place, key)
        try:
            now = restored.clock.now()
            ends_at = begin_restored(restored.store, restored.ids, now)
        finally:
            restored.close()
    return Restored(restored.identity.device_id, restored.identity.counter_no, ends_at)


def restore_beside(
    folder: Path, source: Path, passphrase: str | None, recovery: str | None
) -> tuple[Restored, Path]:
    """A backup in the place of a damaged store, which is set aside whole and never deleted; where it is
    now. Nothing is moved before the backup is open.
    """
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
    beside = data_folder.restored_name(folder, stamp)
    try:
        made = restore_counter(beside, source, passphrase, recovery)
    except (EnvironmentFault, Refused):
        with suppress(OSError):
            beside.rmdir()
        raise
    return made, data_folder.exchange(folder, beside, stamp)


@cache
def _paper() -> PaperMaker:
    """Pillow, ReportLab and qrcode load at the first print."""
    from counter_app.printing.paper import Paper

    return Paper()
