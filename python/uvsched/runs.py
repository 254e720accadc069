"""Runs: the one under way (`current_run()`) and those that ended (`Run`, a row of the ledger)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from . import _core
from ._time import from_micros


@dataclass(frozen=True, slots=True)
class CurrentRun:
    """What a task's function can know about the run that it is in.

    Attributes:
        task_id: the task.
        store: alias of the task's store.
        scheduled_time: the due time that this run is for, aware; the latest, where several were folded into one run.
        first_time: the earliest due time folded into this run.
        folded: how many due times this run stands for.
        fire_id: 32 hexadecimal digits, the same in each attempt at this run: an idempotency key.
        attempt: from 1. A run that is made again because its process died is the same attempt; its `fire_id` is what
            tells whether it has been here before.
        kind: "scheduled", "manual" (run_task), "boot" or "shutdown".
    """

    task_id: str
    store: str
    scheduled_time: datetime
    first_time: datetime
    folded: int
    fire_id: str
    attempt: int
    kind: str


def current_run() -> CurrentRun | None:
    """The run that the caller is in; None outside of runs.

    Works in coroutines, their child tasks and inline functions on the loop, and in worker threads. Thread-safe.
    """
    fire = _core.current_fire()
    if fire is None:
        return None
    zone = fire.timezone
    return CurrentRun(
        task_id=fire.task_id,
        store=fire.store,
        scheduled_time=from_micros(fire.scheduled, zone),
        first_time=from_micros(fire.first, zone),
        folded=fire.folded,
        fire_id=fire.fire_id,
        attempt=fire.attempt,
        kind=fire.kind,
    )


@dataclass(frozen=True, slots=True)
class Run:
    """A run that ended, or due times that were missed or skipped: one row of the ledger. Datetimes are aware.

    Attributes:
        number: grows with each row of a store; `history(before=…)` takes it.
        task_id, store: the task, and the alias of its store.
        fire_id: see CurrentRun.
        kind: "scheduled", "manual", "boot" or "shutdown".
        state: "done", "failed", "cancelled", "lost", "missed" or "skipped".
        reason: why, where the state does not say it; or "".
        scheduled_time, first_time: the latest and the earliest due time folded into this row.
        folded: how many due times; `exact` says whether that is exact, or "at least".
        attempt: how often it was tried; `crashes` how often its process died meanwhile.
        owner: the identity of the scheduler that ran it.
        claimed_at, started_at, finished_at: when; None where that did not happen.
        result: what the function returned, read back from JSON.
        error: the exception's message and traceback, or "".
        late_result: a result that came when the run had been given up, as JSON, or "".
    """

    number: int
    task_id: str
    store: str
    fire_id: str
    kind: str
    state: str
    reason: str
    scheduled_time: datetime
    first_time: datetime
    folded: int
    exact: bool
    attempt: int
    crashes: int
    owner: str
    claimed_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    result: Any
    error: str
    late_result: str

    @property
    def duration(self) -> timedelta | None:
        """How long it ran; None for what never started."""
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at
