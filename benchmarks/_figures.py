"""Medians with their spread, a look at how busy the machine is, and the file that keeps a run."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time

MOST_MISSING = 0.02  # of the time
LOOK = 0.1  # seconds
GAP = 50e-6  # seconds; a poll takes 100 ns, and a tick of the system some microseconds


class Control:
    """Polls the clock for a while now and then: what is missing, somebody else had.

    Figures of a busy machine are worth nothing, so the program ends before it prints any. With UVSCHED_BENCH_BUSY=1 it
    only says so.
    """

    def __init__(self) -> None:
        self.missing: list[float] = []

    def look(self) -> None:
        missing = 0.0
        begin = last = now = time.perf_counter()
        while now - begin < LOOK:
            now = time.perf_counter()
            if now - last > GAP:
                missing += now - last
            last = now
        self.missing.append(missing / (now - begin))

    def judge(self) -> None:
        missing = statistics.median(self.missing)
        if missing <= MOST_MISSING:
            return
        what = f"the machine was busy: a loop that only polls the clock missed {missing:.0%} of its time"
        if not os.environ.get("UVSCHED_BENCH_BUSY"):
            sys.exit(f"{what}, so there are no figures")
        print(f"{what}: don't trust absolute figures")


def spread(values: list[float], form: str) -> str:
    return f"({min(values):{form}} to {max(values):{form}})"


def row(
    what: str,
    values: list[float],
    unit: str,
    ratios: list[float] | None = None,
    note: str = "",
    less_is_better: bool = False,
) -> None:
    """Prints a result, and appends it to the file that UVSCHED_BENCH_JSON names."""
    print(f"{what:<64} {statistics.median(values):>12,.0f} {unit:<8} {spread(values, ',.0f')}  {note}", flush=True)
    path = os.environ.get("UVSCHED_BENCH_JSON")
    if not path:
        return
    result = {"what": what, "unit": unit, "less_is_better": less_is_better, "value": three(values)}
    if ratios:
        result["ratio"] = three(ratios)
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")


def three(values: list[float]) -> list[float]:
    return [statistics.median(values), min(values), max(values)]
