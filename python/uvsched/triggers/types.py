"""The interface of triggers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, tzinfo
from typing import ClassVar


class TriggerType(ABC):
    """Says when a task is due."""

    __slots__ = ()

    alias: ClassVar[str] = ""
    allow_mistrigger_by_default: bool

    def apply_jitter(self, next_trigger_time: datetime | None, jitter: float | None, now: datetime) -> datetime | None:
        """The unchanged due time: the engine delays the run, not the due time."""
        return next_trigger_time

    @abstractmethod
    def get_next_trigger_time(
        self, timezone: tzinfo, previous_time: datetime | None, now: datetime | None = None
    ) -> datetime | None:
        """The next due time, or None if there are no more.

        Args:
            timezone: the zone of the result, and of a trigger that has no zone.
            previous_time: the previous due time (aware): the result is later. None for the first due time.
            now: the present (aware); None: the system's clock. The first due time is not before `now`.
        """
