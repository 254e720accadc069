"""Executors: what runs tasks' functions."""

from __future__ import annotations

from .asyncio import AsyncIOExecutor
from .base import BaseExecutor
from .debug import DebugExecutor
from .pool import ThreadPoolExecutor

__all__ = ["AsyncIOExecutor", "BaseExecutor", "DebugExecutor", "ThreadPoolExecutor"]
