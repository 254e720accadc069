"""Runs it: each method of a scheduler, on a loop."""

import asyncio
import warnings
from datetime import datetime, timedelta, timezone

from asyncz.enums import SchedulerState
from asyncz.events import SchedulerEvent
from asyncz.events.constants import ALL_EVENTS, TASK_MISSED
from asyncz.exceptions import SchedulerNotRunningError, TaskLookupError
from asyncz.executors import ThreadPoolExecutor
from asyncz.schedulers import AsyncIOScheduler, NativeAsyncIOScheduler
from asyncz.stores.memory import MemoryStore
from asyncz.tasks import Task
from asyncz.triggers import CronTrigger, IntervalTrigger

from . import hearing, jobs, kept, kinds, schedules

LATER = datetime(2040, 1, 2, 12, tzinfo=timezone.utc)


def configured() -> AsyncIOScheduler:
    scheduler = AsyncIOScheduler()
    scheduler.setup(
        {
            "asyncz.executors.threads": {"class": "asyncz.executors.pool:ThreadPoolExecutor", "max_workers": "2"},
            "asyncz.stores.second.type": "memory",
            "asyncz.task_defaults.coalesce": "false",
            "asyncz.task_defaults.max_instances": "4",
        },
        timezone="UTC",
    )
    return scheduler


def before_start(scheduler: AsyncIOScheduler) -> None:
    scheduler.add_executor(ThreadPoolExecutor(max_workers=1), "extra")
    scheduler.remove_executor("extra")
    scheduler.add_store(MemoryStore(), "extra")
    scheduler.remove_store("extra")
    scheduler.add_listener(hearing.listener, ALL_EVENTS)
    print(type(scheduler.create_default_executor()).__name__, type(scheduler.create_default_store()).__name__)
    print(scheduler.running, scheduler.state == SchedulerState.STATE_STOPPED, str(scheduler.timezone))
    print(type(scheduler.create_trigger("interval", {"hours": 2})).__name__, scheduler.lock_path or None)


async def use(scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(jobs.collect, "interval", hours=1, id="hourly", name="Hourly", args=[1], kwargs={"a": 2})
    scheduler.add_task(jobs.collect, CronTrigger(hour=3), id="nightly", store="second", executor="threads")
    scheduler.add_task(Task(fn=jobs.collect, id="apart", trigger=IntervalTrigger(hours=5)))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        scheduler.add_task(fn=jobs.collect, trigger="interval", hours=2, id="old")
    print([warning.category.__name__ for warning in told])

    @scheduler.add_task(trigger="interval", hours=4, id="decorated")
    def decorated():
        """A task."""

    print(sorted(task.id for task in scheduler.get_tasks()))
    print(sorted(task.id for task in scheduler.get_tasks("second")))
    task = scheduler.get_task("hourly")
    assert task is not None
    print(task.id, task.name, task.paused, task.fn is jobs.collect, list(task.args), task.kwargs, task.max_instances)
    soon = task.next_run_time
    assert soon is not None
    print(task.pending, 0 < (soon - datetime.now(timezone.utc)).total_seconds() <= 3600)
    print(len(task.get_run_times(timezone.utc, soon + timedelta(hours=2, minutes=30))))
    print(task.update(name="Renamed").name, scheduler.update_task("hourly", max_instances=2).max_instances)
    scheduler.reschedule_task("hourly", trigger="cron", hour=12, minute=0, second=0)
    task.reschedule("interval", hours=3)
    print(scheduler.pause_task("hourly").paused, task.pause().paused, task.schedule_state.value)
    print(scheduler.resume_task("hourly").paused, task.pause().resume().paused, task.schedule_state.value)
    info = task.snapshot()
    print(info.id, info.trigger_alias, info.executor, info.store_alias, info.schedule_state.value, info.paused)
    print(scheduler.get_task_info("nightly").trigger_name, scheduler.get_task_info("absent"))
    infos = scheduler.get_task_infos(
        schedule_state="scheduled", trigger="cron", q="night", sort_by="id", descending=True
    )
    print([info.id for info in infos])
    preview = scheduler.preview_task_runs("nightly", count=2, now=LATER)
    print(preview.requested_count, len(preview.run_times), preview.exhausted)
    print(scheduler.lookup_task("hourly", None)[0].id, type(scheduler.lookup_store("second")).__name__)
    print(type(scheduler.lookup_executor("threads")).__name__, sorted(scheduler.stores), sorted(scheduler.executors))
    try:
        scheduler.run_task("absent")
    except TaskLookupError as error:
        print(type(error).__name__)
    task.delete()
    scheduler.delete_task("apart")
    print(scheduler.get_task("hourly"), scheduler.get_task("absent"))
    scheduler.pause()
    print(scheduler.state == SchedulerState.STATE_PAUSED, scheduler.running)
    scheduler.resume()
    scheduler.wakeup()
    scheduler.process_tasks()
    hearing.HEARD.append("---")
    scheduler.dispatch_event(SchedulerEvent(code=TASK_MISSED, alias="made by hand"))


async def run(scheduler: AsyncIOScheduler) -> None:
    now = datetime.now(timezone.utc)
    scheduler.add_task(jobs.fetch, "date", run_at=now + timedelta(milliseconds=100), id="fetch")
    scheduler.add_task(jobs.collect, "date", run_at=now + timedelta(milliseconds=100), id="thread", executor="threads")
    scheduler.add_task(jobs.fail, "date", run_at=now + timedelta(milliseconds=100), id="fail", executor="threads")
    scheduler.add_task(jobs.bye, "shutdown", id="bye")
    wanted = {"executed fetch", "executed thread", "failed fail"}
    while not wanted <= set(hearing.HEARD):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def stopped(scheduler: AsyncIOScheduler) -> None:
    """asyncz stops in a later turn of the loop."""
    while scheduler.running:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    print("stopped")


async def main() -> None:
    scheduler = configured()
    before_start(scheduler)
    print(scheduler.start(), scheduler.start(), scheduler.running, scheduler.started_at is not None)
    await use(scheduler)
    await run(scheduler)
    info = scheduler.get_scheduler_info()
    print(info.state_label, info.running, sorted(info.store_aliases), info.task_count, info.timezone)
    print(
        len(scheduler.get_scheduler_instance_infos()),
        scheduler.task_defaults.max_instances,
        scheduler.task_defaults.coalesce,
    )
    scheduler.remove_all_tasks("second")
    scheduler.shutdown()
    scheduler.shutdown()
    await stopped(scheduler)
    try:
        scheduler.pause()
    except SchedulerNotRunningError as error:
        print(type(error).__name__)
    print(scheduler.remove_listener(hearing.listener), scheduler.remove_listener(hearing.listener))

    native = NativeAsyncIOScheduler(timezone="UTC")
    print(await native.start(paused=True), native.state == SchedulerState.STATE_PAUSED)
    await native.shutdown(wait=True)
    await stopped(native)
    async with AsyncIOScheduler(stores=jobs.stores(), executors=jobs.executors(), isolated_event_loop=False) as managed:
        print(managed.running, sorted(managed.executors))
    await stopped(managed)
    print(callable(managed.asgi()))


for part in (jobs, schedules, hearing, kinds):
    part.show()
asyncio.run(main())
asyncio.run(kept.show())
print(sorted({*jobs.CALLS} - {"bye"}))  # whether a shutdown on the loop runs it differs
# asyncz tells of what its configuration names before anybody can listen.
print(sorted({told for told in hearing.HEARD if told.split()[-1] not in ("bye", "threads", "second")}))
