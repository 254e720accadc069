"""PolledDriver: a scheduler runs in the calls of poll() that its program makes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..exceptions import DeadlockError, SchedulerNotRunningError
from ..executors import BaseExecutor
from .caller_loop import CallerLoop
from .configuration import Configuration
from .driver import Reports
from .engine_turns import EngineTurns
from .loop_binding import LoopBinding
from .loop_calls import SLICE
from .waiting import Waiting

if TYPE_CHECKING:
    from .. import _core

_MOST_TURNS = 100  # of one call; a run needs a handful, and each turn takes many


class PolledDriver:
    """Runs wherever poll() is called: on one thread at a time."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._loop: CallerLoop | None = None
        self._binding: LoopBinding[CallerLoop] | None = None
        self._turns: EngineTurns[CallerLoop] | None = None
        self._leaving: LoopBinding[CallerLoop] | None = None  # what tasks on a shutdown trigger need after its end
        self._reports: Reports | None = None
        self._stopped = False
        self._lock = threading.Lock()
        self._poller: int | None = None  # the thread that polls

    @property
    def asyncio_loop(self) -> asyncio.AbstractEventLoop | None:
        return None

    @property
    def active(self) -> bool:
        return self._binding is not None

    # ---- For the program ----

    @property
    def loop(self) -> CallerLoop:
        """Where the work is done, and waited for.

        Raises:
            SchedulerNotRunningError: it was never open.
        """
        if self._loop is None:
            raise SchedulerNotRunningError(detail="the scheduler was not started yet: call start() before it is polled")
        return self._loop

    def poll(self, seconds: float | None) -> None:
        """Waits for work, for so many seconds at most (None: without end), and does it.

        Raises:
            DeadlockError: poll() has called the function or the listener that calls this. SchedulerNotRunningError: it
            was never open.
        """
        loop = self.loop
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            left = SLICE if deadline is None else max(deadline - time.monotonic(), 0.0)
            with self._polling(None):
                worked = self._turn(loop, min(left, SLICE))
            if worked or left == 0.0 or not self._at_work:
                return

    def _turn(self, loop: CallerLoop, seconds: float) -> bool:
        """Waits for work, for so many seconds at most, and does it. Gives whether there was any."""
        worked = loop.turn(seconds)
        if self._binding is None and self._turns is not None and self._turns.active:
            self._turns.turn()  # the program may poll no more: the run that has shut it down is to be stored
        return worked

    @property
    def _at_work(self) -> bool:
        """Whether anything can come: it is open, or the engine ends what is under way."""
        return self._binding is not None or (self._turns is not None and self._turns.active)

    @contextlib.contextmanager
    def _polling(self, seconds: float | None) -> Iterator[bool]:
        """Keeps other threads from polling, and waits for them for so many seconds at most (None: without end). Gives
        whether they have ended."""
        if self._poller == threading.get_ident():
            raise DeadlockError(
                detail="poll() or process_tasks() was called by a function or a listener that it called itself"
            )
        taken = self._lock.acquire(timeout=-1 if seconds is None else seconds)
        try:
            if taken:
                self._poller = threading.get_ident()
            yield taken
        finally:
            if taken:
                self._poller = None
                self._lock.release()

    # ---- Beginning ----

    def open(self, engine: _core.Engine, consumers: Sequence[tuple[str, BaseExecutor]], reports: Reports) -> None:
        if self._turns is not None:
            self._turns.end()
            self._turns = None
        if self._loop is None:
            self._loop = CallerLoop()
        binding = LoopBinding(engine, self._loop, consumers, reports.on_events, self._on_stopped, None)
        binding.open()
        self._reports, self._binding = reports, binding
        self._stopped = False

    def started(self, engine: _core.Engine) -> None:
        turns = EngineTurns(engine, self.loop)
        turns.begin()
        self._turns = turns

    # ---- While it runs ----

    def work(self) -> bool:
        for _ in range(_MOST_TURNS):
            with self._polling(None):
                if not self._turn(self.loop, 0.0):
                    return False
        return True

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        if self._binding is None:
            call()
        else:
            self._binding.loop.call_later(seconds, call)

    def attach(self, alias: str, executor: BaseExecutor) -> None:
        binding = self._binding
        if binding is not None:
            self._alone(lambda: binding.attach(alias, executor))

    def detach(self, executor: BaseExecutor) -> None:
        binding = self._binding
        if binding is not None:
            self._alone(lambda: binding.detach(executor))

    def _alone(self, call: Callable[[], None]) -> None:
        """Makes a call while no other thread polls."""
        if self._poller == threading.get_ident():
            call()
            return
        with self._polling(None):
            call()

    def _on_stopped(self) -> None:
        self._stopped = True
        self._end_leaving(cancel=False)
        if self._reports is not None:
            self._reports.on_stopped()

    # ---- Ending ----

    def wind_down(self, engine: _core.Engine, wait: bool) -> bool:
        """Polls until the engine has stopped; not in a function or a listener, which would wait for itself."""
        binding = self._binding
        if binding is None or self._poller == threading.get_ident() or engine.inside_run():
            return False
        engine.stop(not wait)
        binding.stopping()
        with Waiting(self._configuration.shutdown_timeout if wait else 0.0, binding.running, lambda: None) as waiting:
            while not self._stopped and not waiting.over:
                pause = min(waiting.pause(), SLICE)
                with self._polling(pause) as alone:
                    if alone:
                        self._turn(binding.loop, pause)
        if not self._stopped:
            engine.stop(True)
        return True

    def make_way(self) -> None:
        self._end_leaving(cancel=True)

    def close(self, cancel: bool, usable: bool = True, last: bool = False) -> Callable[[], None]:
        binding, self._binding = self._binding, None
        self._reports = None
        if binding is not None:
            if last and binding.leave(cancel, binding.hand_out(self._engine_turn)):
                self._leaving = binding
            else:
                binding.close(cancel=cancel)
        self._engine_turn()  # what was given back is written; while runs in threads are under way, polls go on
        return lambda: None

    def _engine_turn(self) -> None:
        if self._turns is not None:
            self._turns.turn()

    def _end_leaving(self, cancel: bool) -> None:
        leaving, self._leaving = self._leaving, None
        if leaving is not None:
            leaving.close(cancel=cancel)

    def abandon(self, engine: _core.Engine) -> None:
        self._end_leaving(cancel=True)
        if self._binding is not None:
            engine.stop(True)
            self.close(cancel=True)

    def forget(self) -> list[object]:
        loop, self._loop = self._loop, None
        turns, self._turns = self._turns, None
        binding, self._binding = self._binding, None
        leaving, self._leaving = self._leaving, None
        self._reports = None
        self._lock, self._poller = threading.Lock(), None
        # The loop's descriptor is the parent's too: forgetting what it watches here would do so there.
        return [loop, turns, *[held for each in (binding, leaving) if each is not None for held in each.forget()]]
