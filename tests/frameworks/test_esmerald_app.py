"""An Esmerald application under uvicorn, with uvsched behind its ``scheduler_config``.

Runs in the environment with Esmerald (``./dev test`` makes it); without Esmerald it fails, it does not skip.
tests/frameworks/esmerald_app is the application, in each form that Esmerald's documentation gives.
"""

from __future__ import annotations

import re
import signal
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from serving import STOP_PATIENCE, Server, serving

APP = Path(__file__).parent / "esmerald_app"
FORMS = ["plain:app", "own_lifespan:app", "own_lifespan:both", "from_settings:app", "from_environment:app"]
MICROSECOND = 1e-6

EXPECTED = re.compile(r"task \S+ failed: RuntimeError: stumbled.*?^RuntimeError: stumbled", re.DOTALL | re.MULTILINE)
"""What uvsched logs of the task that fails."""

Start = Callable[[str], AbstractContextManager[Server]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts a form of the application; each start in a test has the same database and log."""
    env = {"TASKS_DB": str(tmp_path / "tasks.db")}

    def begin(target: str) -> AbstractContextManager[Server]:
        settings = {"ESMERALD_SETTINGS_MODULE": "custom_settings.CustomSettings"} if "environment" in target else {}
        return serving(APP, target, tmp_path / "server.log", {**env, **settings})

    return begin


def calls(state: Any, least: int) -> bool:
    """Whether each task that recurs has run so often, and the one-off once."""
    seen = state["calls"]
    return all(seen.get(name, 0) >= least for name in ("beat", "crunch", "stumble")) and seen.get("hello") == 1


def rows(state: Any, task: str) -> list[Any]:
    """A task's rows in the ledger, from old to new."""
    return [row for row in reversed(state["ledger"]) if row["task"] == task]


def has_caught_up(state: Any) -> bool:
    """Whether no due time of the recurring tasks is left out between the first and the last row."""
    for task, interval in (("beat", 0.25), ("crunch", 0.5)):
        found = rows(state, task)
        span = max(row["last"] for row in found) - min(row["first"] for row in found)
        if sum(row["folded"] for row in found) <= round(span / interval):
            return False
    return True


def assert_every_due_time_once(found: list[Any], interval: float) -> None:
    """The rows stand for each nominal time of the task, one after the other, none twice and none left out."""
    assert len(found) > 1
    slots = sorted((row["first"], row["last"], row["folded"]) for row in found)
    for (first, last, folded), (following, _, _) in pairwise(slots):
        assert abs(last - first - (folded - 1) * interval) < 10 * MICROSECOND
        assert abs(following - last - interval) < 10 * MICROSECOND


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_tasks_run_and_stop_with_the_application(start: Start, form: str, how: signal.Signals) -> None:
    with start(form) as server:
        state = server.wait_for("/state", lambda seen: calls(seen, least=3))
        assert server.stop(how) < STOP_PATIENCE
        assert "Traceback" not in EXPECTED.sub("", server.log)
    assert "disabled" not in state["calls"]
    assert {"beat", "crunch"} <= set(state["tasks"])


def derived_id(state: Any) -> str:
    """The id that was derived for the task without one."""
    [found] = [task for task in state["tasks"] if "stumble" in task]
    return str(found)


def test_where_tasks_run_and_what_the_ledger_says(start: Start) -> None:
    with start("plain:app") as server:
        state = server.wait_for("/state", lambda seen: calls(seen, least=2) and len(seen["ledger"]) >= 6)
        server.stop()
    assert state["threads"]["beat"] == "MainThread"
    assert state["threads"]["crunch"] != "MainThread"
    assert rows(state, "crunch")[0]["result"] == 7
    failed = rows(state, derived_id(state))[0]
    assert failed["state"] == "failed"
    assert "Traceback" in failed["error"]
    assert "RuntimeError: stumbled, as it does each time" in failed["error"]


@pytest.mark.parametrize("form", ["plain:app", "own_lifespan:app", "from_settings:app"])
def test_goes_on_after_a_restart(start: Start, form: str) -> None:
    with start(form) as server:
        first = server.wait_for("/state", lambda seen: calls(seen, least=3))
        server.stop()
    with start(form) as server:
        # What came to be due meanwhile is caught up in pieces; a new due time may stand in the ledger before the last.
        second = server.wait_for("/state", lambda seen: calls(seen, least=8) and has_caught_up(seen))
        server.stop(signal.SIGTERM)
    assert first["tasks"] == second["tasks"]
    assert rows(second, "beat")[0] == rows(first, "beat")[0]
    assert_every_due_time_once(rows(second, "beat"), 0.25)
    assert_every_due_time_once(rows(second, "crunch"), 0.5)


def test_a_cron_task_runs_when_seconds_begin(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MORE_TASKS", "chime")
    for least in (2, 4):
        with start("plain:app") as server:
            state = server.wait_for("/state", lambda seen, least=least: len(rows(seen, "chime")) >= least)
            server.stop()
    found = rows(state, "chime")
    assert all(row["first"] == int(row["first"]) for row in found)
    assert_every_due_time_once(found, 1.0)


def test_a_coroutine_under_way_is_cancelled_and_the_ledger_says_so(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MORE_TASKS", "linger")
    with start("plain:app") as server:
        server.wait_for("/state", lambda seen: seen["calls"].get("linger"))
        assert server.stop() < STOP_PATIENCE
    with start("plain:app") as server:
        state = server.wait_for("/state", lambda seen: rows(seen, "linger"))
    row = rows(state, "linger")[0]
    assert (row["state"], row["reason"]) == ("cancelled", "cancelled")


def test_goes_on_after_kill_9(start: Start, tmp_path: Path) -> None:
    for _ in range(3):
        with start("plain:app") as server:
            server.wait_for("/state", lambda seen: calls(seen, least=3))
            server.kill()
    with start("plain:app") as server:
        state = server.wait_for("/state", lambda seen: calls(seen, least=8) and has_caught_up(seen))
        server.stop()
    assert_every_due_time_once(rows(state, "beat"), 0.25)
    assert_every_due_time_once(rows(state, "crunch"), 0.5)
    assert {row["state"] for row in rows(state, "beat")} <= {"done", "skipped"}
    with sqlite3.connect(tmp_path / "tasks.db") as db:
        # What was released waits for the next start; nothing is left in anybody's hands.
        assert set(db.execute("SELECT DISTINCT state FROM open").fetchall()) <= {("ready",)}


def test_an_application_that_cannot_start_ends_at_once(start: Start) -> None:
    """Its lifespan raises after the framework started the scheduler: a start without any shutdown."""
    with pytest.raises(AssertionError, match="this application cannot start") as caught, start("own_lifespan:broken"):
        pass
    assert "the server ended with 3" in str(caught.value)
