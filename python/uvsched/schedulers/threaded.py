"""BackgroundScheduler and BlockingScheduler: for programs without an event loop."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from ..events import SchedulerEvent
from ..events.constants import SCHEDULER_SHUTDOWN
from . import processes
from .asyncio import AsyncIOScheduler
from .serving_process import why_not_here

__all__ = ["BackgroundScheduler", "BlockingScheduler"]


class BackgroundScheduler(AsyncIOScheduler):
    """A scheduler with a loop in a thread of its own, wherever it is started: for Flask, WSGI servers and scripts.

    It runs in the process that serves. Where start() finds that this one does not, it starts nothing, and a line in the
    log says why: in the parents of `flask run --debug` and of Django's `runserver`, which only watch files, in Django's
    other commands, in gunicorn's master (`--preload`), and in uWSGI's master or without uWSGI's threads.

    Args: those of AsyncIOScheduler, apart from `event_loop` and `isolated_event_loop`.
    """

    def __init__(self, global_config: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(global_config, **{**options, "isolated_event_loop": True})

    def start(self, paused: bool = False) -> bool:
        """See AsyncIOScheduler.start.

        Returns:
            True if this call started it; False if it ran already, and the start was only counted, or if this process
            does not serve.
        """
        why = why_not_here()
        if why is not None:
            processes.excuse()
            processes.logger.warning("%r is not started: %s", self, why)
            return False
        return super().start(paused)


class BlockingScheduler(BackgroundScheduler):
    """A BackgroundScheduler that is all that a program does: start() returns when the scheduler has stopped."""

    def start(self, paused: bool = False) -> bool:
        """Starts, and returns when shutdown() was called, on any thread or in a task, or at Ctrl-C, which shuts it
        down. A start that is only counted returns at once.

        Returns:
            True if this call started it; False if it ran already, and the start was only counted.

        Raises:
            As AsyncIOScheduler.start.
        """
        ended = threading.Event()

        def on_end(event: SchedulerEvent) -> None:
            ended.set()

        self.add_listener(on_end, SCHEDULER_SHUTDOWN)
        try:
            if not super().start(paused):
                return False
            try:
                ended.wait()
            except KeyboardInterrupt:
                if not ended.is_set():
                    self.shutdown()
            self._driver.wait_left()
            return True
        finally:
            self.remove_listener(on_end)
