"""The cron trigger."""

from __future__ import annotations

from .trigger import CronTrigger

__all__ = ["CronTrigger"]
