"""A first time that is given, whatever the trigger says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from uvsched.schedulers import AsyncIOScheduler
from uvsched.stores.memory import MemoryStore
from uvsched.stores.sqlite import SQLiteStore

from .conftest import Main


def job() -> None:
    """Does nothing."""


@pytest.mark.parametrize("durable", [False, True])
def test_it_is_exact_to_the_microsecond_also_after_restarts(
    tmp_path: Path, run: Callable[[Main], Any], durable: bool
) -> None:
    first = datetime.now(timezone.utc) + timedelta(days=1)
    times = {f"task {i}": first + timedelta(microseconds=i) for i in range(40)}

    async def main() -> None:
        for start in range(3 if durable else 1):
            store = SQLiteStore(tmp_path / "tasks.db") if durable else MemoryStore()
            async with AsyncIOScheduler(stores={"default": store}) as scheduler:
                if start == 0:
                    for name, at in times.items():
                        scheduler.add_task(job, "interval", minutes=7, id=name, next_run_time=at)
                for _ in range(5):
                    assert {task.id: task.next_run_time for task in scheduler.get_task_infos()} == times
                later = scheduler.preview_task_runs("task 0", count=3).run_times
                assert later == tuple(times["task 0"] + i * timedelta(minutes=7) for i in range(3))

    run(main)
