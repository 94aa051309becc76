"""What the tests of sync do again and again."""

from collections.abc import Callable

from conftest import draft
from sqlalchemy import func, select

from counter_app.bootstrap import Counter
from counter_app.domain.officer import Officer
from counter_app.services.acts import Acted
from counter_app.services.results import Accepted
from db.check import check
from district_server.check import faults_of
from district_server.tables import event

Pair = tuple[Counter, Officer]
Enrolled = Callable[[int], Pair]


def accept(pair: Pair, **more: object) -> Accepted:
    made = pair[0].intake.accept(draft(**more), pair[1])  # type: ignore[arg-type]
    assert isinstance(made, Accepted)
    return made


def do(pair: Pair, dossier_id: str, action: str, **fields: object) -> None:
    done = pair[0].acts.act(dossier_id, action, fields, pair[1])
    assert isinstance(done, Acted), done


def synced(pair: Pair) -> None:
    summary = pair[0].sync.cycle()
    assert not summary.fault
    assert not summary.problems
    assert summary.waiting == 0


def events_above(upper) -> int:  # type: ignore[no-untyped-def]
    with upper.database.begin() as connection:
        return connection.execute(select(func.count()).select_from(event)).scalar_one()


def assert_at_rest(upper, *pairs: Pair, superseded: int = 0) -> None:  # type: ignore[no-untyped-def]
    """Everything everywhere the same, nothing twice, every book whole."""
    for _ in range(2):
        for pair in pairs:
            synced(pair)
    with upper.database.begin() as connection:
        assert faults_of(connection) == []
    digests, left = set(), 0
    for counter, _ in pairs:
        assert check(counter.store).faults == ()
        digests.add(counter.sync_store.order_digest())
        with counter.store.read() as books:
            counted = books.connection.exec_driver_sql(
                "SELECT count(*) FROM event_log"
            ).scalar_one()
        left += counted - events_above(upper)
    # what was put right stays only with its author
    assert left == superseded
    assert len(digests) == 1
