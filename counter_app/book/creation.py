"""A book begins: made new, or put back from a backup."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from counter_app import __version__, data_folder
from counter_app.book import backup_file
from counter_app.domain.events import SYSTEM
from counter_app.domain.faults import FileFault
from counter_app.domain.office import parse_office
from counter_app.domain.officer import Role
from counter_app.errors import EnvironmentFault, Refused
from counter_app.keys import store_key
from counter_app.keys.device import DeviceSigner, new_private_key
from counter_app.keys.pins import Argon2Pins
from counter_app.services.officers import Officers, name_problems, pin_problems
from counter_app.services.results import Rejected
from counter_app.system import ANY_ZONE, OfficeTime, SystemClock, SystemIds
from db.creation import NewStore, begin_restored, create_store
from db.store import Store


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
    if not data_folder.is_free(folder):
        raise Refused(
            "folder_not_empty",
            f"{folder} không trống. Chỉ khôi phục vào thư mục mới; đừng xóa sổ cũ, hãy để riêng.",
        )
    clock, ids = OfficeTime(SystemClock(ANY_ZONE)), SystemIds()
    with data_folder.making(folder) as place:
        backup_file.unpack(source, place)
        key = store_key.unlock(place, passphrase, recovery)
        if recovery is not None:
            store_key.wrap_here(place, key, passphrase)
        store = Store(place, key, clock, ids)
        try:
            with store.read() as books:
                clock.pc = SystemClock(books.settings.office().time_zone)
                identity = books.settings.identity()
            ends_at = begin_restored(store, ids, clock.now())
        finally:
            store.close()
    return Restored(identity.device_id, identity.counter_no, ends_at)


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
