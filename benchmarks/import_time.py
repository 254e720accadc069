"""What `import uvsched.schedulers` costs, each time in a new process; asyncz and APScheduler beside it."""

from __future__ import annotations

import statistics
import subprocess
import sys

from _figures import Control, row, spread

ROUNDS = 15
PROGRAM = "import time; begin = time.perf_counter(); import {module}; print(time.perf_counter() - begin)"
MODULES = {
    "uvsched": "uvsched.schedulers",
    "asyncz": "asyncz.schedulers",
    "APScheduler": "apscheduler.schedulers.asyncio",
}


def milliseconds(module: str) -> float:
    printed = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(module=module)], capture_output=True, text=True, check=True
    ).stdout
    return float(printed) * 1e3


if __name__ == "__main__":
    times: dict[str, list[float]] = {name: [] for name in MODULES}
    for module in MODULES.values():
        milliseconds(module)  # the files are in memory, and compiled
    control = Control()
    for _ in range(ROUNDS):
        control.look()
        for name, module in MODULES.items():
            times[name].append(milliseconds(module))
    control.judge()
    for name, module in MODULES.items():
        ratios = [theirs / ours for ours, theirs in zip(times["uvsched"], times[name], strict=True)]
        note = "" if name == "uvsched" else f"uvsched needs 1/{statistics.median(ratios):.1f} {spread(ratios, '.1f')}"
        row(f"import {module}", times[name], "ms", None if name == "uvsched" else ratios, note, less_is_better=True)
