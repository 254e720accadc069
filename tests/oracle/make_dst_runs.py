"""Writes tests/data/dst_runs.tsv, for tests/core/engine/dst_run_test.cpp: fires of two years in five zones.

Run from the root: `python -m tests.oracle.make_dst_runs`.
"""

from __future__ import annotations

import itertools
from datetime import datetime, timezone
from pathlib import Path

from .cron_text import read
from .rules import Cron
from .zones import EPOCH, load

FILE = Path(__file__).resolve().parents[1] / "data" / "dst_runs.tsv"
FIRST = (datetime(2024, 1, 1, tzinfo=timezone.utc) - EPOCH).days * 86_400
LAST = (datetime(2026, 1, 1, tzinfo=timezone.utc) - EPOCH).days * 86_400
ZONES = ["Africa/Cairo", "America/New_York", "America/Nuuk", "Antarctica/Troll", "Australia/Lord_Howe"]
RULES = [
    "*/30 * * * *",  # wild: both passes
    "0 0-23 * * *",  # not wild: the first pass only, and the end of a gap
    "0 0 * * *",
    "30 1 * * *",
    "30 2 * * *",
    "30 23 * * *",
    "15 2 * * SUN",
    "0 0 L * *",
]


def render() -> str:
    lines = ["# zone\trule\tfires from 2024-01-01T00:00Z to 2026-01-01T00:00Z: the first, then steps*times; seconds"]
    for zone, rule in itertools.product(ZONES, RULES):
        fires = fires_of(zone, rule)
        steps = (late - early for early, late in itertools.pairwise(fires))
        runs = [f"{step}*{len(list(same))}" for step, same in itertools.groupby(steps)]
        lines.append("\t".join([zone, rule, " ".join([str(fires[0]), *runs])]))
    return "\n".join(lines) + "\n"


def fires_of(zone: str, rule: str) -> list[int]:
    fires = Cron(read(rule).fields(None), load(zone)).after(FIRST - 1)
    return list(itertools.takewhile(lambda at: at <= LAST, fires))


if __name__ == "__main__":
    FILE.write_text(render())
