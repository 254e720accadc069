"""uvsched in an Esmerald application: import from here what you imported from ``esmerald.contrib.schedulers``.

::

    from uvsched.contrib.esmerald import AsynczConfig, scheduler

    @scheduler(trigger=IntervalTrigger(minutes=5))
    async def collect() -> None: ...

    app = Esmerald(scheduler_config=AsynczConfig(tasks={"collect": "myapp.tasks"}), enable_scheduler=True)

The module imports without Esmerald too, so that tasks and their configuration can be tested apart from the application.
"""

from uvsched.contrib.esmerald.base import ImproperlyConfigured, SchedulerConfig
from uvsched.contrib.esmerald.config import AsynczConfig
from uvsched.contrib.esmerald.task import Task, scheduler

__all__ = ["AsynczConfig", "ImproperlyConfigured", "SchedulerConfig", "Task", "scheduler"]
