"""What a scheduler has to know about its process: forks, and the interpreter's exit."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .engine_owner import EngineOwner

_owners: weakref.WeakSet[EngineOwner] = weakref.WeakSet()
_inherited: list[object] = []
_exit_hooked = False
_exiting = False


def watch(owner: EngineOwner) -> None:
    """Tells this owner about forks, and about the interpreter's exit."""
    _owners.add(owner)


def hook_exit() -> None:
    """Makes sure that running schedulers stop when the interpreter exits. Called before the first threads start.

    threading's own hook comes before it joins threads that are no daemons; a plain atexit hook would come after, and
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
    for owner in list(_owners):
        owner._at_exit()


def _wait_for_all() -> None:
    for owner in list(_owners):
        owner._at_end()


def _after_fork() -> None:
    for owner in list(_owners):
        owner._after_fork()


os.register_at_fork(after_in_child=_after_fork)
