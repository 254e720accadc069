"""Forks, and the interpreter's exit: schedulers are told about both."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
import weakref
from typing import Any, Protocol

PATIENCE = 5.0
"""Seconds for storing results and closing stores, which needs no Python code. All schedulers share them at exit."""

_watched: weakref.WeakSet[Resident] = weakref.WeakSet()
_inherited: list[object] = []
_exit_hooked = False
_exiting = False
_forked = False
_NAMES = 5
logger = logging.getLogger("uvsched")


class Resident(Protocol):
    """The part of a scheduler that is told about forks and the interpreter's exit. Its repr names the scheduler."""

    @property
    def waiting(self) -> list[str]:
        """The functions of tasks that the program added and that wait for a first start."""

    def after_fork(self) -> None:
        """In the child of a fork: engine, threads and loop are the parent's."""

    def at_exit(self) -> None:
        """When the interpreter exits, before it waits for threads."""

    def at_end(self, deadline: float) -> None:
        """When the interpreter exits and all threads have ended: waits until results are stored.

        Args:
            deadline: when to give up, by time.monotonic().
        """


def watch(resident: Resident) -> None:
    """Tells the resident about forks and the interpreter's exit, for as long as it lives."""
    _watched.add(resident)


def hook_exit() -> None:
    """Makes sure that running schedulers stop when the interpreter exits. Called before the first threads start.

    threading's own hook comes before it joins threads that are not daemons; a plain atexit hook would come after, and
    never be reached while a worker waits for work.

    Raises:
        RuntimeError: the interpreter is exiting already.
    """
    global _exit_hooked
    try:
        if not _exit_hooked:
            register = getattr(threading, "_register_atexit", atexit.register)
            register(_stop_all)
            atexit.register(_wait_for_all)
            _exit_hooked = True
    except RuntimeError:
        late = True
    else:
        late = _exiting
    if late:
        raise RuntimeError("the interpreter is exiting: a scheduler cannot start any more")


def keep(*inherited: object) -> None:
    """Keeps objects of a parent process from ever being destroyed in this one."""
    _inherited.extend(inherited)


def _stop_all() -> None:
    global _exiting
    _exiting = True
    for resident in list(_watched):
        resident.at_exit()


def _wait_for_all() -> None:
    deadline = time.monotonic() + PATIENCE
    for resident in list(_watched):
        resident.at_end(deadline)


def _tell_never_started() -> None:
    """At a normal exit of a process that has the program to itself: the parents of workers, and the workers that only
    import the program's main module, start nothing by design."""
    multiprocessing: Any = sys.modules.get("multiprocessing.process")
    spawned = multiprocessing is not None and multiprocessing.parent_process() is not None
    if _forked or spawned or getattr(sys, "last_value", None) is not None:
        return
    for resident in list(_watched):
        names = resident.waiting
        if names:
            shown = ", ".join(names[:_NAMES]) + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")
            logger.warning(
                "%r got %d task(s) (%s) and was never started: call start(), or use it as a context manager, "
                "for example in the lifespan of a web application",
                resident,
                len(names),
                shown,
            )


def _note_fork() -> None:
    global _forked
    _forked = True


def _after_fork() -> None:
    _note_fork()
    for resident in list(_watched):
        resident.after_fork()


os.register_at_fork(after_in_parent=_note_fork, after_in_child=_after_fork)
atexit.register(_tell_never_started)
