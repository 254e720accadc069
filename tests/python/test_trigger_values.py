"""Triggers as values: equality, hash, copies, pickles, repr and JSON."""

from __future__ import annotations

import copy
import datetime
import pickle
from datetime import timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from uvsched.triggers import (
    AndTrigger,
    BaseTrigger,
    CalendarIntervalTrigger,
    CronTrigger,
    DateTrigger,
    IntervalTrigger,
    OrTrigger,
    ShutdownTrigger,
    trigger_from_json,
)

UTC = timezone.utc
MADRID = ZoneInfo("Europe/Madrid")
NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=UTC)
NAIVE = datetime.datetime(2024, 11, 3, 1, 30)  # twice in New York
CLASSES = [
    AndTrigger,
    CalendarIntervalTrigger,
    CronTrigger,
    DateTrigger,
    IntervalTrigger,
    OrTrigger,
    ShutdownTrigger,
]

TRIGGERS: list[BaseTrigger] = [
    CronTrigger(hour=8),
    CronTrigger(hour=8, timezone="UTC"),
    CronTrigger(hour="8-10", day="last", start_at=NOON, end_at=NOON + timedelta(days=1), jitter=0.5),
    CronTrigger(minute=30, start_at=NOON.astimezone(MADRID), gap="skip", overlap="both"),
    CronTrigger(minute=30, start_at=NOON.astimezone(MADRID), end_at=datetime.datetime(2026, 7, 1)),
    CronTrigger(hour=1, start_at=NAIVE),
    CronTrigger(hour=1, start_at=NAIVE.replace(fold=1)),
    CronTrigger(hour=1, start_at=NAIVE, timezone=NEW_YORK),
    CronTrigger(hour=1, start_at=NAIVE.replace(fold=1), timezone=NEW_YORK),
    CronTrigger(hour=1, timezone=timezone(timedelta(hours=-3, minutes=-30))),
    CronTrigger.from_crontab("*/5 9-17 * * MON-FRI"),
    CronTrigger.from_crontab("H H * * *"),
    CronTrigger.from_crontab("H H * * *", key="digest", timezone="Asia/Tokyo"),
    CronTrigger.from_crontab("@reboot"),
    CalendarIntervalTrigger(months=1, hour=9),
    CalendarIntervalTrigger(years=1, start_at=NOON, timezone=MADRID, gap="skip", jitter=3),
    IntervalTrigger(minutes=5),
    IntervalTrigger(seconds=0.25, start_at=NOON, end_at=NOON + timedelta(1), timezone=MADRID, jitter=2),
    IntervalTrigger(seconds=timedelta(days=80_000, microseconds=7)),
    IntervalTrigger(minutes=5, start_at=NAIVE.replace(fold=1)),
    DateTrigger(),
    DateTrigger(NOON),
    DateTrigger(NAIVE, jitter=1),
    DateTrigger(NAIVE, timezone=NEW_YORK),
    DateTrigger(NAIVE.replace(fold=1), timezone=NEW_YORK, end_at="2030-01-01"),
    AndTrigger([CronTrigger(day=13), CronTrigger(day_of_week="fri")], 5),
    OrTrigger([IntervalTrigger(hours=1), DateTrigger(NOON), CronTrigger(hour=8)], timezone=MADRID, end_at="2030-01-01"),
    OrTrigger([AndTrigger([CronTrigger(hour=8, timezone="UTC")]), CalendarIntervalTrigger(days=1)]),
    ShutdownTrigger(),
]


def names() -> dict[str, Any]:
    return {"datetime": datetime, **{kind.__name__: kind for kind in CLASSES}}


@pytest.mark.parametrize("trigger", TRIGGERS, ids=repr)
def test_repr_reads_like_the_call_that_makes_it(trigger: BaseTrigger) -> None:
    same = eval(repr(trigger), names())
    assert same == trigger
    assert hash(same) == hash(trigger)
    assert repr(same) == repr(trigger)


@pytest.mark.parametrize("trigger", TRIGGERS, ids=repr)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles(trigger: BaseTrigger, protocol: int) -> None:
    if protocol < 4 and any(getattr(getattr(trigger, name, None), "fold", 0) for name in ("start_at", "run_at")):
        return  # older protocols drop a datetime's fold
    same = pickle.loads(pickle.dumps(trigger, protocol))
    assert same == trigger
    assert type(same) is type(trigger)
    assert repr(same) == repr(trigger)


@pytest.mark.parametrize("trigger", TRIGGERS, ids=repr)
def test_copies(trigger: BaseTrigger) -> None:
    for same in (copy.copy(trigger), copy.deepcopy(trigger)):
        assert same == trigger
        assert hash(same) == hash(trigger)
        assert same.next(NOON, 3) == trigger.next(NOON, 3) if "H H" not in str(trigger) else True


def test_all_of_them_differ() -> None:
    for i, one in enumerate(TRIGGERS):
        assert [j for j, other in enumerate(TRIGGERS) if other == one] == [i]
    assert len(set(TRIGGERS)) == len(TRIGGERS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CronTrigger(hour=8), CronTrigger(hour="8")),
        (CronTrigger(hour=8), CronTrigger(hour=" 8 ")),
        (CronTrigger.from_crontab("@hourly"), CronTrigger.from_crontab("0 * * * *")),
        (CronTrigger.from_crontab("0  8\t* * mon"), CronTrigger.from_crontab("00 08 * * MON")),
        (CronTrigger(hour=8, start_at=NOON, timezone=MADRID), CronTrigger(hour=8, start_at=NOON.astimezone(MADRID))),
        (CronTrigger(hour=8, timezone=MADRID), CronTrigger(hour=8, timezone="Europe/Madrid")),
        (CronTrigger(hour=8, jitter=0), CronTrigger(hour=8)),
        (CalendarIntervalTrigger(days=1, hour=0), CalendarIntervalTrigger(days=1)),
        (IntervalTrigger(minutes=1), IntervalTrigger(seconds=60.0)),
        (DateTrigger(NOON), DateTrigger(NOON.astimezone(NEW_YORK))),
        (AndTrigger([CronTrigger(hour=8)]), AndTrigger((CronTrigger(hour="8"),))),
    ],
)
def test_equal_by_what_they_say(one: BaseTrigger, other: BaseTrigger) -> None:
    assert one == other
    assert hash(one) == hash(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CronTrigger(hour=8), CronTrigger.from_crontab("0 8 * * *")),
        (CronTrigger.from_crontab("0-59 * * * *"), CronTrigger.from_crontab("* * * * *")),
        (AndTrigger([CronTrigger(hour=8)]), OrTrigger([CronTrigger(hour=8)])),
        (
            OrTrigger([CronTrigger(hour=8), CronTrigger(hour=9)]),
            OrTrigger([CronTrigger(hour=9), CronTrigger(hour=8)]),
        ),
        (OrTrigger([CronTrigger(hour=8)]), OrTrigger([CronTrigger(hour=8, timezone="UTC")])),
        (CronTrigger(hour=8), "cron"),
    ],
)
def test_not_equal(one: BaseTrigger, other: object) -> None:
    assert one != other


@pytest.mark.parametrize("trigger", [trigger for trigger in TRIGGERS if "@reboot" not in str(trigger)], ids=repr)
def test_json_reads_back(trigger: Any) -> None:
    same: Any = trigger_from_json(trigger.to_json())
    assert type(same) is type(trigger)
    assert same.to_json() == trigger.to_json()
    assert type(trigger).from_json(trigger.to_json()) == same
    if "H H" not in str(trigger):
        assert same.next(NOON, 3) == trigger.next(NOON, 3)


def test_reboot_reads_back() -> None:
    trigger = CronTrigger.from_crontab("@reboot")
    assert trigger_from_json(trigger.to_json()) == trigger


def test_json_of_another_class() -> None:
    with pytest.raises(ValueError, match="is not the text of a CronTrigger"):
        CronTrigger.from_json(IntervalTrigger(seconds=1).to_json())
    with pytest.raises(ValueError, match="is not an object"):
        trigger_from_json("[]")
    assert trigger_from_json('{"type": "or", "triggers": [{"type": "moon"}]}') is None


class Noted(CronTrigger):
    """A trigger with more to it."""


def test_a_subclass_keeps_its_attributes() -> None:
    trigger = Noted(hour=8)
    trigger.note = "mine"  # type: ignore[attr-defined]
    same = pickle.loads(pickle.dumps(trigger))
    assert type(same) is Noted
    assert same.note == "mine"
    assert same == trigger
    assert same != CronTrigger(hour=8)
