"""Schedulers."""

from __future__ import annotations

from .asyncio import AsyncIOScheduler
from .base import BaseScheduler
from .inspection import SchedulerInfo

__all__ = ["AsyncIOScheduler", "BaseScheduler", "SchedulerInfo"]
