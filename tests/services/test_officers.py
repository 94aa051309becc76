"""Who sits here: PINs that cannot be guessed, rights that cannot be taken, locks that hold."""

import unicodedata

import pytest
from conftest import PIN, ToldClock
from services.desk import Desk

from counter_app.domain.events import SYSTEM, Actor, OfficerAdded, OfficerChanged
from counter_app.domain.officer import Officer, Right, Role
from counter_app.keys.pins import Argon2Pins
from counter_app.services.officers import Officers, pin_problems
from counter_app.services.results import Rejected
from counter_app.system import SystemIds

RIGHT, WRONG, OTHER = "471936", "471937", "850274"
MINUTE = 60


class QuickPins:
    """Hashes at once, and counts how much work was asked for."""

    def __init__(self) -> None:
        self.work = 0

    def hash(self, pin: str) -> str:
        self.work += 1
        return f"nhanh:{pin[::-1]}"

    def verify(self, hashed: str, pin: str) -> bool:
        self.work += 1
        return hashed == f"nhanh:{pin[::-1]}"


class Door:
    """The sign-in of a desk, with PINs that are quick to check."""

    def __init__(self, desk: Desk, clock: ToldClock) -> None:
        self.desk, self.clock, self.pins = desk, clock, QuickPins()
        self.restart()
        set_up = self.officers.set_pin("Hồ Thị Mai", RIGHT, None)
        assert isinstance(set_up, Officer)
        self.mai = set_up

    def restart(self) -> None:
        """The program starts again."""
        self.desk.reopen()
        self.officers = Officers(self.desk.counter.store, self.pins, self.clock, SystemIds())

    def boot(self) -> None:
        """The PC starts again: its uptime is new, whatever the clock shows."""
        self.clock.boot += "x"
        self.clock.seconds = 5.0
        self.restart()

    def opens(self, pin: str = RIGHT, name: str | None = "Hồ Thị Mai") -> bool:
        return isinstance(self.officers.sign_in(name, pin), Officer)

    def why(self, pin: str = RIGHT, name: str | None = "Hồ Thị Mai") -> tuple[str, str]:
        answer = self.officers.sign_in(name, pin)
        assert isinstance(answer, Rejected)
        return answer.problems[0].code, answer.message

    def lock(self) -> None:
        """Five wrong PINs."""
        for _ in range(5):
            assert not self.opens(WRONG)

    def hire(self, name: str, *roles: Role, pin: str = OTHER) -> Officer:
        added = self.officers.add(name, roles, "", pin, Actor(self.mai.id, self.mai.name))
        assert isinstance(added, Officer)
        return added


@pytest.fixture
def door(desk: Desk, clock: ToldClock) -> Door:
    return Door(desk, clock)


# ---- the lock ----------------------------------------------------------------------------------


def test_the_sixth_try_is_refused_even_if_it_is_right(door: Door) -> None:
    door.lock()

    assert door.why(RIGHT)[0] == "pin_locked"


def test_four_wrong_pins_lock_nobody(door: Door) -> None:
    for left in (4, 3, 2, 1):
        code, message = door.why(WRONG)
        assert code == "pin_wrong"
        assert f"còn {left} lần" in message

    assert door.opens()


def test_a_right_pin_starts_the_count_again(door: Door) -> None:
    for _ in range(3):
        for _ in range(4):
            assert not door.opens(WRONG)
        assert door.opens()


def test_locks_last_1_then_5_then_30_minutes(door: Door, clock: ToldClock) -> None:
    for minutes in (1, 5, 30, 30):
        for _ in range(4):
            assert door.why(WRONG)[0] == "pin_wrong"
        assert door.why(WRONG)[0] == "pin_locked"
        clock.move(seconds=minutes * MINUTE - 1)
        assert door.why(RIGHT)[0] == "pin_locked", minutes
        clock.move(seconds=2)

    assert door.opens()


def test_the_lock_starts_short_again_after_a_right_pin(door: Door, clock: ToldClock) -> None:
    door.lock()
    clock.move(seconds=MINUTE + 1)
    assert door.opens()

    door.lock()
    clock.move(seconds=MINUTE + 1)
    assert door.opens()


def test_the_lock_says_how_long_it_lasts(door: Door, clock: ToldClock) -> None:
    door.lock()
    clock.move(seconds=MINUTE)
    door.lock()
    clock.move(seconds=30)

    assert "4 phút 30 giây" in door.why(RIGHT)[1]


def test_neither_a_restart_nor_a_clock_put_forward_opens_a_lock(
    door: Door, clock: ToldClock
) -> None:
    door.lock()
    clock.at = clock.at.replace(year=clock.at.year + 1)
    door.restart()
    assert door.why(RIGHT)[0] == "pin_locked"

    clock.at = clock.at.replace(year=clock.at.year - 5)
    assert door.why(RIGHT)[0] == "pin_locked"
    clock.seconds += MINUTE + 1
    assert door.opens()


def test_a_new_boot_starts_the_lock_anew(door: Door, clock: ToldClock) -> None:
    door.lock()
    clock.move(seconds=MINUTE - 5)
    door.boot()

    assert door.why(RIGHT)[0] == "pin_locked"
    clock.move(seconds=MINUTE - 1)
    assert door.why(RIGHT)[0] == "pin_locked"
    clock.move(seconds=2)
    assert door.opens()


def test_a_boot_that_is_up_longer_than_the_last_one_was_opens_no_lock(
    door: Door, clock: ToldClock
) -> None:
    door.lock()
    door.boot()
    clock.seconds = 1_000_000.0

    assert door.why(RIGHT)[0] == "pin_locked"


def test_wrong_pins_are_counted_across_restarts_and_boots(door: Door) -> None:
    for again in (door.restart, door.boot, door.restart, door.boot):
        assert door.why(WRONG)[0] == "pin_wrong"
        again()

    assert not door.opens(WRONG)
    assert door.why(RIGHT)[0] == "pin_locked"


def test_tries_while_locked_count_for_nothing(door: Door, clock: ToldClock) -> None:
    door.lock()
    for _ in range(20):
        assert door.why(WRONG)[0] == "pin_locked"
    clock.move(seconds=MINUTE + 1)

    assert door.opens()


def test_one_officers_lock_is_not_anothers(door: Door) -> None:
    door.hire("Lê Văn Đạt", Role.INTAKE)
    door.lock()

    assert door.opens(OTHER, "Lê Văn Đạt")
    assert not door.opens(RIGHT)


def test_a_supervisor_unlocks_and_nobody_else(door: Door) -> None:
    supervisor = door.hire("Trần Thị Phụ", Role.SUPERVISOR)
    clerk = door.hire("Lê Văn Đạt", Role.INTAKE)
    door.lock()

    refused = door.officers.set_pin("Hồ Thị Mai", OTHER, clerk)
    assert isinstance(refused, Rejected)
    assert refused.problems[0].code == "no_right"
    assert not door.opens(RIGHT)

    assert isinstance(door.officers.set_pin("Hồ Thị Mai", OTHER, supervisor), Officer)
    assert door.opens(OTHER)
    assert not door.opens(RIGHT)


# ---- what a guesser learns -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Không Có Ai", "Đã Nghỉ"])
def test_an_unknown_name_costs_the_work_and_gets_the_answer_of_a_wrong_pin(
    door: Door, name: str
) -> None:
    door.hire("Đã Nghỉ", Role.INTAKE)
    assert isinstance(door.officers.change("Đã Nghỉ", door.mai, active=False), Officer)
    # each call of the console is a program of its own
    door.restart()
    door.pins.work = 0
    known = door.why(WRONG)[0]
    usual = door.pins.work
    door.restart()
    door.pins.work = 0

    assert door.why(OTHER, name)[0] == known
    assert door.pins.work == usual


def test_without_a_name_the_first_officer_is_meant(door: Door) -> None:
    door.hire("Lê Văn Đạt", Role.INTAKE)

    assert door.opens(RIGHT, None)
    assert not door.opens(OTHER, None)


def test_an_officer_is_found_by_id_too(door: Door) -> None:
    assert door.opens(RIGHT, door.mai.id)


def test_a_name_is_known_however_its_accents_were_typed(door: Door) -> None:
    typed = unicodedata.normalize("NFD", " Hồ Thị  Mai ")

    assert door.opens(RIGHT, typed)
    assert isinstance(door.officers.set_pin(typed, OTHER, door.mai), Officer)
    assert door.opens(OTHER)


@pytest.mark.usefixtures("slow_hashes")
def test_pins_are_hashed_as_slowly_as_the_design_says() -> None:
    hashed = Argon2Pins().hash(RIGHT)

    assert hashed.startswith("$argon2id$")
    assert "m=65536,t=3," in hashed
    assert Argon2Pins().hash(RIGHT) != hashed
    assert Argon2Pins().verify(hashed, RIGHT)
    assert not Argon2Pins().verify(hashed, WRONG)
    assert not Argon2Pins().verify("not a hash", WRONG)


def test_neither_a_pin_nor_its_hash_ever_enters_the_log(door: Door) -> None:
    door.hire("Lê Văn Đạt", Role.INTAKE)
    door.officers.set_pin("Lê Văn Đạt", "602915", door.mai)
    door.officers.change("Lê Văn Đạt", door.mai, roles=(Role.RETURNS,))
    with door.desk.counter.store.read() as books:
        rows = books.connection.exec_driver_sql("SELECT * FROM event_log").fetchall()
        hashes = books.connection.exec_driver_sql("SELECT pin_hash FROM officer_secret").scalars()
        secrets = [PIN, RIGHT, OTHER, "602915", "nhanh:", *hashes]
    written = " ".join(str(cell) for row in rows for cell in row)

    assert len(secrets) == 7
    for secret in secrets:
        assert secret not in written


BAD_FORM = ("", "12345", "abcdef", "12a456", "１２３４５６", "471 936", "4719360471936")
EASY = ("123456", "654321", "000000", "111111", "121212", "123123", "234567", "987654")


@pytest.mark.parametrize("pin", [*BAD_FORM, *EASY])
def test_a_pin_that_is_short_odd_or_easy_is_refused(door: Door, pin: str) -> None:
    assert pin_problems(pin)
    added = door.officers.add("Lê Văn Đạt", (Role.INTAKE,), "", pin, SYSTEM)
    changed = door.officers.set_pin("Hồ Thị Mai", pin, None)

    assert isinstance(added, Rejected)
    assert isinstance(changed, Rejected)
    assert [officer.name for officer in door.officers.all()] == ["Hồ Thị Mai"]
    assert door.opens(RIGHT)


@pytest.mark.parametrize("pin", ["471936", "0912000345", "246813"])
def test_an_ordinary_pin_of_six_digits_or_more_is_taken(pin: str) -> None:
    assert pin_problems(pin) == []


# ---- officers and their rights ----------------------------------------------------------------


def test_the_first_officer_has_every_right(desk: Desk) -> None:
    assert all(desk.officer.may(right) for right in Right)
    assert desk.officer.supervises


def test_an_officer_without_a_role_has_no_right() -> None:
    nobody = Officer("x", "Ai Đó", "", frozenset())

    assert not any(nobody.may(right) for right in Right)
    assert not nobody.supervises


@pytest.mark.parametrize("role", Role)
def test_rights_of_several_roles_add_up(role: Role) -> None:
    one, other = (
        Officer("x", "A", "", frozenset({role})),
        Officer("y", "B", "", frozenset({Role.PROCESSING})),
    )
    both = Officer("z", "C", "", frozenset({role, Role.PROCESSING}))

    for right in Right:
        assert both.may(right) == (one.may(right) or other.may(right))


@pytest.mark.parametrize("role", [Role.INTAKE, Role.PROCESSING, Role.RETURNS, Role.CASHIER])
def test_only_those_in_charge_change_officers_and_set_pins(door: Door, role: Role) -> None:
    clerk = door.hire("Lê Văn Đạt", role)

    for done in (
        door.officers.change("Lê Văn Đạt", clerk, roles=(Role.ADMIN,)),
        door.officers.change("Hồ Thị Mai", clerk, active=False),
        door.officers.set_pin("Hồ Thị Mai", OTHER, clerk),
    ):
        assert isinstance(done, Rejected)
        assert done.problems[0].code == "no_right"
    assert door.officers.all()[1].roles == {role}
    assert door.opens(RIGHT)


def test_a_change_holds_from_then_on_and_stands_in_the_log_with_who_made_it(door: Door) -> None:
    hired = door.hire("Lê Văn Đạt", Role.INTAKE)

    changed = door.officers.change(
        "Lê Văn Đạt", door.mai, roles=(Role.RETURNS, Role.CASHIER), title="Công chức"
    )

    assert isinstance(changed, Officer)
    door.restart()
    kept = next(officer for officer in door.officers.all() if officer.id == hired.id)
    assert (kept.roles, kept.title, kept.active) == (
        frozenset({Role.RETURNS, Role.CASHIER}),
        "Công chức",
        True,
    )
    told = door.desk.story(hired.id)
    assert [type(payload) for _, payload in told] == [OfficerAdded, OfficerChanged]
    assert [event.actor_name for event, _ in told] == ["Hồ Thị Mai", "Hồ Thị Mai"]
    assert door.desk.faults() == []


def test_who_has_left_signs_in_no_more_and_may_come_back(door: Door) -> None:
    door.hire("Lê Văn Đạt", Role.INTAKE)
    door.officers.change("Lê Văn Đạt", door.mai, active=False)
    assert not door.opens(OTHER, "Lê Văn Đạt")

    door.officers.change("Lê Văn Đạt", door.mai, active=True)
    assert door.opens(OTHER, "Lê Văn Đạt")


def test_the_last_one_in_charge_cannot_be_taken_away(door: Door) -> None:
    door.hire("Lê Văn Đạt", Role.INTAKE)

    for fields in ({"active": False}, {"roles": (Role.INTAKE,)}, {"roles": ()}):
        done = door.officers.change("Hồ Thị Mai", door.mai, **fields)
        assert isinstance(done, Rejected)
    assert door.officers.all()[0].supervises

    door.hire("Trần Thị Phụ", Role.ADMIN)
    done = door.officers.change("Hồ Thị Mai", door.mai, active=False)
    assert isinstance(done, Officer)


def test_two_officers_of_one_name_cannot_be(door: Door) -> None:
    door.hire("Lê Văn Đạt", Role.INTAKE)

    for name in ("Lê Văn Đạt", " Lê  Văn Đạt "):
        added = door.officers.add(name, (Role.INTAKE,), "", OTHER, SYSTEM)
        assert isinstance(added, Rejected)
    for name in ("", "\u200b", "Đ" * 121):
        assert isinstance(door.officers.add(name, (Role.INTAKE,), "", OTHER, SYSTEM), Rejected)
    assert len(door.officers.all()) == 2
