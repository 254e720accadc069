"""What it hears of."""

from asyncz.events import SchedulerEvent, TaskEvent, TaskExecutionEvent, TaskSubmissionEvent
from asyncz.events.base import SchedulerEvent as SchedulerEventByModule
from asyncz.events.base import TaskEvent as TaskEventByModule
from asyncz.events.base import TaskExecutionEvent as TaskExecutionEventByModule
from asyncz.events.base import TaskSubmissionEvent as TaskSubmissionEventByModule
from asyncz.events.constants import (
    ALL_EVENTS,
    ALL_TASKS_REMOVED,
    EXECUTOR_ADDED,
    EXECUTOR_REMOVED,
    SCHEDULER_PAUSED,
    SCHEDULER_RESUMED,
    SCHEDULER_SHUTDOWN,
    SCHEDULER_START,
    SCHEDULER_STARTED,
    STORE_ADDED,
    STORE_REMOVED,
    TASK_ADDED,
    TASK_ERROR,
    TASK_EXECUTED,
    TASK_MAX_INSTANCES,
    TASK_MISSED,
    TASK_MODIFIED,
    TASK_REMOVED,
    TASK_SUBMITTED,
)

CODES = {
    ALL_TASKS_REMOVED: "all tasks removed",
    EXECUTOR_ADDED: "executor added",
    EXECUTOR_REMOVED: "executor removed",
    SCHEDULER_PAUSED: "paused",
    SCHEDULER_RESUMED: "resumed",
    SCHEDULER_SHUTDOWN: "shutdown",
    SCHEDULER_START: "started",
    STORE_ADDED: "store added",
    STORE_REMOVED: "store removed",
    TASK_ADDED: "added",
    TASK_ERROR: "failed",
    TASK_EXECUTED: "executed",
    TASK_MAX_INSTANCES: "max instances",
    TASK_MISSED: "missed",
    TASK_MODIFIED: "modified",
    TASK_REMOVED: "removed",
    TASK_SUBMITTED: "submitted",
}
HEARD: list[str] = []


def listener(event: SchedulerEvent) -> None:
    about = event.task_id if isinstance(event, TaskEvent) else event.alias
    HEARD.append(f"{CODES[event.code]} {about}")
    if isinstance(event, TaskExecutionEvent) and event.code == TASK_ERROR:
        HEARD.append(f"{type(event.exception).__name__} {event.exception}")
    if isinstance(event, TaskExecutionEvent) and event.code == TASK_EXECUTED:
        HEARD.append(f"returned {event.return_value}")


def show() -> None:
    assert SchedulerEvent is SchedulerEventByModule
    assert TaskEvent is TaskEventByModule
    assert TaskExecutionEvent is TaskExecutionEventByModule
    assert TaskSubmissionEvent is TaskSubmissionEventByModule
    assert SCHEDULER_START == SCHEDULER_STARTED
    print(sum(CODES) == ALL_EVENTS, len(CODES), sorted(CODES))
    print(issubclass(TaskSubmissionEvent, TaskEvent), SchedulerEvent(code=TASK_ADDED, alias="x").alias)
