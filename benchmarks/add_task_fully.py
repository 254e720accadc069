"""Adding 10,000 tasks with all options given, memory store: before the start and while it runs, without listeners and
with two; asyncz and APScheduler beside it."""

from __future__ import annotations

import asyncio
import time

from _contenders import Contender, Sample, compare

TASKS = 10_000


def nothing(number: int, text: str) -> None:
    pass


def hear(event: object) -> None:
    pass


def hear_too(event: object) -> None:
    pass


async def add_many(contender: type[Contender], running: bool, listeners: bool) -> Sample:
    this = contender("debug")
    if listeners:
        this.listen(hear)
        this.listen(hear_too)
    if running:
        this.start()
        await asyncio.sleep(0.1)
    begin, used = time.perf_counter(), time.process_time()
    for number in range(TASKS):
        this.add_fully(nothing, number)
    rate, processor = TASKS / (time.perf_counter() - begin), TASKS / (time.process_time() - used)
    if not running:
        this.start()
    this.stop()
    await asyncio.sleep(0)
    return Sample(rate, processor=processor)


if __name__ == "__main__":
    for running in (False, True):
        for listeners in (False, True):
            what = f"add_task, all options, {'running' if running else 'before start'}"
            compare(
                lambda contender, running=running, listeners=listeners: asyncio.run(
                    add_many(contender, running, listeners)
                ),
                what + (", two listeners" if listeners else ""),
                "adds/s",
            )
