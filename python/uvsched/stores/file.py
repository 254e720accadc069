"""FileStore: tasks and the ledger of their runs in a folder."""

from __future__ import annotations

import glob
import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Literal

from .._names import with_hints
from .._text import utf8
from .asyncz_options import warn_of_pickle_protocol
from .folder_use import FolderUse
from .sqlite import SQLiteStore

logger = logging.getLogger("uvsched")


# In a configuration whose values are all text, they are words.
_FLAGS = {False: False, True: True, "false": False, "true": True}


class FileStore(SQLiteStore):
    """Keeps tasks and the ledger of their runs in a SQLite file, `uvsched.db`, in a folder: asyncz's name for it. All
    that SQLiteStore promises holds here.

    The folder is made at the start if it is not there. Files of asyncz that lie in it are neither read nor deleted; a
    warning in the log counts them, and `uvsched import-asyncz` copies their tasks.

    Args:
        directory: the folder. A relative path starts at the working directory at the moment of the scheduler's start.
        suffix: how the names of asyncz's files end.
        mode: the permissions of the folder, if it is made.
        cleanup_directory: the tasks end with the processes that use the folder: what is there when the first of them
            starts is deleted, and so is its file, and the folder if it is empty then, at the exit of the last one.
        pickle_protocol: accepted for asyncz's sake; nothing is pickled.
        retention_age, retention_per_task, synchronous, lease, on_file_lost: as of SQLiteStore.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ("_use", "cleanup_directory", "directory", "mode", "suffix")

    alias: ClassVar[str] = "file"
    file_name: ClassVar[str] = "uvsched.db"
    """The name of the SQLite file in the folder."""

    @with_hints
    def __init__(
        self,
        directory: str | os.PathLike[str],
        suffix: str = ".task",
        mode: int = 0o700,
        cleanup_directory: bool = False,
        pickle_protocol: int | None = 5,
        *,
        retention_age: timedelta | float | None = None,
        retention_per_task: int | None = None,
        synchronous: Literal["full", "normal"] = "full",
        lease: timedelta | float = 10,
        on_file_lost: Literal["stop", "reopen"] = "stop",
    ) -> None:
        folder = os.fspath(directory)
        if not isinstance(folder, str):
            raise TypeError(f"directory: expected a string or a path, not {type(folder).__name__}")
        if not folder:
            raise ValueError("directory: it is empty")
        if "://" in folder:
            # Not repeated: it may hold a password.
            raise ValueError("directory: this is a URL, not a folder; write a path")
        if not isinstance(suffix, str):
            raise TypeError(f"suffix: expected a string, not {type(suffix).__name__}")
        if isinstance(mode, bool) or not isinstance(mode, int):
            raise TypeError(f"mode: expected a whole number such as 0o700, not {type(mode).__name__}")
        if cleanup_directory not in _FLAGS:
            raise TypeError(f"cleanup_directory: expected True or False, not {cleanup_directory!r}")
        warn_of_pickle_protocol(pickle_protocol, stacklevel=3)  # of with_hints
        super().__init__(
            os.path.join(utf8(folder, "directory"), self.file_name),
            retention_age=retention_age,
            retention_per_task=retention_per_task,
            synchronous=synchronous,
            lease=lease,
            on_file_lost=on_file_lost,
        )
        self.directory = Path(folder)
        self.suffix = suffix
        self.mode = mode
        self.cleanup_directory = _FLAGS[cleanup_directory]
        self._use = FolderUse(folder, self._delete) if self.cleanup_directory else None

    def _delete(self) -> None:
        for name in glob.glob(f"{self.file_name}*", root_dir=self.directory):
            os.remove(self.directory / name)

    def prepare(self) -> None:
        os.makedirs(self.directory, self.mode, exist_ok=True)
        if self._use is not None:
            self._use.begin()
        found = glob.glob(f"*{glob.escape(self.suffix)}", root_dir=self.directory) if self.suffix else []
        left = [name for name in found if not name.startswith(self.file_name)]
        if left:
            logger.warning(
                "%s: %d file(s) of asyncz (*%s) lie here and are not read. `uvsched import-asyncz MODULE:SCHEDULER "
                "--to %s` copies their tasks; move the files away afterwards",
                *(self.directory, len(left), self.suffix, self.path),
            )

    def __repr__(self) -> str:
        return f"FileStore({str(self.directory)!r})"
