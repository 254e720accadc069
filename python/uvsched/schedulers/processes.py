"""Forks, and the interpreter's exit: schedulers are told about both."""

from __future__ import annotations

import atexit
import logging
import mmap
import os
import sys
import threading
import time
import weakref
from typing import Any, Protocol

from .serving_process import has_reloader

PATIENCE = 5.0
"""Seconds for storing results and closing stores, which needs no Python code. All schedulers share them at exit."""

_watched: weakref.WeakSet[Resident] = weakref.WeakSet()
_inherited: list[object] = []
_exit_hooked = False
_exiting = False
_child = False
_started_in_child: mmap.mmap | None = None
"""One byte that this process shares with those it forked: whether one of them has started a scheduler."""
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


def note_start() -> None:
    """A scheduler of this process has started: its parents need not ask why theirs have not."""
    if _child and _started_in_child is not None:
        _started_in_child[0] = 1


def excuse() -> None:
    """This process starts no scheduler, and has said why."""
    atexit.unregister(_tell_never_started)


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
    """At a normal exit: but not of a forked process, nor of one that multiprocessing spawned, which only imports the
    program's main module; and not of a parent whose child has started a scheduler, as gunicorn's master, or serves."""
    multiprocessing: Any = sys.modules.get("multiprocessing.process")
    spawned = multiprocessing is not None and multiprocessing.parent_process() is not None
    if _child or spawned or has_reloader() or getattr(sys, "last_value", None) is not None:
        return
    if _started_in_child is not None and _started_in_child[0]:
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


def _before_fork() -> None:
    global _started_in_child
    if _started_in_child is None and any(resident.waiting for resident in list(_watched)):
        _started_in_child = mmap.mmap(-1, 1)


def _after_fork() -> None:
    global _child
    _child = True
    for resident in list(_watched):
        resident.after_fork()


os.register_at_fork(before=_before_fork, after_in_child=_after_fork)
atexit.register(_tell_never_started)
