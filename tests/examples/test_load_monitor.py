"""examples/load_monitor under uvicorn: what it answers, what it logs, how it ends, and how it goes on."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from servers import mongodb_server, postgresql, redis
from serving import STOP_PATIENCE, Refused, Server, serving

APP = Path(__file__).parents[2] / "examples" / "load_monitor"
TASKS = ["greeting", "report", "roll-up", "sample"]
MICROSECOND = 1e-6

Start = Callable[[], AbstractContextManager[Server]]


def monitor(folder: Path) -> AbstractContextManager[Server]:
    """The program with its data in ``folder``."""
    return serving(APP, "app:app", folder / "server.log", {"LOAD_MONITOR_DIR": str(folder / "data")})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that runs for all tests that only ask."""
    with monitor(tmp_path_factory.mktemp("monitor")) as running:
        yield running


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts the program; each start in a test has the same data and log."""
    return lambda: monitor(tmp_path)


def runs_of(server: Server, task: str, least: int, **wanted: Any) -> list[Any]:
    """At least so many rows of a task in the ledger that have these members, from old to new."""

    def chosen(answer: Any) -> list[Any]:
        rows = reversed(answer["runs"])
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    return chosen(server.wait_for(f"/runs?limit=500&task={task}", lambda seen: len(chosen(seen)) >= least))


def instant(text: str) -> float:
    """ISO 8601 text as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


# ---- What it answers ----


def test_tasks(server: Server) -> None:
    seen = server.wait_for("/tasks", lambda seen: all(task["last_run"] for task in seen["tasks"]))
    assert sorted(task["id"] for task in seen["tasks"]) == TASKS
    assert seen["scheduler"] == "running"
    tasks = {task["id"]: task for task in seen["tasks"]}
    assert "1" in tasks["sample"]["trigger"]
    assert tasks["roll-up"]["executor"] == "pool"
    assert tasks["greeting"]["state"] == "finished"
    assert tasks["greeting"]["next_run"] is None
    now = instant(seen["now"])
    assert -0.5 < instant(tasks["sample"]["next_run"]) - now <= 1.0
    assert tasks["sample"]["last_run"]["state"] == "done"


def test_runs_stand_in_the_ledger(server: Server) -> None:
    rows = runs_of(server, "sample", 3, state="done")
    for row in rows:
        assert 0 <= row["late"] < 5
        assert row["took"] >= 0
        assert re.fullmatch("[0-9a-f]{32}", row["fire"])
    for before, after in pairwise(rows):
        assert before["number"] < after["number"]
        assert abs(instant(after["first"]) - instant(before["last"]) - 1) < 10 * MICROSECOND


def test_runs_by_page_and_state(server: Server) -> None:
    runs_of(server, "sample", 4)
    newest = server.get("/runs?limit=2")["runs"]
    older = server.get(f"/runs?limit=2&before={newest[-1]['number']}")["runs"]
    numbers = [row["number"] for row in (*newest, *older)]
    assert len(numbers) == 4
    assert numbers == sorted(numbers, reverse=True)
    assert {row["state"] for row in server.get("/runs?state=done")["runs"]} == {"done"}


def test_a_task_fails_now_and_then(server: Server) -> None:
    failed = runs_of(server, "report", 1, state="failed")[0]
    assert "ConnectionError: report of " in failed["error"]
    assert "Traceback" in failed["error"]
    for row in runs_of(server, "report", 3):
        number = int(instant(row["last"])) // 5
        assert (row["state"] == "failed") == (number % 3 == 0)


def test_greets_three_seconds_after_start(server: Server) -> None:
    [row] = runs_of(server, "greeting", 1)
    assert row["state"] == "done"
    assert row["result"].startswith("Hello from ")
    started = instant(server.get("/tasks")["started"])
    assert 3 <= instant(row["last"]) - started < 8


def test_samples_and_averages(server: Server) -> None:
    seen = server.wait_for("/samples", lambda seen: seen["averages"] and len(seen["samples"]) >= 12)
    rows = dict(zip(seen["columns"], zip(*seen["samples"], strict=True), strict=True))
    assert list(rows["time"]) == sorted(rows["time"])
    assert all(load >= 0 for load in rows["load"])
    assert all(0 <= share <= 1 for share in rows["cpu"])
    assert all(0 < share < 1 for share in rows["memory"])
    start, _, _, memory = seen["averages"][0]
    assert start % 10 == 0
    assert 0 < memory < 1
    assert server.get(f"/samples?after={seen['samples'][-1][0]}")["samples"][:1] != seen["samples"][:1]
    assert re.fullmatch(r"\d+ new averages?", runs_of(server, "roll-up", 1, state="done")[0]["result"])


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/runs?limit=0", "limit: '0'"),
        ("/runs?limit=x", "limit: 'x'"),
        ("/runs?before=-1", "before: '-1'"),
        ("/runs?state=odd", "state: 'odd'"),
        ("/samples?after=nan", "after: 'nan'"),
        ("/samples?averages_after=x", "averages_after: 'x'"),
    ],
)
def test_bad_questions_are_refused(server: Server, path: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as caught:
        server.get(path)
    assert caught.value.status == 400


def test_an_unknown_page_is_not_found(server: Server) -> None:
    with pytest.raises(Refused) as caught:
        server.get("/absent")
    assert caught.value.status == 404


def test_the_page_needs_nothing_from_elsewhere(server: Server) -> None:
    text = server.text("/")
    assert set(re.findall(r"""https?://[^\s"'<]+""", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"""<(link|script|img)[^>]+(href|src)=["'](?!data:)""", text)


# ---- What it logs ----


def test_it_logs_what_matters(start: Start) -> None:
    with start() as running:
        runs_of(running, "report", 1, state="failed")
        running.stop()
        log = running.log
    line = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR) +[\w.]+: ")
    strange = [text for text in log.splitlines() if not line.match(text)]
    # uvicorn writes a line or two before it has loaded the application, in its own form.
    assert all(text.startswith("INFO: ") for text in strange), strange
    assert re.search(r"ERROR +uvsched: task report failed: ConnectionError: report of ", log)
    assert "load_monitor: ready: 4 tasks and 0 samples in " in log
    assert "uvsched: scheduler started" in log
    assert "uvsched: scheduler stopped" in log
    assert "GET /runs" not in log
    assert "task sample" not in log


# ---- How it ends, and how it goes on ----


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_soon(start: Start, how: signal.Signals) -> None:
    with start() as running:
        runs_of(running, "sample", 2)
        assert running.stop(how) < STOP_PATIENCE
        assert "Traceback" not in running.log


def assert_one_run_for_what_was_missed(rows: list[Any], down: tuple[float, float]) -> None:
    """Every second from the first row to the last is covered once, and the time it was down by exactly one run."""
    for before, after in pairwise(rows):
        assert abs(instant(after["first"]) - instant(before["last"]) - 1) < 10 * MICROSECOND
    begin, end = down
    missed = [row for row in rows if begin + 0.1 < instant(row["first"]) < end and row["folded"] > 1]
    assert len(missed) == 1
    [row] = missed
    assert row["state"] == "done"
    assert row["folded"] >= end - begin - 1
    assert instant(row["last"]) - instant(row["first"]) == pytest.approx(row["folded"] - 1, abs=1e-5)


def pass_time(seconds: float) -> None:
    """Nothing runs meanwhile: due times are missed."""
    time.sleep(seconds)


def test_a_restart_goes_on_where_it_was(start: Start) -> None:
    with start() as running:
        first = runs_of(running, "sample", 3)
        running.stop()
        stopped = time.time()
    pass_time(3.2)
    with start() as running:
        started = time.time()
        samples = running.get("/tasks")["samples"]
        assert samples >= len(first)
        rows = runs_of(running, "sample", len(first) + 3)
        runs_of(running, "greeting", 2, state="done")
        running.stop()
        assert "once for" in running.log
    assert [row["fire"] for row in rows[: len(first)]] == [row["fire"] for row in first]
    assert_one_run_for_what_was_missed(rows, (stopped, started))


def test_kill_9_and_a_restart(start: Start, tmp_path: Path) -> None:
    with start() as running:
        first = runs_of(running, "sample", 3)
        running.kill()
        stopped = time.time()
    pass_time(3.2)
    with start() as running:
        started = time.time()
        rows = runs_of(running, "sample", len(first) + 4)
        running.stop()
    assert_one_run_for_what_was_missed(rows, (stopped, started))
    with closing(sqlite3.connect(tmp_path / "data" / "tasks.db")) as db:
        assert db.execute("SELECT count(*) FROM open").fetchone() == (0,)
    with closing(sqlite3.connect(tmp_path / "data" / "samples.db")) as db:
        assert db.execute("SELECT count(*) = count(DISTINCT fire) FROM samples").fetchone() == (1,)


# ---- Several workers ----


def process_of(row: Any) -> int:
    """The process that made a run, from the identity of its scheduler."""
    return int(row["by"].split("-")[-2])


def wait_for_runs_by(server: Server, accepts: Callable[[int], bool], least: int) -> None:
    """Waits until processes that are accepted have made so many of the runs of `sample`."""

    def made(answer: Any) -> bool:
        return sum(accepts(process_of(row)) for row in answer["runs"] if row["state"] == "done") >= least

    server.wait_for("/runs?limit=500&task=sample", made)


def test_workers_share_the_tasks(tmp_path: Path) -> None:
    """Each second was sampled once, though one worker was killed and all were replaced."""
    env = {"LOAD_MONITOR_DIR": str(tmp_path / "data")}
    workers = ["--workers", "4"]
    with serving(APP, "app:app", tmp_path / "first.log", env, workers) as first:
        rows = runs_of(first, "sample", 3, state="done")
        killed = process_of(rows[-1])
        os.kill(killed, signal.SIGKILL)
        before = {process_of(row) for row in rows}
        wait_for_runs_by(first, lambda process: process != killed, 5)
        with serving(APP, "app:app", tmp_path / "second.log", env, workers) as second:
            second.wait_for("/tasks", lambda _: second.log.count("ready:") == 4)
            before |= {process_of(row) for row in runs_of(second, "sample", 1, state="done")}
            first.stop(signal.SIGTERM)
            wait_for_runs_by(second, lambda process: process not in before, 3)
            rows = runs_of(second, "sample", 1)
            second.stop(signal.SIGTERM)
    for earlier, later in pairwise(rows):
        assert abs(instant(later["first"]) - instant(earlier["last"]) - 1) < 10 * MICROSECOND
    assert len({row["fire"] for row in rows}) == len(rows)
    assert {row["state"] for row in rows} == {"done"}
    with closing(sqlite3.connect(tmp_path / "data" / "samples.db")) as db:
        stored = {fire for (fire,) in db.execute("SELECT fire FROM samples")}
    assert {row["fire"] for row in rows} <= stored
    for log in (first.log, second.log):
        assert "Traceback" not in log, log


@pytest.mark.parametrize(
    ("server_of", "options"),
    [
        (postgresql.running, "&schema=monitor_{}"),
        (redis.running, "?prefix=monitor_{}"),
        (mongodb_server.running, "/uvsched_tests?collection=monitor_{}"),
    ],
    ids=["postgresql", "redis", "mongodb"],
)
def test_two_of_them_share_a_store_on_a_server(
    server_of: Callable[[], AbstractContextManager[str]], options: str, tmp_path: Path
) -> None:
    """Both run its tasks, and both show the runs of both."""
    with server_of() as url:
        store = url + options.format(uuid.uuid4().hex) + "&lease=2"
        env = {"LOAD_MONITOR_DIR": str(tmp_path / "data"), "LOAD_MONITOR_STORE": store}
        with (
            serving(APP, "app:app", tmp_path / "first.log", env) as first,
            serving(APP, "app:app", tmp_path / "second.log", env) as second,
        ):
            runs_of(first, "sample", 3, state="done")
            first.stop(signal.SIGTERM)
            rows = runs_of(second, "sample", 6, state="done")
            assert sorted(task["id"] for task in second.get("/tasks")["tasks"]) == TASKS
    assert len({row["fire"] for row in rows}) == len(rows)
    assert not (tmp_path / "data" / "tasks.db").exists()
