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

    @abstractmethod
    def get_next_trigger_time(
        self, timezone: tzinfo, previous_time: datetime | None, now: datetime | None = None
    ) -> datetime | None:
        """The next due time, or None when there is none any more.

        Args:
            timezone: the zone used where the trigger has none of its own, and for the result.
            previous_time: the due time before (aware): the result lies after it. None for the first.
            now: the present (aware); the system's clock when None. The first due time is the first not before it.
        """
