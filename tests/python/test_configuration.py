"""What a scheduler is made of."""

from __future__ import annotations

import threading
import traceback
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from uvsched.exceptions import UnsupportedError
from uvsched.executors import AsyncIOExecutor, DebugExecutor, PullExecutor, ThreadPoolExecutor
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
    scheduler.add_task(print, "interval", hours=1, args=["x"])
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
    task = scheduler.add_task(print, "interval", hours=1, id="x")
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


def test_one_rule_for_text_and_dictionaries(tmp_path: Path) -> None:
    stores: tuple[Any, ...] = (
        "sqlite:x.db?synchronous=normal&retention_per_task=7&lease=2.5",
        {"url": "sqlite:x.db?synchronous=normal", "retention_per_task": "7", "lease": "2.5"},
        {"type": "sqlite", "path": Path("x.db"), "synchronous": "normal", "retention_per_task": 7, "lease": 2.5},
        {
            "class": "asyncz.stores.sqlite:SQLiteStore",
            "database": "x.db",
            "synchronous": "normal",
            "retention_per_task": 7,
            "lease": 2.5,
        },
        SQLiteStore("x.db", synchronous="normal", retention_per_task=7, lease=2.5),
    )
    for store in stores:
        found = read_configuration(None, {"stores": {"default": store}}).stores["default"]
        assert isinstance(found, SQLiteStore)
        assert (found.path, found.synchronous, found.retention_per_task, found.lease) == (
            "x.db",
            "normal",
            7,
            2_500_000,
        )
    executors: tuple[Any, ...] = (
        "threadpool:4",
        "pool:4",
        {"type": "pool", "max_workers": "4"},
        {"class": "asyncz.executors.pool:ThreadPoolExecutor", "max_workers": "4"},
    )
    for executor in executors:
        pool = read_configuration(None, {"executors": {"default": executor}}).executors["default"]
        assert isinstance(pool, ThreadPoolExecutor)
        assert pool.max_workers == 4
    for name, kind in (("asyncio", AsyncIOExecutor), ("queue", AsyncIOExecutor), ("inline", DebugExecutor)):
        assert type(read_configuration(None, {"executors": {"default": name}}).executors["default"]) is kind


@pytest.mark.parametrize(
    ("given", "room"),
    [
        ("pull", 1),
        ({"type": "pull", "room": 3}, 3),
        ({"class": "uvsched.executors:PullExecutor", "room": 3}, 3),
        ({"class": "uvsched.executors.pull.PullExecutor"}, 1),
    ],
)
def test_a_pull_executor_by_name(given: Any, room: int) -> None:
    scheduler = AsyncIOScheduler({"uvsched.executors.default": given})
    executor = scheduler.executors["default"]
    assert isinstance(executor, PullExecutor)
    assert executor.room == room


def test_a_pool_is_told_what_only_python_reads() -> None:
    given = {"type": "threadpool", "pool_kwargs": {"initializer": print, "initargs": (object(),)}}
    pool = AsyncIOScheduler(executors={"default": given}).executors["default"]
    assert isinstance(pool, ThreadPoolExecutor)
    given["pool_kwargs"] = {"initializer": print, "thread_name_prefix": "mine"}
    with AsyncIOScheduler(executors={"default": given}):
        assert any(thread.name.startswith("mine-default") for thread in threading.enumerate())


class Mine(SQLiteStore):
    """An application's own class."""


def test_a_class_of_an_application() -> None:
    given = {"class": f"{__name__}:Mine", "path": "x.db", "synchronous": "normal"}
    found = AsyncIOScheduler({"asyncz.stores.default": given}).stores["default"]
    assert isinstance(found, Mine)
    assert found.synchronous == "normal"


def test_objects_are_kept() -> None:
    store, executor = SQLiteStore("x.db"), DebugExecutor()
    scheduler = AsyncIOScheduler({"asyncz.stores.default": store, "uvsched": {"executors": {"default": executor}}})
    assert scheduler.stores["default"] is store
    assert scheduler.executors["default"] is executor


def test_what_becomes_of_a_lost_file_by_every_way() -> None:
    for store in (
        SQLiteStore("x.db", on_file_lost="reopen"),
        "sqlite:x.db?on_file_lost=reopen",
        {"type": "sqlite", "path": "x.db", "on_file_lost": "reopen"},
        {"url": "sqlite:x.db", "on_file_lost": "reopen"},
    ):
        found = read_configuration(None, {"stores": {"default": store}}).stores["default"]
        assert isinstance(found, SQLiteStore)
        assert (found.path, found.on_file_lost) == ("x.db", "reopen")
        AsyncIOScheduler(stores={"default": store})  # the engine knows the option
    assert SQLiteStore("x.db").on_file_lost == "stop"
    with pytest.raises(ValueError, match="on_file_lost: 'cry' is neither 'stop' nor 'reopen'"):
        SQLiteStore("x.db", on_file_lost="cry")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://u:secret@host/x",
        "sqlite://u:s?secret@host/x",
        "memory://u:secret@host",
        "postgresql://u:secret@host:x/x",
        "odd://u:secret@host/x",
        "sqlite:postgresql://u:secret@host/x",
        "sqlite:x.db?password=secret",
    ],
)
@pytest.mark.parametrize("form", ["URL", "url", "type", "class", "path", "database", "object"])
def test_no_error_repeats_a_password(url: str, form: str) -> None:
    def make() -> AsyncIOScheduler:
        if form == "URL":
            return AsyncIOScheduler(stores={"default": url})
        if form == "object":
            return AsyncIOScheduler(stores={"default": SQLiteStore(url)})
        kind = {} if form in ("url", "type", "class") else {"type": "sqlite"}
        return AsyncIOScheduler(stores={"default": {**kind, form: url}})

    with pytest.raises((LookupError, TypeError, ValueError)) as caught:
        make()
    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_task_defaults() -> None:
    scheduler = AsyncIOScheduler(
        task_defaults={"mistrigger_grace_time": timedelta(seconds=5), "max_catch_up": 7, "on_crash": "mark_lost"}
    )
    task = scheduler.add_task(print, "interval", hours=1)
    assert task.mistrigger_grace_time == 5
    assert task.max_catch_up == 7
    assert task.on_crash == "mark_lost"
    assert AsyncIOScheduler().add_task(print, "interval", hours=1).mistrigger_grace_time is None


def test_what_asyncz_has_and_uvsched_does_not_need() -> None:
    with pytest.warns(UserWarning, match="it has no effect here") as warned:
        scheduler = AsyncIOScheduler(
            lock_path="/tmp/{pgrp}.lock", startup_delay=1, logger_name="x", store_retry_interval=3
        )
    assert {str(warning.message).partition(":")[0] for warning in warned} == {
        "lock_path",
        "logger_name",
        "startup_delay",
        "store_retry_interval",
    }
    assert {warning.filename for warning in warned} == {__file__}
    assert scheduler.lock_path == "/tmp/{pgrp}.lock"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"timezone": "Mars/Phobos"}, ValueError, "timezone: there is no time zone 'Mars/Phobos'"),
        ({"timezone": 5}, TypeError, "timezone: expected a tzinfo"),
        (
            {"stores": {"default": "sqlalchemy://x"}},
            UnsupportedError,
            'stores.default: "sqlalchemy" is not available in this build',
        ),
        (
            {"stores": {"default": {"class": "asyncz.stores.sqlalchemy:SQLAlchemyStore", "host": "x"}}},
            TypeError,
            "stores.default: missing a required argument: 'database'",
        ),
        (
            {"stores": {"default": "shelf:x"}},
            LookupError,
            r'stores.default: "shelf" is not a store \(one of memory, sq',
        ),
        ({"stores": {"default": 5}}, TypeError, "stores.default: expected a BaseStore, a string or a mapping, not int"),
        ({"stores": {"default": {"path": "x"}}}, ValueError, 'stores.default: one of "type", "class" and "url" is m'),
        (
            {"stores": {"default": {"type": "sqlite", "path": "x", "colour": 1}}},
            ValueError,
            r"stores.default.colour: unknown key \(known: .*path, synchronous",
        ),
        (
            {"stores": {"default": {"type": "sqlite", "path": object()}}},
            TypeError,
            "stores.default.path: expected a string, a number or a mapping, not object",
        ),
        ({"stores": {"default": {"type": "sqlite", "path": "x", 5: 1}}}, TypeError, "stores.default: the key 5 is not"),
        (
            {"stores": {"default": {"type": "sqlite", "path": "x", "retention_age": float("nan")}}},
            ValueError,
            "_age: nan",
        ),
        ({"stores": ["sqlite:x"]}, TypeError, "stores: expected a mapping"),
        ({"stores": {"default": SQLiteStore("x?y")}}, ValueError, r"\?"),
        ({"executors": {"default": "fast"}}, LookupError, 'executors.default: "fast" is not an executor'),
        ({"executors": {"default": "threadpool:0"}}, ValueError, 'executors.default: "0" is not a number of threads'),
        ({"executors": {"default": "threadpool:x"}}, ValueError, 'executors.default: "x" is not a number of threads'),
        ({"executors": {"default": "threads"}}, LookupError, "is not an executor .*; in Python also .*pull"),
        ({"executors": {"uvsched.control": "debug"}}, ValueError, "uvsched's own"),
        ({"executors": {"default": {"class": "os:path"}}}, TypeError, "os:path"),
        ({"executors": {"default": {"class": "nowhere:x"}}}, LookupError, "nowhere"),
        ({"task_defaults": {"max_instances": 0}}, ValueError, "task_defaults.max_instances"),
        ({"task_defaults": {"colour": 1}}, TypeError, "task_defaults: unknown argument 'colour'"),
        ({"task_defaults": {5: 1}}, TypeError, "task_defaults: the key 5 is not a string"),
        ({"task_defaults": 5}, TypeError, "task_defaults: expected a mapping"),
        ({"trusted_modules": "myapp"}, TypeError, "trusted_modules: expected a sequence"),
        ({"trusted_modules": ["jobs.*"]}, ValueError, r"trusted_modules: 'jobs\.\*' is not the name of a module"),
        ({"trusted_modules": ["jobs:run"]}, ValueError, "trusted_modules: 'jobs:run' is not the name of a module"),
        ({"trusted_modules": ["jobs."]}, ValueError, "trusted_modules: 'jobs.' is not the name of a module"),
        ({"event_loop": 3}, TypeError, "event_loop: expected an asyncio loop, not int"),
        ({"undeclared": "forget"}, ValueError, 'undeclared: "forget" is not one of keep, pause, delete'),
        ({"identity": b"a"}, TypeError, "identity: expected a string, an int or a UUID, not bytes"),
        ({"identity": True}, TypeError, "identity: expected a string, an int or a UUID, not bool"),
        ({"identity": "\ud800"}, ValueError, r"identity: '\\ud800' at 0 is a lone surrogate"),
        ({"stores": {"\ud800": "memory"}}, ValueError, r"stores \(a key\): '\\ud800' at 0 is a lone surrogate"),
        ({"stores": {"default": "sqlite:\udcff"}}, ValueError, r"stores.default: '\\udcff' at 7 is a lone surrogate"),
        ({"colour": 1}, TypeError, "scheduler: unknown argument 'colour'"),
        ({"global_config": {"stores.a.type": "memory", "stores.a": 5}}, ValueError, "stores.a: given twice"),
        ({"global_config": {5: 1}}, TypeError, "the key 5 is not a string"),
    ],
)
def test_bad_configuration_is_named(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        AsyncIOScheduler(**options)


@pytest.mark.parametrize(
    "identity", ["me", 7, 0, UUID("12345678-1234-5678-1234-567812345678")], ids=["str", "int", "zero", "uuid"]
)
def test_an_identity_is_taken_as_text(identity: Any) -> None:
    assert AsyncIOScheduler(identity=identity).identity == str(identity)
    assert AsyncIOScheduler({"asyncz.identity": identity}).identity == str(identity)


def test_parts_can_be_added_before_the_first_start() -> None:
    scheduler = AsyncIOScheduler()
    task = scheduler.add_task(print, "interval", hours=1, id="x")
    scheduler.add_store("memory", "second")
    scheduler.add_executor(DebugExecutor())  # nobody chose the default one
    scheduler.add_executor("threadpool", "pool", max_workers=2)
    assert isinstance(scheduler.executors["default"], DebugExecutor)
    assert task.id in [found.id for found in scheduler.get_tasks()]
    with pytest.raises(ValueError, match="executor 'default' exists already"):
        scheduler.add_executor(DebugExecutor())
    with pytest.raises(ValueError, match="store 'second' exists already"):
        scheduler.add_store("memory", "second")


def test_a_part_that_the_engine_refuses_changes_nothing() -> None:
    scheduler = AsyncIOScheduler()
    scheduler.add_task(print, "interval", hours=1, id="x")
    with pytest.raises(ValueError, match="alias"):
        scheduler.add_store("memory", "x" * 300)
    assert set(scheduler.stores) == {"default"}
    assert scheduler.get_task("x") is not None


def test_only_a_manual_clock_can_be_moved() -> None:
    with pytest.raises(UnsupportedError, match="advance: the scheduler uses the system's clock; one that was given"):
        AsyncIOScheduler().advance(1)


def test_a_trigger_in_the_place_of_the_store() -> None:
    scheduler = AsyncIOScheduler()
    scheduler.add_task(print, "interval", hours=1, id="x")
    with pytest.raises(TypeError, match="its second argument is a store; write trigger='interval'"):
        scheduler.reschedule_task("x", "interval", seconds=5)
    with pytest.raises(LookupError, match="there is no store 'elsewhere'"):
        scheduler.reschedule_task("x", "elsewhere", seconds=5)


def test_a_scheduler_cannot_be_pickled() -> None:
    import pickle

    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(AsyncIOScheduler())


def test_passwords_and_paths() -> None:
    assert repr(SQLiteStore("a/b.db")) == "SQLiteStore('a/b.db')"
    with pytest.raises(ValueError, match="path: it is empty"):
        SQLiteStore("")
    with pytest.raises(TypeError, match="path: expected a string"):
        SQLiteStore(b"x")  # type: ignore[arg-type]
