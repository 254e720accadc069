"""What `import uvsched.schedulers` costs, each time in a new process; asyncz and APScheduler beside it."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from _figures import Control, row, spread

ROUNDS = 15
PROGRAM = """
import time
begin, used = time.perf_counter(), time.process_time()
import {module}
print(time.perf_counter() - begin, time.process_time() - used)
"""
MODULES = {
    "uvsched": "uvsched.schedulers",
    "asyncz": "asyncz.schedulers",
    "APScheduler": "apscheduler.schedulers.asyncio",
}


def milliseconds(module: str) -> tuple[float, float]:
    """By the clock, and of processor time."""
    printed = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(module=module)],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},  # a setting of the shell would have them compiled each time
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    clock, processor = (float(seconds) * 1e3 for seconds in printed.split())
    return clock, processor


if __name__ == "__main__":
    times: dict[str, list[float]] = {name: [] for name in MODULES}
    used: dict[str, list[float]] = {name: [] for name in MODULES}
    for module in MODULES.values():
        milliseconds(module)  # the files are in memory, and compiled
    control = Control()
    for _ in range(ROUNDS):
        control.look()
        for name, module in MODULES.items():
            clock, processor = milliseconds(module)
            times[name].append(clock)
            used[name].append(processor)
    control.judge()
    for name, module in MODULES.items():
        ratios = [theirs / ours for ours, theirs in zip(times["uvsched"], times[name], strict=True)]
        works = [theirs / ours for ours, theirs in zip(used["uvsched"], used[name], strict=True)]
        note = f"{statistics.median(used[name]):,.0f} ms of processor time"
        if name != "uvsched":
            note += f"; uvsched needs 1/{statistics.median(ratios):.1f} {spread(ratios, '.1f')}"
            note += f", of processor time 1/{statistics.median(works):.1f} {spread(works, '.1f')}"
        row(f"import {module}", times[name], "ms", None if name == "uvsched" else ratios, note, less_is_better=True)
