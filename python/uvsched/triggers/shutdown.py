"""ShutdownTrigger: when the scheduler stops."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, ClassVar

from .._names import with_hints
from .rule import RuleTrigger


class ShutdownTrigger(RuleTrigger, stored_as="shutdown"):
    """Due once each time that its scheduler shuts down. It has no time, no jitter and no zone.

    Raises:
        ValueError: jitter was given.
    """

    __slots__ = ()

    alias: ClassVar[str] = "shutdown"

    @with_hints
    def __init__(self, *, jitter: float | None = None, allow_mistrigger_by_default: bool = False) -> None:
        if jitter is not None:
            raise ValueError(f"jitter: {jitter!r} was given, but a shutdown has none")
        super().__init__(allow_mistrigger_by_default=allow_mistrigger_by_default)
        self._set_window(None, None, None)

    def _rule(self, zone: tzinfo) -> dict[str, Any]:
        return {"type": "shutdown"}

    def _arguments(self) -> dict[str, Any]:
        return self._window_arguments()

    def _restore(self, arguments: Mapping[str, Any]) -> None:
        timeless = {name: value for name, value in arguments.items() if name != "timezone"}
        ShutdownTrigger.__init__(self, **timeless)

    def __str__(self) -> str:
        return "shutdown"
