"""AsyncIOScheduler: a scheduler on an asyncio loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..events import SchedulerEvent
from ..events.constants import SCHEDULER_SHUTDOWN
from ..exceptions import SchedulerAlreadyRunningError, SchedulerNotRunningError
from . import processes
from .base import BaseScheduler
from .listeners import logger
from .loop_binding import LoopBinding
from .loop_thread import LoopThread

if TYPE_CHECKING:
    from typing_extensions import Self

_SLICE_MS = 100  # a waiting call looks this often whether the loop is still there
_STOP_MS = 5_000  # for what needs no Python code: flushing results, closing stores
_CANCEL_S = 1.0  # for cancelled coroutines to clean up, before their runs are reported without them
_RUNS_IN_PARENT = (
    "the scheduler runs in the parent process too, where it was started before this process was forked off: "
    "with a memory store both run every task. Start it in each process, after the fork "
    "(gunicorn --preload forks after the application was loaded)"
)


class AsyncIOScheduler(BaseScheduler):
    """A scheduler whose coroutines and listeners run on an asyncio loop.

    start() takes the running loop. Where none runs, it starts one in a thread of its own. Starts and shutdowns are
    counted: the last shutdown stops it. A stopped scheduler may be started again, on another loop too; its tasks stay.
    As context manager, sync or async, it starts and shuts down. A body that ends with what is no Exception (Ctrl-C, a
    cancellation, SystemExit) is not held up: coroutines are cancelled, and functions in threads go on to their end.

    Args:
        event_loop: use this loop instead of the running one.
        isolated_event_loop: always use a loop in a thread of its own.
        others: see BaseScheduler.
    """

    _binding: LoopBinding | None = None
    _loop_thread: LoopThread | None = None
    _stopped: asyncio.Event | None = None
    _endless = False  # at the interpreter's exit something has the loop and does not end

    @property
    def event_loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop that it runs on; None while stopped."""
        return None if self._binding is None else self._binding.loop

    # ---- Starting ----

    def start(self, paused: bool = False) -> bool:
        """Opens the stores, writes the tasks added so far and begins to fire. Waits for the stores.

        Args:
            paused: no run starts until resume().

        Returns:
            True when this call started it; False when it ran already, and the start was only counted.

        Raises:
            StoreError: a store cannot be opened; nothing was started or counted. ConflictIdError: a task added with
                on_conflict="raise" differs from the stored one. SchedulerAlreadyRunningError: it is still stopping.
        """
        with self._lock:
            if self._forked:
                self._forked = False
                logger.warning(_RUNS_IN_PARENT)
            if self._starts:
                self._starts += 1
                return False
            if self._binding is not None:
                raise SchedulerAlreadyRunningError(detail="the scheduler is still stopping")
            engine = self._usable()
            if not engine.wait(_STOP_MS):
                raise SchedulerAlreadyRunningError(
                    detail="the scheduler is still stopping: runs in threads are under way"
                )
            processes.hook_exit()
            thread, loop = self._choose_loop()
            binding = LoopBinding(
                engine, loop, self._consumers(), self._on_events, self._on_stopped, self._on_loop_lost
            )
            try:
                self._subscribe()
                _on_loop(loop, binding.open)
                try:
                    engine.start(paused)
                except BaseException:
                    _on_loop(loop, lambda: binding.close(cancel=True))
                    raise
            except BaseException:
                if thread is not None:
                    thread.stop()
                    thread.join()
                raise
            self._binding, self._loop_thread = binding, thread
            self._stopped = None
            self._starts = 1
            self._started_once = True
            self._started_at = datetime.now(self._timezone)
        return True

    def _choose_loop(self) -> tuple[LoopThread | None, asyncio.AbstractEventLoop]:
        given = self._configuration.event_loop
        if given is not None and not given.is_closed():
            return None, given
        if not self._configuration.isolated_event_loop:
            with contextlib.suppress(RuntimeError):
                return None, asyncio.get_running_loop()
        thread = LoopThread()
        thread.start()
        return thread, thread.loop

    # ---- Stopping ----

    def shutdown(self, wait: bool = True) -> bool:
        """Takes back one start; the last one stops the scheduler.

        On the loop's own thread it never blocks: no run starts after it returns, coroutines are cancelled, functions in
        threads go on to their end (wait=True) or are given up (wait=False); use shutdown_async() to wait. Coroutines on
        a shutdown trigger can't run there: they are skipped, with a row in the history. The same in a run of its own,
        which it would wait for. On other threads, where the loop runs, it waits for runs under way (wait=True) or
        cancels what can be cancelled.

        Returns:
            True when this call stopped it; False when further starts hold it.

        Raises:
            SchedulerNotRunningError: it was not started, or has been shut down already.
        """
        if not self._take_back():
            return False
        binding = self._binding
        if binding is None:
            return True
        inside = self._usable().inside_run()
        try:
            if binding.loop.is_running() and not _is_current(binding.loop) and not inside:
                self._stop_from_outside(binding, wait)
        finally:
            self._stop_now(wait)
            self._end_thread()
        return True

    async def shutdown_async(self, wait: bool = True, timeout: float | None = None) -> bool:
        """Takes back one start; the last one stops the scheduler, and returns when it has stopped.

        In a run of its own, which it would wait for, it does what shutdown() does on the loop.

        Args:
            wait: let runs under way end; False: cancel what can be cancelled.
            timeout: seconds to wait for runs under way before they are cancelled; None: for ever.

        Returns:
            True when this call stopped it; False when further starts hold it.

        Raises:
            SchedulerNotRunningError: it was not started, or has been shut down already.
        """
        if not self._take_back():
            return False
        binding = self._binding
        if binding is None:
            return True
        engine = self._usable()
        loop = asyncio.get_running_loop()
        inside = engine.inside_run()
        try:
            if binding.loop is loop and not inside:
                await self._stop_on_loop(wait, timeout)
            elif binding.loop.is_running() and not inside:
                await loop.run_in_executor(None, self._stop_from_outside, binding, wait, timeout)
        finally:
            self._stop_now(wait)
            self._end_thread()
        await loop.run_in_executor(None, engine.wait, _STOP_MS)
        return True

    def _leave(self) -> None:
        """Takes back one start; the last one stops as shutdown() does on the loop, on any thread."""
        if self._take_back() and self._binding is not None:
            self._stop_now(wait=True)
            self._end_thread()

    def _take_back(self) -> bool:
        """Uncounts one start; True for the last one."""
        with self._lock:
            self._usable()
            if not self._starts:
                raise SchedulerNotRunningError
            self._starts -= 1
            return not self._starts

    async def _stop_on_loop(self, wait: bool, timeout: float | None) -> None:
        engine = self._usable()
        self._stopped = asyncio.Event()
        engine.stop(not wait)
        patience = timeout if wait else _CANCEL_S
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), patience)
            return
        if wait:
            engine.stop(True)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), _CANCEL_S)

    def _stop_from_outside(self, binding: LoopBinding, wait: bool, timeout: float | None = None) -> None:
        """On another thread than the loop's, which runs: waits until the engine has stopped, or can wait no more."""
        engine = self._usable()
        engine.stop(not wait)
        patience = timeout if wait else _CANCEL_S
        deadline = None if patience is None else time.monotonic() + patience
        asked = not wait
        while binding.loop.is_running() and not engine.wait(_SLICE_MS):
            if deadline is not None and time.monotonic() > deadline:
                if asked:
                    break
                engine.stop(True)
                asked, deadline = True, time.monotonic() + _CANCEL_S

    def _stop_now(self, wait: bool) -> None:
        """Ends what is left at once: nothing starts any more, coroutines are cancelled, the loop is let go."""
        binding = self._binding
        if binding is None:
            return
        self._usable().stop(not wait)
        self._started_at = None
        _on_loop(binding.loop, lambda: binding.close(cancel=not wait))
        self._binding = None
        self._listeners.dispatch(SchedulerEvent(code=SCHEDULER_SHUTDOWN))
        logger.info("scheduler stopped")

    def _end_thread(self) -> None:
        thread, self._loop_thread = self._loop_thread, None
        if thread is not None:
            thread.stop()
            thread.join()

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        if self._binding is None:
            call()
        else:
            self._binding.loop.call_later(seconds, call)

    def _on_stopped(self) -> None:
        """On the loop's thread: the engine has stopped."""
        if self._stopped is not None:
            self._stopped.set()

    def _on_loop_lost(self) -> None:
        """The loop was closed while the scheduler ran: the scheduler stops, and what waits goes back to the stores."""
        binding = self._binding
        if binding is None:
            return
        logger.warning("the event loop was closed while the scheduler ran: the scheduler stops")
        self._binding = None
        self._starts = 0
        self._started_at = None
        if self._engine is not None:
            self._engine.stop(True)
        binding.close(cancel=True, loop_usable=False)

    # ---- The process ----

    def _after_fork(self) -> None:
        binding, self._binding = self._binding, None
        thread, self._loop_thread = self._loop_thread, None
        if binding is not None:
            # Threads, the loop's selector and the coroutines are the parent's: ending them here would end them there,
            # or run their cleanup twice.
            processes.keep(thread, binding.forget())
        super()._after_fork()

    def _at_exit(self) -> None:
        binding, self._binding = self._binding, None
        engine = self._engine
        if binding is None or engine is None:
            return
        engine.stop(True)
        patience = _STOP_MS
        if not binding.loop.is_running():
            binding.close(cancel=True, loop_usable=False)  # nor will it run again
        elif _is_current(binding.loop):
            binding.close(cancel=True)
        else:
            closed = threading.Event()

            def close() -> None:
                binding.close(cancel=True)
                closed.set()

            with contextlib.suppress(RuntimeError):
                binding.loop.call_soon_threadsafe(close)
                closed.wait(_CANCEL_S)
            if not closed.is_set():  # something blocks the loop; what waits in threads must know all the same
                binding.close(cancel=True, loop_usable=False)
                patience = round(_CANCEL_S * 1000)
        self._endless = not engine.wait(patience)
        thread, self._loop_thread = self._loop_thread, None
        if thread is not None:
            thread.stop()

    def _at_end(self) -> None:
        if self._engine is not None and not self._endless:
            self._engine.wait(_STOP_MS)

    # ---- Context managers ----

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if _in_a_hurry(kind):
            self._leave()
        else:
            self.shutdown()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if _in_a_hurry(kind):
            self._leave()
        else:
            await self.shutdown_async()


def _in_a_hurry(kind: type[BaseException] | None) -> bool:
    return kind is not None and not issubclass(kind, Exception)


def _is_current(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _on_loop(loop: asyncio.AbstractEventLoop, call: Callable[[], Any]) -> None:
    """Makes a call on the loop's thread and waits for it; here and now when the loop does not run, or runs here."""
    if not loop.is_running() or _is_current(loop):
        call()
        return
    done = threading.Event()
    failure: list[BaseException] = []

    def make() -> None:
        try:
            call()
        except BaseException as error:
            failure.append(error)
        finally:
            done.set()

    loop.call_soon_threadsafe(make)
    while not done.wait(_SLICE_MS / 1000):
        if loop.is_closed() or not loop.is_running():
            if not done.is_set():
                call()
            break
    if failure:
        raise failure[0]
