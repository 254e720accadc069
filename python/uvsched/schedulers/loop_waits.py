"""Waits on the thread of an event loop: how long they may take, and what to do instead."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from ..exceptions import StoreTimeoutError

F = TypeVar("F", bound=Callable[..., Any])


def waits(name: str) -> Callable[[F], F]:
    """For the method of a part behind a scheduler's method of this name: the error of a wait that took too long, on the
    thread of the loop, names the twin that holds up no loop."""

    def decorate(method: F) -> F:
        @functools.wraps(method)
        def waiting(*args: Any, **kwargs: Any) -> Any:
            try:
                return method(*args, **kwargs)
            except StoreTimeoutError:
                raise
            except TimeoutError as error:
                raise StoreTimeoutError(
                    detail=f"{name}: {error}, and the event loop stood still meanwhile; the call goes on by itself. "
                    f"Await {name}_async() there, which holds up no loop, or give the scheduler a longer api_timeout"
                ) from None

        return cast(F, waiting)

    return decorate
