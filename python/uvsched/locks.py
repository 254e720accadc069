"""The locks that asyncz's stores take. A store accepts them; they have no effect there, because each claim of a run is
one transaction of the store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["FileLockProtected", "LockProtected", "NullLockProtected", "RLockProtected"]


class NullLockProtected:
    """Protects nothing."""

    @contextmanager
    def protected(self, blocking: bool = False, timeout: float | None = None) -> Iterator[bool]:
        """Always entered."""
        yield True

    def shutdown(self) -> None:
        """There is nothing to give back."""


class LockProtected(NullLockProtected):
    """A lock of this process, for the program's own use."""

    def __init__(self) -> None:
        self.lock = self.create_lock()

    def create_lock(self) -> Any:
        """The lock that `protected` takes."""
        return threading.Lock()

    @contextmanager
    def protected(self, blocking: bool = False, timeout: float | None = None) -> Iterator[bool]:
        """Takes the lock for the body; False if another has it and the time is over."""
        taken = self.lock.acquire(blocking, -1 if timeout is None else timeout)
        try:
            yield taken
        finally:
            if taken:
                self.lock.release()


class RLockProtected(LockProtected):
    """A lock of this process that its owner may take again."""

    def create_lock(self) -> Any:
        return threading.RLock()


class FileLockProtected(NullLockProtected):
    """Accepted for asyncz's sake: no file is made and nothing is locked. A SQLite file is locked by its store."""

    def __init__(self, file_path: str) -> None:
        self.file_path = file_path
