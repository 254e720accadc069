"""Stored tasks whose function this process has not added: what they may name, and what is said about the others."""

from __future__ import annotations

import asyncio
import importlib
import sqlite3
import sys
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from uvsched import _core
from uvsched._trust import resolve_trusted
from uvsched.events.constants import TASK_ERROR, TASK_EXECUTED, TASK_UNRUNNABLE
from uvsched.executors import ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.triggers.custom import objects

from .conftest import until

# A module as programs have them: it imports dangerous things, and defines what stored tasks may name.
MYTASKS = """
    import builtins
    import functools
    import logging
    import os
    import subprocess
    import types
    from functools import partial, wraps
    from os import system
    from shutil import rmtree
    from subprocess import Popen, call as shell
    from unittest.mock import Mock

    import uvsched.contrib.esmerald
    from datetime import datetime
    from uvsched.triggers import BaseTrigger, IntervalTrigger
    from otherlib import Imported, Meta, Proxy, library_wrapper, proxy, decorated

    calls = []

    def function(*args):
        calls.append("function")

    async def coroutine():
        calls.append("coroutine")

    @library_wrapper
    def wrapped():
        calls.append("wrapped")

    @functools.lru_cache
    def cached():
        calls.append("cached")

    class Own:
        module = os
        run = staticmethod(os.system)
        built = classmethod(os.system)
        imported = Popen
        environment = os.environ
        names = {}

        def __init__(self):
            calls.append("class")

        def __call__(self):
            calls.append("object")

        def method(self):
            calls.append("method")

        @classmethod
        def of_class(cls):
            calls.append(f"classmethod of {cls.__name__}")

        @staticmethod
        def static():
            calls.append("static")

        @property
        def asked(self):
            raise RuntimeError("a property was asked")

        class Inner:
            @staticmethod
            def static():
                calls.append("inner")

    class Child(Own):
        pass

    class Shell(Popen):
        pass

    class Library(Imported):
        def __init__(self):
            calls.append("library")

    class Number(int, metaclass=Meta):
        pass

    class Lent:
        __call__ = Imported.run

    class Begun:
        __init__ = Imported.run

    class Answering(Proxy):
        pass

    library = Library()
    called_class = partial(Shell, "touch made", shell=True)
    called_object = partial(library)
    static_class = staticmethod(Shell)
    bound_class = types.MethodType(Shell, "touch made")
    cached_class = functools.lru_cache(Shell)
    wrapped_class = library_wrapper(Shell)
    wrapped_object = library_wrapper(library)
    half_own = partial(Own)
    lent = Lent()
    answering = Answering()

    own = Own()
    own.held = function
    half = partial(function, 1)
    half_system = partial(os.system, "touch made")
    forged = Mock(__module__="mytasks", __qualname__="forged")
    task = uvsched.contrib.esmerald.Task(function)
    system_task = uvsched.contrib.esmerald.Task(os.system)

    class Tides(BaseTrigger):
        def get_next_trigger_time(self, timezone, previous_time, now=None):
            return datetime(2190, 1, 1, tzinfo=timezone)

    def __getattr__(name):
        calls.append(f"__getattr__ {name}")
        return os.system
"""

# What it imports from elsewhere.
OTHERLIB = """
    import functools
    import os

    class Imported:
        def __call__(self):
            os.system("touch made")

        @staticmethod
        def run(*args):
            os.system("touch made")

    class Meta(type):
        def __call__(self, *args):
            os.system("touch made")

    class Proxy:
        def __getattr__(self, name):
            return self

        def __call__(self, *args):
            os.system("touch made")

    proxy = Proxy()

    def library_wrapper(fn):
        @functools.wraps(fn)
        def inner(*args):
            return fn(*args)
        return inner

    @library_wrapper
    def decorated():
        os.system("touch made")
"""

OPEN = {
    "mytasks:function": "function",
    "mytasks:coroutine": "coroutine",
    "mytasks:wrapped": "wrapped",
    "mytasks:cached": "cached",
    "mytasks:Own": "class",
    "mytasks:own": "object",
    "mytasks:own.method": "method",
    "mytasks:own.of_class": "classmethod of Own",
    "mytasks:own.static": "static",
    "mytasks:Own.of_class": "classmethod of Own",
    "mytasks:Child.of_class": "classmethod of Child",
    "mytasks:Own.static": "static",
    "mytasks:Child.static": "static",
    "mytasks:Own.Inner.static": "inner",
    "mytasks:Library": "library",
    "mytasks:half": "function",
    "mytasks:half_own": "class",
    "mytasks:task": "function",
    "mytasks.sub:function": "sub",
}

CLOSED = [
    "mytasks:os.system",
    "mytasks:os.path.os.system",
    "mytasks:subprocess.call",
    "mytasks:builtins.exec",
    "mytasks:functools.partial",
    "mytasks:logging.os.system",
    "mytasks:system",
    "mytasks:shell",
    "mytasks:rmtree",
    "mytasks:Popen",
    "mytasks:partial",
    "mytasks:wraps",
    "mytasks:Imported",
    "mytasks:Imported.run",
    "mytasks:proxy",
    "mytasks:proxy.anything",
    "mytasks:decorated",
    "mytasks:IntervalTrigger",
    "mytasks:Own.module.system",
    "mytasks:Own.module",
    "mytasks:Own.run",
    "mytasks:Own.built",
    "mytasks:Own.imported",
    "mytasks:Own.environment.clear",
    "mytasks:Own.names.update",
    "mytasks:Own.asked",
    "mytasks:Own.asked.fget",
    "mytasks:Own.mro",
    "mytasks:Own.__init__",
    "mytasks:Own.__init__.__globals__",
    "mytasks:Own.__init__.__globals__.get",
    "mytasks:Own.__subclasses__",
    "mytasks:Own.Inner.__class__",
    "mytasks:Shell",
    "mytasks:Shell.communicate",
    "mytasks:library",
    "mytasks:Number",
    "mytasks:called_class",
    "mytasks:called_object",
    "mytasks:static_class",
    "mytasks:bound_class",
    "mytasks:cached_class",
    "mytasks:wrapped_class",
    "mytasks:wrapped_object",
    "mytasks:lent",
    "mytasks:Begun",
    "mytasks:answering",
    "mytasks:own.asked",
    "mytasks:own.run",
    "mytasks:own.built",
    "mytasks:own.module",
    "mytasks:own.imported",
    "mytasks:own.held",
    "mytasks:own.method.__func__",
    "mytasks:own.Inner",
    "mytasks:own.Inner.static",
    "mytasks:library.run",
    "mytasks:answering.anything",
    "mytasks:own.__call__",
    "mytasks:function.__call__",
    "mytasks:function.__globals__.clear",
    "mytasks:wrapped.__wrapped__",
    "mytasks:cached.cache_clear",
    "mytasks:half.func",
    "mytasks:half_system",
    "mytasks:forged",
    "mytasks:system_task",
    "mytasks:system_task.fn",
    "mytasks:task.add_task",
    "mytasks:calls.clear",
    "mytasks:absent",
    "mytasks:__getattr__",
    "mytasks:__builtins__",
    "mytasks:__loader__.exec_module",
    "mytasks:sub",
    "mytasks:sub.function",
    "mytasks:sub.os.system",
    "mytasks.sub:os.system",
    "mytasks.alias:system",
    "mytasks.alias:path.os.system",
    "mytasks.__main__:function",
    "mytasks.os:system",
    "mytasks.sub.os:system",
    "mytasks..sub:function",
    "mytasks./sub:function",
    ".mytasks:function",
    "mytasks",
    "mytasks.function",
    "mytasks:",
    "mytasks: function",
    "mytasks:function.",
    ":function",
    "os:system",
    "builtins:exec",
    "mytasks2:function",
    "__main__:function",
    "uvsched.schedulers:AsyncIOScheduler",
]


@pytest.fixture
def mytasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The trusted package, fresh."""
    folder = tmp_path / "mytasks"
    folder.mkdir()
    (folder / "__init__.py").write_text(textwrap.dedent(MYTASKS))
    (folder / "__main__.py").write_text("import os\nos.system('touch made')\n")
    sub = "import os\nimport mytasks\ndef function(*args):\n    mytasks.calls.append('sub')\n"
    (folder / "sub.py").write_text(sub)
    (tmp_path / "otherlib.py").write_text(textwrap.dedent(OTHERLIB))
    (tmp_path / "mytasks2.py").write_text("import os\nos.system('touch made')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    importlib.invalidate_caches()
    module = importlib.import_module("mytasks")
    sys.modules["mytasks.alias"] = sys.modules["os"]
    yield module
    for name in [name for name in sys.modules if name.partition(".")[0] in ("mytasks", "mytasks2", "otherlib")]:
        del sys.modules[name]


@pytest.mark.parametrize("reference", CLOSED)
def test_what_a_stored_task_cannot_name(mytasks: Any, reference: str) -> None:
    calls = list(mytasks.calls)
    with pytest.raises((LookupError, ModuleNotFoundError)):
        resolve_trusted(reference, ["mytasks"])
    assert mytasks.calls == calls
    assert not Path("made").exists()


@pytest.mark.parametrize("reference", OPEN)
def test_what_a_stored_task_can_name(mytasks: Any, reference: str) -> None:
    assert callable(resolve_trusted(reference, ["mytasks"]))


def test_an_object_that_lies_about_its_class(mytasks: Any) -> None:
    class Liar:
        __class__ = type

        def __getattribute__(self, name: str) -> Any:
            return "mytasks" if name == "__module__" else object.__getattribute__(self, name)

        def __call__(self) -> None:
            raise AssertionError

    mytasks.liar = Liar()
    mytasks.Own.liar = Liar()
    for reference in ("mytasks:liar", "mytasks:liar.x", "mytasks:Own.liar", "mytasks:Own.liar.x"):
        with pytest.raises(LookupError):
            resolve_trusted(reference, ["mytasks"])


def store_rows(path: Path, references: list[str]) -> None:
    """A file in which each of these is the function of a task that is due."""

    async def main() -> None:
        async with AsyncIOScheduler(stores={"default": f"sqlite:{path}"}) as scheduler:
            for number, _ in enumerate(references):
                # Tasks of one function share a lane; each gets one of its own.
                scheduler.add_task(harmless[number], "interval", hours=1, id=f"t{number}", args=[])

    module = types.ModuleType("harmless")
    sys.modules["harmless"] = module
    harmless = []
    for number, _ in enumerate(references):
        exec(f"def f{number}(): raise AssertionError", vars(module))
        harmless.append(getattr(module, f"f{number}"))
    asyncio.run(main())
    del sys.modules["harmless"]
    with sqlite3.connect(path) as connection:
        for number, reference in enumerate(references):
            connection.execute("UPDATE lane SET fn = ? WHERE fn = ?", (reference, f"harmless:f{number}"))
            connection.execute(
                "UPDATE def SET def = json_set(def, '$.function', ?) WHERE id = ?", (reference, f"t{number}")
            )
            connection.execute("UPDATE sched SET next_due = 1, next_slot = 1")
    connection.close()


def test_rows_of_a_file(mytasks: Any, tmp_path: Path, record: Any) -> None:
    references = [*OPEN, *(name for name in CLOSED if ":" in name.strip(":"))]
    path = tmp_path / "tasks.db"
    store_rows(path, references)
    mytasks.calls.clear()

    async def main() -> None:
        scheduler = AsyncIOScheduler(stores={"default": f"sqlite:{path}"}, trusted_modules=["mytasks"])
        seen = record(scheduler, TASK_EXECUTED | TASK_UNRUNNABLE)
        async with scheduler:
            await until(lambda: len(seen.events) >= len(references), "a word about each row")
        ran = {event.task_id for event in seen.of(TASK_EXECUTED)}
        told = {event.task_id: event.message for event in seen.of(TASK_UNRUNNABLE)}
        assert ran == {f"t{number}" for number, name in enumerate(references) if name in OPEN}
        assert ran | told.keys() == {f"t{number}" for number, _ in enumerate(references)}
        for number, name in enumerate(references):
            if name not in OPEN:
                assert told[f"t{number}"].startswith(f"the function {name!r} ")
                assert told[f"t{number}"].endswith(", or delete the task")

    asyncio.run(main())
    assert sorted(mytasks.calls) == sorted(OPEN.values())
    assert not Path("made").exists()


@pytest.mark.parametrize("column", ["lane", "def"])
def test_rows_that_contradict_each_other(mytasks: Any, tmp_path: Path, record: Any, column: str) -> None:
    path = tmp_path / "tasks.db"
    store_rows(path, ["mytasks:function"])
    with sqlite3.connect(path) as connection:
        if column == "lane":
            connection.execute("UPDATE lane SET fn = 'mytasks:os.system'")
        else:
            connection.execute("UPDATE def SET def = json_set(def, '$.function', 'mytasks:os.system')")
    connection.close()

    async def main() -> None:
        scheduler = AsyncIOScheduler(stores={"default": f"sqlite:{path}"}, trusted_modules=["mytasks"])
        seen = record(scheduler)
        async with scheduler:
            await until(lambda: [event for event in seen.events if "mytasks:" in event.message], "a word about the row")
            for _ in range(20):
                await asyncio.sleep(0)

    asyncio.run(main())
    assert not Path("made").exists()


@pytest.mark.parametrize("queue", [_core.CONTROL_QUEUE, _core.TRIGGER_QUEUE])
def test_a_row_that_names_a_queue_of_the_schedulers_own(mytasks: Any, tmp_path: Path, record: Any, queue: str) -> None:
    path = tmp_path / "tasks.db"
    store_rows(path, ["mytasks:function"])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE lane SET executor = ?", (queue,))
        connection.execute("UPDATE def SET def = json_set(def, '$.executor', ?)", (queue,))
    connection.close()

    async def main() -> None:
        stores = {"default": f"sqlite:{path}", "memory": "memory"}
        scheduler = AsyncIOScheduler(stores=stores, trusted_modules=["mytasks"])
        scheduler.add_task(mytasks.own, mytasks.Tides(), store="memory")  # somebody takes from the queue of triggers
        seen = record(scheduler, TASK_ERROR)
        async with scheduler:
            event = await seen.first(TASK_ERROR)
        assert event.task_id == "t0"

    asyncio.run(asyncio.wait_for(main(), 60))


STORED_TRIGGERS = [
    "mytasks:Imported",
    "mytasks:IntervalTrigger",
    "mytasks:Own",
    "mytasks:os.system",
    "mytasks:BaseTrigger",
]


@pytest.mark.parametrize("name", STORED_TRIGGERS)
def test_the_classes_of_stored_triggers(mytasks: Any, name: str) -> None:
    with pytest.raises((LookupError, TypeError)):
        objects.know(name, ["mytasks"])
    objects.know("mytasks:Tides", ["mytasks"])


BAD_MODULES = {
    "fails": ("1 / 0", "ZeroDivisionError: division by zero"),
    "leaves": ("raise SystemExit(3)", "SystemExit: 3"),
    "stops": ("raise GeneratorExit", "GeneratorExit"),
    "absent": ("import surely_absent", "ModuleNotFoundError: No module named 'surely_absent'"),
    "broken": ("def f(:", "SyntaxError"),
    "yields": ("def f0(): yield", "f0 is a generator function"),
    "awaited": ("async def f0(): pass", "f0 is a coroutine function"),
}


def test_trusted_modules_that_fail_hurt_their_own_tasks_alone(
    mytasks: Any, tmp_path: Path, record: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for name, (text, _) in BAD_MODULES.items():
        (tmp_path / f"{name}.py").write_text(text + "\n")
    references = ["mytasks:function", *(f"{name}:f0" for name in BAD_MODULES), "mytasks:Own.static"]
    path = tmp_path / "tasks.db"
    store_rows(path, references)

    async def main() -> None:
        scheduler = AsyncIOScheduler(
            stores={"default": f"sqlite:{path}"},
            executors={"default": ThreadPoolExecutor(2)},
            trusted_modules=["mytasks", *BAD_MODULES],
        )
        seen = record(scheduler, TASK_EXECUTED | TASK_UNRUNNABLE)
        async with scheduler:
            await until(lambda: len(seen.events) >= len(references), "a word about each row")
            task = scheduler.get_task("t1")
            assert task is not None
            assert task.problem == seen.of(TASK_UNRUNNABLE)[0].message
            assert task.snapshot().problem == task.problem
            good = scheduler.get_task("t0")
            assert good is not None
            assert good.problem is None
        assert {event.task_id for event in seen.of(TASK_EXECUTED)} == {"t0", f"t{len(references) - 1}"}
        told = {event.task_id: event.message for event in seen.of(TASK_UNRUNNABLE)}
        for number, (name, (_, reason)) in enumerate(BAD_MODULES.items(), start=1):
            assert told[f"t{number}"].startswith(f"the function '{name}:f0' cannot be found by its name: ")
            assert reason in told[f"t{number}"]

    asyncio.run(main())
    failure = next(line for line in caplog.records if "division" in line.getMessage())
    assert failure.exc_info is not None
    assert failure.exc_info[0] is ZeroDivisionError


def test_what_is_said_about_a_function_that_was_not_added(tmp_path: Path, record: Any, caplog: Any) -> None:
    path = tmp_path / "tasks.db"
    store_rows(path, ["jobs:crunch"])
    path.chmod(0o660)

    async def main() -> None:
        scheduler = AsyncIOScheduler(stores={"default": f"sqlite:{path}"})
        seen = record(scheduler, TASK_UNRUNNABLE)
        async with scheduler:
            event = await seen.first(TASK_UNRUNNABLE)
            task = scheduler.get_task("t0")
            assert task is not None
            assert event.message == task.problem
            assert event.message == (
                "the function 'jobs:crunch' has not been added in this process: add it here, start with "
                "trusted_modules=['jobs'] if that module is yours, or let only this process's user write the store: "
                f"others may write {path} (chmod go-w), or delete the task"
            )

    asyncio.run(main())
    assert any("trusted_modules=['jobs']" in line.getMessage() for line in caplog.records)


def test_what_is_said_about_a_function_that_has_another_name_now(tmp_path: Path, record: Any) -> None:
    path = tmp_path / "tasks.db"
    store_rows(path, ["jobs:crunch"])
    path.chmod(0o660)

    async def main() -> None:
        scheduler = AsyncIOScheduler(stores={"default": f"sqlite:{path}"})
        scheduler.add_task(print, "interval", hours=1, id="t0", on_conflict="keep")
        seen = record(scheduler, TASK_UNRUNNABLE)
        async with scheduler:
            event = await seen.first(TASK_UNRUNNABLE)
            assert (
                "'jobs:crunch' has not been added in this process (the program declares the task with " in event.message
            )
            assert "'builtins:print'): add it here" in event.message

    asyncio.run(main())


@pytest.mark.parametrize("turns", range(4))
def test_events_of_a_stop(tmp_path: Path, record: Any, turns: int) -> None:
    # The store is closing while the loop hears of a task that cannot run here.
    path = tmp_path / "tasks.db"
    store_rows(path, ["jobs:crunch", "jobs:chew"])
    problems: list[Any] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: problems.append(context))
        scheduler = AsyncIOScheduler(stores={"default": f"sqlite:{path}"})
        seen = record(scheduler, TASK_UNRUNNABLE)
        for _ in range(5):
            seen.events.clear()
            async with scheduler:
                for _ in range(turns):
                    await asyncio.sleep(0)
            assert {event.task_id for event in seen.events} == {"t0", "t1"}

    asyncio.run(main())
    assert problems == []
