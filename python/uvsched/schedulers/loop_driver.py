"""LoopDriver: a scheduler runs on an asyncio loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ..executors import BaseExecutor
from .configuration import Configuration
from .driver import Reports
from .engine_turns import EngineTurns
from .listeners import logger
from .loop_binding import LoopBinding
from .loop_calls import SLICE, callers_loop, in_thread, is_current, is_set, on_loop
from .loop_thread import LoopThread
from .waiting import Waiting, wait_for_stores

if TYPE_CHECKING:
    from .. import _core

_Binding: TypeAlias = LoopBinding[asyncio.AbstractEventLoop]

_CANCEL_S = 1.0  # for cancelled coroutines to clean up, before their runs are reported without them
_TURN_S = 0.01  # between two looks whether an engine without threads has stored results


class _Leaving(NamedTuple):
    """What coroutines of tasks on a shutdown trigger need after the driver's end.

    Attributes:
        thread: the one of the loop, if it is the driver's.
    """

    binding: _Binding
    thread: LoopThread | None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self.binding.loop

    def end(self, cancel: bool, usable: bool = True) -> None:
        self.binding.close(cancel=cancel, loop_usable=usable)
        if self.thread is not None:
            self.thread.stop()


class LoopDriver:
    """Runs on the loop that was configured, else on the one that runs, else on one in a thread of its own."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._binding: _Binding | None = None
        self._thread: LoopThread | None = None
        self._turns: EngineTurns[asyncio.AbstractEventLoop] | None = None  # if the engine has no threads of its own
        self._reports: Reports | None = None
        self._stopped: asyncio.Event | None = None
        self._ended = threading.Event()
        self._leaving: _Leaving | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop that it runs on; None while it is not open."""
        return None if self._binding is None else self._binding.loop

    @property
    def asyncio_loop(self) -> asyncio.AbstractEventLoop | None:
        return self.loop or callers_loop()

    @property
    def active(self) -> bool:
        return self._binding is not None

    # ---- Beginning ----

    def open(self, engine: _core.Engine, consumers: Sequence[tuple[str, BaseExecutor]], reports: Reports) -> None:
        self._end_turns()
        if (leaving := self._take_leaving()) is not None:
            on_loop(leaving.loop, lambda: leaving.end(cancel=True))
        engine.limit_waits(-1)  # opening a large store takes its time
        thread, loop = self._choose_loop()
        binding = LoopBinding(engine, loop, consumers, reports.on_events, self._on_stopped, self._on_loop_lost)
        try:
            on_loop(loop, binding.open)
        except BaseException:
            if thread is not None:
                thread.stop()
                thread.join()
            raise
        self._reports, self._binding, self._thread = reports, binding, thread
        self._stopped = None
        self._ended.clear()

    def started(self, engine: _core.Engine) -> None:
        limit = self._configuration.api_timeout
        if limit is not None and self._binding is not None:
            on_loop(self._binding.loop, lambda: engine.limit_waits(round(limit * 1000)))
        if not self._configuration.own_threads and self._binding is not None:
            turns = EngineTurns(engine, self._binding.loop)
            on_loop(self._binding.loop, turns.begin)
            self._turns = turns

    def make_way(self) -> None:
        leaving = self._leaving
        if leaving is None or not is_current(leaving.loop):
            return
        logger.warning(
            "the scheduler is started again while tasks on a shutdown trigger still run, which are cancelled (%s); "
            "await shutdown_async() before the start",
            ", ".join(sorted(leaving.binding.running())) or "their results are being stored",
        )
        leaving.end(cancel=True)
        self._leaving = None

    def _take_leaving(self) -> _Leaving | None:
        leaving, self._leaving = self._leaving, None
        return leaving

    def _end_turns(self) -> None:
        turns, self._turns = self._turns, None
        if turns is not None:
            on_loop(turns.loop, turns.end)

    def _choose_loop(self) -> tuple[LoopThread | None, asyncio.AbstractEventLoop]:
        given = self._configuration.event_loop
        if given is not None and not given.is_closed():
            return None, given
        if not self._configuration.isolated_event_loop:
            loop = callers_loop()
            if loop is not None:
                return None, loop
        if not self._configuration.own_threads:
            raise RuntimeError(
                "own_threads=False: no event loop runs here: call start() in a coroutine, give event_loop=, or use a "
                "PolledScheduler"
            )
        thread = LoopThread()
        thread.start()
        return thread, thread.loop

    # ---- While it runs ----

    def work(self) -> bool:
        return False  # the loop does it

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        if self._binding is None:
            call()
        else:
            self._binding.loop.call_later(seconds, call)

    def attach(self, alias: str, executor: BaseExecutor) -> None:
        binding = self._binding
        if binding is not None:
            on_loop(binding.loop, lambda: binding.attach(alias, executor))

    def detach(self, executor: BaseExecutor) -> None:
        binding = self._binding
        if binding is not None:
            on_loop(binding.loop, lambda: binding.detach(executor))

    def _on_stopped(self) -> None:
        if self._stopped is not None:
            self._stopped.set()
        self._ended.set()
        if (leaving := self._take_leaving()) is not None:
            leaving.end(cancel=False)
        elif self._reports is not None:
            self._reports.on_stopped()

    def _on_loop_lost(self) -> None:
        """On the thread that closed the loop."""
        if (leaving := self._take_leaving()) is not None:
            leaving.end(cancel=True, usable=False)
        elif self._binding is not None and self._reports is not None:
            logger.warning(
                "the event loop was closed while the scheduler ran: the scheduler stops, and its coroutines are "
                "cancelled; shut it down before the loop ends, for example with `async with scheduler:`"
            )
            self._reports.on_lost()

    # ---- Waiting for runs under way ----

    def wind_down(self, engine: _core.Engine, wait: bool) -> bool:
        """Waits only on another thread than the loop's, while the loop runs, and outside of runs: elsewhere it would
        wait for itself."""
        binding = self._binding
        if binding is None or not binding.loop.is_running() or is_current(binding.loop) or engine.inside_run():
            return False
        self._wind_down_from_outside(engine, binding, wait, self._configuration.shutdown_timeout)
        return True

    async def wind_down_async(self, engine: _core.Engine, wait: bool, timeout: float | None) -> bool:
        binding = self._binding
        if binding is None or engine.inside_run():
            return False
        if is_current(binding.loop):
            await self._wind_down_on_loop(engine, binding, wait, timeout)
        elif binding.loop.is_running():
            await in_thread(self._wind_down_from_outside, engine, binding, wait, timeout)
        else:
            return False
        return True

    async def _wind_down_on_loop(
        self, engine: _core.Engine, binding: _Binding, wait: bool, timeout: float | None
    ) -> None:
        news = self._stopped = asyncio.Event()
        engine.stop(not wait)
        binding.stopping()
        if wait:
            with Waiting(timeout, binding.running, lambda: binding.loop.call_soon_threadsafe(news.set)) as waiting:
                while not waiting.over and not await is_set(news, waiting.pause()):
                    pass
            if not waiting.over:
                return
            engine.stop(True)
            if waiting.interrupted:
                return
        await is_set(news, _CANCEL_S)

    def _wind_down_from_outside(
        self, engine: _core.Engine, binding: _Binding, wait: bool, timeout: float | None
    ) -> None:
        """Waits until the engine has stopped, or until it must wait no longer."""
        engine.stop(not wait)
        binding.stopping()
        if wait:
            with Waiting(timeout, binding.running, lambda: None) as waiting:
                while binding.loop.is_running() and not self._ended.wait(SLICE):
                    waiting.pause()
                    if waiting.over:
                        break
            if not waiting.over:
                return
            engine.stop(True)
            if waiting.interrupted:
                return
        self._ended.wait(_CANCEL_S)

    async def settle(self, engine: _core.Engine, deadline: float) -> None:
        if self._configuration.own_threads:
            await in_thread(wait_for_stores, engine, deadline)
            return
        while not engine.wait(0) and not engine.stats()["in_flight"] and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_TURN_S)

    # ---- Ending ----

    def close(self, cancel: bool, usable: bool = True, last: bool = False) -> Callable[[], None]:
        binding, thread, turns = self._binding, self._thread, self._turns

        def turn() -> None:
            if turns is not None:
                turns.turn()  # what was given back is written; while runs in threads are under way, turns go on

        def close(usable: bool) -> None:
            if binding is not None and last and usable:
                more = binding.hand_out(turn)
                if binding.leave(cancel, more):
                    self._leaving = _Leaving(binding, thread)
                    turn()
                    return
            if binding is not None:
                binding.close(cancel=cancel, loop_usable=usable)
            if turns is not None and not usable:
                turns.end(usable=False)
            turn()

        self._ended.clear()
        if binding is not None and usable:
            on_loop(binding.loop, lambda: close(not binding.loop.is_closed()))
        self._binding = self._thread = self._reports = None
        if binding is not None and not usable:  # only now, so that nothing is put on the loop any more
            close(False)
        leaving = self._leaving
        if leaving is not None and not leaving.loop.is_running():
            self._run_loop_for(leaving)

        def release() -> None:
            if thread is not None and (leaving is None or leaving.thread is not thread):
                thread.stop()
                thread.join()

        return release

    def _run_loop_for(self, leaving: _Leaving) -> None:
        """Runs a loop that nobody runs, until the coroutines of the shutdown have ended."""
        if callers_loop() is None:
            leaving.loop.run_until_complete(self.left(self._configuration.shutdown_timeout))
        if self._leaving is leaving:
            self._leaving = None
            leaving.end(cancel=True)

    async def left(self, timeout: float | None) -> None:
        leaving = self._leaving
        if leaving is None or not is_current(leaving.loop):
            return
        news = self._stopped = asyncio.Event()
        with Waiting(timeout, leaving.binding.running, lambda: leaving.loop.call_soon_threadsafe(news.set)) as waiting:
            while self._leaving is leaving and not waiting.over:
                await is_set(news, waiting.pause())

    def wait_left(self) -> None:
        """Returns when the coroutines that close() left to end have ended, or the scheduler's shutdown_timeout is over;
        at once on their loop's thread."""
        leaving = self._leaving
        if leaving is None or is_current(leaving.loop):
            return
        with Waiting(self._configuration.shutdown_timeout, leaving.binding.running, lambda: None) as waiting:
            while self._leaving is leaving and leaving.loop.is_running() and not waiting.over:
                waiting.pause()
                self._ended.wait(SLICE)
        if self._leaving is not leaving and leaving.thread is not None:
            leaving.thread.join()

    def abandon(self, engine: _core.Engine) -> None:
        if (leaving := self._leaving) is not None and not is_current(leaving.loop) and leaving.loop.is_running():
            self._ended.wait(_CANCEL_S)
        leaving = self._take_leaving()
        binding, self._binding = (None if leaving is None else leaving.binding) or self._binding, None
        if binding is None:
            return
        if not engine.wait(0):
            engine.stop(True)
        turns, self._turns = self._turns, None
        closed = threading.Event()

        def close(usable: bool) -> None:
            binding.close(cancel=True, loop_usable=usable)
            if turns is not None:
                turns.end(usable)
            closed.set()

        if not binding.loop.is_running():
            close(False)  # nor will it run again
        elif is_current(binding.loop):
            close(True)
        else:
            with contextlib.suppress(RuntimeError):
                binding.loop.call_soon_threadsafe(close, True)
                closed.wait(_CANCEL_S)
            if not closed.is_set():  # something blocks the loop; waiting threads must hear of it in any case
                close(False)
        thread, self._thread = (None if leaving is None else leaving.thread) or self._thread, None
        if thread is not None:
            thread.stop()

    def forget(self) -> list[object]:
        binding, self._binding = self._binding, None
        thread, self._thread = self._thread, None
        turns, self._turns = self._turns, None
        leaving = self._take_leaving()
        self._reports, self._ended = None, threading.Event()
        # Threads, the loop's selector and the coroutines are the parent's: ending them here would end them there, or
        # run their cleanup twice.
        left = [] if leaving is None else [leaving, *leaving.binding.forget()]
        return [turns, *left, *([] if binding is None else [thread, *binding.forget()])]
