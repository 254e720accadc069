"""The arguments of the triggers, as add_task takes them beside a trigger's name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from typing import Literal, TypedDict

from .types import TriggerType

CalendarName = Literal["calendar", "calendar_interval", "calendarinterval"]
CombinationName = Literal["and", "or"]
DateName = Literal["date"] | None
OtherName = Literal["cron", "interval", "shutdown"]
AnyTrigger = TriggerType | timedelta | CalendarName | CombinationName | DateName | OtherName
"""The values of `trigger` that add_task accepts."""

Moment = datetime | str
GapPolicy = Literal["run_at_end", "skip"]
OverlapPolicy = Literal["first", "both"]


class ShutdownArguments(TypedDict, total=False):
    """Arguments of all triggers, ShutdownTrigger included."""

    jitter: float | None
    allow_mistrigger_by_default: bool


class WindowArguments(ShutdownArguments, total=False):
    """Arguments of all triggers except ShutdownTrigger."""

    start_at: Moment | None
    end_at: Moment | None
    timezone: tzinfo | str | None


class DateArguments(WindowArguments, total=False):
    """Arguments of DateTrigger."""

    run_at: Moment | None


class IntervalArguments(WindowArguments, total=False):
    """Arguments of IntervalTrigger."""

    weeks: float
    days: float
    hours: float
    minutes: float
    seconds: float | timedelta


class CalendarArguments(WindowArguments, total=False):
    """Arguments of CalendarIntervalTrigger."""

    years: int
    months: int
    weeks: int
    days: int
    hour: int
    minute: int
    second: int
    gap: GapPolicy


class CronArguments(WindowArguments, total=False):
    """Arguments of CronTrigger (the fields) and of CronTrigger.from_crontab() (the expression and its key)."""

    year: int | str | None
    month: int | str | None
    day: int | str | None
    week: int | str | None
    day_of_week: int | str | None
    hour: int | str | None
    minute: int | str | None
    second: int | str | None
    expression: str
    key: str | None
    gap: GapPolicy
    overlap: OverlapPolicy


class CombinationArguments(WindowArguments):
    """Arguments of AndTrigger and OrTrigger, which require `triggers`."""

    triggers: Iterable[TriggerType]
