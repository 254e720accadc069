"""asyncz's locks, for a program's own use. The stores need none, because each claim of a run is one transaction."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    """A lock between processes of one machine, for the program's own use: a file that is locked while it is held.

    Args:
        file_path: the file; it is made if it is not there. "{pgrp}" and "{ppid}" stand for the numbers of the process
            group and of the parent process, "{store}" for itself.
    """

    def __init__(self, file_path: str) -> None:
        numbers = {"{pgrp}": os.getpgrp(), "{ppid}": os.getppid()}
        for name, number in numbers.items():
            file_path = file_path.replace(name, str(number))
        self.file_path = file_path

    @contextmanager
    def protected(self, blocking: bool = False, timeout: float | None = None) -> Iterator[bool]:
        """Takes the lock for the body; False if another has it, in this process too. With `blocking` it waits, on this
        thread, as long as it takes."""
        with open(self.file_path, "a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if blocking else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
            else:
                yield True  # the lock goes with the file

    def shutdown(self) -> None:
        """Removes the file."""
        with suppress(FileNotFoundError):
            os.remove(self.file_path)
