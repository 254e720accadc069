"""When it does it."""

from datetime import datetime, timedelta, timezone

from asyncz.triggers import (
    AndTrigger,
    BaseCombinationTrigger,
    BaseTrigger,
    CronTrigger,
    DateTrigger,
    IntervalTrigger,
    OrTrigger,
    ShutdownTrigger,
)
from asyncz.triggers.base import BaseTrigger as BaseTriggerByModule
from asyncz.triggers.combination import AndTrigger as AndTriggerByModule
from asyncz.triggers.combination import OrTrigger as OrTriggerByModule
from asyncz.triggers.cron import CronTrigger as CronTriggerByPackage
from asyncz.triggers.cron.trigger import CronTrigger as CronTriggerByModule
from asyncz.triggers.date import DateTrigger as DateTriggerByModule
from asyncz.triggers.interval import IntervalTrigger as IntervalTriggerByModule
from asyncz.triggers.shutdown import ShutdownTrigger as ShutdownTriggerByModule
from asyncz.triggers.types import TriggerType

NOON = datetime(2040, 1, 2, 12, tzinfo=timezone.utc)  # a Monday


class Tomorrow(BaseTrigger):
    """A trigger of the application's own."""

    alias: str = "tomorrow"

    def get_next_trigger_time(self, timezone, previous_time, now=None):
        return None if previous_time else (now or NOON) + timedelta(days=1)


def times(trigger: TriggerType, count: int = 3) -> list[str]:
    found: list[str] = []
    previous, now = None, NOON
    while len(found) < count:
        previous = trigger.get_next_trigger_time(timezone.utc, previous, now)
        if previous is None:
            break
        found.append(previous.isoformat())
        now = previous
    return found


def show() -> None:
    assert BaseTrigger is BaseTriggerByModule
    assert AndTrigger is AndTriggerByModule
    assert OrTrigger is OrTriggerByModule
    assert CronTrigger is CronTriggerByModule is CronTriggerByPackage
    assert DateTrigger is DateTriggerByModule
    assert IntervalTrigger is IntervalTriggerByModule
    assert ShutdownTrigger is ShutdownTriggerByModule
    daily = CronTrigger(hour=8, minute="*/30", timezone="UTC")
    begin = datetime(2040, 1, 1, tzinfo=timezone.utc)
    six_hours = IntervalTrigger(hours=6, start_at=begin, timezone="UTC")
    eight_hours = IntervalTrigger(hours=8, start_at=begin, timezone="UTC")
    print(times(daily))
    print(times(CronTrigger.from_crontab("15 3 * * *", timezone="UTC")))
    print(times(DateTrigger(run_at="2040-02-03 04:05:06", timezone="UTC")))
    print(times(six_hours), six_hours.interval)
    both = [CronTrigger(hour="*/6", timezone="UTC"), CronTrigger(hour="*/8", timezone="UTC")]
    print(times(AndTrigger(triggers=both), 1))  # the second time costs asyncz eternity
    print(times(OrTrigger(triggers=[six_hours, eight_hours]), 1))  # the second time leaves one out in asyncz
    print(times(ShutdownTrigger()), times(Tomorrow()))
    print(isinstance(OrTrigger(triggers=[daily]), BaseCombinationTrigger), isinstance(daily, TriggerType))
    print([trigger.alias for trigger in (daily, six_hours, DateTrigger(), ShutdownTrigger())])
