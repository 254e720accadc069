"""uvsched.contrib.litestar in real applications, under uvicorn and in Litestar's own test client."""

from __future__ import annotations

import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from documented import FRAMEWORKS, write_programs
from litestar import Litestar, get
from litestar.di import NamedDependency, Provide
from litestar.testing import TestClient
from serving import Server, serving
from uvsched import AsyncIOScheduler
from uvsched.contrib.litestar import SchedulerPlugin

ORDER = """
import contextlib
from litestar import Litestar, get
from litestar.di import NamedDependency
from uvsched import AsyncIOScheduler
from uvsched.contrib.litestar import SchedulerPlugin

scheduler = AsyncIOScheduler()
pool = []

@scheduler.add_task(trigger="interval", seconds=0.01, id="tick")
async def tick():
    if pool != ["lifespan", "startup"]:
        print("a task met a closed pool:", pool, flush=True)

@contextlib.asynccontextmanager
async def own(app):
    pool.append("lifespan")
    yield
    print("running at the end:", scheduler.running, flush=True)
    pool.clear()

def startup():
    print("running at startup:", scheduler.running, flush=True)
    pool.append("startup")

def shutdown():
    pool.clear()

@get("/runs")
async def runs(jobs: NamedDependency[AsyncIOScheduler]) -> int:
    return len(jobs.history())

plugin = SchedulerPlugin(scheduler, dependency="jobs")
app = Litestar([runs], lifespan=[own], on_startup=[startup], on_shutdown=[shutdown], plugins=[plugin])
"""


def test_a_reminder_survives_a_restart(tmp_path: Path) -> None:
    write_programs(FRAMEWORKS, tmp_path)
    log = tmp_path / "server.log"
    with serving(tmp_path, "litestar_plugin_app:app", log) as server:
        request = urllib.request.Request(f"{server.url}/reminders", method="POST", data=b"")
        urllib.request.urlopen(request, timeout=10).close()
        due = time.monotonic() + 2
        stop(server)
    time.sleep(max(0.0, due - time.monotonic()))  # it becomes due while nothing runs
    with serving(tmp_path, "litestar_plugin_app:app", log) as server:
        seen = server.wait_for("/runs", lambda rows: "reminder: done" in rows)
        assert seen.count("reminder: done") == 1
        stop(server)
        assert "cannot run in this process" not in server.log


def stop(server: Server) -> None:
    server.stop(signal.SIGTERM)
    assert "Traceback" not in server.log, server.log


def test_tasks_run_only_while_the_application_is_ready(tmp_path: Path) -> None:
    (tmp_path / "order.py").write_text(ORDER)
    with serving(tmp_path, "order:app", tmp_path / "server.log") as server:
        server.wait_for("/runs", lambda number: number > 2)
        stop(server)
        assert "closed pool" not in server.log
        assert "running at startup: False" in server.log
        assert "running at the end: False" in server.log


def test_an_application_starts_again() -> None:
    scheduler = AsyncIOScheduler()

    @get("/")
    async def running(scheduler: NamedDependency[AsyncIOScheduler]) -> bool:
        return scheduler.running

    app = Litestar([running], plugins=[SchedulerPlugin(scheduler)])
    for _ in range(2):
        with TestClient(app) as client:
            assert client.get("/").json() is True
        assert not scheduler.running


def test_a_startup_that_fails_stops_nothing_that_did_not_start() -> None:
    scheduler = AsyncIOScheduler()

    def fail() -> None:
        raise ConnectionError("no database")

    app = Litestar([], on_startup=[fail], plugins=[SchedulerPlugin(scheduler)])
    with pytest.raises(Exception, match=r"no database|unhandled"), TestClient(app):
        pass
    assert not scheduler.running


def test_a_scheduler_that_does_not_start_is_the_application_s_error() -> None:
    scheduler = AsyncIOScheduler(stores={"default": "sqlite:/nowhere/at/all.db"})
    with pytest.raises(Exception), TestClient(Litestar([], plugins=[SchedulerPlugin(scheduler)])):  # noqa: B017, PT011
        pass
    assert not scheduler.running


def test_what_is_refused() -> None:
    with pytest.raises(TypeError, match="expected an AsyncIOScheduler, not 'scheduler'"):
        SchedulerPlugin("scheduler")  # type: ignore[arg-type]

    async def provided() -> Any:
        return None

    plugin = SchedulerPlugin(AsyncIOScheduler())
    with pytest.raises(ValueError, match="has a dependency 'scheduler' already; give another name"):
        Litestar([], dependencies={"scheduler": Provide(provided)}, plugins=[plugin])
