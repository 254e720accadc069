"""Framework: the exception, the settings and the base class that an integration takes from its framework."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any


def _no_timezone() -> None:
    """There are no settings."""


@dataclass(frozen=True, slots=True)
class Framework:
    """The exception and the settings of a framework; as it is made without arguments, of none.

    Attributes:
        error: the exception for a configuration that cannot work.
        timezone: gives the time zone of the framework's settings; None if they have none.
        base: the framework's base class of scheduler configurations.
    """

    error: type[Exception] = ValueError
    timezone: Callable[[], tzinfo | str | None] = _no_timezone
    base: type = object


class ImproperlyConfigured(ValueError):
    """A configuration that cannot work. Where the framework is installed, it is the framework's own exception."""


def bind(package: str) -> Framework:
    """The framework of this package, which must be shaped like Esmerald; a stand-in if it is not installed."""
    try:
        base = importlib.import_module(f"{package}.contrib.schedulers.base").SchedulerConfig
        error = importlib.import_module(f"{package}.exceptions").ImproperlyConfigured
    except ModuleNotFoundError as missing:
        if missing.name != package:  # it is there, but broken: say so instead of going on without it
            raise
        return Framework(error=ImproperlyConfigured)

    def timezone() -> Any:
        return getattr(importlib.import_module(f"{package}.conf").settings, "timezone", None)

    return Framework(error, timezone, base)
