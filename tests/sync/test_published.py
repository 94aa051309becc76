"""What is published above reaches the counters, takes the place of what was shipped, and is never taken
on trust.
"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from conftest import PASSPHRASE, draft
from fault_proxy import FaultProxy
from sqlalchemy import update
from upper import Upper

import resources
from counter_app.bootstrap import Counter, open_counter
from counter_app.domain.officer import Officer
from counter_app.domain.published import CALENDAR, PROCEDURES, Published
from counter_app.services.catalogue import in_force
from counter_app.services.results import Accepted
from district_server.publishing import draft as draft_file
from district_server.publishing import publish
from district_server.tables import publication

Pair = tuple[Counter, Officer]
Enrolled = Callable[[int], Pair]

NOTARISED = next(text for text in resources.procedure_texts() if '"chung-thuc"' in text)
DEARER = NOTARISED.replace("amount = 2000", "amount = 3000")
YEAR_2026 = next(text for text in resources.calendar_texts() if "year = 2026" in text)


def published(upper: Upper, kind: str, text: str, day: str) -> None:
    with upper.database.begin() as connection:
        made = draft_file(connection, kind, text.encode(), day, "12/QĐ-UBND", "Lê Thị Hà")
        publish(connection, upper.keys, kind, *made, "Trần Minh Đức")


def again(counter: Counter) -> Counter:
    """The same store, opened anew, on the same day."""
    opened = open_counter(counter.folder, PASSPHRASE)
    opened.clock = counter.clock
    return opened


def fee(counter: Counter) -> int:
    procedure = counter.catalogue.procedure("2.000815")
    assert procedure is not None
    return procedure.cases[0].fees[0].amount


def test_a_new_fee_holds_from_its_day_and_old_dossiers_keep_theirs(
    upper: Upper, enrolled: Enrolled
) -> None:
    counter, officer = enrolled(1)
    made = counter.intake.accept(draft(procedure="2.000815"), officer)  # type: ignore[arg-type]
    assert isinstance(made, Accepted)
    before = counter.search.open(made.dossier_id)
    assert before is not None
    # the counter's day is 20/11/2026
    published(upper, PROCEDURES, DEARER, "20/11/2026")
    published(upper, PROCEDURES, NOTARISED.replace("amount = 2000", "amount = 9000"), "21/11/2026")
    assert not counter.sync.cycle().fault

    later = again(counter)
    assert (fee(counter), fee(later)) == (2000, 3000)
    assert len(later.catalogue.procedures.all) == len(counter.catalogue.procedures.all)
    after = later.search.open(made.dossier_id)
    assert after is not None
    assert after.dossier.facts == before.dossier.facts
    later.close()


def test_the_day_that_was_typed_is_the_day_of_the_fees(upper: Upper, enrolled: Enrolled) -> None:
    counter, _ = enrolled(1)
    published(upper, PROCEDURES, DEARER, "20/11/2026")
    assert not counter.sync.cycle().fault
    counter.clock.pc.at = datetime(2015, 1, 1, tzinfo=counter.clock.now().tzinfo)
    later = again(counter)
    assert fee(later) == 2000

    later.clock_guard.put_right("21/11/2026", "8:00", sure=True)

    assert fee(later) == 3000
    later.close()


def test_a_day_off_that_was_announced_moves_the_due_date(upper: Upper, enrolled: Enrolled) -> None:
    counter, officer = enrolled(1)
    first = counter.intake.accept(draft(), officer)  # type: ignore[arg-type]
    assert isinstance(first, Accepted)
    seen = counter.search.open(first.dossier_id)
    assert seen is not None
    off = seen.dossier.due_at.date()
    text = (
        YEAR_2026 + f'\n[[day]]\ndate = {off.isoformat()}\nkind = "holiday"\nname = "Nghỉ thêm"\n'
    )
    published(upper, CALENDAR, text, "01/11/2026")
    assert not counter.sync.cycle().fault

    later = again(counter)
    second = later.intake.accept(draft(name="LÊ VĂN ĐẠT"), officer)  # type: ignore[arg-type]
    assert isinstance(second, Accepted)
    moved = later.search.open(second.dossier_id)
    kept = later.search.open(first.dossier_id)
    assert moved is not None
    assert kept is not None
    assert kept.dossier.due_at.date() == off
    assert moved.dossier.due_at.date() > off
    later.close()


def test_what_is_here_is_not_asked_for_again(upper: Upper, enrolled: Enrolled) -> None:
    counter, _ = enrolled(1)

    def asked() -> list[str]:
        counter.sync.cycle()
        routes = [line["route"] for line in upper.said() if line["event"] == "request"]
        upper.journal.truncate(0)
        upper.journal.seek(0)
        return [route for route in routes if "published" in route]

    listed, text = "/sync/v1/published", "/sync/v1/published/text"
    assert asked() == []
    published(upper, PROCEDURES, DEARER, "20/11/2026")
    assert asked() == [listed, text]
    assert asked() == []
    published(upper, CALENDAR, YEAR_2026, "01/01/2026")
    assert asked() == [listed, text]


@pytest.mark.parametrize("forged", ["text", "sha256", "effective_on", "version"])
def test_a_file_that_the_server_did_not_sign_is_not_taken(
    upper: Upper, enrolled: Enrolled, forged: str
) -> None:
    counter, officer = enrolled(1)
    counter.intake.accept(draft(), officer)  # type: ignore[arg-type]
    published(upper, PROCEDURES, DEARER, "20/11/2026")
    changed = {
        "text": DEARER.replace("3000", "1"),
        "sha256": "0" * 64,
        "effective_on": "2026-01-01",
        "version": 7,
    }
    with upper.database.begin() as connection:
        # somebody with the database but without the key
        connection.execute(update(publication).values({forged: changed[forged]}))

    summary = counter.sync.cycle()

    assert "không phải của máy chủ" in summary.fault
    # dossiers go their way all the same
    assert summary.waiting == 0
    later = again(counter)
    assert fee(later) == 2000
    later.close()


def test_a_cut_in_the_middle_goes_on_where_it_was(
    upper: Upper, proxy: FaultProxy, enrolled: Enrolled
) -> None:
    counter, _ = enrolled(1)
    assert not counter.sync.cycle().fault
    for text in resources.procedure_texts()[:6]:
        published(upper, PROCEDURES, text, "20/11/2026")
    here = []
    for cut in (3000, 6000, 9000, 14000):
        proxy.cut_down = cut
        counter.sync.cycle()
        here.append(len(counter.sync_store.published_here()))
        proxy.heal()
    assert here == sorted(here)
    assert 0 < here[0] < 6
    assert not counter.sync.cycle().fault
    assert len(counter.sync_store.published_here()) == 6


def test_of_each_name_the_newest_whose_day_has_come() -> None:
    def one(version: int, day: int, text: str = DEARER) -> Published:
        return Published(PROCEDURES, "chung-thuc", version, date(2026, 11, day), text)

    other = next(text for text in resources.procedure_texts() if '"chung-thuc"' not in text)
    newer = DEARER.replace("3000", "4000")
    today = date(2026, 11, 20)

    def held(*published: Published) -> tuple[str, ...]:
        return in_force(PROCEDURES, (other, NOTARISED), published, today)

    assert held() == (other, NOTARISED)
    assert held(one(1, 20)) == (other, DEARER)
    assert held(one(2, 19, newer), one(1, 20)) == (other, newer)
    assert held(one(1, 20), one(2, 21, newer)) == (other, DEARER)
    # from a newer release of the upper server
    assert held(one(1, 20), one(2, 20, 'tuong_lai = "a"')) == (other, DEARER)
    assert held(Published(CALENDAR, "chung-thuc", 1, today, YEAR_2026)) == (other, NOTARISED)
