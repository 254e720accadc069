"""BackgroundScheduler and BlockingScheduler: programs without an event loop."""

from __future__ import annotations

import asyncio
import threading

from uvsched.schedulers import BackgroundScheduler, BlockingScheduler

from .conftest import Script, until_sync


def test_background_has_a_loop_of_its_own() -> None:
    threads: list[threading.Thread] = []

    async def note() -> None:
        threads.append(threading.current_thread())

    async def main() -> None:
        scheduler = BackgroundScheduler()
        with scheduler:
            assert scheduler.event_loop is not asyncio.get_running_loop()
            scheduler.add_task(note)
            until_sync(lambda: threads)
        assert threads[0] is not threading.current_thread()

    asyncio.run(main())


def test_blocking_returns_at_shutdown() -> None:
    scheduler = BlockingScheduler()
    scheduler.add_task(scheduler.shutdown, id="stop")
    assert scheduler.start()
    assert not scheduler.running
    scheduler.add_task(lambda: scheduler.start(), id="again")  # counted, so it returns at once
    scheduler.add_task(lambda: (scheduler.shutdown(), scheduler.shutdown()), "interval", seconds=0.1, id="stop2")
    assert scheduler.start()


def test_blocking_returns_at_ctrl_c(script: Script) -> None:
    out = script.run("""
        import os, signal
        from uvsched.schedulers import BlockingScheduler

        scheduler = BlockingScheduler()
        scheduler.add_task(lambda: os.kill(os.getpid(), signal.SIGINT))
        print(scheduler.start(), scheduler.running)
    """)
    assert out == "True False\n"
