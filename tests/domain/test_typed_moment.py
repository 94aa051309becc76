"""Days and hours as hands type them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from counter_app.domain.typed_moment import typed_moment

NOW = datetime(2026, 11, 20, 9, 24, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


@pytest.mark.parametrize(
    ("day", "hour", "meant"),
    [
        ("30/11/2026", "17:00", "2026-11-30T17:00"),
        ("30/11/26", "17:00", "2026-11-30T17:00"),
        ("30/11", "17", "2026-11-30T17:00"),
        ("3011", "1730", "2026-11-30T17:30"),
        ("30112026", "17g30", "2026-11-30T17:30"),
        ("20/11", "8:00", "2026-11-20T08:00"),
        ("5.1", "7h30", "2027-01-05T07:30"),
        ("15/10", "17:00", "2026-10-15T17:00"),
        ("29/2/2028", "17:00", "2028-02-29T17:00"),
    ],
)
def test_what_is_meant(day: str, hour: str, meant: str) -> None:
    found = typed_moment(day, hour, NOW)
    assert found is not None
    assert (f"{found:%Y-%m-%dT%H:%M}", found.tzinfo) == (meant, NOW.tzinfo)


@pytest.mark.parametrize(
    ("day", "hour"),
    [
        ("", "17:00"),
        ("31/11", "17:00"),
        ("29/2", "17:00"),
        ("30/13/2026", "17:00"),
        ("thứ hai", "17:00"),
        ("30/11", ""),
        ("30/11", "24:00"),
        ("30/11", "17:60"),
        ("30/11", "chiều"),
        ("2026-11-30T17:00", "17:00"),
    ],
)
def test_what_is_none(day: str, hour: str) -> None:
    assert typed_moment(day, hour, NOW) is None
