"""Runs: the one under way (`current_run()`) and those that ended (`Run`, a row of the ledger)."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, tzinfo
from typing import Any

from . import _core
from ._arguments import decode_result
from ._time import from_micros


@dataclass(frozen=True, slots=True)
class CurrentRun:
    """The run that a task's function is in.

    Attributes:
        task_id: the task.
        store: alias of the task's store.
        scheduled_time: the due time of this run, aware; the latest one if several due times were folded into this run.
        first_time: the earliest due time folded into this run.
        folded: how many due times this run stands for.
        fire_id: 32 hexadecimal digits, the same in each attempt at this run: an idempotency key.
        attempt: from 1. A run that is repeated because its process died is the same attempt; its `fire_id` tells
            whether the function has seen it before.
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

    Works in coroutines, their child tasks and inline functions on the loop, in worker threads, and in the processes of
    a ProcessPoolExecutor. Thread-safe.
    """
    fire = _core.current_run()
    if fire is None:
        return _sent.get()
    zone = fire.timezone
    return CurrentRun(
        task_id=fire.task_id,
        store=fire.store,
        scheduled_time=from_micros(fire.scheduled_time, zone),
        first_time=from_micros(fire.first_time, zone),
        folded=fire.folded,
        fire_id=fire.fire_id,
        attempt=fire.attempt,
        kind=fire.kind,
    )


_sent: ContextVar[CurrentRun | None] = ContextVar("uvsched_run", default=None)


def call_in_run(run: CurrentRun, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Calls a function that another process has sent here with its run."""
    token = _sent.set(run)
    try:
        return fn(*args, **kwargs)
    finally:
        _sent.reset(token)


@dataclass(frozen=True, slots=True)
class Run:
    """A run that ended, or due times that were missed or skipped: one row of the ledger. Datetimes are aware.

    Attributes:
        number: grows with each row of a store; `history(before=…)` takes it.
        task_id, store: the task, and the alias of its store.
        fire_id: see CurrentRun.
        kind: "scheduled", "manual", "boot" or "shutdown".
        state: "done", "failed", "cancelled", "lost", "missed" or "skipped".
        reason: why, if the state does not say it; or "".
        scheduled_time, first_time: the latest and the earliest due time folded into this row.
        folded: the number of due times; if `exact` is False, it means "at least".
        attempt: how often it was tried; `crashes`: how often its process died meanwhile.
        owner: the identity of the scheduler that ran it.
        claimed_at, started_at, finished_at: None if that did not happen.
        result: the return value of the function, read back from JSON; its repr if JSON cannot hold it.
        error: the exception's message and traceback, or "".
        late_result: a result that came after the run was recorded as lost, as JSON, or "".
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
        """How long it ran; None if it never started."""
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at


# The members that are times, and whether one may be missing.
_TIMES = {field.name: "None" in str(field.type) for field in fields(Run) if str(field.type).startswith("datetime")}


def run_of(row: dict[str, Any], store: str, zone: tzinfo) -> Run:
    """A row of the ledger of this store, with its times in this zone."""
    for name, optional in _TIMES.items():
        row[name] = None if optional and row[name] == 0 else from_micros(row[name], zone)
    row["exact"] = bool(row["exact"])
    row["result"] = decode_result(row["result"])
    return Run(store=store, **row)
