"""Executors: they run tasks' functions."""

from __future__ import annotations

from .asyncio import AsyncIOExecutor
from .base import BaseExecutor
from .debug import DebugExecutor
from .feed import SentTask
from .futures import FuturesExecutor
from .pool import ThreadPoolExecutor
from .process_pool import ProcessPoolExecutor
from .pull import PulledRun, PullExecutor

__all__ = [
    "AsyncIOExecutor",
    "BaseExecutor",
    "DebugExecutor",
    "FuturesExecutor",
    "ProcessPoolExecutor",
    "PullExecutor",
    "PulledRun",
    "SentTask",
    "ThreadPoolExecutor",
]
