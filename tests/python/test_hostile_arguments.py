"""Stored arguments that another program wrote: nothing of them runs, and they hurt their own task alone."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from uvsched._arguments import decode_arguments
from uvsched.events.constants import TASK_ERROR
from uvsched.exceptions import TaskArgumentsError
from uvsched.schedulers import AsyncIOScheduler
from uvsched.stores.sqlite import SQLiteStore

from .conftest import Recorder, until


def nested(depth: int, *tags: str) -> Any:
    value: Any = 1
    for level in range(depth):
        value = {tags[level % len(tags)]: [value]}
    return value


UNREADABLE: dict[str, Any] = {
    "uuid of a number": {"$uuid": 5},
    "uuid of nothing": {"$uuid": None},
    "digits beyond the limit": {"$int": "9" * 5_000},
    "int of an object": {"$int": {"a": 1}},
    "enum of a module": {"$enum": "os:x"},
    "enum of a function": {"$enum": "os:system.x"},
    "enum of a module not loaded": {"$enum": "antigravity:Fly.ONE"},
    "enum of a number": {"$enum": 5},
    "enum through a module": {"$enum": "os:sys.modules.x"},
    "pickle": {"$pickle": "gASVHgAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg=="},
    "object": {"$object": "os:system"},
    "bytes of a number": {"$bytes": 5},
    "bytes in no base": {"$bytes": "%%%"},
    "bytes not ASCII": {"$bytes": "ä"},
    "time span without end": {"$timedelta": 1e300},
    "time span of text": {"$timedelta": "x"},
    "time span of an array": {"$timedelta": [1]},
    "date of a number": {"$date": 5},
    "date beyond": {"$date": "99999-01-01"},
    "datetime of an object": {"$datetime": {}},
    "datetime in no zone": {"$datetime": "2026-01-01T00:00:00+00:00[../../etc/passwd]"},
    "time of nothing": {"$time": None},
    "decimal of words": {"$decimal": "ten"},
    "decimal of an object": {"$decimal": {"a": 1}},
    "zone out of its folder": {"$zone": "../../../etc/passwd"},
    "zone of a number": {"$zone": 5},
    "set of arrays": {"$set": [[1]]},
    "frozenset of a number": {"$frozenset": 5},
    "tuple of a number": {"$tuple": 5},
    "dict of no pairs": {"$dict": [[1]]},
    "dict with an array as key": {"$dict": [[[1], 2]]},
    "nested in types": nested(12, "$tuple", "$frozenset", "$set"),
}


@pytest.mark.parametrize("value", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_one_kind_of_error_that_names_it(value: Any) -> None:
    loaded = set(sys.modules)
    for arguments, where in (([1, value], r"args\[1\]"), ({"kwargs": {"x": value}}, r"kwargs\['x'\]")):
        with pytest.raises(ValueError, match=f"^{where}: .* cannot be read: .") as caught:
            decode_arguments(json.dumps(arguments))
        assert len(str(caught.value)) < 500
    assert "antigravity" not in set(sys.modules) - loaded


@pytest.mark.parametrize("text", ["5", '"x"', "null", "{", '{"args":5}', '{"kwargs":[1]}', "[" * 100_000, "[NaN"])
def test_no_arguments_at_all(text: str) -> None:
    with pytest.raises(ValueError, match="^(args|kwargs|arguments): "):
        decode_arguments(text)


def work(value: Any) -> None:
    """Refers to a task's function."""


def keep_time() -> None:
    """The same."""


def test_such_tasks_are_shown_with_the_reason_and_hold_nobody_up(
    tmp_path: Path, run: Callable[[Callable[[], Awaitable[Any]]], None]
) -> None:
    path = tmp_path / "tasks.db"

    async def main() -> None:
        async with AsyncIOScheduler(stores={"default": SQLiteStore(path)}) as scheduler:
            for name in UNREADABLE:
                scheduler.add_task(work, "interval", hours=1, args=[1], id=name)
            scheduler.add_task(keep_time, "interval", hours=1, id="other")
        with sqlite3.connect(path) as rows:
            for name, value in UNREADABLE.items():
                rows.execute(
                    "UPDATE def SET def = json_set(def, '$.arguments', json(?)) WHERE id = ?",
                    (json.dumps({"args": [value]}), name),
                )
        rows.close()
        async with AsyncIOScheduler(stores={"default": SQLiteStore(path)}) as scheduler:
            heard = Recorder(scheduler)
            scheduler.add_task(work, "interval", hours=1, args=[1], id="known")
            scheduler.add_task(keep_time, "interval", hours=1, id="other")
            assert scheduler.get_scheduler_info().task_count == len(UNREADABLE) + 2
            infos = {info.id: info for info in scheduler.get_task_infos()}
            assert {task.id for task in scheduler.get_tasks()} == set(infos)
            assert infos["other"].arguments_error is None
            for name in UNREADABLE:
                task = scheduler.get_task(name)
                assert task is not None
                with pytest.raises(TaskArgumentsError, match=r"args\[0\]: .* cannot be read") as caught:
                    _ = task.args
                assert caught.value.task_id == name
                assert infos[name].arguments_error == caught.value.detail
                assert (infos[name].args, infos[name].kwargs) == ((), {})
                scheduler.run_task(name)
            scheduler.run_task("other")
            await until(lambda: len(heard.of(TASK_ERROR)) == len(UNREADABLE))
            await until(lambda: any(row.state == "done" for row in scheduler.history("other")))

    run(main)
