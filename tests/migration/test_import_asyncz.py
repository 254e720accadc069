"""uvsched import-asyncz: what an application added to asyncz's stores while it ran, in a store of uvsched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncz.triggers
import pytest
from asyncz.triggers.cron import CronTrigger
from servers.postgresql import running
from uvsched.cli import asyncz_task

MADRID = ZoneInfo("Europe/Madrid")
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)

JOBS = """
def remind(text):
    print(text, flush=True)

def tick():
    pass

class Thing:
    pass
"""
OLD = """
import jobs
from asyncz.schedulers import AsyncIOScheduler
from asyncz.stores.file import FileStore
from asyncz.stores.sqlalchemy import SQLAlchemyStore

stores = {
    "default": FileStore("files"),
    "sql": SQLAlchemyStore("sqlite:///old.db"),
    "memory": {"type": "memory"},
    "unused": SQLAlchemyStore("sqlite:///unused.db"),
}
scheduler = AsyncIOScheduler(stores=stores, timezone="Europe/Madrid")
scheduler.add_task(jobs.tick, "interval", minutes=1, id="tick")
scheduler.add_task(jobs.tick, "interval", minutes=2)
"""
FILL = """
import asyncio, datetime, sys
import asyncz.triggers, jobs, old

scheduler = old.scheduler

class Own(asyncz.triggers.IntervalTrigger):
    pass

async def main():
    scheduler.start()
    add = scheduler.add_task
    add(jobs.remind, "date", run_at="2099-01-01 09:00:00Z", args=["later"], id="later", store="sql")
    add(jobs.remind, "interval", hours=5, start_at="2099-01-01 09:00:00", args=["again"], id="again",
        mistrigger_grace_time=60, coalesce=True, max_instances=3, name="again and again", executor="default")
    add(jobs.remind, "interval", hours=5, args=["paused"], id="paused", store="sql").pause()
    add(jobs.remind, "interval", hours=5, args=["memory"], id="in memory", store="memory")
    add(jobs.remind, "interval", hours=5, args=[jobs.Thing()], id="thing")
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    scheduler.pause()
    add(jobs.remind, "date", run_at=soon, args=["missed"], id="missed", store="sql")
    scheduler.shutdown()

asyncio.run(main())
"""


def python(folder: Path, *arguments: str) -> tuple[int, str, str]:
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr


def imported(folder: Path, *arguments: str, source: str = "old:scheduler", to: str = "new.db") -> tuple[int, Any]:
    """The exit status, and outcome and note by store and id."""
    status, out, errors = python(folder, "-m", "uvsched", "import-asyncz", source, "--to", to, "--json", *arguments)
    assert errors == "", errors
    tasks = json.loads(out)["tasks"]
    return status, {(task["store"], task["id"]): (task["what"], task["note"]) for task in tasks}


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with an application on asyncz, and what it has stored."""
    folder = tmp_path_factory.mktemp("old")
    (folder / "jobs.py").write_text(JOBS)
    (folder / "old.py").write_text(OLD)
    (folder / "fill.py").write_text(FILL)
    status, _, errors = python(folder, "fill.py")
    assert status == 0, errors
    (folder / "files" / "broken.task").write_bytes(b"not a pickle")
    return folder


def test_what_was_added_at_run_time_is_copied(filled: Path) -> None:
    before = contents(filled)
    status, dry = imported(filled, "--dry-run")
    assert status == 1
    assert contents(filled) == before  # asyncz itself would have deleted the broken file
    made = {id for _, id in dry if id is not None and len(id) == 32}
    assert {key: what for key, (what, _) in dry.items()} == {
        ("default", "again"): "copied",
        ("default", "broken"): "failed",
        ("default", "thing"): "failed",
        ("default", "tick"): "skipped",
        **{("default", id): "skipped" for id in made},
        ("memory", None): "skipped",
        ("sql", "later"): "copied",
        ("sql", "missed"): "copied",
        ("sql", "paused"): "copied",
    }
    assert len(made) == 1
    assert dry["default", "thing"][1].startswith("args[0]: a jobs.Thing cannot be stored")
    assert dry["default", "broken"][1].startswith("asyncz cannot read it: UnpicklingError: ")
    assert dry["default", "tick"][1] == "the module adds it itself"
    assert imported(filled) == (status, dry)
    assert contents(filled).items() >= before.items()

    status, again = imported(filled)
    assert {what for what, _ in again.values()} == {"copied", "failed", "skipped"}  # equal tasks are copied once more
    _, out, _ = python(filled, "-m", "uvsched", "status", "new.db", "--json")
    (store,) = json.loads(out)["stores"]
    tasks = {task["id"]: task for task in store["tasks"]}
    assert tasks.keys() == {"again", "later", "missed", "paused"}
    assert (tasks["later"]["next_run"], tasks["paused"]["state"]) == ("2099-01-01T09:00:00Z", "paused")
    assert tasks["again"]["next_run"] == "2099-01-01T08:00:00Z"  # read in asyncz's zone

    (filled / "new.py").write_text(
        "from uvsched import AsyncIOScheduler, SQLiteStore\n"
        "scheduler = AsyncIOScheduler(stores={'default': SQLiteStore('new.db')}, timezone='UTC')\n"
    )
    program = (
        "import new, time\nfrom uvsched.schedulers import BackgroundScheduler\n"
        "with BackgroundScheduler(stores=new.scheduler.stores, timezone='UTC') as scheduler:\n"
        "    again = scheduler.get_task('again')\n"
        "    print(again.name, again.mistrigger_grace_time, again.coalesce, again.max_instances, again.args)\n"
        "    print(scheduler.get_task('later').mistrigger_grace_time)\n"
        "    while not scheduler.history('missed'):\n        time.sleep(0.01)\n"
    )
    status, out, errors = python(filled, "-c", program)
    assert status == 0, errors
    assert sorted(out.splitlines()) == ["None", "again and again 60.0 True 3 ('again',)", "missed"]


def test_into_an_application(filled: Path) -> None:
    (filled / "target.py").write_text(
        "from uvsched import AsyncIOScheduler, SQLiteStore\n"
        "stores = {'default': 'memory', 'sql': SQLiteStore('target.db')}\n"
        "scheduler = AsyncIOScheduler(stores=stores, timezone='UTC')\n"
    )
    status, found = imported(filled, to="target:scheduler")
    assert status == 1
    assert found["default", "again"] == (
        "failed",
        "store 'default' is in memory: what is added here would end with this command",
    )
    assert found["sql", "later"][0] == "copied"


def test_into_a_server(filled: Path) -> None:
    with running() as server:
        to = f"{server}&schema=test_{uuid.uuid4().hex}"
        status, dry = imported(filled, "--dry-run", to=to)
        assert imported(filled, to=to) == (status, dry)
        assert {key[1] for key, (what, _) in dry.items() if what == "copied"} == {"again", "later", "missed", "paused"}
        assert imported(filled, "--dry-run", to=to)[1]["sql", "later"][0] == "skipped"
        _, out, _ = python(filled, "-m", "uvsched", "status", to, "--json")
    (store,) = json.loads(out)["stores"]
    tasks = {task["id"]: task for task in store["tasks"]}
    assert tasks.keys() == {"again", "later", "missed", "paused"}
    assert (tasks["later"]["next_run"], tasks["paused"]["state"]) == ("2099-01-01T09:00:00Z", "paused")


CLIENTS = """
import pathlib
import jobs
from asyncz.schedulers import AsyncIOScheduler
from asyncz.stores.mongo import MongoDBStore
from asyncz.stores.redis import RedisStore

def rows():
    return {id: pathlib.Path("files", f"{id}.task").read_bytes() for id in ("again", "broken")}

class Redis:
    def hgetall(self, key):
        assert key == "asyncz.tasks"
        return {id.encode(): state for id, state in rows().items()}

    def close(self):
        pass

class Collection:
    def find(self, conditions, projection, sort):
        assert (conditions, projection) == ({}, ["_id", "state"])
        return [{"_id": id, "state": state} for id, state in rows().items()]

class Away:
    def hgetall(self, key):
        raise ConnectionError("nobody listens there")

    def close(self):
        pass

stores = {"redis": RedisStore(), "mongo": MongoDBStore(connect=False), "away": RedisStore()}
stores["redis"].redis = Redis()
stores["mongo"].collection = Collection()
stores["away"].redis = Away()
scheduler = AsyncIOScheduler(stores=stores, timezone="UTC")
"""


def test_redis_and_mongo(filled: Path) -> None:
    """With stand-ins for the servers: the stores of asyncz are the real ones, and so are the bytes."""
    (filled / "clients.py").write_text(CLIENTS)
    status, found = imported(filled, "--dry-run", source="clients:scheduler", to="clients.db")
    assert status == 1
    assert {key: what for key, (what, _) in found.items()} == {
        ("redis", "again"): "copied",
        ("redis", "broken"): "failed",
        ("mongo", "again"): "copied",
        ("mongo", "broken"): "failed",
        ("away", None): "failed",
    }
    assert found["away", None][1] == "it cannot be read: nobody listens there"
    assert not (filled / "clients.db").exists()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("jobs:remind", "jobs:remind is not a scheduler of asyncz, but a function"),
        ("ours:scheduler", "ours:scheduler is a scheduler of uvsched; name the one of asyncz, as it was before"),
        ("absent:scheduler", "there is no module 'absent' in "),
    ],
)
def test_what_is_no_source(tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "jobs.py").write_text(JOBS)
    (tmp_path / "ours.py").write_text("from uvsched import AsyncIOScheduler\nscheduler = AsyncIOScheduler()\n")
    status, _, errors = python(tmp_path, "-m", "uvsched", "import-asyncz", source, "--to", "new.db")
    assert status == 2
    assert errors.startswith(f"uvsched import-asyncz: {message}")
    assert not (tmp_path / "new.db").exists()


def test_what_people_see(filled: Path) -> None:
    (filled / "few.py").write_text(
        "from asyncz.schedulers import AsyncIOScheduler\nfrom asyncz.stores.sqlalchemy import SQLAlchemyStore\n"
        "stores = {'default': SQLAlchemyStore('sqlite:///old.db'), 'other': {'type': 'memory'}}\n"
        "scheduler = AsyncIOScheduler(stores=stores)\n"
    )
    command = ["-m", "uvsched", "import-asyncz", "few:scheduler", "--to", "few.db", "--dry-run"]
    status, out, errors = python(filled, *command)
    assert (status, errors) == (0, "")
    lines = out.splitlines()
    assert sorted(line.split("  ")[0] for line in lines[:-1]) == ["skipped", *["would copy"] * 3]
    assert lines[-1] == "would copy 3, skipped 1, cannot copy 0"
    assert not (filled / "few.db").exists()


# The triggers


@pytest.mark.parametrize(
    "trigger",
    [
        asyncz.triggers.DateTrigger("2026-02-01 09:00:00", timezone=MADRID),
        asyncz.triggers.IntervalTrigger(hours=7, start_at="2025-01-01 00:30:00"),
        asyncz.triggers.IntervalTrigger(minutes=5, start_at=NOON, end_at=NOON + timedelta(minutes=12)),
        CronTrigger(hour=3, day_of_week="mon-fri"),
        CronTrigger(day="last", hour="8-10/2", timezone="America/New_York"),
        CronTrigger(day="2nd fri", month="feb-may"),
        CronTrigger(week="*/2", day_of_week=0, second="15,45", minute=59),
        CronTrigger(year=2027),
        CronTrigger.from_crontab("*/20 6 * * 0"),
        asyncz.triggers.OrTrigger([CronTrigger(hour=3), CronTrigger(hour=3, minute=30, day_of_week="sun")]),
        asyncz.triggers.AndTrigger([CronTrigger(hour="0-12", minute=0), CronTrigger(day_of_week="sun", minute=0)]),
    ],
    ids=str,
)
def test_a_trigger_keeps_its_due_times(trigger: Any) -> None:
    ours = asyncz_task.trigger_of(trigger, MADRID)
    theirs_times, our_times = [], []
    theirs = mine = None
    for times in range(6):
        theirs = trigger.get_next_trigger_time(MADRID, theirs, theirs or NOON) if theirs or not times else None
        mine = ours.get_next_trigger_time(MADRID, mine, mine or NOON) if mine or not times else None
        theirs_times.append(theirs)
        our_times.append(mine)
    assert our_times == theirs_times


def test_triggers_without_a_counterpart() -> None:
    class Own(asyncz.triggers.IntervalTrigger):
        pass

    with pytest.raises(TypeError, match=r"Own, not one of asyncz's own"):
        asyncz_task.trigger_of(Own(seconds=5), MADRID)
    with pytest.raises(TypeError, match="belongs to the process that adds it"):
        asyncz_task.trigger_of(asyncz.triggers.ShutdownTrigger(), MADRID)


def test_jitter_is_added_once() -> None:
    """asyncz's next time has its jitter in it already."""
    due = datetime.now(timezone.utc) + timedelta(days=1)
    trigger = asyncz.triggers.IntervalTrigger(hours=1, start_at=due, jitter=5)
    task = asyncz.tasks.Task(lambda: None, id="a", trigger=trigger, name="a")
    task.fn_reference = "jobs:tick"
    task.next_run_time = due + timedelta(seconds=3)
    scheduler = asyncz.schedulers.AsyncIOScheduler(timezone="UTC")
    assert "next_run_time" not in asyncz_task.options_of(task, scheduler)
    task.next_run_time = None
    assert asyncz_task.options_of(task, scheduler)["next_run_time"] is None
