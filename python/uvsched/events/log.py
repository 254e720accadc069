"""EventLog: the lines that events leave in the log "uvsched"."""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING

from . import constants as codes
from .records import EXECUTION, SUBMISSION

if TYPE_CHECKING:
    from .._core import EventRecord

logger = logging.getLogger("uvsched")

WINDOW = 10.0
"""Seconds for which a code may be silenced."""
_LINES_A_WINDOW = 100

MINUTE = 60.0

# An id that nobody chose: its digits say nothing.
_RANDOM_ID = re.compile(r"[0-9a-f]{32}\Z")

# (level, text). The arguments are task, alias, message and count. A warning says what may be done about it.
_LINES: dict[int, tuple[int, str]] = {
    codes.TASK_ERROR: (logging.ERROR, "task %(task)s failed: %(message)s"),
    codes.TASK_MISSED: (logging.WARNING, "task %(task)s missed %(count)d due time(s): %(message)s"),
    codes.TASK_MAX_INSTANCES: (
        logging.WARNING,
        "task %(task)s skipped %(count)d due time(s): max_instances runs are already under way; a higher max_instances "
        "lets more of them run at the same time",
    ),
    codes.TASK_CANCELLED: (logging.INFO, "task %(task)s was cancelled"),
    codes.TASK_LOST: (logging.ERROR, "task %(task)s: a run was given up: %(message)s; run_task() runs it once more"),
    codes.TASK_RECOVERED: (
        logging.WARNING,
        'task %(task)s: a run of a dead process runs again; on_crash="mark_lost" would record it as lost instead',
    ),
    codes.TASK_CONFLICT: (logging.WARNING, "%(message)s"),
    codes.TASK_QUARANTINED: (
        logging.ERROR,
        "task %(task)s cannot be read and is set aside: %(message)s; add it again with replace_existing=True, or "
        "repair its row",
    ),
    codes.TASK_UNRUNNABLE: (logging.WARNING, "task %(task)s cannot run in this process: %(message)s"),
    codes.STORE_ERROR: (logging.ERROR, "store %(alias)s failed: %(message)s; its work is tried again"),
    codes.STORE_WARNING: (logging.WARNING, "store %(alias)s: %(message)s"),
    codes.STORE_RECOVERED: (logging.INFO, "store %(alias)s answers again"),
    codes.CLOCK_STEP: (
        logging.WARNING,
        "the wall clock was set by %(count)d microseconds: due times follow it, the spacing of intervals stays",
    ),
    codes.EVENTS_DROPPED: (
        logging.WARNING,
        "%(count)d events were dropped: the listeners are too slow; let them hand long work to a thread",
    ),
    codes.TASK_REDECLARED: (logging.WARNING, "task %(task)s: %(message)s"),
    codes.TASK_UNDECLARED: (logging.WARNING, "store %(alias)s: %(message)s"),
    codes.TASK_DELAYED: (
        logging.WARNING,
        "task %(task)s: %(message)s; more workers, or shorter runs, let it begin sooner",
    ),
    codes.LEASE_LOST: (logging.WARNING, "task %(task)s: %(message)s"),
    codes.TASK_UNNAMED: (logging.INFO, "store %(alias)s: %(message)s"),
    codes.TRIGGER_ERROR: (logging.ERROR, "task %(task)s: its trigger failed: %(message)s"),
    codes.RESOURCE_ERROR: (logging.ERROR, "%(message)s"),
}

# Why due times were missed, and what lets them run.
_MISSES = {
    "catch_up": "catch_up: more due times had piled up than max_catch_up allows; a higher one runs more of them",
    "misfire": "misfire: later than mistrigger_grace_time allows; a longer grace time, or None, lets late runs start",
}


class EventLog:
    """Writes lines, but not too many: a hundred for each code in ten seconds, then one that says so. Repeated skips
    of a task are one line a minute.

    Otherwise an overloaded scheduler would spend its loop's time on writing lines. Not thread-safe.
    """

    def __init__(self) -> None:
        self._begin = 0.0
        self._written: dict[int, int] = {}
        self._silenced = 0
        self._skips: dict[str, int] = {}

    def write(self, record: EventRecord, failure: BaseException | None = None) -> None:
        """Writes the line of an event, if it has one; with `failure`, the exception behind it."""
        code = record.code
        line = _LINES.get(code)
        if line is None or code & self._silenced or (code == codes.TASK_MAX_INSTANCES and self._is_folded(record)):
            return
        now = time.monotonic()
        if now - self._begin > WINDOW:
            self._begin = now
            self._written.clear()
        count = self._written[code] = self._written.get(code, 0) + 1
        level, text = line
        if record.reason == "never_fires":
            text = "task %(task)s: %(message)s"
        if count > _LINES_A_WINDOW:
            self._silenced |= code
            text += f" (more lines like this are left out for {WINDOW:.0f} s)"
        if not logger.isEnabledFor(level):
            return
        message = record.message or _MISSES.get(record.reason, record.reason)
        if failure is not None:
            message = message.partition("\n")[0]
        logger.log(
            level,
            text,
            {
                "task": _shown(record),
                "alias": record.alias,
                "message": message,
                "count": max(record.count, 1) if code & (EXECUTION | SUBMISSION) else record.count,
            },
            exc_info=failure,
        )

    def _is_folded(self, record: EventRecord) -> bool:
        """Counts a skip. True for those after the first: end_minute() tells them."""
        task = _shown(record)
        skipped = self._skips.get(task)
        self._skips[task] = 0 if skipped is None else skipped + max(record.count, 1)
        return skipped is not None

    @property
    def folds(self) -> bool:
        """Whether there are skips for end_minute() to tell."""
        return bool(self._skips)

    def end_minute(self) -> None:
        """Tells the skips that were folded since the last call. A task that had none is told at once the next time."""
        for task, count in self._skips.items():
            if count:
                logger.warning(
                    "task %s skipped %d more due time(s) in the last minute: max_instances runs are under way",
                    task,
                    count,
                )
        self._skips = {task: 0 for task, count in self._skips.items() if count}

    def finish(self) -> None:
        """When the scheduler stops: tells the skips that were held back, and ends the silence."""
        self.end_minute()
        self._skips.clear()
        self.resume()

    @property
    def silenced(self) -> int:
        """The codes that are left out now."""
        return self._silenced

    def resume(self) -> None:
        """Ends the silence."""
        self._silenced = 0
        self._begin = 0.0

    @property
    def wanted(self) -> int:
        """The codes that have a line here and are not left out now."""
        return sum(_LINES) & ~self._silenced


def _shown(record: EventRecord) -> str:
    """The task's id; a random id follows the task's name."""
    if record.task_name and _RANDOM_ID.match(record.task_id):
        return f"{record.task_name} ({record.task_id})"
    return record.task_id
