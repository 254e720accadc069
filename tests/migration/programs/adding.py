"""Tasks by call and by decorator, by the names of triggers and by their objects, before the start and after it."""

from datetime import datetime, timezone

from asyncz.schedulers import AsyncIOScheduler
from asyncz.triggers import CronTrigger, DateTrigger, IntervalTrigger

scheduler = AsyncIOScheduler(timezone=timezone.utc)
far = datetime(2099, 5, 1, 9, tzinfo=timezone.utc)


def job(*args, **kwargs):
    pass


scheduler.add_task(job, trigger=IntervalTrigger(hours=2, start_at=far), id="interval", name="every two hours")
scheduler.add_task(job, "interval", minutes=5, start_at=far, id="named", args=[1], kwargs={"b": 2})
scheduler.add_task(
    job, trigger=CronTrigger(day_of_week="mon,wed,fri", hour="8", start_at=far), id="cron", max_instances=3
)
scheduler.add_task(job, "cron", month="6-8,11-12", day="3rd fri", hour="0-3", start_at=far, id="third friday")


@scheduler.add_task(trigger="date", run_at=far, id="decorated", coalesce=True)
def decorated():
    pass


scheduler.start()
scheduler.add_task(job, DateTrigger(run_at=far), id="date", mistrigger_grace_time=30)
scheduler.add_task(job, "interval", minutes=7, start_at=far, id="named", replace_existing=True)
for task in sorted(scheduler.get_tasks(), key=lambda task: task.id):
    print(task.id, task.next_run_time.isoformat(), task.max_instances, task.args, task.kwargs)
print(scheduler.get_task("interval").name, scheduler.get_task("absent"))
print(scheduler.get_task("date").mistrigger_grace_time == 30)
print(callable(decorated))
scheduler.shutdown(wait=False)
