"""Whether only the user of this process can write a file: then what stands in it is the user's own word."""

from __future__ import annotations

import os
import stat

__all__ = ["why_shared"]

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def why_shared(path: str) -> str | None:
    """Why somebody else may have written a file, or may put another in its place; None if nobody can.

    The file must belong to the process's user and be writable by nobody else, and so must each folder above it, which
    may also be root's. A sticky folder, such as /tmp, counts as the user's own: others cannot replace files there.
    """
    file = os.path.realpath(path)
    try:
        found = os.stat(file)
        if not stat.S_ISREG(found.st_mode):
            return f"{path} is not a file"
        if found.st_uid != os.geteuid():
            return f"{path} belongs to another user"
        if found.st_mode & _OTHERS:
            return f"others may write {path} (chmod go-w)"
        folder = os.path.dirname(file)
        while True:
            found = os.stat(folder)
            if found.st_uid not in (0, os.geteuid()):
                return f"the folder {folder} belongs to another user"
            if found.st_mode & _OTHERS and not found.st_mode & stat.S_ISVTX:
                return f"others may write the folder {folder} (chmod go-w)"
            if folder == os.path.dirname(folder):
                return None
            folder = os.path.dirname(folder)
    except OSError as error:
        return f"{path}: {error.strerror}"
