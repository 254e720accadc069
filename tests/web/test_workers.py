"""Several workers of a server share one store: each due time runs once, whichever worker is killed or replaced."""

from __future__ import annotations

import os
import shutil
import signal
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers import mongodb_server, postgresql, redis

from .commands import CommandServer, running

APPS = Path(__file__).parent / "apps"
WORKERS = 4
UVICORN = ["-m", "uvicorn", "--port", "PORT", "--workers", str(WORKERS), "workers_app:app"]
GUNICORN = ["-m", "gunicorn", "--bind", "127.0.0.1:PORT", "--graceful-timeout", "30"]
UVICORN_WORKER = [*GUNICORN, "--worker-class", "uvicorn_worker.UvicornWorker", "workers_app:app"]
PERIOD = 0.2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(APPS / "workers_app.py", tmp_path)
    return tmp_path


SERVERS = {
    "postgresql": (postgresql.running, "&schema=test_{}&lease=2"),
    "redis": (redis.running, "?prefix=test_{}&lease=2"),
    "mongodb": (mongodb_server.running, "/uvsched_tests?collection=test_{}&lease=2"),
}


@pytest.fixture(params=["sqlite", *SERVERS])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The store of the application."""
    if request.param == "sqlite":
        yield
        return
    running_server, place = SERVERS[request.param]
    with running_server() as url:
        monkeypatch.setenv("WORKERS_STORE", url + place.format(uuid.uuid4().hex))
        yield


class Calls:
    """What the tasks wrote: (task, due time, process)."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "calls.log"

    def all(self) -> list[tuple[str, float, int]]:
        if not self._path.exists():
            return []
        lines = [line.split() for line in self._path.read_text().splitlines()]
        return [(task, float(due), int(process)) for task, due, process in lines]

    def processes(self) -> set[int]:
        return {process for _, _, process in self.all()}

    def counted(self, task: str) -> Counter[float]:
        return Counter(due for name, due, _ in self.all() if name == task)


def wait_for_calls(server: CommandServer, calls: Calls, more: int) -> None:
    wanted = len(calls.all()) + more
    server.wait_until(lambda: len(calls.all()) >= wanted, f"{more} more calls")


def kill_one_that_called(calls: Calls) -> int:
    process = calls.all()[-1][2]
    os.kill(process, signal.SIGKILL)
    return process


def check_ticks(rows: list[Any], calls: Calls, kills: int) -> None:
    """The ledger has each due time in one row, and the log has one call for each row that was not folded away."""
    ticks = sorted((first, folded, state) for task, state, first, folded in rows if task == "tick")
    called = calls.counted("tick")
    again = 0
    expected = ticks[0][0]
    for first, folded, state in ticks:
        assert first == pytest.approx(expected, abs=0.001), f"between {expected} and {first}"
        expected = first + folded * PERIOD
        if state == "done":
            again += called[round(first, 3)] - 1
            assert called[round(first, 3)] >= 1
    assert again <= kills, "more calls than kills explain"
    assert set(called) - {round(first, 3) for first, _, _ in ticks} <= set(list(called)[-WORKERS:])


@pytest.mark.usefixtures("store")
def test_uvicorn_with_four_workers(folder: Path) -> None:
    calls = Calls(folder)
    with running(folder, UVICORN) as server:
        server.wait_until(lambda: server.log.count("Application startup complete") == WORKERS, "all workers")
        wait_for_calls(server, calls, 10)
        killed = kill_one_that_called(calls)
        wait_for_calls(server, calls, 10)
        assert all(process != killed for _, _, process in calls.all()[-5:])
        with running(folder, UVICORN) as successor:  # a rolling restart
            successor.wait_until(
                lambda: successor.log.count("Application startup complete") >= 2 * WORKERS, "the new workers"
            )
            server.process.send_signal(signal.SIGTERM)
            assert server.wait() in (0, -signal.SIGTERM), server.log
            wait_for_calls(successor, calls, 10)
            rows = successor.get("/runs")
            check_ticks(rows, calls, kills=1)
            successor.process.send_signal(signal.SIGTERM)
            assert successor.wait() in (0, -signal.SIGTERM), successor.log
    assert "in use by" not in server.log
    assert "Traceback" not in server.log, server.log


def test_gunicorn_forks_four_workers(folder: Path) -> None:
    calls = Calls(folder)
    with running(folder, [*UVICORN_WORKER, "--preload", "--workers", str(WORKERS)]) as server:
        server.wait_until(lambda: server.log.count("Application startup complete") == WORKERS, "all workers")
        wait_for_calls(server, calls, 10)
        killed = kill_one_that_called(calls)
        wait_for_calls(server, calls, 10)
        assert all(process != killed for _, _, process in calls.all()[-5:])
        check_ticks(server.get("/runs"), calls, kills=1)
        server.process.send_signal(signal.SIGTERM)
        assert server.wait() == 0, server.log
    assert "never started" not in server.log
    assert "Traceback" not in server.log, server.log


def test_gunicorn_is_reloaded_while_a_run_is_under_way(folder: Path) -> None:
    calls = Calls(folder)
    with running(folder, UVICORN_WORKER) as server:
        first = server.wait_for("/process", bool)
        request = urllib.request.Request(f"{server.url}/slow?seconds=6", method="POST", data=b"")
        with urllib.request.urlopen(request, timeout=30):
            pass
        server.wait_until(lambda: calls.counted("slow"), "the run")
        begin = time.monotonic()
        server.process.send_signal(signal.SIGHUP)
        server.wait_for("/process", lambda process: process != first)
        assert time.monotonic() - begin < 6 or not server.get("/runs"), "the site was down"
        rows = server.wait_for("/runs", lambda rows: [state for task, state, *_ in rows if task == "slow"])
        assert [state for task, state, *_ in rows if task == "slow"] == ["done"]
        assert sum(calls.counted("slow").values()) == 1
        wait_for_calls(server, calls, 5)
        check_ticks(server.get("/runs"), calls, kills=0)
        server.process.send_signal(signal.SIGTERM)
        assert server.wait() == 0, server.log
    assert "Traceback" not in server.log, server.log
