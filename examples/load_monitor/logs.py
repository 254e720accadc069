"""What the program says while it runs: one line for each thing that matters.

uvicorn's own lines come in the same form. What goes as it should each second is left out: a sample taken, the page
asking for it.
"""

from __future__ import annotations

import logging.config
import os
from typing import Any

from uvsched.events import SchedulerEvent, TaskEvent, TaskExecutionEvent
from uvsched.events import constants as event

log = logging.getLogger("load_monitor")

POLLED = ("/tasks", "/runs", "/samples")


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
    quiet: dict[str, Any] = {"handlers": ["stderr"], "propagate": False, "level": "INFO"}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"}},
            "filters": {"not_polled": {"()": NotPolled}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {
                "load_monitor": {"level": level},
                "uvsched": {"level": level},
                "uvicorn": quiet,
                "uvicorn.error": {"level": "INFO"},
                "uvicorn.access": {**quiet, "filters": ["not_polled"]},
            },
        }
    )


def tell(what: SchedulerEvent) -> None:
    """A listener: writes down what the scheduler decided."""
    match what:
        case TaskExecutionEvent(code=event.TASK_EXECUTED):
            level = logging.INFO if what.folded > 1 else logging.DEBUG
            log.log(level, "task %s ran in %s%s", what.task_id, milliseconds(what), made_up_for(what))
        case TaskExecutionEvent(code=event.TASK_ERROR):
            reason = last_line(what)
            log.error("task %s failed in %s%s: %s", what.task_id, milliseconds(what), made_up_for(what), reason)
        case TaskExecutionEvent(code=event.TASK_MISSED):
            log.warning("task %s missed %d due times (%s)", what.task_id, what.folded, what.reason)
        case TaskEvent(code=code) if code in WARNED:
            log.warning("task %s %s%s", what.task_id, WARNED[code], f": {what.message}" if what.message else "")
        case SchedulerEvent(code=code) if code in TOLD:
            level, text = TOLD[code]
            log.log(level, "%s%s", text, f": {what.message}" if what.message else "")


WARNED: dict[int, str] = {
    event.TASK_MAX_INSTANCES: "was not started: its last run is still going",
    event.TASK_CANCELLED: "was stopped before it was done",
    event.TASK_LOST: "was given up after crashes",
    event.TASK_RECOVERED: "was running when the program died; it runs again",
    event.TASK_CONFLICT: "is declared differently from what is stored",
    event.TASK_QUARANTINED: "cannot be read",
    event.TASK_UNRUNNABLE: "cannot run here",
}
TOLD: dict[int, tuple[int, str]] = {
    event.SCHEDULER_STARTED: (logging.INFO, "the scheduler has started"),
    event.SCHEDULER_SHUTDOWN: (logging.INFO, "the scheduler has stopped"),
    event.STORE_ERROR: (logging.ERROR, "the task store does not answer"),
    event.STORE_RECOVERED: (logging.INFO, "the task store answers again"),
    event.CLOCK_STEP: (logging.WARNING, "the clock was set"),
    event.EVENTS_DROPPED: (logging.WARNING, "some events were not written down"),
}
HEARD = sum(WARNED) + sum(TOLD) + event.TASK_EXECUTED + event.TASK_ERROR + event.TASK_MISSED
"""The mask of a listener that `tell` is for."""


def milliseconds(run: TaskExecutionEvent) -> str:
    """How long the run took."""
    return "no time" if run.duration is None else f"{run.duration.total_seconds() * 1000:.1f} ms"


def made_up_for(run: TaskExecutionEvent) -> str:
    """Says so where a run stands for several due times."""
    return f", once for {'' if run.exact else 'at least '}{run.folded} due times" if run.folded > 1 else ""


def last_line(run: TaskExecutionEvent) -> str:
    """The reason without its traceback, which the ledger keeps."""
    return (run.traceback or repr(run.exception)).strip().rpartition("\n")[2]
