"""The scheduler around an ASGI application: it starts and stops with the application's lifespan."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    ASGIApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[Any]]


class AsgiApp:
    """An ASGI application in which a scheduler runs between the application's startup and its shutdown.

    Args:
        app: the application.
        handles: whether the application knows no lifespan (Django): then it is not asked. One that raises when it is
            asked counts as such too.
        run: makes the context manager in whose body the scheduler runs.
    """

    def __init__(self, app: ASGIApp, handles: bool, run: Callable[[], AbstractAsyncContextManager[Any]]) -> None:
        self.app = app
        self._handles = handles
        self._run = run

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        lifespan = _Lifespan(receive, send, self._run)
        if not self._handles:
            try:
                await self.app(scope, lifespan.receive, lifespan.send)
            except Exception:
                if lifespan.answered:
                    raise
        if not lifespan.answered:
            await lifespan.handle()

    def __getattr__(self, name: str) -> Any:
        """Attributes are the application's, so that it can be configured further."""
        if name == "app":  # not made yet
            raise AttributeError(name)
        return getattr(self.app, name)


class _Lifespan:
    """One lifespan: the messages between server and application, and the scheduler in between.

    Attributes:
        answered: whether the application has answered its startup.
    """

    def __init__(self, receive: Receive, send: Send, run: Callable[[], AbstractAsyncContextManager[Any]]) -> None:
        self.answered = False
        self._receive = receive
        self._send = send
        self._run = run
        self._asked = False
        self._body = contextlib.AsyncExitStack()

    async def receive(self) -> Message:
        """For the application: the scheduler stops before it hears of the shutdown."""
        message = await self._receive()
        if message["type"] == "lifespan.startup":
            self._asked = True
        elif message["type"] == "lifespan.shutdown":
            await self._body.aclose()
        return message

    async def send(self, message: Message) -> None:
        """From the application: the scheduler starts when the application has."""
        if message["type"] == "lifespan.startup.complete":
            self.answered = True
            try:
                await self._body.enter_async_context(self._run())
            except Exception as error:
                await self._send({"type": "lifespan.startup.failed", "message": f"the scheduler: {error}"})
                raise
        elif message["type"] == "lifespan.startup.failed":
            self.answered = True
        await self._send(message)

    async def handle(self) -> None:
        """The lifespan without an application."""
        if not self._asked:
            await self._receive()
        await self.send({"type": "lifespan.startup.complete"})
        await self.receive()
        await self._send({"type": "lifespan.shutdown.complete"})
