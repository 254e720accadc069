"""The loggers of a scheduler by name, as asyncz has them: thin names for the standard loggers "uvsched…"."""

from __future__ import annotations

import logging

from .types import LoggersType

__all__ = ["ClassicLogging", "default_loggers_class"]


class ClassicLogging:
    """Loggers by name: `loggers["uvsched"]` is logging.getLogger("uvsched"). A name of asyncz means uvsched's."""

    def __getitem__(self, name: str) -> logging.Logger:
        if name.partition(".")[0] == "asyncz":
            name = "uvsched" + name.removeprefix("asyncz")
        return logging.getLogger(name)


default_loggers_class: type[LoggersType] = ClassicLogging
