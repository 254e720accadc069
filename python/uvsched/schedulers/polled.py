"""PolledScheduler: a scheduler in a loop of the program's own."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from .base import BaseScheduler
from .configuration import Configuration, seconds_of
from .polled_driver import PolledDriver


class PolledScheduler(BaseScheduler):
    """A scheduler for programs whose loop is not asyncio's: selectors, GLib, Tk, a game's frames, or a plain `while`.
    It starts no thread except those of ThreadPoolExecutors; all of its work is done in poll().

        scheduler.start()
        selector.register(scheduler, selectors.EVENT_READ)
        while scheduler.running:
            selector.select(scheduler.poll_timeout())
            scheduler.poll()

    Functions run in poll(), unless their executor is a ThreadPoolExecutor or a PullExecutor; listeners and custom
    triggers are called there, and it waits for the disk of durable stores. Coroutine functions need an
    AsyncIOScheduler. Starts and shutdowns are counted: the last shutdown stops it. A stopped scheduler may be started
    again; its tasks stay. As a context manager it starts and shuts down, unless its body has done so.

    Args:
        executors: "default" is a DebugExecutor unless given, which calls functions in poll().
        shutdown_timeout: how long (seconds or a timedelta) a shutdown waits for runs under way; None: as long as they
            take.
        others: see BaseScheduler.
    """

    _polled: ClassVar[bool] = True
    _driver: PolledDriver

    def _make_driver(self, configuration: Configuration) -> PolledDriver:
        return PolledDriver(configuration)

    # ---- Its work ----

    def poll(self, timeout: timedelta | float | None = 0) -> None:
        """Does the work that is due, on this thread. Does nothing while the scheduler is stopped.

        Threads may poll at the same time: one does the work, the others wait for it.

        Args:
            timeout: how long (seconds or a timedelta) to wait if there is no work; None: until there is some.

        Raises:
            SchedulerNotRunningError: it was not started yet. DeadlockError: poll() has called the function or the
            listener that calls this. SchedulerForkedError: it runs in the parent process.
        """
        self._handle.usable()
        self._driver.poll(seconds_of(timeout, "timeout"))

    def process_tasks(self) -> float | None:
        """Does the work that is due, for programs that sleep between two calls. Nothing happens in between. Reads every
        task; a program that can watch a descriptor calls poll().

        Returns:
            The seconds until the next task is due, 0 if one is; None if no task has a next run.

        Raises:
            As poll().
        """
        self.poll()
        return self._reader.seconds_to_next()

    def fileno(self) -> int:
        """A descriptor that is readable when poll() has work: selectors, poll() and GLib watch it. Never read, write or
        close it. It stays the same over restarts.

        Raises:
            SchedulerNotRunningError: it was not started yet. SchedulerForkedError: it runs in the parent process.
        """
        self._handle.usable()
        return self._driver.loop.fileno()

    def poll_timeout(self) -> float | None:
        """The longest time, in seconds from now, to wait for the descriptor; None: until it is readable.

        Raises:
            SchedulerNotRunningError: it was not started yet. SchedulerForkedError: it runs in the parent process.
        """
        self._handle.usable()
        return self._driver.loop.timeout()

    # ---- Stopping ----

    def shutdown(self, wait: bool = True) -> bool:
        """Takes back one start; the last one stops the scheduler.

        Polls until runs under way have ended, at most for the scheduler's shutdown_timeout (wait=True), or cancels the
        runs that can be cancelled. In a function or a listener that poll() has called, and in a run of a
        ThreadPoolExecutor, it does not wait: no run starts after it returns, and functions in threads go on to their
        end; call poll() until then, so that their results are stored.

        Returns:
            True if this call stopped it; False if further starts hold it.

        Raises:
            SchedulerNotRunningError: it was not started, or has been shut down already.
        """
        return self._lifecycle.shutdown(wait)
