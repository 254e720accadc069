"""Triggers: when a task is due."""

from __future__ import annotations

from .base import BaseTrigger
from .calendar import CalendarIntervalTrigger
from .combination import AndTrigger, BaseCombinationTrigger, OrTrigger
from .cron import CronTrigger
from .date import DateTrigger
from .factory import trigger_from_json
from .interval import IntervalTrigger
from .shutdown import ShutdownTrigger

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
