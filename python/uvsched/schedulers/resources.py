"""Resources: what a scheduler provides to its tasks' functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._functions import name_of
from ..exceptions import UvschedLookupError
from ..tasks.resources import injected, wants
from .declarations import Declarations


class Resources:
    """The factories by name, and the functions that wait for one. Guarded by the GIL."""

    def __init__(self, declarations: Declarations) -> None:
        self._declarations = declarations
        self._factories: dict[str, Any] = {}
        self._wanted: dict[str, str] = {}  # before the first start: resource → the function that wants it

    def provide(self, name: str, factory: Any) -> None:
        """See BaseScheduler.provide."""
        if not isinstance(name, str) or not name:
            raise TypeError(f"name: expected the name of a resource, not {name!r}")
        self._factories[name] = factory

    def inject(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """The function as the engine calls it: with its resources, if it wants any.

        Raises:
            UvschedLookupError: nobody provides one of them, and the scheduler has been started.
        """
        wanted = wants(fn)
        if not wanted:
            return fn
        for name in wanted.values():
            if name not in self._factories:
                if not self._declarations.open:
                    raise self._missing(name, name_of(fn))
                self._wanted[name] = name_of(fn)
        return injected(fn, wanted, self._factories)

    def check(self) -> None:
        """Before the start.

        Raises:
            UvschedLookupError: a function that was declared wants a resource that nobody provides.
        """
        for name, function in self._wanted.items():
            if name not in self._factories:
                raise self._missing(name, function)

    def _missing(self, name: str, function: str) -> UvschedLookupError:
        known = ", ".join(sorted(self._factories)) or "none"
        return UvschedLookupError(
            f"fn: {function} wants the resource {name!r}, which nobody provides (known: {known}): call "
            f"scheduler.provide({name!r}, …)"
        )
