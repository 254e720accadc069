"""PolledScheduler: a scheduler in a loop of the program's own."""

from __future__ import annotations

from datetime import timedelta

from .base import BaseScheduler
from .configuration import seconds_of
from .polled_driver import PolledDriver


class PolledScheduler(BaseScheduler):
    """A BaseScheduler for programs whose loop is not asyncio's: selectors, GLib, Tk, a game's frames, or a plain
    `while`. It starts no thread except those of ThreadPoolExecutors; all of its work is done in poll().

        scheduler.start()
        selector.register(scheduler, selectors.EVENT_READ)
        while scheduler.running:
            selector.select(scheduler.poll_timeout())
            scheduler.poll()

    What BaseScheduler says of process_tasks() holds for poll(): functions run in it, and so on.

    Args: those of BaseScheduler.
    """

    _driver: PolledDriver

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
