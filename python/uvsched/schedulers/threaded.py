"""BackgroundScheduler and BlockingScheduler: for programs without an event loop."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from ..events import SchedulerEvent
from ..events.constants import SCHEDULER_SHUTDOWN
from .asyncio import AsyncIOScheduler

__all__ = ["BackgroundScheduler", "BlockingScheduler"]


class BackgroundScheduler(AsyncIOScheduler):
    """A scheduler with a loop in a thread of its own, wherever it is started: for Flask, WSGI servers and scripts.

    Start it in the process that serves: it does not run in a process that is forked off afterwards (by
    `gunicorn --preload`, say), where start() has to be called again.

    Args: those of AsyncIOScheduler, apart from `event_loop` and `isolated_event_loop`.
    """

    def __init__(self, global_config: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(global_config, **{**options, "isolated_event_loop": True})


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
            return True
        finally:
            self.remove_listener(on_end)
