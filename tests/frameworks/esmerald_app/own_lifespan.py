"""The lifespan form: the application starts and stops the scheduler. In ``both`` the framework does so too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from configuration import get_scheduler_config, routes
from esmerald import Esmerald


@asynccontextmanager
async def lifespan(app: Esmerald) -> AsyncIterator[None]:
    """Starts the scheduler with the application, and stops it with it."""
    await get_scheduler_config().start()
    yield
    await get_scheduler_config().shutdown()


@asynccontextmanager
async def broken_lifespan(app: Esmerald) -> AsyncIterator[None]:
    """Raises after the framework has started the scheduler, which nobody will shut down then."""
    raise RuntimeError("this application cannot start")
    yield


config = get_scheduler_config()
app = Esmerald(routes=routes, lifespan=lifespan, scheduler_config=config)
both = Esmerald(routes=routes, lifespan=lifespan, scheduler_config=config, enable_scheduler=True)
broken = Esmerald(routes=routes, lifespan=broken_lifespan, scheduler_config=config, enable_scheduler=True)
