"""What differs between a counter and its server is found place by place; a busy server is left alone."""

from sync_steps import Enrolled, Pair, accept, assert_at_rest, synced
from upper import running

from counter_app.bootstrap import Counter
from district_server.limits import Bucket, Limits


def run(pair: Pair, *statements: str) -> None:
    with pair[0].store.write() as books:
        for statement in statements:
            books.connection.exec_driver_sql(statement)


BROKEN = {
    "two places changed over": (
        "UPDATE event_order SET cseq = -cseq WHERE cseq IN (61, 62)",
        "UPDATE event_order SET cseq = 123 + cseq WHERE cseq < 0",
    ),
    "a place lost": ("DELETE FROM event_order WHERE cseq = 61",),
    "the end lost": ("DELETE FROM event_order WHERE cseq > 60",),
    "the sum alone": ("UPDATE sync_state SET value = '00' WHERE name = 'order_digest'",),
    "everything lost": ("DELETE FROM event_order",),
}


def test_what_differs_is_fetched_and_nothing_else(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    """One break after another: what the last one cost is mended before the next."""
    first, second = enrolled(1), enrolled(2)
    for at in range(60):
        accept(first, name=f"HỒ VĂN {at}")
    synced(first)
    synced(second)
    synced(first)
    for name, statements in BROKEN.items():
        run(second, *statements)
        # a digest that fits nothing any more, whatever it began with; the next cycle looks place
        # by place
        run(
            second,
            "UPDATE sync_state SET value = iif(value LIKE '0%', '1', '0') || substr(value, 2) "
            "WHERE name = 'order_digest'",
        )

        mended = second[0].sync.cycle()

        assert (mended.fault, mended.problems, mended.received) == ("", [], 0), name
        whole = 30_000
        assert (mended.bytes_in < 9_000) == (name != "everything lost"), (name, mended.bytes_in)
        assert mended.bytes_in < whole, name
        assert_at_rest(upper, first, second)


def test_a_busy_server_is_left_alone_as_long_as_it_asks(database_url: str, make_counter) -> None:  # type: ignore[no-untyped-def]
    now = [1000.0]
    slow = Limits(device=Bucket(2, 0.01, lambda: now[0]))
    with running(database_url, limits=slow) as upper:
        counter: Counter = make_counter(1)
        counter.enrol(upper.url, upper.code(counter), None)
        pair = counter, counter.officers.all()[0]
        synced(pair)
        accept(pair)
        assert not counter.sync.cycle().fault
        accept(pair)

        refused = counter.sync.cycle()

        assert "bận" in refused.fault
        assert refused.waiting == 1
        assert 100 <= refused.wait <= 101
        assert 100 <= counter.seconds_until_sync(1) <= 130
        now[0] += 500
        synced(pair)
        assert counter.seconds_until_sync(1) < 20
