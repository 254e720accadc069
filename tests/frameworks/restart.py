"""A reminder that a request adds runs after a restart on the same file, once, with nothing configured."""

from __future__ import annotations

import signal
import time
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager

from serving import Server

_DUE_AFTER = 2.2  # seconds: more than the programs of docs/frameworks.md give a reminder


def survives_a_restart(begin: Callable[[], AbstractContextManager[Server]]) -> None:
    """`begin` starts a program of docs/frameworks.md, each time on the same file and with the same log."""
    with begin() as server:
        server.wait_for("/runs", lambda seen: "tick: done" in seen)
        request = urllib.request.Request(f"{server.url}/reminders", method="POST", data=b"")
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200
        server.stop(signal.SIGINT)
        assert "Traceback" not in server.log, server.log
    time.sleep(_DUE_AFTER)  # it becomes due while nothing runs
    with begin() as server:
        seen = server.wait_for("/runs", lambda seen: "reminder: done" in seen)
        assert seen.count("reminder: done") == 1
        server.wait_for("/runs", lambda seen: "tick: done" in seen)
        server.stop(signal.SIGINT)
        assert "Traceback" not in server.log, server.log
        assert "cannot run in this process" not in server.log
