"""lifespan() and asgi(): a scheduler in the lifespan of a web application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvsched
from uvsched.schedulers import AsyncIOScheduler

pytestmark = pytest.mark.asyncio


class Story:
    """A scheduler, and what happens to it and to an application, in order."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.scheduler = AsyncIOScheduler()

    def tell(self, what: str) -> None:
        self.told.append(f"{what}, {'running' if self.scheduler.running else 'stopped'}")

    @asynccontextmanager
    async def own(self, app: Any) -> AsyncIterator[dict[str, Any]]:
        self.tell(f"{app} opens")
        yield {"pool": 1}
        self.tell(f"{app} closes")


async def test_the_scheduler_runs_inside_the_own_lifespan() -> None:
    story = Story()
    async with uvsched.lifespan(story.scheduler, story.own)("app") as state:
        story.tell("serves")
        assert state == {"pool": 1, "scheduler": story.scheduler}
    assert story.told == ["app opens, stopped", "serves, running", "app closes, stopped"]


async def test_a_lifespan_is_made_for_each_start() -> None:
    story = Story()
    make = uvsched.lifespan(story.scheduler)
    for app in (None, "app"):
        async with make(app) as state:
            assert state == {"scheduler": story.scheduler}
            assert story.scheduler.running
        assert not story.scheduler.running


async def test_forms_of_the_own_lifespan() -> None:
    story = Story()
    seen: list[Any] = []

    async def generator(app: Any) -> AsyncIterator[None]:
        seen.append(app)
        yield

    async def without_parameter() -> AsyncIterator[str]:
        seen.append("no parameter")
        yield "odd state"

    async with uvsched.lifespan(story.scheduler, generator)("app"):
        assert story.scheduler.running
    async with uvsched.lifespan(story.scheduler, without_parameter)("app") as state:
        assert state == "odd state"
    async with uvsched.lifespan(story.scheduler, story.own("made"))() as state:
        assert state["pool"] == 1
    assert seen == ["app", "no parameter"]


async def test_as_a_generator() -> None:
    story = Story()
    lifespan = uvsched.lifespan(story.scheduler, story.own)("app").__aiter__()
    await lifespan.__anext__()
    assert story.scheduler.running
    with pytest.raises(StopAsyncIteration):
        await lifespan.__anext__()
    assert story.told[-1] == "app closes, stopped"
    await lifespan.aclose()


@pytest.mark.parametrize("where", ["opens", "serves"])
async def test_an_error_in_the_lifespan_leaves_nothing_running(where: str) -> None:
    story = Story()

    async def own() -> AsyncIterator[None]:
        if where == "opens":
            raise OSError("no database")
        try:
            yield
        finally:
            story.tell("closes")

    with pytest.raises(OSError, match="no "):
        async with uvsched.lifespan(story.scheduler, own)("app"):
            raise OSError("no reason")
    assert not story.scheduler.running
    assert story.told == ([] if where == "opens" else ["closes, stopped"])


class Server:
    """Speaks the lifespan protocol with an application."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.sent: list[str] = []
        self.messages: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self.answers: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self.task: asyncio.Task[None] | None = None

    async def tell(self, what: str) -> str:
        if self.task is None:
            self.task = asyncio.ensure_future(self.app({"type": "lifespan"}, self.messages.get, self.answers.put))
        await self.messages.put({"type": f"lifespan.{what}"})
        answer: str = (await self.answers.get())["type"]
        return answer.removeprefix("lifespan.")


class App:
    """An application that knows the protocol."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.routes = ["/"]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.story.tell("serves")
            return
        for what in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{what}"
            self.story.tell(what)
            await send({"type": f"lifespan.{what}.complete"})


async def test_asgi_forwards_the_lifespan() -> None:
    story = Story()
    app = story.scheduler.asgi(App(story))
    server = Server(app)
    assert await server.tell("startup") == "startup.complete"
    await app({"type": "http"}, server.messages.get, server.answers.put)
    assert await server.tell("shutdown") == "shutdown.complete"
    assert server.task is not None
    await server.task
    assert story.told == ["startup, stopped", "serves, running", "shutdown, stopped"]
    assert app.routes == ["/"]


async def django(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] != "lifespan", "this application knows no lifespan"


@pytest.mark.parametrize("handle_lifespan", [False, True])
async def test_asgi_with_an_application_that_knows_no_lifespan(handle_lifespan: bool) -> None:
    story = Story()

    @story.scheduler.asgi(handle_lifespan=handle_lifespan, wait=False)
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await django(scope, receive, send)

    server = Server(app)
    assert await server.tell("startup") == "startup.complete"
    assert story.scheduler.running
    assert await server.tell("shutdown") == "shutdown.complete"
    assert not story.scheduler.running


async def test_asgi_tells_the_server_that_the_start_failed() -> None:
    story = Story()
    story.scheduler.add_store("sqlite:/nowhere/at/all.db", "disk")
    server = Server(story.scheduler.asgi(App(story)))
    assert await server.tell("startup") == "startup.failed"
    assert server.task is not None
    with pytest.raises(Exception, match="nowhere"):
        await server.task
    assert not story.scheduler.running


async def test_an_application_whose_startup_fails_starts_nothing() -> None:
    story = Story()

    @story.scheduler.asgi()
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})
        raise OSError("no database")

    server = Server(app)
    assert await server.tell("startup") == "startup.failed"
    assert server.task is not None
    with pytest.raises(OSError, match="no database"):
        await server.task
    assert not story.scheduler.running
