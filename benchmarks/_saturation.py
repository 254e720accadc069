"""Fires per second of 1,000 recurring tasks, at the shortest intervals that a scheduler can still serve.

Late times are coalesced, as all contenders do by default. The peers step through each missed time of each task: with
intervals too short for them they do less, not more. So each contender is given the interval at which it does most.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from _contenders import Contender, Executor, Sample, compare

TASKS = 1_000
LONGEST = 0.2  # seconds
SHORTEST = 0.00002
WARM_UP = 0.3
TRIAL = 0.4
TRIALS = 3
SECONDS = 2.0
WORSE_IN_A_ROW = 3  # halved intervals that end the search
SATURATED = 0.97  # of what is due; a contender that does more has nothing left to do


class Counter:
    """Counts its calls, plain or as a coroutine."""

    def __init__(self) -> None:
        self.fires = 0

    def plain(self) -> None:
        self.fires += 1

    async def coroutine(self) -> None:
        self.fires += 1


class Heard:
    """Counts the events that it hears."""

    def __init__(self) -> None:
        self.events = 0

    def listen(self, event: Any) -> None:
        self.events += 1


async def rate(
    contender: type[Contender], executor: Executor, interval: float, seconds: float, listeners: int = 0
) -> tuple[float, float]:
    """Fires for each second, and for each second of processor time."""
    counter = Counter()
    call: Callable[[], None] | Callable[[], Awaitable[None]]
    call = counter.plain if executor == "debug" else counter.coroutine
    this = contender(executor)
    for _ in range(listeners):
        this.listen(Heard().listen)
    for _ in range(TASKS):
        this.add(call, interval)
    this.start()
    await asyncio.sleep(WARM_UP)
    before, begin, used = counter.fires, time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    fires = counter.fires - before
    rates = fires / (time.perf_counter() - begin), fires / (time.process_time() - used)
    this.stop()
    await asyncio.sleep(0)
    return rates


def best_interval(contender: type[Contender], executor: Executor, listeners: int) -> float:
    def trial(interval: float) -> float:
        return max(asyncio.run(rate(contender, executor, interval, TRIAL, listeners))[0] for _ in range(TRIALS))

    rates: dict[float, float] = {}
    interval = LONGEST
    worse = 0
    while interval > SHORTEST and worse < WORSE_IN_A_ROW:
        rates[interval] = trial(interval)
        worse = 0 if rates[interval] == max(rates.values()) else worse + 1
        interval /= 2
    best = max(rates, key=lambda interval: rates[interval])
    for part in (1.5, 1.25, 0.9, 0.8, 0.7, 0.6):
        rates[best * part] = trial(best * part)
    return max(rates, key=lambda interval: rates[interval])


def main(executor: Executor, what: str, listeners: int = 0) -> None:
    intervals: dict[str, float] = {}

    def measure(contender: type[Contender]) -> Sample:
        if contender.name not in intervals:
            intervals[contender.name] = best_interval(contender, executor, listeners)
        interval = intervals[contender.name]
        fires, processor = asyncio.run(rate(contender, executor, interval, SECONDS, listeners))
        if fires < SATURATED * TASKS / interval:
            return Sample(fires, processor=processor)
        return Sample(fires, f"at {interval * 1e3:.3g} ms {contender.name} did all that was due")

    compare(measure, what, "fires/s")
    chosen = ", ".join(f"{name} {interval * 1e3:.3g} ms" for name, interval in intervals.items())
    print(f"intervals: {chosen}")
