"""Schedulers."""

from __future__ import annotations

from .asyncio import AsyncIOScheduler, NativeAsyncIOScheduler
from .asyncio import AsyncIOScheduler as Asyncz
from .base import BaseScheduler
from .inspection import SchedulerInfo, SchedulerInstanceInfo
from .polled import PolledScheduler
from .threaded import BackgroundScheduler, BlockingScheduler

__all__ = [
    "AsyncIOScheduler",
    "Asyncz",
    "BackgroundScheduler",
    "BaseScheduler",
    "BlockingScheduler",
    "NativeAsyncIOScheduler",
    "PolledScheduler",
    "SchedulerInfo",
    "SchedulerInstanceInfo",
]
