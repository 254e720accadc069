"""LoopThread: an asyncio loop in a thread of its own, for schedulers that are started where no loop runs."""

from __future__ import annotations

import asyncio
import threading


class LoopThread:
    """Runs a new loop until stop(). The thread is not a daemon: stop() must be called before the interpreter ends."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="uvsched-loop", daemon=False)

    def start(self) -> None:
        """Starts the thread; returns when the loop runs."""
        running = threading.Event()
        self.loop.call_soon(running.set)
        try:
            self._thread.start()
        except BaseException:
            self.loop.close()
            raise
        running.wait()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            try:
                pending = asyncio.all_tasks(self.loop)
                for task in pending:
                    task.cancel()
                self.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
                self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            finally:
                asyncio.set_event_loop(None)
                self.loop.close()

    def stop(self) -> None:
        """Ends the loop and its thread. From any thread; does not wait."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)

    def join(self) -> None:
        """Waits for the thread's end; not on the thread itself."""
        if threading.current_thread() is not self._thread:
            self._thread.join()
