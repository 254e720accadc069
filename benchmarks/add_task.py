"""Adding 10,000 interval tasks to a running scheduler, memory store: asyncz and APScheduler beside it."""

from __future__ import annotations

import asyncio
import time

from _contenders import Contender, Sample, compare

TASKS = 10_000
HOUR = 3_600


def nothing() -> None:
    pass


async def add_many(contender: type[Contender]) -> Sample:
    this = contender("debug")
    this.start()
    await asyncio.sleep(0.1)
    begin = time.perf_counter()
    for _ in range(TASKS):
        this.add(nothing, HOUR)
    rate = TASKS / (time.perf_counter() - begin)
    this.stop()
    return Sample(rate)


if __name__ == "__main__":
    compare(lambda contender: asyncio.run(add_many(contender)), "add_task, 10,000 intervals", "adds/s")
