"""Triggers: when a task is due."""

from __future__ import annotations

from . import custom as custom  # stored triggers of the program's own classes
from .base import BaseTrigger
from .calendar import CalendarIntervalTrigger
from .combination import AndTrigger, BaseCombinationTrigger, OrTrigger
from .cron import CronTrigger
from .date import DateTrigger
from .interval import IntervalTrigger
from .shutdown import ShutdownTrigger
from .stored import trigger_from_json

__all__ = [
    "AndTrigger",
    "BaseCombinationTrigger",
    "BaseTrigger",
    "CalendarIntervalTrigger",
    "CronTrigger",
    "DateTrigger",
    "IntervalTrigger",
    "OrTrigger",
    "ShutdownTrigger",
    "trigger_from_json",
]
