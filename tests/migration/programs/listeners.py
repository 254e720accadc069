"""Listeners for some events; and one that is removed."""

import time
from datetime import datetime, timezone

from asyncz.events.constants import SCHEDULER_PAUSED, SCHEDULER_RESUMED, TASK_ADDED, TASK_MODIFIED, TASK_REMOVED
from asyncz.schedulers.asyncio import AsyncIOScheduler

NAMES = {
    TASK_ADDED: "added",
    TASK_REMOVED: "removed",
    TASK_MODIFIED: "modified",
    SCHEDULER_PAUSED: "paused",
    SCHEDULER_RESUMED: "resumed",
}
scheduler = AsyncIOScheduler(timezone=timezone.utc)
far = datetime(2099, 5, 1, 9, tzinfo=timezone.utc)
heard = []


def job():
    pass


def on_task(event):
    heard.append((NAMES[event.code], event.task_id))


def on_scheduler(event):
    heard.append(NAMES[event.code])


scheduler.start()
scheduler.add_listener(on_task, TASK_ADDED | TASK_REMOVED | TASK_MODIFIED)
scheduler.add_listener(on_scheduler, SCHEDULER_PAUSED | SCHEDULER_RESUMED)
scheduler.add_task(job, "interval", hours=1, id="a", start_at=far)
scheduler.update_task("a", max_instances=2)
scheduler.pause()
scheduler.resume()
scheduler.delete_task("a")
deadline = time.monotonic() + 30
while len(heard) < 5 and time.monotonic() < deadline:
    time.sleep(0.01)
scheduler.remove_listener(on_task)
scheduler.add_task(job, "interval", hours=1, id="b", start_at=far)
print(heard)
scheduler.shutdown(wait=False)
