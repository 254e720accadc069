"""A trigger, an executor and a scheduler of the program's own."""

from datetime import datetime, timedelta, timezone

from asyncz.executors.base import BaseExecutor
from asyncz.schedulers import AsyncIOScheduler
from asyncz.triggers.base import BaseTrigger

BEGIN = datetime(2099, 1, 1, tzinfo=timezone.utc)


class Weekly(BaseTrigger):
    alias: str = "weekly"

    def get_next_trigger_time(self, timezone, previous_time, now=None):
        return BEGIN if previous_time is None else previous_time + timedelta(days=7)


class Silent(BaseExecutor):
    def start(self, scheduler, alias):
        super().start(scheduler, alias)

    def shutdown(self, wait=True):
        super().shutdown(wait)

    def do_send_task(self, task, run_times):
        return None


class Mine(AsyncIOScheduler):
    def add_task(self, fn_or_task, trigger=None, **options):
        return super().add_task(fn_or_task, trigger, **{"max_instances": 7, **options})


def job():
    pass


scheduler = Mine(timezone=timezone.utc)
scheduler.add_executor(Silent(), "silent")
weekly = scheduler.add_task(job, Weekly(), id="weekly", executor="silent")
scheduler.start()
print(weekly.trigger.alias, weekly.max_instances, weekly.executor)
print(weekly.trigger.get_next_trigger_time(timezone.utc, None))
print(sorted(scheduler.executors), isinstance(scheduler.executors["silent"], Silent))
scheduler.shutdown(wait=False)
