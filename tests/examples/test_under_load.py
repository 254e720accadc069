"""A FastAPI application under load adds 1,000 reminders to a SQLite file, and its event loop goes on meanwhile."""

from __future__ import annotations

import http.client
import shutil
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from serving import serving

REMINDERS, CLIENTS = 1_000, 20
MUCH_TOO_LONG = 5.0
"""Seconds. On an idle machine the longest gap is below 50 ms: benchmarks/add_task_async.py measures it."""


def test_a_thousand_reminders(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    shutil.copy(Path(__file__).with_name("under_load_app.py"), tmp_path)
    with serving(tmp_path, "under_load_app:app", tmp_path / "server.log") as server:

        def add(client: int) -> list[int]:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
            statuses = []
            for number in range(client, REMINDERS, CLIENTS):
                connection.request("POST", f"/reminders/{number}")
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
            connection.close()
            return statuses

        before = server.get("/heart")
        with ThreadPoolExecutor(CLIENTS) as pool:
            statuses = [status for part in pool.map(add, range(CLIENTS)) for status in part]
        heart = server.get("/heart")
        record_property("longest gap of the loop, ms", round(heart["longest"] * 1e3, 1))
        print(f"longest gap of the loop: {heart['longest'] * 1e3:.1f} ms")
        assert statuses == [200] * REMINDERS
        assert server.get("/count") == REMINDERS
        assert heart["beats"] > before["beats"]
        assert heart["longest"] < MUCH_TOO_LONG, server.log
        server.stop(signal.SIGTERM)
        assert "Traceback" not in server.log, server.log
