"""A FastAPI application under load adds 1,000 reminders, and its event loop goes on meanwhile.

The application has a heartbeat, and tells its longest wait. On a busy machine every heartbeat waits now and then, and
the more so if threads compete with the loop; so each round that adds reminders has one beside it whose requests add
nothing, and what counts is what is much worse than the worst of those.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterable
from pathlib import Path

from .commands import running

APPS = Path(__file__).parent / "apps"
AT_ONCE = 20
EACH = {"nothing": [5] * 10, "added": [5] * 10, "blocking": [1]}
"""How many requests each connection makes, round by round."""
MOST = 0.05  # seconds that a heartbeat may wait


class Connection:
    """One of many that are kept open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def post(self, path: str) -> float:
        """The number that is the answer."""
        self._writer.write(f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert head.startswith("http/1.1 200 "), head
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        return float(json.loads(await self._reader.readexactly(length)))

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def posts(connection: Connection, how: str, numbers: Iterable[int]) -> None:
    for number in numbers:
        assert await connection.post(f"/reminders/{how}/{number}") == number


async def longest_waits(port: int) -> dict[str, list[float]]:
    """The longest wait in each round, by what its requests did; rounds of each kind take turns."""
    connections = [Connection(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(AT_ONCE)]
    waits: dict[str, list[float]] = {how: [] for how in EACH}
    numbers = {how: itertools.count() for how in EACH}
    for turn in range(max(map(len, EACH.values()))):
        for how in (how for how, rounds in EACH.items() if turn < len(rounds)):
            await connections[0].post("/longest")
            each = EACH[how][turn]
            await asyncio.gather(*(posts(c, how, list(itertools.islice(numbers[how], each))) for c in connections))
            waits[how].append(await connections[0].post("/longest"))
    for connection in connections:
        await connection.close()
    return waits


def test_a_heartbeat_goes_on_while_reminders_are_added(tmp_path: Path) -> None:
    (tmp_path / "load_app.py").write_text((APPS / "load_app.py").read_text())
    options = ["--log-level", "warning", "--timeout-keep-alive", "300"]
    with running(tmp_path, ["-m", "uvicorn", "--port", "PORT", *options, "load_app:app"]) as server:
        server.wait_until_serving()
        waits = asyncio.run(longest_waits(server.port))
        assert server.get("/count") == 1000
    limit = max(MOST, 3 * max(waits["nothing"]))
    # A single round may have bad luck, but not several.
    assert sum(wait > limit for wait in waits["added"]) <= 2, waits
    # The heartbeat would have noticed: it does where each request holds up the loop.
    assert min(waits["blocking"]) > limit, waits
