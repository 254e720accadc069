"""Triggers: when a task is due."""

from __future__ import annotations

from .base import BaseTrigger
from .date import DateTrigger
from .interval import IntervalTrigger

__all__ = ["BaseTrigger", "DateTrigger", "IntervalTrigger"]
