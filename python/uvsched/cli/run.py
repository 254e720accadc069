"""uvsched run: a scheduler without a web server."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal

from ..events import SchedulerEvent
from ..events.constants import SCHEDULER_SHUTDOWN
from ..exceptions import UvschedException
from ..schedulers import AsyncIOScheduler, BackgroundScheduler
from .loading import load_scheduler
from .options import CommandError


def run(args: argparse.Namespace) -> int:
    """Runs the scheduler. 0: stopped by a signal or by a task; 1: it could not start, or a store's file was lost."""
    scheduler = load_scheduler(args.scheduler, args)
    logging.basicConfig(
        level=args.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )  # does nothing if the program has configured it
    return asyncio.run(_run(scheduler))


async def _run(scheduler: AsyncIOScheduler) -> int:
    stop = asyncio.Event()

    def on_end(event: SchedulerEvent) -> None:
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    scheduler.add_listener(on_end, SCHEDULER_SHUTDOWN)
    try:
        await _started(scheduler)
    except (UvschedException, LookupError, TypeError, ValueError) as error:
        raise CommandError(f"the scheduler cannot start: {error}") from None
    try:
        await stop.wait()
    finally:
        scheduler.remove_listener(on_end)
        if scheduler.running:
            await scheduler.shutdown_async()
    return 0


async def _started(scheduler: AsyncIOScheduler) -> None:
    if isinstance(scheduler, BackgroundScheduler):  # it has a loop of its own, and a start of its own that may block
        await asyncio.to_thread(AsyncIOScheduler.start, scheduler)
    else:
        await scheduler.start_async()
