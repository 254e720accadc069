"""The lock file beside a store's file, which lists the schedulers that have the file open. It is only read. The
layout is that of core/stores/sqlite/roster.hpp."""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from typing import BinaryIO

_MAGIC = b"uvsched lock file, v1\n"
_HEADER = 88
_PLACE = struct.Struct("=qQqQ")  # number of the node, beats, process, notices
_PLACES = 128


def nodes_that_live(path: str) -> set[int] | None:
    """The numbers of the nodes that have a store's file open: the system drops a node's lock when its process dies.
    None if that cannot be told here.

    Must not be called while this process has the store open: on some systems its locks would be dropped.
    """
    try:
        with open(os.path.realpath(path) + "-lock", "rb") as file:
            listed = file.read(_HEADER + _PLACES * _PLACE.size + 1)
            if not listed.startswith(_MAGIC) or len(listed) != _HEADER + _PLACES * _PLACE.size:
                return None
            numbers = [number for number, *_ in _PLACE.iter_unpack(listed[_HEADER:])]
            return {
                number
                for place, number in enumerate(numbers)
                if number and _is_locked(file, _HEADER + place * _PLACE.size)
            }
    except FileNotFoundError:
        return set()
    except (OSError, NotImplementedError):
        return None


def _is_locked(file: BinaryIO, byte: int) -> bool:
    """Whether another process has a lock on a byte."""
    if sys.platform.startswith("linux"):
        layout = struct.Struct("hhqqi0q")  # type, whence, start, length, process
        answer = fcntl.fcntl(file, fcntl.F_GETLK, layout.pack(fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0))
        return bool(layout.unpack(answer)[0] != fcntl.F_UNLCK)
    if sys.platform == "darwin":
        layout = struct.Struct("qqihh")  # start, length, process, type, whence
        answer = fcntl.fcntl(file, fcntl.F_GETLK, layout.pack(byte, 1, 0, fcntl.F_WRLCK, os.SEEK_SET))
        return bool(layout.unpack(answer)[3] != fcntl.F_UNLCK)
    raise NotImplementedError
