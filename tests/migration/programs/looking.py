"""Pictures of tasks, previews of their runs, and what the scheduler says of itself."""

from datetime import datetime, timezone

from asyncz.schedulers import AsyncIOScheduler

scheduler = AsyncIOScheduler(timezone=timezone.utc)
far = datetime(2099, 5, 1, 9, tzinfo=timezone.utc)


def job():
    pass


scheduler.start()
scheduler.add_task(job, "interval", hours=6, start_at=far, id="b", name="the second")
scheduler.add_task(job, "cron", hour=8, start_at=far, id="a")
scheduler.add_task(job, "interval", hours=1, start_at=far, id="c")
scheduler.pause_task("c")
for info in scheduler.get_task_infos(sort_by="id"):
    print(
        info.id,
        info.schedule_state.value,
        info.trigger_alias,
        info.next_run_time,
        info.executor,
        info.paused,
    )
print([info.id for info in scheduler.get_task_infos(trigger="interval", sort_by="id", descending=True)])
print([info.id for info in scheduler.get_task_infos(q="second")], scheduler.get_task_info("absent"))
preview = scheduler.preview_task_runs("b", count=3)
print([time.isoformat() for time in preview.run_times], preview.requested_count, preview.exhausted)
info = scheduler.get_scheduler_info()
print(info.running, info.task_count, info.paused_task_count, info.store_aliases, info.executor_aliases)
scheduler.shutdown(wait=False)
