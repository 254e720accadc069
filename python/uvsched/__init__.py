"""uvsched: a task scheduler. A C++ engine on libuv; asyncio, threads and SQLite."""

from __future__ import annotations

from . import _zone_data
from ._core import __version__
from .runs import CurrentRun, Run, current_run

__all__ = ["CurrentRun", "Run", "__version__", "current_run"]

_zone_data.use_installed_package()
