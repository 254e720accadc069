"""What Ravyn, Lilya and Starlette do with a scheduler beside serving: lives one after the other as test clients have
them, child applications, lifespans that raise."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvsched
from reloading import survives_a_reload

TASKS: list[str] = []


async def bye() -> None:
    TASKS.append("bye")


def scheduler() -> uvsched.AsyncIOScheduler:
    """One whose task tells of each shutdown."""
    TASKS.clear()
    made = uvsched.AsyncIOScheduler()
    made.add_task(bye, "shutdown", id="bye")
    return made


def application(framework: str, kind: str = "", **options: Any) -> Any:
    """An application of a framework with one page, "/". `kind` is "Child" for the framework's class of such."""

    async def page(request: Any = None) -> Any:
        return importlib.import_module("starlette.responses").PlainTextResponse("here")

    if framework == "starlette":
        routing = importlib.import_module("starlette.routing")
        return importlib.import_module("starlette.applications").Starlette(
            routes=[routing.Route("/", page), *options.pop("routes", [])], **options
        )
    if framework == "lilya":
        routing = importlib.import_module("lilya.routing")

        async def lilya_page() -> str:
            return "here"

        return getattr(importlib.import_module("lilya.apps"), f"{kind}Lilya")(
            routes=[routing.Path("/", lilya_page), *options.pop("routes", [])], **options
        )
    ravyn = importlib.import_module("ravyn")

    @ravyn.get("/")  # type: ignore[untyped-decorator, unused-ignore]
    async def ravyn_page() -> str:
        return "here"

    made = getattr(ravyn, f"{kind}Ravyn")
    return made(routes=[ravyn.Gateway(handler=ravyn_page), *options.pop("routes", [])], **options)


class Client:
    """Does what the frameworks' test clients do: a `with` block is the life of an application, on a loop of its own;
    without it there is a loop for each request, and no lifespan."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None

    def get(self, path: str) -> str:
        if self._loop is not None:
            return self._loop.run_until_complete(self._get(path))
        return asyncio.run(self._get(path))

    async def _get(self, path: str) -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://test") as calls:
            answer = await calls.get(path)
            assert answer.status_code == 200, answer.text
            return answer.text

    def __enter__(self) -> Client:  # noqa: PYI034
        self._loop = asyncio.new_event_loop()
        self._asked: asyncio.Queue[Any] = asyncio.Queue()
        self._told: asyncio.Queue[Any] = asyncio.Queue()
        try:
            self._lifespan = self._loop.create_task(self._app(SCOPE, self._asked.get, self._told.put))
            self._loop.run_until_complete(self._step("startup"))
        except BaseException:
            self._end()
            raise
        return self

    async def _step(self, name: str) -> None:
        self._asked.put_nowait({"type": f"lifespan.{name}"})
        answer = asyncio.ensure_future(self._told.get())
        await asyncio.wait([answer, self._lifespan], return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            await self._lifespan
            return
        if answer.result()["type"] == f"lifespan.{name}.failed":
            await asyncio.wait([self._lifespan])
            self._lifespan.exception()  # some raise it too
            raise RuntimeError(answer.result()["message"])

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        try:
            self._loop.run_until_complete(self._step("shutdown"))
            self._loop.run_until_complete(self._lifespan)
        finally:
            self._end()

    async def _cancel_the_rest(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _end(self) -> None:
        assert self._loop is not None
        self._loop.run_until_complete(self._cancel_the_rest())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        self._loop = None


SCOPE: dict[str, Any] = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
FRAMEWORKS = ["starlette", "lilya", "ravyn"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_each_with_block_of_a_test_client_is_a_life_of_its_own(framework: str) -> None:
    made = scheduler()
    app = application(framework, lifespan=uvsched.lifespan(made))
    for _ in range(2):  # each on another loop
        with Client(app) as calls:
            assert "here" in calls.get("/")
            assert made.running
        assert not made.running
    assert TASKS == ["bye"] * 2


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_test_client_without_a_with_block_starts_nothing(framework: str) -> None:
    made = scheduler()
    app = application(framework, lifespan=uvsched.lifespan(made))
    assert "here" in Client(app).get("/")
    assert not made.running
    assert TASKS == []


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lifespan_that_raises_leaves_nothing_running(framework: str, when: str) -> None:
    made = scheduler()

    @contextlib.asynccontextmanager
    async def own(app: Any) -> AsyncIterator[None]:
        if when == "before":
            raise LookupError("no database")
        yield
        raise LookupError("no database")

    app = application(framework, lifespan=uvsched.lifespan(made, own))
    for _ in range(2):
        with contextlib.suppress(BaseException), Client(app):
            pass
        assert not made.running
    lives = 0 if when == "before" else 2
    assert lives * ["bye"] == TASKS


@pytest.mark.parametrize("framework", ["lilya", "ravyn"])
def test_events_start_and_stop_it(framework: str) -> None:
    made = scheduler()
    app = application(framework, on_startup=[made.start], on_shutdown=[made.shutdown_async])
    for _ in range(2):
        with Client(app):
            assert made.running
        assert not made.running
    assert TASKS == ["bye"] * 2


@pytest.mark.parametrize("framework", ["lilya", "ravyn"])
def test_a_shutdown_event_that_does_not_wait_begins_the_tasks_of_the_shutdown(framework: str) -> None:
    made = scheduler()
    functions: list[int] = []
    made.add_task(functions.append, "shutdown", args=[1], id="function")
    app = application(framework, on_startup=[made.start], on_shutdown=[made.shutdown])
    with Client(app):
        assert made.running
    assert not made.running
    assert functions == [1]
    assert TASKS == ["bye"]


def included(framework: str, child: Any) -> Any:
    """A child application as a route at "/child"."""
    if framework == "starlette":
        return importlib.import_module("starlette.routing").Mount("/child", child)
    return importlib.import_module("ravyn" if framework == "ravyn" else "lilya.routing").Include("/child", app=child)


KINDS = [("starlette", ""), ("lilya", ""), ("lilya", "Child"), ("ravyn", ""), ("ravyn", "Child")]


@pytest.mark.parametrize(("framework", "kind"), KINDS)
def test_a_scheduler_that_the_application_and_its_child_name_is_counted(framework: str, kind: str) -> None:
    """Whether a child's lifespan is run differs between the frameworks; the scheduler runs once in any case."""
    made = scheduler()
    child = application(framework, kind, lifespan=uvsched.lifespan(made))
    app = application(framework, lifespan=uvsched.lifespan(made), routes=[included(framework, child)])
    with Client(app) as calls:
        assert made.running
        assert "here" in calls.get("/child/")
    assert not made.running
    assert TASKS == ["bye"]


@pytest.mark.parametrize(("framework", "kind"), KINDS)
def test_a_scheduler_that_only_a_child_names(framework: str, kind: str) -> None:
    """A child's lifespan is run by none of them."""
    made = scheduler()
    child = application(framework, kind, lifespan=uvsched.lifespan(made))
    app = application(framework, routes=[included(framework, child)])
    with Client(app) as calls:
        assert "here" in calls.get("/child/")
        assert not made.running
    assert TASKS == []


@pytest.mark.parametrize("framework", ["lilya", "ravyn"])
def test_routes_that_are_included_are_the_applications_own(framework: str) -> None:
    made = scheduler()
    routing = importlib.import_module("ravyn" if framework == "ravyn" else "lilya.routing")
    routes = application(framework).routes[:1]
    app = application(framework, lifespan=uvsched.lifespan(made), routes=[routing.Include("/child", routes=routes)])
    with Client(app) as calls:
        assert made.running
        assert "here" in calls.get("/child/")
    assert not made.running
    assert TASKS == ["bye"]


def test_a_config_that_ravyn_and_a_lifespan_start_is_counted() -> None:
    config = importlib.import_module("uvsched.contrib.ravyn")
    with pytest.warns(UserWarning, match="no tasks"):
        made = config.AsynczConfig()
    made.handler.add_task(bye, "shutdown", id="bye")
    TASKS.clear()

    @contextlib.asynccontextmanager
    async def own(app: Any) -> AsyncIterator[None]:
        await made.start()
        yield
        await made.shutdown()

    app = application("ravyn", lifespan=own, scheduler_config=made, enable_scheduler=True)
    with Client(app):
        assert made.handler.running
    assert not made.handler.running
    assert TASKS == ["bye"]


RELOADED = {
    "ravyn": """
from ravyn import Gateway, Ravyn, get

@get("/runs")
async def page() -> dict[str, Any]:
    return await runs()

app = Ravyn(routes=[Gateway(handler=page)], lifespan=uvsched.lifespan(scheduler))
""",
    "lilya": """
from lilya.apps import Lilya
from lilya.routing import Path

app = Lilya(routes=[Path("/runs", runs)], lifespan=uvsched.lifespan(scheduler))
""",
}


@pytest.mark.parametrize("framework", RELOADED)
def test_a_reload_ends_one_life_and_begins_the_next(framework: str, tmp_path: Path) -> None:
    survives_a_reload(tmp_path, RELOADED[framework])


def test_a_start_that_raises_is_tried_again() -> None:
    config = importlib.import_module("uvsched.contrib.lilya")
    with pytest.warns(UserWarning, match="no tasks"):
        made = config.AsynczConfig(stores={"default": "sqlite:/nowhere/at/all.db"})
    app = application("lilya", on_startup=[made.start], on_shutdown=[made.stop])
    for _ in range(2):
        with pytest.raises(Exception, match="nowhere"), Client(app):
            pass
        assert not made.handler.running
