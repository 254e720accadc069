"""FolderUse: a folder of files that are deleted when nobody uses them any more."""

from __future__ import annotations

import contextlib
import fcntl
import os
import weakref
from collections.abc import Callable

_NAME = "uvsched.users"
"""The file that users of the folder lock: all of them share the lock, and who has it alone may delete."""


class FolderUse:
    """One user of a folder, until its end or that of the process.

    Args:
        folder: the folder, which is there when begin() is called.
        delete: deletes the files.
    """

    def __init__(self, folder: str, delete: Callable[[], None]) -> None:
        self._folder = folder
        self._delete = delete
        self._pid = 0

    def begin(self) -> None:
        """Becomes a user. If there is no other one, what former users left is deleted first. May be repeated."""
        if self._pid != os.getpid():  # a forked child's descriptor would be the parent's too
            self._pid = os.getpid()
            self._descriptor = _opened(os.path.join(self._folder, _NAME))
            weakref.finalize(self, _end, self._pid, self._descriptor, self._folder, self._delete)
        if _is_alone(self._descriptor):
            self._delete()
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)


def _opened(path: str) -> int:
    """The file, with a shared lock; not one that its last user has just removed."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        os.close(descriptor)


def _is_alone(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end(pid: int, descriptor: int, folder: str, delete: Callable[[], None]) -> None:
    if pid != os.getpid():
        return
    with contextlib.suppress(OSError):
        if _is_alone(descriptor):
            delete()
            os.remove(os.path.join(folder, _NAME))
            os.rmdir(folder)  # unless something else is in it
    os.close(descriptor)
