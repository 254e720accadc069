"""A scheduler's stores, executors and defaults: as objects, as flat keys whose values are texts, and by setup()."""

import tempfile
from datetime import timezone

from asyncz.executors import AsyncIOExecutor, ThreadPoolExecutor
from asyncz.schedulers.asyncio import AsyncIOScheduler
from asyncz.stores.file import FileStore
from asyncz.stores.memory import MemoryStore


def job():
    pass


objects = AsyncIOScheduler(
    stores={"default": MemoryStore()},
    executors={"default": AsyncIOExecutor(), "threadpool": ThreadPoolExecutor(max_workers=20)},
    task_defaults={"coalesce": False, "max_instances": 4},
    timezone=timezone.utc,
)
flat = AsyncIOScheduler(
    global_config={
        "asyncz.stores.default": {"type": "memory"},
        "asyncz.executors.pool": {"max_workers": "20", "class": "asyncz.executors.pool:ThreadPoolExecutor"},
        "asyncz.executors.default": {"class": "asyncz.executors.asyncio:AsyncIOExecutor"},
        "asyncz.task_defaults.coalesce": "false",
        "asyncz.task_defaults.max_instances": "3",
        "asyncz.timezone": "UTC",
    }
)
later = AsyncIOScheduler()
later.setup(
    {"asyncz.timezone": "UTC"},
    stores={"default": {"type": "memory"}},
    executors={"default": {"type": "asyncio"}, "threads": {"type": "threadpool", "max_workers": 2}},
)
for scheduler in (objects, flat, later):
    scheduler.start()
    task = scheduler.add_task(job, "interval", hours=1, id="job")
    print(sorted(scheduler.stores), sorted(scheduler.executors), task.max_instances, str(scheduler.timezone))
    print([type(executor).__name__ for _, executor in sorted(scheduler.executors.items())])
    scheduler.shutdown(wait=False)

folder = tempfile.mkdtemp()
changed = AsyncIOScheduler(timezone="UTC")
changed.add_task(job, "interval", hours=1, id="job")
changed.setup(stores={"default": FileStore(folder)})
changed.start()
print([task.id for task in changed.get_tasks()], type(changed.lookup_store("default")).__name__)
changed.shutdown()
