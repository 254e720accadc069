"""What the forms of the application share: the scheduler's configuration and a page that shows its state."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import jobs
from esmerald import Gateway, Request, get
from uvsched.contrib.esmerald import AsynczConfig
from uvsched.executors import AsyncIOExecutor, ThreadPoolExecutor
from uvsched.stores.sqlite import SQLiteStore

TASKS = dict.fromkeys(
    ["beat", "crunch", "stumble", "hello", "disabled", *os.environ.get("MORE_TASKS", "").split()], "jobs"
)


def make_config() -> AsynczConfig:
    """The configuration of Esmerald's documentation, on uvsched's SQLite store."""
    return AsynczConfig(
        tasks=TASKS,
        timezone="UTC",
        stores={"default": SQLiteStore(os.environ["TASKS_DB"])},
        executors={"default": AsyncIOExecutor(), "threadpool": ThreadPoolExecutor(max_workers=20)},
        task_defaults={"coalesce": False, "max_instances": 4},
    )


get_scheduler_config = lru_cache(make_config)


@get("/state")
def state(request: Request) -> dict[str, Any]:
    """What ran in this process, and the ledger."""
    scheduler = request.app.scheduler_config.handler
    return {
        "calls": jobs.calls,
        "threads": jobs.threads,
        "tasks": [task.id for task in scheduler.get_tasks()],
        "ledger": [
            {
                "task": row.task_id,
                "state": row.state,
                "reason": row.reason,
                "first": row.first_time.timestamp(),
                "last": row.scheduled_time.timestamp(),
                "folded": row.folded,
                "error": row.error,
                "result": row.result,
                "owner": row.owner,
            }
            for row in scheduler.history(limit=1000)
        ],
    }


routes = [Gateway(handler=state)]
