"""PullExecutor: the program takes runs, and reports them, at any time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from .._time import from_micros
from .base import BaseExecutor, Readers, check_unused

if TYPE_CHECKING:
    from .._core import Engine, PullConsumer, RunObject

_SLICE_MS = 100  # a thread that waits looks this often whether a signal came
_LONGEST = 1e9  # seconds; what waits longer waits without end


@dataclass(frozen=True, slots=True)
class PulledRun:
    """A run that was taken from a PullExecutor: all that is needed to call its function, here or in another process.

    Attributes:
        id: names the run in `PullExecutor.finish()`; never used twice in a process.
        fire_id: 32 hexadecimal digits, equal in all attempts at this run: an idempotency key.
        reference: the function's name, "module:qualname", by which another process finds the function.
        fn: the function itself.
        args, kwargs: its arguments.
        task_id, store: the task, and the alias of its store.
        scheduled_time: the due time that the run is for, aware.
        kind: "scheduled", "manual", "boot" or "shutdown".
        attempt: from 1.
    """

    id: int
    fire_id: str
    reference: str
    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    task_id: str
    store: str
    scheduled_time: datetime
    kind: str
    attempt: int


class PullExecutor(BaseExecutor):
    """Hands its runs to the program, which calls their functions itself: the base for pools of processes and other
    engines.

        executor = PullExecutor(room=4)
        scheduler = AsyncIOScheduler(executors={"default": executor})

        while (run := executor.take()) is not None:  # in a thread, once the scheduler has started
            executor.finish(run.id, result=run.fn(*run.args, **run.kwargs))

    A run is under way from `take()` to `finish()`. Any time may pass between the two, and each may be called on any
    thread. Thread-safe.

    Args:
        room: how many runs may wait here to be taken, 1 or more.
        workers: how many runs the program calls at a time, if it says so: a run under way counts, and what comes to be
            due while so many are is planned when one of them is over. `room` is then without meaning; short runs may
            wait here besides.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    alias: ClassVar[str] = "pull"
    needs_asyncio: ClassVar[bool] = False

    def __init__(self, room: int = 1, *, workers: int | None = None) -> None:
        self.room = _checked("room", room)
        self.workers = None if workers is None else _checked("workers", workers)
        self._consumer: PullConsumer | None = None
        self._turns = _Turns()
        self._stops = False
        self._runs: dict[int, RunObject] = {}  # those that were handed out

    def take(self, timeout: float | None = None) -> PulledRun | None:
        """The next run. Waits for it, without the GIL, at most `timeout` seconds (None: while the executor is open).

        Several threads may take; they take turns. If a signal handler raises here, the run that it may have cost is
        what the next call gives.

        Returns:
            The run. None: the time is over, or the executor is not open, because the scheduler has not started or has
            stopped.
        """
        deadline = None if timeout is None or timeout > _LONGEST else time.monotonic() + timeout
        turn, run, pulled = object(), None, None
        try:
            if self._turns.begin(turn, _remaining(deadline)):
                run = self._next(deadline)
            if run is not None:
                pulled = _pulled(run)
                self._runs[run.run_id] = run
            self._turns.end(turn)
            return pulled
        except BaseException:
            if run is not None:
                self._runs.pop(run.run_id, None)
            self._turns.end(turn)
            self._end_lost_if_stopping()
            raise

    def _next(self, deadline: float | None) -> RunObject | None:
        while (consumer := self._consumer) is not None:
            seconds = _remaining(deadline)
            run = next(iter(self._not_handed_out(consumer)), None)
            if run is None:
                run = consumer.take(_SLICE_MS if seconds is None else min(_SLICE_MS, int(seconds * 1000)))
            if run is not None:
                return run
            if seconds == 0:
                break
        return None

    def _not_handed_out(self, consumer: PullConsumer) -> list[RunObject]:
        """Runs that were taken for calls of take() which exceptions of signal handlers ended."""
        if consumer.busy <= len(self._runs):
            return []
        handed_out = set(self._runs)  # first: finish() ends a run before it forgets it
        return [run for run in consumer.runs if run.run_id not in handed_out]

    def _give_up_lost(self, consumer: PullConsumer) -> None:
        """Reports these as cancelled: no call of take() gives them any more."""
        for run in self._not_handed_out(consumer):
            run.close()

    def _end_lost_if_stopping(self) -> None:
        """A scheduler that stops waits for runs under way. If only such runs are left, and nobody takes, they end."""

        def end() -> None:
            consumer = self._consumer
            if consumer is not None and not self._runs:
                self._give_up_lost(consumer)

        if self._stops:
            self._turns.between(end)

    def finish(
        self, run_id: int, result: Any = None, *, error: BaseException | str | None = None, cancelled: bool = False
    ) -> None:
        """Reports how a run ended, at any time, on any thread, even after the scheduler has begun to stop.

        Runs that are not under way (any more) are ignored.

        Args:
            run_id: the run's `id`.
            result: what the function returned.
            error: an exception, or a text: the run has failed.
            cancelled: the run was cancelled.

        Raises:
            TypeError: `error` is neither an exception nor a text.
        """
        run = self._runs.get(run_id)
        if run is None:
            return
        if cancelled:
            run.close()
        elif error is not None:
            run.fail(error)
        else:
            run.finish(result)
        self._runs.pop(run_id, None)
        self._end_lost_if_stopping()

    def cancelled(self, run_id: int) -> bool:
        """Whether a run under way should end early. Only `take()` reads such requests. False for all other runs."""
        run = self._runs.get(run_id)
        return run is not None and run.cancelled

    def fileno(self) -> int:
        """A descriptor that is readable while runs wait. A loop watches it, then calls `take(0)` until it gives None.

        Raises:
            ValueError: the executor is not open.
        """
        consumer = self._consumer
        if consumer is None:
            raise ValueError("the executor is not open: its scheduler does not run; start the scheduler first")
        return consumer.fd

    # ---- For the scheduler ----

    def open(self, engine: Engine, alias: str, loop: Readers) -> None:
        check_unused(self, self._consumer is not None)
        self._stops = False
        self._consumer = engine.attach_pull(alias, self.workers or self.room, self.workers is not None)

    def stopping(self) -> None:
        self._stops = True
        self._end_lost_if_stopping()

    def close(self, cancel: bool, usable: bool) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is None:
            return
        consumer.close(cancel, usable)
        if cancel:
            self._runs.clear()
        else:
            self._turns.between(lambda: self._give_up_lost(consumer))

    def forget(self) -> Any:
        consumer, self._consumer = self._consumer, None
        runs, self._runs = self._runs, {}
        self._turns = _Turns()
        return consumer, runs

    @property
    def busy(self) -> int:
        consumer = self._consumer
        return len(self._runs) if consumer is None else consumer.busy

    def _under_way(self) -> list[RunObject]:
        consumer = self._consumer
        return list(self._runs.values()) if consumer is None else consumer.runs

    def __repr__(self) -> str:
        size = f"room={self.room}" if self.workers is None else f"workers={self.workers}"
        return f"PullExecutor({size})"


class _Turns:
    """Lets one thread in at a time. Unlike a lock, nobody can keep it by an exception of a signal handler: end() may be
    called without knowing whether the turn began."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._turn: object | None = None
        self._calls: list[Callable[[], None]] = []

    def between(self, call: Callable[[], None]) -> None:
        """Makes a call while it is nobody's turn: now, or when the present turn ends."""
        with self._changed:
            self._calls.append(call)
            if self._turn is None:
                self._make_calls()

    def begin(self, turn: object, seconds: float | None) -> bool:
        """Waits for others at most so long (None: without end). False if the time is over."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._turn is None, seconds):
                return False
            self._turn = turn
        return True

    def end(self, turn: object) -> None:
        with self._changed:
            if self._turn is turn:
                self._turn = None
                self._make_calls()
                self._changed.notify_all()

    def _make_calls(self) -> None:
        while self._calls:
            self._calls.pop()()


def _checked(name: str, number: int) -> int:
    if not isinstance(number, int):
        raise TypeError(f"{name}: expected a whole number, not {type(number).__name__}")
    if number < 1:
        raise ValueError(f"{name}: {number} is less than 1")
    return number


def _remaining(deadline: float | None) -> float | None:
    """Seconds, not less than 0; None: without end."""
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _pulled(run: RunObject) -> PulledRun:
    assert run.fn is not None
    assert run.function is not None
    return PulledRun(
        id=run.run_id,
        fire_id=run.fire_id,
        reference=run.function,
        fn=run.fn,
        args=run.args or (),
        kwargs=dict(run.kwargs or {}),
        task_id=run.task_id,
        store=run.store,
        scheduled_time=from_micros(run.scheduled_time, run.timezone),
        kind=run.kind,
        attempt=run.attempt,
    )
