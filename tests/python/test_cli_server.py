"""The commands for operators on a server, beside an application that runs, and on a store that nobody has open."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from servers.postgresql import running, sql
from uvsched import SQLiteStore
from uvsched.cli import run_now, store_server
from uvsched.cli.destination import Operator, opened
from uvsched.schedulers import BackgroundScheduler
from uvsched.stores.factory import create_store
from uvsched.triggers import CronTrigger

from . import command
from .command import COMMAND, ENVIRONMENT
from .conftest import until_sync

APP = """
import asyncio
import os
from datetime import datetime, timedelta, timezone

from uvsched import AsyncIOScheduler
from uvsched.triggers import BaseTrigger

scheduler = AsyncIOScheduler(
    stores={"default": os.environ["SERVER"]}, trusted_modules=[__name__], timezone="UTC", identity="worker"
)

@scheduler.add_task(trigger="interval", seconds=0.05, id="tick")
async def tick():
    return {"odd": (1,)}

@scheduler.add_task(trigger="interval", seconds=0.05, id="beat")
async def beat():
    pass

@scheduler.add_task(trigger="date", run_at="2099-01-01", id="later")
async def later():
    print("later", flush=True)

@scheduler.add_task(trigger="date", run_at="2099-01-01", id="slow")
async def slow():
    print("slow", flush=True)
    await asyncio.Event().wait()

@scheduler.add_task(trigger="date", run_at="2099-01-01", id="broken")
def broken():
    raise ValueError("no such customer")

class Weekly(BaseTrigger):
    def get_next_trigger_time(self, zone, previous, now=None):
        return (previous or datetime(2099, 1, 1, tzinfo=timezone.utc)) + timedelta(days=7)

@scheduler.add_task(trigger=Weekly(), id="weekly")
def weekly():
    pass

def remind(text):
    print(text, flush=True)

print("imported", flush=True)
"""
TELLS = "only the server itself tells what is under way (SELECT * FROM {0}.fires;), who has the store open "
COMMANDS = [
    ["store", "check"],
    ["store", "migrate"],
    ["status"],
    ["history"],
    ["preview"],
    ["pause", "a"],
    ["resume", "a"],
    ["delete", "a"],
    ["run-now", "a"],
    ["add", "json:dumps", "--args", "[1]"],
]


def work() -> None:
    pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server, to which options may be added."""
    with running() as url:
        yield url


@pytest.fixture
def schema() -> str:
    return f"test_{uuid.uuid4().hex}"


@pytest.fixture
def url(server: str, schema: str) -> str:
    """A store of its own."""
    return f"{server}&schema={schema}&lease=2"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of an application, "server_app"."""
    (tmp_path / "server_app.py").write_text(APP)
    return tmp_path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for is not waited for."""
    monkeypatch.setattr(run_now, "_PATIENCE", 0.1)


def in_app(folder: Path, url: str, *arguments: str) -> tuple[int, str, str]:
    """What a command in that folder prints, in a process of its own."""
    environment = {**ENVIRONMENT, "SERVER": url}
    ended = subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture
def app(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """The running application, once it has run its tasks. What it is asked to run is waited for."""
    monkeypatch.setattr(run_now, "_PATIENCE", 60.0)
    process = subprocess.Popen(
        [*COMMAND, "run", "server_app:scheduler", "--log-level", "error"],
        cwd=folder,
        env={**ENVIRONMENT, "SERVER": url},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert line_of(process) == "imported"
        until_sync(lambda: ended(url, "tick") and ended(url, "beat"), "its first runs")
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)


@pytest.fixture
def stopped(url: str) -> str:
    """The URL of a store with tasks that nobody has open."""
    with BackgroundScheduler(stores={"default": url}, trusted_modules=[__name__], timezone="UTC") as scheduler:
        scheduler.pause()
        for task_id in ("report-a", "report-b"):
            scheduler.add_task(work, "interval", hours=1, start_at="2099-01-01T09:00:00", id=task_id)
    return url


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip()


def printed(*arguments: str) -> tuple[int, Any]:
    """The exit status, and the JSON that a command prints."""
    status, out, errors = command.run(*arguments, "--json")
    assert errors == "", errors
    return status, json.loads(out)


def ended(url: str, task_id: str, *options: str) -> list[Any]:
    """The rows of a task that has ended, the newest first; none as long as there is no store."""
    status, out, errors = command.run("history", url, "--task", task_id, "--limit", "10000", "--json", *options)
    if "there is no store" in errors:
        return []
    assert status in (0, 1), errors
    runs: list[Any] = json.loads(out)["runs"]
    return runs


def tasks_of(url: str) -> dict[str, Any]:
    _, document = printed("status", url)
    return {task["id"]: task for task in document["stores"][0]["tasks"]}


# while the application runs


def test_the_status_of_a_server(app: subprocess.Popen[str], url: str, schema: str) -> None:
    assert command.run("run-now", url, "broken")[0] == 0
    status, out, errors = command.run("status", url)
    assert (status, errors) == (0, "")
    head, columns, *lines = out.splitlines()
    assert re.fullmatch(rf"postgresql://\S*\?schema={schema}: 6 tasks", head)
    assert columns.split() == ["task", "state", "next", "runs", "last", "function"]
    rows = {line.split()[0]: re.split(r"  +", line) for line in lines[:6]}
    assert rows["later"] == ["later", "active", "Thu 2099-01-01 00:00:00 +00:00", "0", "server_app:later"]
    assert re.fullmatch(r"done \w{3} [-\d]{10} [:\d]{8} \+00:00", rows["beat"][4])
    assert int(rows["beat"][3]) > 0
    assert lines[6] == "broken failed: ValueError: no such customer"
    assert lines[7].startswith(TELLS.format(schema))
    assert len(lines) == 8


def test_the_status_as_json(app: subprocess.Popen[str], url: str, schema: str) -> None:
    _, document = printed("status", url)
    (store,) = document["stores"]
    assert (store["store"], store["file"], store["check"]) == ("default", None, None)
    assert store["server"].endswith(f"?schema={schema}")
    assert (store["under_way"], store["schedulers"]) == (None, None)
    assert store["elsewhere"].startswith(TELLS.format(schema))
    tasks = {task["id"]: task for task in store["tasks"]}
    assert tasks["later"] == {
        "id": "later",
        "state": "active",
        "function": "server_app:later",
        "executor": "default",
        "trigger": {"type": "date", "run_at": "2099-01-01T00:00:00Z"},
        "next_run": "2099-01-01T00:00:00Z",
        "runs": 0,
        "last": None,
        "problem": None,
    }
    assert (tasks["tick"]["last"]["state"], tasks["tick"]["last"]["error"]) == ("done", None)


def test_a_running_application_finds_a_pause_and_a_resumption(app: subprocess.Popen[str], url: str) -> None:
    status, out, errors = command.run("pause", url, "tick", "later")
    assert (status, errors) == (0, "")
    assert re.fullmatch(r"paused tick(; a run that is under way goes on)?\npaused later\n", out)
    paused_at = datetime.now(timezone.utc).replace(tzinfo=None).isoformat() + "Z"
    beats = len(ended(url, "beat"))
    until_sync(lambda: len(ended(url, "beat")) > beats + 5, "runs of another task meanwhile")
    assert [run for run in ended(url, "tick") if run["due"] > paused_at] == []
    assert tasks_of(url)["tick"]["state"] == "paused"

    ticks = len(ended(url, "tick"))
    status, out, errors = command.run("resume", url, "tick")
    assert (status, errors) == (0, "")
    assert re.fullmatch(r"resumed tick, next \w{3} [-\d]{10} [:\d]{8} \+00:00\n", out)
    until_sync(lambda: len(ended(url, "tick")) > ticks, "a run after the resumption")


def test_a_running_application_finds_that_a_task_is_deleted(app: subprocess.Popen[str], url: str) -> None:
    again = "if the application declares it, its next start adds it again"
    assert command.run("delete", url, "later") == (0, f"deleted later; {again}\n", "")
    assert command.run("delete", url, "tick")[0] == 0
    ticks, beats = len(ended(url, "tick")), len(ended(url, "beat"))
    until_sync(lambda: len(ended(url, "beat")) > beats + 5, "runs of another task meanwhile")
    assert len(ended(url, "tick")) - ticks <= 1  # one that was under way
    assert {"tick", "later"} & tasks_of(url).keys() == set()


def test_the_application_makes_the_run_that_is_asked_for(app: subprocess.Popen[str], url: str) -> None:
    assert command.run("pause", url, "later")[0] == 0
    assert command.run("run-now", url, "later") == (0, "asked for a run of later: worker ran it\n", "")
    assert line_of(app) == "later"
    assert tasks_of(url)["later"]["state"] == "paused"
    (run,) = ended(url, "later")
    assert (run["kind"], run["state"], run["scheduler"]) == ("manual", "done", "worker")
    status, document = printed("run-now", url, "broken")
    assert (status, document["state"], document["scheduler"]) == (0, "failed", "worker")
    assert (document["error"], document["open_by"]) == ("ValueError: no such customer", None)


@pytest.mark.usefixtures("app", "impatient")
def test_a_run_that_has_not_ended(app: subprocess.Popen[str], url: str, schema: str) -> None:
    status, out, errors = command.run("run-now", url, "slow")
    assert (status, errors) == (0, "")
    assert out == (
        "asked for a run of slow: it has not ended so far; only the server itself tells whether a scheduler has begun "
        f"it (SELECT state, owner FROM {schema}.fires WHERE task_id = 'slow';); if none has, it waits for one with "
        "executor 'default' and function 'server_app:slow', and room for it\n"
    )
    assert line_of(app) == "slow"
    assert command.run("pause", url, "slow") == (0, "paused slow; a run that is under way goes on\n", "")


@pytest.mark.usefixtures("app", "impatient")
def test_what_is_shown_of_the_tables_is_there(server: str, url: str) -> None:
    assert command.run("run-now", url, "slow")[0] == 0
    (store,) = printed("status", url)[1]["stores"]
    fires, nodes, finished = re.findall(r"\((SELECT [^;]+;)\)", store["elsewhere"])
    assert "slow" in sql(server, fires)
    assert sql(server, nodes).startswith("worker|")
    assert sql(server, finished) == ""


def test_a_task_is_added_and_the_application_runs_it(app: subprocess.Popen[str], folder: Path, url: str) -> None:
    given = ["server_app:remind", "--args", '["hello"]', "--id", "hello"]
    status, out, errors = in_app(folder, url, "add", url, *given)
    assert (status, errors) == (0, "")
    assert out.startswith("imported\nadded hello: date[now], next ")
    assert line_of(app) == "hello"
    later = [*given[:2], '["x"]', "--id", "x", "--at", "2099-01-01"]
    for text, status in (("x", 0), ("x", 0), ("y", 1)):
        later[2] = json.dumps([text])
        assert in_app(folder, url, "add", url, *later)[0] == status
    assert in_app(folder, url, "add", url, *later, "--replace")[0] == 0
    assert in_app(folder, url, "add", url, *later, "--store", "other")[0] == 2


def test_the_schedulers_of_applications(app: subprocess.Popen[str], folder: Path, url: str) -> None:
    named = "server_app:scheduler"
    status, out, errors = in_app(folder, url, "preview", named, "-n", "2")
    assert (status, errors) == (0, "")
    assert [line.split()[2] for line in out.splitlines() if line.startswith("weekly")] == ["2099-01-08", "2099-01-15"]
    for arguments in (["status", named], ["history", named], ["pause", named, "later"], ["run-now", named, "broken"]):
        status, out, errors = in_app(folder, url, *arguments)
        assert (status, errors) == (0, ""), arguments
    add = ["add", named, "server_app:remind", "--args", '["hello"]']
    assert in_app(folder, url, *add)[0] == 0
    status, _, errors = in_app(folder, url, "add", named, "json:dumps", "--args", "[1]")
    assert status == 2  # its own processes would not run it, and it says so
    assert "trusted_modules=['server_app', 'json']" in errors


# history


def test_a_history_for_people(app: subprocess.Popen[str], url: str) -> None:
    assert command.run("run-now", url, "broken")[0] == 0
    status, out, errors = command.run("history", url, "--state", "failed")
    assert (status, errors) == (0, "")
    head, line = out.splitlines()
    assert head.split() == ["due", "task", "state", "reason", "attempt", "late", "took", "scheduler", "error"]
    row = re.split(r"  +", line)
    assert (row[1:5], row[7:]) == (["broken", "failed", "by hand", "1"], ["worker", "ValueError: no such customer"])


def test_a_history_as_json(app: subprocess.Popen[str], url: str) -> None:
    assert command.run("pause", url, "tick")[0] == 0
    rows = ended(url, "tick")
    row = rows[0]
    assert row["number"] > rows[-1]["number"]
    assert (row["store"], row["kind"], row["state"], row["reason"]) == ("default", "scheduled", "done", None)
    assert row["times"] >= 1  # more on a machine that was too slow for each of them
    assert (row["times_exact"], row["attempt"], row["crashes"]) == (True, 1, 0)
    assert (row["scheduler"], row["error"], row["result"]) == ("worker", None, '{"odd":{"$tuple":[1]}}')
    assert row["late_result"] is None
    assert 0 <= row["took_seconds"] < 10
    assert row["due"] < row["started"] < row["finished"]


def test_which_rows_are_shown(app: subprocess.Popen[str], url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    until_sync(lambda: len(ended(url, "tick")) > 10, "enough rows")
    assert command.run("pause", url, "tick", "beat")[0] == 0
    rows = ended(url, "tick")
    monkeypatch.setattr(store_server, "_PAGE", 3)
    assert ended(url, "tick") == rows
    assert ended(url, "tick", "--limit", "7") == rows[:7]
    assert ended(url, "tick", "--since", rows[4]["finished"]) == rows[:5]
    assert ended(url, "tick", "--since", rows[4]["finished"], "--limit", "4") == rows[:4]
    assert ended(url, "tick", "--since", "1h", "--state", "done") == rows
    assert tasks_of(url)["tick"]["last"]["state"] == "done"


def test_a_history_without_rows(stopped: str) -> None:
    assert command.run("history", stopped) == (1, "", "uvsched history: nothing has ended yet\n")
    assert command.run("history", stopped, "--task", "report-a")[2] == "uvsched history: there is no row like that\n"
    message = "uvsched history: there is neither a task 'report-c' nor a row of one (did you mean 'report-b' or "
    assert command.run("history", stopped, "--task", "report-c")[2].startswith(message)


# while nobody has the store open


def test_the_preview_is_the_schedulers(url: str) -> None:
    triggers: dict[str, Any] = {
        "jitter": {"trigger": "interval", "minutes": 7, "jitter": 5},
        "cron": {"trigger": CronTrigger.from_crontab("0 9 * * MON-FRI", timezone="Europe/Madrid")},
        "ends": {"trigger": "interval", "hours": 1, "start_at": "2099-01-01", "end_at": "2099-01-01T01:00:00"},
    }
    expected = {}
    with BackgroundScheduler(stores={"default": url}, trusted_modules=[__name__], timezone="UTC") as scheduler:
        scheduler.pause()
        for task_id, options in triggers.items():
            scheduler.add_task(work, id=task_id, **options)
            preview = scheduler.preview_task_runs(task_id, count=3)
            assert preview is not None
            expected[task_id] = [time.astimezone(timezone.utc).isoformat()[:19] + "Z" for time in preview.run_times]
        scheduler.add_task(work, "date", run_at="2099-01-01", id="paused").pause()
    status, document = printed("preview", url, "-n", "3")
    assert status == 0
    found = {task["id"]: [time["utc"] for time in task["times"]] for task in document["tasks"]}
    assert found == {**expected, "paused": []}
    assert command.run("preview", url, "paused") == (1, "paused: paused\n", "")
    assert command.run("preview", url, "c", "paused") == (2, "", "uvsched preview: there is no task 'c'\n")


@pytest.mark.usefixtures("impatient")
def test_changes_while_nobody_has_it_open(stopped: str, schema: str) -> None:
    assert command.run("pause", stopped, "report-a", "report-b")[1] == "paused report-a\npaused report-b\n"
    assert command.run("resume", stopped, "report-a", "--tz", "Europe/Madrid") == (
        0,
        "resumed report-a, next Thu 2099-01-01 10:00:00 +01:00\n",
        "",
    )
    assert {task["id"]: task["state"] for task in tasks_of(stopped).values()} == {
        "report-a": "active",
        "report-b": "paused",
    }
    status, out, errors = command.run("delete", stopped, "report-a", "report-c")
    assert (status, out.startswith("deleted report-a; ")) == (1, True)
    assert errors.startswith("uvsched delete: there is no task 'report-c' in postgresql://")
    assert f"?schema={schema} (did you mean 'report-b' or " in errors
    status, out, _ = command.run("run-now", stopped, "report-b")
    assert (status, "it has not ended so far" in out) == (0, True)


def test_stores_of_an_application(tmp_path: Path, stopped: str) -> None:
    (tmp_path / "two.py").write_text(
        "import os\nfrom uvsched import AsyncIOScheduler, SQLiteStore\n"
        "stores = {'file': SQLiteStore('tasks.db'), 'server': os.environ['SERVER'], 'default': 'memory'}\n"
        "scheduler = AsyncIOScheduler(stores=stores, timezone='UTC')\n"
    )
    with BackgroundScheduler(stores={"default": SQLiteStore(tmp_path / "tasks.db")}, timezone="UTC") as scheduler:
        scheduler.add_task(work, "date", run_at="2099-01-01", id="report-a")
        scheduler.add_task(work, "date", run_at="2099-01-01", id="in-file")
    two = "two:scheduler"
    assert in_app(tmp_path, stopped, "pause", two, "in-file", "report-b")[:2] == (
        0,
        "paused in-file\npaused report-b\n",
    )
    message = "the stores 'file' and 'server' each have a task 'report-a'; --store says which one is meant"
    assert in_app(tmp_path, stopped, "pause", two, "report-a") == (2, "", f"uvsched pause: {message}\n")
    assert in_app(tmp_path, stopped, "pause", two, "report-a", "--store", "server")[0] == 0
    stores = json.loads(in_app(tmp_path, stopped, "status", two, "--json")[1])["stores"]
    assert [(store["store"], [task["state"] for task in store["tasks"]]) for store in stores] == [
        ("file", ["active", "paused"]),
        ("server", ["paused", "paused"]),
        ("default", []),
    ]


# what is wrong with a store


def test_a_late_task(stopped: str, server: str, schema: str) -> None:
    sql(server, f"UPDATE {schema}.sched SET next_due = 1, next_slot = 1 WHERE n = 1")
    status, out, _ = command.run("status", stopped)
    assert status == 1
    assert re.search(
        r"^report-a is late by [^:]+[:\d]+: no scheduler that has the store open takes it; one needs executor "
        rf"'default' and function '{__name__}:work', and room for it",
        out,
        re.MULTILINE,
    ), out


def test_a_task_that_was_set_apart(stopped: str, server: str, schema: str) -> None:
    sql(server, f"UPDATE {schema}.def SET def = 'not JSON', quarantine = 'it was' WHERE id = 'report-a'")
    status, out, errors = command.run("status", stopped)
    assert (status, errors) == (1, "")
    assert re.search(r"^report-a cannot be read: it was$", out, re.MULTILINE)
    assert re.search(r"^report-a  unreadable\n", out, re.MULTILINE)
    (task,) = [task for task in printed("status", stopped)[1]["stores"][0]["tasks"] if task["id"] == "report-a"]
    assert (task["state"], task["runs"], task["trigger"]) == ("unreadable", None, None)
    assert command.run("preview", stopped, "report-a") == (1, "report-a: cannot be read\n", "")
    status, out, errors = command.run("pause", stopped, "report-a", "report-b")
    assert (status, out) == (1, "paused report-b\n")
    assert "cannot be read: it was" in errors
    status, _, errors = command.run("run-now", stopped, "report-a")
    assert (status, "cannot be read: it was" in errors) == (1, True)
    assert command.run("delete", stopped, "report-a")[0] == 0
    assert tasks_of(stopped).keys() == {"report-b"}


def test_a_check_of_a_server(stopped: str, server: str, schema: str) -> None:
    for check in (["status", stopped, "--check"], ["store", "check", stopped]):
        status, out, errors = command.run(*check)
        assert errors == ""
        wrong = [line for line in out.splitlines() if line.startswith("wrong: ")]
        assert all("the server's setting fsync is off" in line for line in wrong)  # that of the tests
        assert status == int(bool(wrong))
        assert re.search(r"^PostgreSQL \S+( .*)?, schema 2, lease 2 s$", out, re.MULTILINE)
        assert re.search(r"^here: uvsched \S+ \(libuv \S+, SQLite \S+\)$", out, re.MULTILINE)
        assert "\ntasks: 2 active\nfires that have not ended: none\nrows of history: 0\n" in out
        assert f"function '{__name__}:work': 2 tasks, and no scheduler has it\n" in out
        assert "\noldest snapshot seconds: 0\n" in out
        assert "\ndead rows sched: " in out

    sql(server, f"UPDATE {schema}.def SET def = 'not JSON' WHERE id = 'report-a'")  # nobody has come upon it
    assert command.run("status", stopped)[0] == 0
    status, out, _ = command.run("store", "check", stopped)
    assert status == 1
    unread = "rows that cannot be read, and that no scheduler has come upon yet: 1"
    assert f"wrong: {unread}\n" in out
    (store,) = printed("store", "check", stopped)[1]["stores"]
    assert unread in store["report"]["problems"]
    assert sql(server, f"SELECT count(*) FROM {schema}.node WHERE label LIKE 'Operator%'") == "0\n"


def test_a_check_beside_the_application(app: subprocess.Popen[str], url: str) -> None:
    _, out, errors = command.run("store", "check", url)
    assert errors == ""
    assert re.search(
        rf"^worker \(process {app.pid}, uvsched \S+\) has the store open, and has lanes \d+( \d+)+$", out, re.MULTILINE
    )
    assert "no scheduler has it" not in out
    report = printed("store", "check", url)[1]["stores"][0]["report"]
    (node,) = report["nodes"]
    assert (node["label"], node["state"]) == ("worker", "open")
    assert all(lane["has_node"] for lane in report["lanes"])
    assert len(node["lanes"]) == len(report["lanes"]) == 6
    app.send_signal(signal.SIGSTOP)
    try:
        status, out, _ = command.run("store", "check", url)
    finally:
        app.send_signal(signal.SIGCONT)
    assert status == 1
    assert f'wrong: scheduler "worker" (process {app.pid}) gives no sign of life; after a lease (2 s) ' in out


def test_a_store_is_made_and_brought_up_to_date(server: str, url: str, schema: str) -> None:
    status, out, errors = command.run("status", url)
    assert (status, out) == (2, "")
    assert f'there is no store in the schema "{schema}"; the first start of a scheduler makes it' in errors
    status, made, errors = command.run("store", "migrate", url, "--sql")
    assert (status, errors) == (0, "")
    assert made.startswith(f'CREATE SCHEMA IF NOT EXISTS "{schema}";\nCREATE TABLE "{schema}".meta (')
    assert command.run("store", "check", url)[0] == 2  # nothing was made
    sql(server, made)  # as an administrator runs it
    assert command.run("store", "migrate", url)[1].endswith(": nothing to do, schema 2\n")
    assert command.run("store", "migrate", url, "--sql")[1].endswith(": nothing to do, schema 2\n")
    sql(server, f"ALTER TABLE {schema}.node DROP COLUMN lanes; UPDATE {schema}.meta SET schema = 1")
    assert "(schema 1, and 2 here); the next start of a scheduler" in command.run("pause", url, "a")[2]
    status, out, errors = command.run("store", "migrate", url, "--sql")
    assert (status, errors) == (0, "")
    assert out == (
        f'ALTER TABLE "{schema}".node ADD COLUMN IF NOT EXISTS lanes text;\n'
        f'UPDATE "{schema}".meta SET schema = 2, min_reader = 1;\n'
    )
    assert command.run("store", "migrate", url)[1].endswith(": brought from schema 1 to 2\n")
    assert command.run("store", "check", url)[2] == ""


def test_a_task_that_waits_for_its_next_time(app: subprocess.Popen[str], url: str) -> None:
    assert tasks_of(url)["weekly"]["next_run"] == "2099-01-08T00:00:00Z"
    app.send_signal(signal.SIGTERM)
    app.communicate(timeout=60)
    assert command.run("pause", url, "weekly")[0] == command.run("resume", url, "weekly")[0] == 0
    status, out, _ = command.run("status", url, "--check")
    assert 'wrong: task "weekly" has no next time, and has not finished: no scheduler that knows its trigger, ' in out
    assert (status, "server_app:Weekly, has computed it\n" in out) == (1, True)


# trust


def test_a_command_imports_no_function(stopped: str, server: str, schema: str, tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    for name in ("__init__", "hidden"):
        (tmp_path / f"jobs/{name}.py").write_text(f"print('imported {name}')\ndef work():\n    print('run')\n")
    sql(server, f"UPDATE {schema}.lane SET fn = 'jobs.hidden:work'")
    definition = '{"function":"jobs.hidden:work","trigger":{"seconds":3600,"type":"interval"}}'
    sql(server, f"UPDATE {schema}.def SET def = '{definition}'; UPDATE {schema}.sched SET next_slot = 0, next_due = 0")
    for arguments in (["status"], ["preview"], ["history"], ["pause", "report-a"], ["run-now", "report-b"]):
        name, *ids = arguments
        assert "imported" not in in_app(tmp_path, stopped, name, stopped, *ids)[1]
    status, out, errors = in_app(tmp_path, stopped, "add", stopped, "jobs:work", "--id", "new", "--at", "2099-01-01")
    assert (status, errors) == (0, "")
    assert re.fullmatch("imported __init__\nadded new: .*\n", out)
    operator = Operator({"default": create_store(stopped, {}, "default")})
    with opened(operator):
        assert {record.function for record in operator.records("default")} == {"jobs.hidden:work", "jobs:work"}
    assert "jobs" not in sys.modules


# what is no store, and secrets


@pytest.mark.parametrize("arguments", COMMANDS, ids="-".join)
def test_a_server_that_cannot_be_reached(arguments: list[str]) -> None:
    name, *rest = arguments
    words = [name, rest.pop(0)] if name == "store" else [name]
    status, out, errors = command.run(*words, "postgresql://me:s3cret@127.0.0.1:1/jobs", *rest)
    assert (status, out) == (2, "")
    assert errors.startswith(f"uvsched {' '.join(words)}: the store cannot be opened: postgresql://127.0.0.1:1/jobs: ")
    assert errors.count("\n") == 1
    assert "s3cret" not in errors


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://me:s3cret@host:port/jobs", "the port is not a number"),
        ("postgresql://me:s3cret/jobs", "the port is not a number"),
        ("postgresql:me:s3cret@host/jobs", "there is no file"),
        ("postgresql://me:s3cret@host/jobs?speed=high", "speed: unknown option"),
        ("postgresql://host/jobs?passwrd=s3cret", "passwrd: unknown option; did you mean password?"),
        ("nosuch://me:s3cret@host/jobs", '"nosuch" is not a store'),
    ],
)
def test_a_url_that_is_wrong(url: str, why: str) -> None:
    for name, *rest in COMMANDS:
        words = [name, rest.pop(0)] if name == "store" else [name]
        status, out, errors = command.run(*words, url, *rest)
        assert (status, out) == (2, "")
        assert why in errors
        assert errors.count("\n") == 1
        assert "s3cret" not in errors


def test_a_url_where_it_does_not_belong(stopped: str, tmp_path: Path) -> None:
    secret = "postgresql://me:s3cret@host/jobs"
    (tmp_path / "bad.py").write_text(f"from uvsched import PostgreSQLStore\nPostgreSQLStore({secret!r}, lease=0)\n")
    for arguments in (
        ["status", stopped, secret],
        ["pause", stopped, secret],
        ["history", stopped, "--limit", secret],
        ["status", "bad:scheduler", "--app-dir", str(tmp_path)],
    ):
        status, out, errors = command.run(*arguments)
        assert (status in (1, 2), out) == (True, "")
        assert "postgresql://***@host/jobs" in errors
        assert "s3cret" not in errors


def test_a_client_library_that_is_missing() -> None:
    ended = subprocess.run(
        [*COMMAND, "status", "postgresql://me:s3cret@host/jobs"],
        env={**os.environ, "UVSCHED_MODULE_PATH": "/nosuch"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert (
        ended.stderr.count("\n") == 1
    )  # that it is missing, or, where it is beside the library, that there is no host
    assert "s3cret" not in ended.stderr
