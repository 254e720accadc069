"""Managing tasks, on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from uvsched.events.constants import TASK_EXECUTED
from uvsched.exceptions import SchedulerNotRunningError, TaskLookupError
from uvsched.executors import DebugExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.triggers import IntervalTrigger

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)

calls: list[Any] = []


def job(value: Any = None) -> Any:
    calls.append(value)
    return value


def other(value: Any = None) -> None:
    calls.append(("other", value))


@pytest.fixture(autouse=True)
def fresh() -> None:
    calls.clear()


@pytest.fixture(params=["memory", "sqlite"])
def scheduler(request: pytest.FixtureRequest, make: Any, tmp_path: Path) -> AsyncIOScheduler:
    url = "memory" if request.param == "memory" else f"sqlite:{tmp_path / 'tasks.db'}"
    made: AsyncIOScheduler = make(stores={"default": url}, executors={"default": DebugExecutor()})
    return made


def moved(main: Callable[[AsyncIOScheduler, Callable[..., Any]], Any], scheduler: AsyncIOScheduler) -> None:
    """Runs main(scheduler, pass_) with the scheduler started; `await pass_(span, count)` waits for so many calls."""

    async def body() -> None:
        async def pass_(span: timedelta, count: int) -> None:
            wanted = len(calls) + count
            scheduler.advance(span)
            deadline = asyncio.get_running_loop().time() + 30
            while len(calls) < wanted:
                assert asyncio.get_running_loop().time() < deadline, calls
                await asyncio.sleep(0.001)
            engine = scheduler._usable()
            assert await asyncio.to_thread(engine.wait_idle, 30_000)
            assert len(calls) == wanted, calls

        async with scheduler:
            await main(scheduler, pass_)

    asyncio.run(body())


def test_a_recurring_task(scheduler: AsyncIOScheduler) -> None:
    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        task = scheduler.add_task(job, "interval", minutes=1, id="x")
        assert task.next_run_time == NOON + MINUTE
        await pass_(MINUTE, 1)
        assert task.next_run_time == NOON + 2 * MINUTE
        await pass_(10 * MINUTE, 1)  # coalesced
        assert task.snapshot().runs == 2
        runs = scheduler.history("x")
        assert [run.folded for run in runs] == [10, 1]
        assert runs[0].scheduled_time == NOON + 11 * MINUTE
        assert runs[0].first_time == NOON + 2 * MINUTE
        assert runs[0].state == "done"
        assert runs[0].duration is not None

    moved(main, scheduler)


def test_update(scheduler: AsyncIOScheduler) -> None:
    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        task = scheduler.add_task(job, "interval", minutes=1, args=[1], id="x")
        assert task.update(name="new", args=[2], max_instances=3, coalesce=False) is task
        assert (task.name, task.args, task.max_instances, task.coalesce) == ("new", (2,), 3, False)
        await pass_(MINUTE, 1)
        assert calls == [2]
        scheduler.update_task("x", fn=other, kwargs={"value": 5}, args=[])
        assert task.fn is other
        await pass_(MINUTE, 1)
        assert calls[-1] == ("other", 5)
        scheduler.update_task(task, kwargs={})
        assert task.kwargs == {}
        await pass_(MINUTE, 1)
        assert calls[-1] == ("other", None)
        task.update(mistrigger_grace_time=None, next_run_time=NOON + 10 * MINUTE)
        assert task.next_run_time == NOON + 10 * MINUTE
        for updates, error in (
            ({"id": "y"}, TypeError),
            ({"colour": 1}, TypeError),
            ({"executor": "nobody"}, LookupError),
            ({"args": [1, 2, 3]}, ValueError),
            ({"max_instances": 0}, ValueError),
        ):
            with pytest.raises(error):
                task.update(**updates)
        assert task.name == "new"

    moved(main, scheduler)


def test_reschedule(scheduler: AsyncIOScheduler) -> None:
    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        task = scheduler.add_task(job, "interval", minutes=1, id="x")
        task.reschedule("interval", minutes=5)
        assert task.trigger == IntervalTrigger(minutes=5)
        assert task.next_run_time == NOON + 5 * MINUTE
        scheduler.reschedule_task("x", trigger="interval", minutes=2, start_at=NOON + 2 * MINUTE)
        await pass_(2 * MINUTE, 1)

    moved(main, scheduler)


def test_pause_and_resume(scheduler: AsyncIOScheduler) -> None:
    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        task = scheduler.add_task(job, "interval", minutes=1, id="x")
        task.pause()
        assert task.paused
        assert task.next_run_time is None
        assert task.schedule_state == "paused"
        await pass_(5.5 * MINUTE, 0)
        assert task.resume() == task
        assert not task.paused
        assert task.next_run_time == NOON + 6 * MINUTE
        await pass_(MINUTE, 1)
        assert scheduler.history("x", "missed") == []

    moved(main, scheduler)


def test_the_whole_scheduler_pauses(scheduler: AsyncIOScheduler) -> None:
    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        scheduler.add_task(job, "interval", minutes=1, id="x")
        await pass_(timedelta(0), 0)
        scheduler.pause()
        assert scheduler.state.name == "STATE_PAUSED"
        assert scheduler.running
        await pass_(5 * MINUTE, 0)
        scheduler.resume()
        await pass_(timedelta(0), 1)
        assert scheduler.history("x")[0].folded == 5

    moved(main, scheduler)


def test_run_now(scheduler: AsyncIOScheduler) -> None:
    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        task = scheduler.add_task(job, "interval", minutes=1, id="x")
        due = task.next_run_time
        task.run()
        await pass_(timedelta(0), 1)
        assert task.next_run_time == due
        scheduler.run_task("x", force=False)
        await pass_(timedelta(0), 0)
        assert scheduler.history("x")[0].kind == "manual"

    moved(main, scheduler)


def test_delete(scheduler: AsyncIOScheduler) -> None:
    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        task = scheduler.add_task(job, "interval", minutes=1, id="x")
        scheduler.add_task(job, "interval", minutes=1, id="y")
        task.delete()
        await pass_(MINUTE, 1)
        with pytest.raises(TaskLookupError, match="there is no task 'x'") as error:
            _ = task.name
        assert error.value.task_id == "x"
        assert scheduler.get_task("x") is None
        with pytest.raises(TaskLookupError):
            scheduler.delete_task("x")
        assert scheduler.remove_all_tasks() == 1
        assert scheduler.get_tasks() == []

    moved(main, scheduler)


def test_a_one_off_ends(scheduler: AsyncIOScheduler, record: Any) -> None:
    heard = record(scheduler)

    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        scheduler.add_task(job, "date", run_at=NOON + MINUTE, args=["once"], id="x")
        await pass_(MINUTE, 1)
        event = await heard.first(TASK_EXECUTED)
        assert event.task_id == "x"
        assert event.return_value == "once"
        assert event.scheduled_run_time == NOON + MINUTE
        assert scheduler.get_tasks() == []
        assert scheduler.history("x")[0].result == "once"

    moved(main, scheduler)


def test_preview(scheduler: AsyncIOScheduler) -> None:
    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        scheduler.add_task(job, "interval", minutes=1, end_at=NOON + 3 * MINUTE, id="x")
        preview = scheduler.preview_task_runs("x", count=2)
        assert preview is not None
        assert preview.run_times == (NOON + MINUTE, NOON + 2 * MINUTE)
        assert not preview.exhausted
        assert preview.task.id == "x"
        preview = scheduler.preview_task_runs("x", now=NOON + 2 * MINUTE)
        assert preview is not None
        assert preview.run_times == (NOON + 2 * MINUTE, NOON + 3 * MINUTE)
        assert preview.exhausted
        assert scheduler.preview_task_runs("nothing") is None
        with pytest.raises(ValueError, match="count: 0"):
            scheduler.preview_task_runs("x", count=0)

    moved(main, scheduler)


def test_inspection(scheduler: AsyncIOScheduler) -> None:
    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        scheduler.add_task(job, "interval", minutes=1, id="x")
        scheduler.add_task(job, "interval", minutes=1, id="y", next_run_time=None)
        info = scheduler.get_scheduler_info()
        assert (info.task_count, info.scheduled_task_count, info.paused_task_count) == (2, 1, 1)
        assert info.running
        assert info.state_label == "running"
        assert info.executor_aliases == ("default",)
        assert [task.id for task in scheduler.get_task_infos()] == ["x", "y"]
        found = scheduler.get_task_info("x")
        assert found is not None
        assert found.schedule_state == "scheduled"
        assert scheduler.get_task_info("nothing") is None

    moved(main, scheduler)


def test_history_is_paged(scheduler: AsyncIOScheduler) -> None:
    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        scheduler.add_task(job, "interval", minutes=1, id="x")
        for _ in range(5):
            await pass_(MINUTE, 1)
        first = scheduler.history(limit=2)
        rest = scheduler.history(limit=10, before=first[-1].number)
        assert len(first) == 2
        assert len(rest) == 3
        times = [run.scheduled_time for run in first + rest]
        assert times == sorted(times, reverse=True)
        assert scheduler.history("nothing") == []
        with pytest.raises(ValueError, match="limit: 0"):
            scheduler.history(limit=0)
        with pytest.raises(ValueError, match="state"):
            scheduler.history(state="happy")
        with pytest.raises(LookupError, match="nowhere"):
            scheduler.history(store="nowhere")

    moved(main, scheduler)


def test_before_the_start_tasks_can_be_managed_too(scheduler: AsyncIOScheduler) -> None:
    task = scheduler.add_task(job, "interval", minutes=1, id="x")
    task.update(name="new", args=[7])
    task.pause()
    assert task.paused
    task.resume()
    task.reschedule("interval", minutes=2)
    scheduler.add_task(job, "interval", minutes=1, id="y").delete()
    with pytest.raises(SchedulerNotRunningError):
        task.run()

    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        await pass_(2 * MINUTE, 1)
        assert calls == [7]
        assert task.name == "new"
        assert [found.id for found in scheduler.get_tasks()] == ["x"]

    moved(main, scheduler)


def test_a_failure_is_in_the_ledger(scheduler: AsyncIOScheduler) -> None:
    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        scheduler.add_task(fails, "interval", minutes=1, id="x")
        await pass_(MINUTE, 1)
        run = scheduler.history("x")[0]
        assert run.state == "failed"
        assert run.error.startswith("ZeroDivisionError: division by zero\n")
        assert "Traceback (most recent call last)" in run.error
        assert "in fails" in run.error
        assert run.result is None

    moved(main, scheduler)


def fails() -> None:
    calls.append("failing")
    _ = 1 / 0
