"""What a scheduler is made of."""

from __future__ import annotations

import threading
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from uvsched.executors import AsyncIOExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.schedulers.configuration import read_configuration
from uvsched.stores import MemoryStore, SQLiteStore


def test_the_defaults() -> None:
    scheduler = AsyncIOScheduler()
    assert scheduler.timezone is timezone.utc
    assert isinstance(scheduler.stores["default"], MemoryStore)
    assert isinstance(scheduler.executors["default"], AsyncIOExecutor)
    assert not scheduler.running
    assert scheduler.event_loop is None


def test_making_one_opens_nothing(tmp_path: Path) -> None:
    threads = threading.enumerate()
    path = tmp_path / "tasks.db"
    scheduler = AsyncIOScheduler(stores={"default": SQLiteStore(path)}, executors={"pool": ThreadPoolExecutor()})
    scheduler.add_task(print, "interval", args=["x"])
    assert threading.enumerate() == threads
    assert not path.exists()


FLAT = {
    "asyncz.stores.default.type": "memory",
    "asyncz.stores.disk.type": "sqlite",
    "asyncz.stores.disk.database": "x.db",
    "asyncz.executors.default.class": "asyncz.executors:DebugExecutor",
    "asyncz.executors.pool.type": "threadpool",
    "asyncz.executors.pool.max_workers": "20",
    "asyncz.task_defaults.coalesce": "false",
    "asyncz.task_defaults.max_instances": "3",
    "asyncz.timezone": "Europe/Madrid",
}
NESTED = {
    "stores": {"default": {"type": "memory"}, "disk": {"type": "sqlite", "path": "x.db"}},
    "executors": {"default": {"type": "debug"}, "pool": {"type": "threadpool", "max_workers": 20}},
    "task_defaults": {"coalesce": False, "max_instances": 3},
    "timezone": "Europe/Madrid",
}


@pytest.mark.parametrize(
    "given", [FLAT, NESTED, {"uvsched": NESTED}, {f"uvsched.{key}": value for key, value in NESTED.items()}]
)
def test_the_configuration_dictionary(given: dict[str, Any]) -> None:
    scheduler = AsyncIOScheduler(given)
    assert scheduler.timezone == ZoneInfo("Europe/Madrid")
    disk = scheduler.stores["disk"]
    assert isinstance(disk, SQLiteStore)
    assert disk.path == "x.db"
    assert isinstance(scheduler.executors["default"], DebugExecutor)
    pool = scheduler.executors["pool"]
    assert isinstance(pool, ThreadPoolExecutor)
    assert pool.max_workers == 20
    task = scheduler.add_task(print, "interval", id="x")
    assert task.coalesce is False
    assert task.max_instances == 3


def test_keyword_arguments_win() -> None:
    scheduler = AsyncIOScheduler(FLAT, timezone="UTC", stores={"default": MemoryStore()})
    assert scheduler.timezone is timezone.utc
    assert set(scheduler.stores) == {"default"}


@pytest.mark.parametrize(
    ("url", "path"),
    [("sqlite:tasks.db", "tasks.db"), ("sqlite:///tasks.db", "tasks.db"), ("sqlite:////var/tasks.db", "/var/tasks.db")],
)
def test_a_store_by_url(url: str, path: str) -> None:
    found = read_configuration(None, {"stores": {"default": url}}).stores["default"]
    assert isinstance(found, SQLiteStore)
    assert found.path == path


def test_task_defaults() -> None:
    scheduler = AsyncIOScheduler(
        task_defaults={"mistrigger_grace_time": timedelta(seconds=5), "max_catch_up": 7, "on_crash": "mark_lost"}
    )
    task = scheduler.add_task(print, "interval")
    assert task.mistrigger_grace_time == 5
    assert task.max_catch_up == 7
    assert task.on_crash == "mark_lost"
    assert AsyncIOScheduler().add_task(print, "interval").mistrigger_grace_time is None


def test_what_asyncz_has_and_uvsched_does_not_need() -> None:
    scheduler = AsyncIOScheduler(lock_path="/tmp/{pgrp}.lock", startup_delay=1, logger_name="x", store_retry_interval=3)
    assert scheduler.lock_path == "/tmp/{pgrp}.lock"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"timezone": "Mars/Phobos"}, ValueError, "timezone: there is no time zone 'Mars/Phobos'"),
        ({"timezone": 5}, TypeError, "timezone: expected a tzinfo"),
        ({"stores": {"default": "redis://x"}}, ValueError, r"stores\['default'\]: .*'redis' are not available yet"),
        ({"stores": {"default": "shelf:x"}}, LookupError, r"stores\['default'\]: there is no type of store 'shelf'"),
        ({"stores": {"default": 5}}, TypeError, r"stores\['default'\]: .* not int"),
        ({"stores": {"default": {"path": "x"}}}, ValueError, '"type"'),
        ({"stores": {"default": {"type": "sqlite", "colour": 1}}}, TypeError, r"stores\['default'\]: .*colour"),
        ({"stores": ["sqlite:x"]}, TypeError, "stores: expected a mapping"),
        ({"stores": {"default": SQLiteStore("x?y")}}, ValueError, r"\?"),
        ({"executors": {"default": "processpool"}}, ValueError, r"executors\['default'\]: .* not available yet"),
        ({"executors": {"default": "fast"}}, LookupError, "there is no executor 'fast'"),
        ({"executors": {"default": "threadpool:0"}}, ValueError, "max_workers: 0 is not in 1 to 1024"),
        ({"executors": {"default": "threadpool:x"}}, ValueError, "'threadpool:x'"),
        ({"executors": {"uvsched.control": "debug"}}, ValueError, "uvsched's own"),
        ({"executors": {"default": {"class": "os:path"}}}, TypeError, "os:path"),
        ({"executors": {"default": {"class": "nowhere:x"}}}, LookupError, "nowhere"),
        ({"task_defaults": {"max_instances": 0}}, ValueError, "task_defaults.max_instances"),
        ({"task_defaults": {"colour": 1}}, ValueError, "task_defaults.colour"),
        ({"task_defaults": 5}, TypeError, "task_defaults: expected a mapping"),
        ({"trusted_modules": "myapp"}, TypeError, "trusted_modules: expected a sequence"),
        ({"colour": 1}, TypeError, "unknown option of a scheduler: colour"),
        ({"global_config": {"stores.a.type": "memory", "stores.a": 5}}, TypeError, r"stores\['a'\]"),
        ({"global_config": {5: 1}}, TypeError, "the key 5 is no text"),
    ],
)
def test_bad_configuration_is_named(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        AsyncIOScheduler(**options)


def test_parts_can_be_added_before_the_first_start() -> None:
    scheduler = AsyncIOScheduler()
    task = scheduler.add_task(print, "interval", id="x")
    scheduler.add_store("memory", "second")
    scheduler.add_executor(DebugExecutor())  # nobody chose the default one
    scheduler.add_executor("threadpool", "pool", max_workers=2)
    assert isinstance(scheduler.executors["default"], DebugExecutor)
    assert task.id in [found.id for found in scheduler.get_tasks()]
    with pytest.raises(ValueError, match="there is executor 'default' already"):
        scheduler.add_executor(DebugExecutor())
    with pytest.raises(ValueError, match="there is store 'second' already"):
        scheduler.add_store("memory", "second")
    with scheduler, pytest.raises(Exception, match="only be added before the first start"):
        scheduler.add_store("memory", "third")


def test_a_part_that_the_engine_refuses_changes_nothing() -> None:
    scheduler = AsyncIOScheduler()
    scheduler.add_task(print, "interval", id="x")
    with pytest.raises(ValueError, match="alias"):
        scheduler.add_store("memory", "x" * 300)
    assert set(scheduler.stores) == {"default"}
    assert scheduler.get_task("x") is not None


def test_a_scheduler_cannot_be_pickled() -> None:
    import pickle

    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(AsyncIOScheduler())


def test_passwords_and_paths() -> None:
    assert repr(SQLiteStore("a/b.db")) == "SQLiteStore('a/b.db')"
    with pytest.raises(ValueError, match="path: it is empty"):
        SQLiteStore("")
    with pytest.raises(TypeError, match="path: expected text"):
        SQLiteStore(b"x")  # type: ignore[arg-type]
