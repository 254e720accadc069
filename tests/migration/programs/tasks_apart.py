"""Tasks that are made apart from their scheduler."""

from datetime import datetime, timezone

from asyncz.schedulers import AsyncIOScheduler
from asyncz.tasks import Task
from asyncz.triggers import CronTrigger, IntervalTrigger

scheduler = AsyncIOScheduler(timezone=timezone.utc)
far = datetime(2099, 5, 1, 9, tzinfo=timezone.utc)


def check():
    return "checked"


daily = CronTrigger(hour=8, start_at=far)
first = Task(id="first", fn=check, name="check it", max_instances=3, coalesce=True, trigger=daily)
second = Task(id="second", fn=check, name="and again", max_instances=1, coalesce=True)
scheduler.start()
scheduler.add_task(first)
scheduler.add_task(second, trigger=IntervalTrigger(hours=1, start_at=far))
for task in (first, second):
    print(task.id, task.name, task.next_run_time.isoformat(), task.max_instances, task.coalesce, task.fn())
first.update(max_instances=5)
print(scheduler.get_task("first").max_instances)
print(scheduler.get_task("second").get_run_times(timezone.utc, datetime(2099, 5, 1, 11, tzinfo=timezone.utc)))
scheduler.shutdown(wait=False)
