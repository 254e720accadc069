"""What commands know of a store: the rows that they show, whatever they were read from. See store_view.py."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from ..triggers.stored import trigger_from_members


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task in a store.

    Attributes:
        state: "active", "paused" or "finished"; "unreadable" if nothing else can be told of its row.
        runs: how often it ran; None if that cannot be told.
        open: how many fires have not ended.
        quarantine: why its row cannot be read; None if it can.
        definition: JSON.
        next_slot, next_due: its next due time, without and with jitter; None: there is none, or it cannot be told.
    """

    id: str
    state: str
    function: str | None
    executor: str | None
    runs: int | None
    open: int
    quarantine: str | None
    definition: str
    next_slot: datetime | None
    next_due: datetime | None

    @property
    def next_run(self) -> datetime | None:
        """When it runs next; None if it is paused or finished."""
        return self.next_due if self.state == "active" else None

    @property
    def trigger(self) -> Any:
        """Its trigger as JSON; None if the row cannot be read."""
        return None if self.quarantine is not None else json.loads(self.definition)["trigger"]

    @property
    def custom_trigger(self) -> str | None:
        """What only the application can make a trigger of: the name of its class; None if it is of a known kind."""
        members = self.trigger
        return None if trigger_from_members(members) is not None else members.get("name") or members["type"]

    def due_times(self, first: datetime | None, count: int, zone: tzinfo) -> tuple[list[datetime], str | None]:
        """The next due times without jitter, at most `count`; and why there may be more, None if all is known.

        Args:
            first: the first of them.
        """
        if self.next_run is None or first is None:
            return [], None
        times = [first]
        trigger = trigger_from_members(self.trigger)
        if trigger is None:
            return times, f"only the application can say more: its trigger is {self.custom_trigger}"
        while len(times) < count:
            found = trigger.get_next_trigger_time(zone, times[-1], times[-1])
            if found is None:
                break
            times.append(found)
        return times, None


@dataclass(frozen=True, slots=True)
class NamedTask:
    """A task that a command names, as it was when the command looked.

    Attributes:
        store: alias of its store.
        declared: whether a start of the application declared it; None if that cannot be told.
        running: how many of its runs were under way; None if that cannot be told.
    """

    store: str
    id: str
    declared: bool | None
    executor: str
    function: str
    running: int | None


@dataclass(frozen=True, slots=True)
class LastRun:
    """How a task's last fire ended, and when, as ISO 8601 text in UTC."""

    state: str
    reason: str | None
    at: str
    error: str | None

    @property
    def moment(self) -> datetime:
        """`at` as a datetime."""
        return datetime.fromisoformat(self.at.replace("Z", "+00:00"))


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A fire that has not ended. Times are ISO 8601 text in UTC."""

    task_id: str
    state: str
    scheduled: str
    started: str | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of the ledger: `limit` of them, of this task, in this state, that ended since; None: whatever it
    is."""

    limit: int
    task: str | None = None
    state: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A row of the ledger of a store (its alias). `due` is the latest of `folded` due times; if `exact` is false, there
    are more. `result` and `late_result` are JSON."""

    store: str
    number: int
    task: str
    kind: str
    state: str
    reason: str | None
    due: datetime
    folded: int
    exact: bool
    attempt: int
    crashes: int
    scheduler: str | None
    started: datetime | None
    finished: datetime
    error: str | None
    result: str | None
    late_result: str | None

    @property
    def late(self) -> timedelta | None:
        """How long after its due time it was started."""
        return None if self.started is None else self.started - self.due

    @property
    def took(self) -> timedelta | None:
        """How long it ran."""
        return None if self.started is None else self.finished - self.started

    @property
    def why(self) -> str:
        """The reason for people: also what asked for it, and how many due times it stands for."""
        times = f"{'' if self.exact else 'at least '}{self.folded} times"
        parts = ["by hand" if self.kind == "manual" else "", self.reason or "", times if self.folded != 1 else ""]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Request:
    """A run that was asked for.

    Attributes:
        state: a state of docs/ledger.md: "ready" and "waiting" if nothing has begun. None: it has not ended, and
            whether it has begun cannot be told.
        scheduler: the one that has it, or had it; None if none has, or that cannot be told.
        error: of a run that failed.
        open_by: how many schedulers have the store open; None if that cannot be told.
        elsewhere: the query that tells the server's answer, if it knows SQL.
    """

    state: str | None
    scheduler: str | None
    error: str | None
    open_by: int | None
    elsewhere: str | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing new is to be expected soon."""
        return self.state not in ("ready", None) or self.open_by == 0
