"""The log of the program: one line for each important event.

uvsched logs its start and stop, failures, misses and recoveries; uvicorn logs the server; all in one format. Normal
events of each second are left out: a sample, a request of the page.
"""

from __future__ import annotations

import logging.config
import os
from typing import Any

from uvsched.events import TaskExecutionEvent

log = logging.getLogger("load_monitor")

POLLED = ("/tasks", "/runs", "/samples")


class OneLine(logging.Formatter):
    """Keeps messages of uvsched to one line. The ledger and the page have the traceback of a failed task."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text.partition("\n")[0] if record.name == "uvsched" else text


class NotPolled(logging.Filter):
    """Drops uvicorn's access lines for the page's regular requests, unless one fails."""

    def filter(self, record: logging.LogRecord) -> bool:
        match record.args:
            case (_, "GET", str(path), _, 200):
                return path.partition("?")[0] not in POLLED
        return True


def set_up() -> None:
    """Sets up logging for the whole program. LOAD_MONITOR_LOG is the level: INFO unless set; DEBUG shows each run."""
    level = os.environ.get("LOAD_MONITOR_LOG", "INFO").upper()
    own: dict[str, Any] = {"handlers": ["stderr"], "propagate": False, "level": "INFO"}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": OneLine, "fmt": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"}},
            "filters": {"not_polled": {"()": NotPolled}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {
                "load_monitor": {"level": level},
                "uvsched": {"level": level},
                "uvicorn": own,
                "uvicorn.error": {"level": "INFO"},
                "uvicorn.access": {**own, "filters": ["not_polled"]},
            },
        }
    )


def tell_of_run(run: TaskExecutionEvent) -> None:
    """A listener for successful runs: logs a line if the run made up for missed due times."""
    level = logging.INFO if run.folded > 1 else logging.DEBUG
    times = f", once for {'' if run.exact else 'at least '}{run.folded} due times" if run.folded > 1 else ""
    took = f" in {run.duration.total_seconds() * 1000:.1f} ms" if run.duration is not None else ""
    log.log(level, "task %s ran%s%s", run.task_id, took, times)
