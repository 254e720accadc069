"""A SQLite store beneath a scheduler that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from uvsched.events.constants import TASK_EXECUTED
from uvsched.executors import AsyncIOExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler

from .conftest import until

FUNCTIONS = ("int", "str", "list", "dict", "set", "bool", "float")


@pytest.mark.parametrize("executor", ["default", "threads", "inline"])
def test_the_first_task_of_a_function_runs_at_once(run: Any, record: Any, tmp_path: Path, executor: str) -> None:
    # A function and an executor that the store has not met yet are a new lane, which the engine must come to look at.
    executors = {"default": AsyncIOExecutor(), "threads": ThreadPoolExecutor(1), "inline": DebugExecutor()}
    scheduler = AsyncIOScheduler(stores={"default": f"sqlite:{tmp_path / 'tasks.db'}"}, executors=executors)
    heard = record(scheduler, TASK_EXECUTED)

    async def main() -> None:
        async with scheduler:
            for number, function in enumerate(FUNCTIONS, start=1):
                scheduler.add_task(f"builtins:{function}", executor=executor)
                await until(lambda number=number: len(heard.events) == number, f"the run of {function}")

    run(main)
