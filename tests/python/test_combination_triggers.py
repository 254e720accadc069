"""AndTrigger, OrTrigger and ShutdownTrigger in Python."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from uvsched.triggers import (
    AndTrigger,
    BaseTrigger,
    CronTrigger,
    DateTrigger,
    IntervalTrigger,
    OrTrigger,
    ShutdownTrigger,
)

UTC = timezone.utc
MADRID = ZoneInfo("Europe/Madrid")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def test_and_is_when_all_agree() -> None:
    trigger = AndTrigger([CronTrigger(day=13), CronTrigger(day_of_week="fri")])
    assert trigger.next(NEW_YEAR, 2) == [datetime(2026, 2, 13, tzinfo=UTC), datetime(2026, 3, 13, tzinfo=UTC)]
    assert AndTrigger([CronTrigger(second="*/2"), CronTrigger(second="1-59/2")]).next(NEW_YEAR) is None


def test_or_is_each_without_duplicates() -> None:
    trigger = OrTrigger([CronTrigger(hour="*/6"), CronTrigger(hour="*/4"), DateTrigger(NEW_YEAR + timedelta(hours=5))])
    assert [time.hour for time in trigger.next(NEW_YEAR, 5)] == [4, 5, 6, 8, 12]
    assert [time.hour for time in trigger.previous(NEW_YEAR + timedelta(hours=12), 5)][:4] == [8, 6, 5, 4]


def test_the_zone_is_for_those_that_have_none() -> None:
    eight = CronTrigger(hour=8)
    trigger = OrTrigger([eight, CronTrigger(hour=8, timezone="Asia/Tokyo")], timezone=MADRID)
    assert trigger.next(NEW_YEAR, 2) == [
        datetime(2026, 1, 1, 8, tzinfo=MADRID),
        datetime(2026, 1, 2, 8, tzinfo=ZoneInfo("Asia/Tokyo")),
    ]
    assert all(time.tzinfo is MADRID for time in trigger.next(NEW_YEAR, 2))
    assert OrTrigger([eight]).next(NEW_YEAR) == datetime(2026, 1, 1, 8, tzinfo=UTC)
    assert OrTrigger([eight]).get_next_trigger_time(MADRID, NEW_YEAR) == datetime(2026, 1, 1, 8, tzinfo=MADRID)


def test_the_zone_may_be_said_once_or_of_each() -> None:
    once = OrTrigger([CronTrigger(hour=8), CronTrigger(hour=9, timezone="UTC")], timezone="UTC")
    each = OrTrigger([CronTrigger(hour=8, timezone="UTC"), CronTrigger(hour=9, timezone="UTC")], timezone="UTC")
    assert once == each == OrTrigger.from_json(once.to_json())
    assert hash(once) == hash(each)
    assert once != OrTrigger(once.triggers)
    assert once != OrTrigger(once.triggers, timezone="Etc/UTC")
    assert once != OrTrigger(once.triggers[::-1], timezone="UTC")


def test_the_window_and_what_it_holds() -> None:
    triggers = [IntervalTrigger(hours=1), CronTrigger(minute=30)]
    trigger = OrTrigger(triggers, 5, start_at=NEW_YEAR, end_at=NEW_YEAR + timedelta(hours=1))
    assert trigger.triggers == triggers
    assert trigger.jitter == 5
    assert trigger.start_at == NEW_YEAR
    last = trigger.next(NEW_YEAR, 10)[-1]
    assert last <= NEW_YEAR + timedelta(hours=1)


def test_they_nest() -> None:
    weekdays = OrTrigger([CronTrigger(day_of_week="mon"), CronTrigger(day_of_week="tue")])
    trigger = AndTrigger([weekdays, CronTrigger(day="1-7")])
    assert trigger.next(NEW_YEAR, 3) == [datetime(2026, 1, day, tzinfo=UTC) for day in (5, 6)] + [
        datetime(2026, 2, 2, tzinfo=UTC)
    ]
    assert str(trigger) == "and[or[cron[day_of_week='mon'], cron[day_of_week='tue']], cron[day='1-7']]"


def test_as_asyncz_asks() -> None:
    trigger = OrTrigger([CronTrigger(hour=8), IntervalTrigger(hours=1)])
    eight = datetime(2026, 1, 1, 8, tzinfo=UTC)
    assert trigger.get_next_trigger_time(UTC, None, eight) == eight
    # An interval without a start counts from now, to the microsecond.
    now = eight + timedelta(minutes=30)
    assert trigger.get_next_trigger_time(UTC, None, now) == now + timedelta(hours=1)


class Sometimes(BaseTrigger):
    def get_next_trigger_time(self, timezone: Any, previous_time: Any, now: Any = None) -> None:
        return None


@pytest.mark.parametrize("kind", [AndTrigger, OrTrigger])
@pytest.mark.parametrize(
    ("triggers", "error", "text"),
    [
        ([], ValueError, "triggers"),
        ("cron", TypeError, "^triggers: expected a list of triggers, not str"),
        (IntervalTrigger(seconds=1), TypeError, "^triggers: expected a list of triggers, not IntervalTrigger"),
        ([IntervalTrigger(seconds=1), "cron"], TypeError, r"^triggers\[1\]: expected a trigger, not str"),
        ([Sometimes()], ValueError, r"^triggers\[0\]: Sometimes is a custom trigger"),
        ([ShutdownTrigger()], ValueError, r"^triggers\[0\]"),
        ([CronTrigger.from_crontab("@reboot")], ValueError, r"^triggers\[0\]"),
    ],
)
def test_faults_are_named(kind: type[AndTrigger], triggers: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        kind(triggers)


def test_shutdown_has_no_times() -> None:
    trigger = ShutdownTrigger()
    assert trigger.next(NEW_YEAR) is None
    assert trigger.previous(NEW_YEAR, 3) == []
    assert trigger.get_next_trigger_time(MADRID, None, NEW_YEAR) is None
    assert (str(trigger), repr(trigger)) == ("shutdown", "ShutdownTrigger()")
    with pytest.raises(ValueError, match="jitter: 5 was given"):
        ShutdownTrigger(jitter=5)
