"""EventLog: the lines that events leave in the log "uvsched"."""

from __future__ import annotations

import logging
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

# (level, text). The arguments are task, alias, message and count.
_LINES: dict[int, tuple[int, str]] = {
    codes.SCHEDULER_STARTED: (logging.INFO, "scheduler started"),
    codes.SCHEDULER_PAUSED: (logging.INFO, "scheduler paused"),
    codes.SCHEDULER_RESUMED: (logging.INFO, "scheduler resumed"),
    codes.TASK_ERROR: (logging.ERROR, "task %(task)s failed: %(message)s"),
    codes.TASK_MISSED: (logging.WARNING, "task %(task)s missed %(count)d due time(s): %(message)s"),
    codes.TASK_MAX_INSTANCES: (
        logging.WARNING,
        "task %(task)s skipped %(count)d due time(s): max_instances runs are under way",
    ),
    codes.TASK_CANCELLED: (logging.INFO, "task %(task)s was cancelled"),
    codes.TASK_LOST: (logging.ERROR, "task %(task)s: a run was given up: %(message)s"),
    codes.TASK_RECOVERED: (logging.WARNING, "task %(task)s: a run of a dead process runs again"),
    codes.TASK_CONFLICT: (logging.WARNING, "task %(task)s: the stored definition stays: %(message)s"),
    codes.TASK_QUARANTINED: (logging.ERROR, "task %(task)s cannot be read and is set aside: %(message)s"),
    codes.TASK_UNRUNNABLE: (logging.WARNING, "task %(task)s cannot run in this process: %(message)s"),
    codes.STORE_ERROR: (logging.ERROR, "store %(alias)s failed: %(message)s"),
    codes.STORE_RECOVERED: (logging.INFO, "store %(alias)s answers again"),
    codes.CLOCK_STEP: (logging.WARNING, "the wall clock was set by %(count)d microseconds"),
    codes.EVENTS_DROPPED: (logging.WARNING, "%(count)d events were dropped: the listeners are too slow"),
    codes.TRIGGER_ERROR: (logging.ERROR, "task %(task)s: its trigger failed: %(message)s"),
}


class EventLog:
    """Writes lines, but no flood of them: of each code a hundred in ten seconds, then one that says so.

    A scheduler with more to do than it can would else spend its loop's time on saying that. Not thread-safe.
    """

    def __init__(self) -> None:
        self._begin = 0.0
        self._written: dict[int, int] = {}
        self._silenced = 0

    def write(self, record: EventRecord) -> None:
        """Writes the line of an event, if it has one."""
        code = record.code
        line = _LINES.get(code)
        if line is None or code & self._silenced:
            return
        now = time.monotonic()
        if now - self._begin > WINDOW:
            self._begin = now
            self._written.clear()
        count = self._written[code] = self._written.get(code, 0) + 1
        level, text = line
        if count > _LINES_A_WINDOW:
            self._silenced |= code
            text += f" (and more: such lines are left out for {WINDOW:.0f} s)"
        if not logger.isEnabledFor(level):
            return
        logger.log(
            level,
            text,
            {
                "task": record.task_id,
                "alias": record.alias,
                "message": record.message or record.reason,
                "count": max(record.count, 1) if code & (EXECUTION | SUBMISSION) else record.count,
            },
        )

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
        """The codes that this log has lines for, and does not leave out now."""
        return sum(_LINES) & ~self._silenced
