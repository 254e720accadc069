"""Resources: what functions get for each run beside their arguments."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from uvsched import provided
from uvsched.contrib.task import Task as FrameworkTask
from uvsched.executors import ProcessPoolExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.stores import SQLiteStore

from .conftest import Main, until

Run = Callable[[Main], Any]
told: list[Any] = []


@pytest.fixture(autouse=True)
def _quiet() -> None:
    told.clear()


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return "memory" if request.param == "memory" else SQLiteStore(tmp_path / "tasks.db")


def generator() -> Iterator[str]:
    told.append("open")
    yield "resource"
    told.append("close")


async def async_generator() -> AsyncIterator[str]:
    told.append("open")
    yield "resource"
    told.append("close")


class Manager:
    def __enter__(self) -> str:
        told.append("open")
        return "resource"

    def __exit__(self, *_: object) -> None:
        told.append("close")


class AsyncManager:
    async def __aenter__(self) -> str:
        told.append("open")
        return "resource"

    async def __aexit__(self, *_: object) -> None:
        told.append("close")


async def made() -> str:
    return "resource"


async def coroutine(number: int = 0, db: Any = provided("db")) -> list[Any]:
    told.append((number, db))
    return [number, db]


def plain(number: int = 0, *, db: Any = provided("db")) -> list[Any]:
    told.append((number, db))
    return [number, db]


async def row_of(scheduler: AsyncIOScheduler, task_id: str) -> Any:
    await until(lambda: scheduler.history(task_id))
    return scheduler.history(task_id)[0]


SYNC = ["resource", lambda: "resource", generator, Manager, contextlib.contextmanager(generator)]
ASYNC = [async_generator, AsyncManager, made, contextlib.asynccontextmanager(async_generator)]


@pytest.mark.parametrize("factory", [*SYNC, *ASYNC])
def test_a_coroutine_gets_each_form(run: Run, store: Any, factory: Any) -> None:
    scheduler = AsyncIOScheduler(stores={"default": store})
    scheduler.provide("db", factory)

    async def main() -> None:
        async with scheduler:
            task = scheduler.add_task(coroutine, id="x", args=[7])
            assert task.fn is coroutine
            row = await row_of(scheduler, "x")
            assert (row.state, row.result) == ("done", [7, "resource"]), row.error
        assert told in ([(7, "resource")], ["open", (7, "resource"), "close"])

    run(main)


@pytest.mark.parametrize("factory", SYNC)
def test_a_plain_function_gets_it_on_its_thread(run: Run, store: Any, factory: Any) -> None:
    scheduler = AsyncIOScheduler(stores={"default": store}, executors={"default": ThreadPoolExecutor()})
    scheduler.provide("db", factory)
    scheduler.provide("thread", threading.get_ident)

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(plain, id="x", args=[7])
            row = await row_of(scheduler, "x")
            assert (row.state, row.result) == ("done", [7, "resource"]), row.error
            scheduler.add_task(on_thread, id="y")
            assert (await row_of(scheduler, "y")).result is True
        assert told in ([(7, "resource")], ["open", (7, "resource"), "close"])

    run(main)


def on_thread(ident: Any = provided("thread")) -> bool:
    return ident == threading.get_ident() != threading.main_thread().ident


def test_a_plain_function_gets_nothing_that_a_coroutine_opens(run: Run) -> None:
    scheduler = AsyncIOScheduler(executors={"default": ThreadPoolExecutor()})

    async def main() -> None:
        async with scheduler:
            for number, factory in enumerate(ASYNC):
                scheduler.provide("db", factory)
                scheduler.add_task(plain, id=str(number))
                row = await row_of(scheduler, str(number))
                assert "resource 'db' is opened by a coroutine: give it to a coroutine function" in row.error

    run(main)


def test_an_argument_wins(run: Run) -> None:
    scheduler = AsyncIOScheduler(executors={"default": ThreadPoolExecutor()})
    scheduler.provide("db", generator)

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(plain, id="x", kwargs={"db": "mine"})
            assert (await row_of(scheduler, "x")).result == [0, "mine"]
            scheduler.add_task(functools.partial(plain, 3), id="y")
            assert (await row_of(scheduler, "y")).result == [3, "resource"]
            task = FrameworkTask(plain, id="z")
            task.add_task(scheduler)
            assert (await row_of(scheduler, "z")).result == [0, "resource"]
        assert told.count("open") == told.count("close") == 2

    run(main)


@pytest.mark.parametrize("when", ["opens", "closes"])
def test_one_that_fails_fails_its_run_alone(run: Run, when: str) -> None:
    scheduler = AsyncIOScheduler()
    broken = [True]

    async def resource() -> AsyncIterator[str]:
        if broken[0] and when == "opens":
            raise OSError("no database")
        yield "resource"
        if broken[0] and when == "closes":
            raise OSError("no database")

    scheduler.provide("db", resource)

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(coroutine, id="x")
            row = await row_of(scheduler, "x")
            assert row.state == "failed"
            assert "OSError: no database" in row.error
            broken.clear()
            broken.append(False)
            scheduler.add_task(coroutine, id="y")
            assert (await row_of(scheduler, "y")).state == "done"

    run(main)


def test_a_name_that_nobody_provides(run: Run) -> None:
    declared = AsyncIOScheduler()
    declared.add_task(coroutine, "interval", hours=1)
    with pytest.raises(LookupError, match=r"coroutine wants the resource 'db', which nobody provides \(known: none\)"):
        declared.start()
    assert not declared.running
    declared.provide("db", 1)
    declared.provide("other", 1)

    async def main() -> None:
        async with declared:
            with pytest.raises(LookupError, match=r"'missing', which nobody provides \(known: db, other\)"):
                declared.add_task(wrong, "interval", hours=1)

    run(main)


def wrong(db: Any = provided("missing")) -> None: ...


def test_after_a_restart(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "tasks.db"

    async def main() -> None:
        first = AsyncIOScheduler(stores={"default": SQLiteStore(path)})
        first.provide("db", 1)
        async with first:
            first.add_task(coroutine, "date", run_at="2099-01-01", id="x", args=[5])
        second = AsyncIOScheduler(stores={"default": SQLiteStore(path)})
        second.provide("db", generator)
        async with second:
            second.run_task("x")
            assert (await row_of(second, "x")).result == [5, "resource"]

    run(main)


def test_an_update_keeps_it(run: Run, store: Any) -> None:
    scheduler = AsyncIOScheduler(stores={"default": store})
    scheduler.provide("db", "first")

    async def main() -> None:
        async with scheduler:
            task = scheduler.add_task(coroutine, "interval", hours=1, id="x", args=[1])
            task.update(args=[2])
            scheduler.provide("db", "second")
            task.run()
            assert (await row_of(scheduler, "x")).result == [2, "second"]

    run(main)


def test_processes_get_none() -> None:
    scheduler = AsyncIOScheduler(executors={"default": ProcessPoolExecutor()})
    scheduler.provide("db", 1)
    with pytest.raises(TypeError, match=r"it gets resources \(db\), which exist in this process only"):
        scheduler.add_task(plain, "interval", hours=1)


def test_names_are_names() -> None:
    with pytest.raises(TypeError, match="expected the name of a resource, not int"):
        provided(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected the name of a resource, not 3"):
        AsyncIOScheduler().provide(3, 1)  # type: ignore[arg-type]
    assert repr(provided("db")) == "provided('db')"


def test_outside_of_runs_the_function_is_as_it_was() -> None:
    assert asyncio.run(coroutine(1, "mine")) == [1, "mine"]
