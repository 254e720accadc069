"""What the program says while it runs: one line for each thing that matters.

uvsched tells of its own start and stop, of failures, misses and recoveries; uvicorn of the server; all in one form.
What goes as it should each second is left out: a sample taken, the page asking for it.
"""

from __future__ import annotations

import logging.config
import os
from typing import Any

from uvsched.events import TaskExecutionEvent

log = logging.getLogger("load_monitor")

POLLED = ("/tasks", "/runs", "/samples")


class OneLine(logging.Formatter):
    """Keeps uvsched's messages to one line. The traceback of a failed task stands in the ledger, and on the page."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        if record.name == "uvsched":
            record.message = record.message.partition("\n")[0]
        return super().formatMessage(record)


class NotPolled(logging.Filter):
    """Lets go of uvicorn's access lines for data that the page asks for all the time, as long as it gets it."""

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
    """A listener for runs that succeeded: worth a line where one made up for due times that had been missed."""
    level = logging.INFO if run.folded > 1 else logging.DEBUG
    times = f", once for {'' if run.exact else 'at least '}{run.folded} due times" if run.folded > 1 else ""
    took = f" in {run.duration.total_seconds() * 1000:.1f} ms" if run.duration is not None else ""
    log.log(level, "task %s ran%s%s", run.task_id, took, times)
