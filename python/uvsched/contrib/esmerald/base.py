"""What a scheduler configuration is: the two calls the framework makes, and the error it understands."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__all__ = ["ImproperlyConfigured", "SchedulerConfig", "framework_timezone"]

if TYPE_CHECKING:
    FrameworkConfig = object  # a type checker sees no Esmerald: which one is installed differs from place to place
    ImproperlyConfigured = ValueError
else:
    try:
        from esmerald.contrib.schedulers.base import SchedulerConfig as FrameworkConfig
        from esmerald.exceptions import ImproperlyConfigured
    except ModuleNotFoundError as error:
        if error.name != "esmerald":  # Esmerald is there, but broken: say so instead of going on without it
            raise
        FrameworkConfig = object

        class ImproperlyConfigured(ValueError):
            """A configuration that cannot work. Where Esmerald is installed, this is Esmerald's own exception."""


def framework_timezone() -> Any:
    """The ``timezone`` of Esmerald's settings; None without Esmerald."""
    if FrameworkConfig is object:
        return None
    return importlib.import_module("esmerald.conf").settings.timezone


class SchedulerConfig(FrameworkConfig):
    """Base of scheduler configurations, for your own ones too: implement ``start`` and ``shutdown``.

    A subclass of Esmerald's class of that name, so that ``isinstance`` checks there hold. The framework may call both
    members more than once (with ``enable_scheduler`` and a lifespan that starts the scheduler too: twice each), or
    ``start`` without any ``shutdown`` (where a lifespan raises).

    Attributes:
        options: the keyword arguments that the subclass did not name.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        self.options: dict[str, Any] = kwargs

    async def start(self, **kwargs: Any) -> None:
        """Called on the event loop when the application starts."""
        raise NotImplementedError(f"{type(self).__name__} must implement: async def start(self, **kwargs)")

    async def shutdown(self, **kwargs: Any) -> None:
        """Called on the event loop when the application stops."""
        raise NotImplementedError(f"{type(self).__name__} must implement: async def shutdown(self, **kwargs)")
