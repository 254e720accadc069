"""The command `uvsched`, run in this process; tests of the process itself start one with COMMAND or in_folder()."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from uvsched.cli import main

COMMAND = [sys.executable, "-m", "uvsched"]
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "80", "TZ": "UTC"}


@contextlib.contextmanager
def _process_kept() -> Iterator[None]:
    """A command may set signal handlers and the level of the log: the tests after it must not notice."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGPIPE)}
    log = logging.getLogger("uvsched")
    level = log.level
    try:
        yield
    finally:
        log.setLevel(level)
        for number, handler in kept.items():
            signal.signal(number, handler)


def run(*arguments: str, given: bytes = b"", timezone: str = "UTC") -> tuple[int, str, str]:
    """The exit status, what is written to standard output and to standard error; `given` is the standard input and
    `timezone` the machine's."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        _process_kept(),
        mock.patch.dict(os.environ, {"COLUMNS": "80", "TZ": timezone}),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(given))),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            status = main(arguments)
        except SystemExit as end:  # argparse's way out
            status = end.code if isinstance(end.code, int) else 1
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())  # type: ignore[attr-defined]
    return status, texts[0], texts[1]


def in_folder(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """As run(), in a process of its own, in this folder."""
    ended = subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )
    return ended.returncode, ended.stdout, ended.stderr
