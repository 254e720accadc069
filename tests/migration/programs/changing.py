"""Tasks are updated, rescheduled, paused, resumed and deleted: by id, by object, and by the object's own methods."""

from datetime import datetime, timezone

from asyncz.exceptions import TaskLookupError
from asyncz.schedulers import AsyncIOScheduler
from asyncz.triggers import CronTrigger, IntervalTrigger

scheduler = AsyncIOScheduler(timezone=timezone.utc)
far = datetime(2099, 5, 1, 9, tzinfo=timezone.utc)


def newsletter():
    pass


def check():
    pass


scheduler.add_task(newsletter, CronTrigger(day_of_week="mon,wed,fri", hour=8, start_at=far), id="newsletter")
status = scheduler.add_task(check, IntervalTrigger(minutes=10, start_at=far), id="check", coalesce=False)
scheduler.update_task("check", coalesce=True, max_instances=3)
scheduler.start()


def show():
    print([(task.id, str(task.next_run_time), task.max_instances, task.coalesce) for task in scheduler.get_tasks()])


show()
scheduler.update_task("newsletter", coalesce=False, max_instances=4)
show()
scheduler.reschedule_task("check", trigger="cron", hour="*/6", start_at=far)
show()
scheduler.pause_task("newsletter")
status.pause()
show()
scheduler.resume_task("check")
scheduler.delete_task("newsletter")
show()
try:
    scheduler.delete_task("newsletter")
except TaskLookupError as error:
    print(type(error).__name__, isinstance(error, LookupError))
status.delete()
print(scheduler.get_tasks())
scheduler.add_task(check, "interval", hours=1, id="again")
scheduler.remove_all_tasks("default")
print(scheduler.get_tasks())
scheduler.shutdown(wait=False)
