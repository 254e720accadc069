"""Managing tasks, on a clock that the test moves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from uvsched.events.constants import TASK_EXECUTED
from uvsched.exceptions import SchedulerNotRunningError, TaskLookupError
from uvsched.executors import DebugExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.triggers import CronTrigger, DateTrigger, IntervalTrigger

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
            engine = scheduler._handle.usable()
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


def test_what_a_task_looks_like(scheduler: AsyncIOScheduler) -> None:
    pending = scheduler.add_task(job, "interval", seconds=10, id="pending")
    assert repr(pending).startswith(f"<Task 'pending' ({__name__}:job) interval of 10 s, pending, store")

    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        store = scheduler.get_scheduler_info().store_aliases[0]
        task = scheduler.add_task(job, "interval", seconds=10, id="x", name="tick")
        end = f", store {store!r}>"
        assert repr(scheduler.get_task("pending")).startswith(
            f"<Task 'pending' ({__name__}:job) interval of 10 s, next 2"
        )
        assert repr(task) == f"<Task 'x' (tick) interval of 10 s, next 2026-01-01 12:00:10+00:00{end}"
        task.update(name="x", next_run_time=None)
        assert repr(task) == f"<Task 'x' interval of 10 s, paused{end}"
        assert repr(scheduler.get_tasks()[1:]) == f"[<Task 'x' interval of 10 s, paused{end}]"
        task.delete()
        assert repr(task) == f"<Task 'x'{end}"

    moved(main, scheduler)


def test_the_identity_is_what_the_ledger_says(scheduler: AsyncIOScheduler, record: Any) -> None:
    heard = record(scheduler)

    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        scheduler.add_task(job, "interval", minutes=1, id="x")
        await pass_(MINUTE, 1)
        name = scheduler.identity
        assert name.startswith(f"AsyncIOScheduler-{os.uname().nodename}-{os.getpid()}-")
        assert name != AsyncIOScheduler().identity
        assert scheduler.identity == scheduler.get_scheduler_info().identity == name
        assert scheduler.history("x")[0].owner == (name if scheduler.stores["default"].durable else "")
        assert (await heard.first(TASK_EXECUTED)).scheduler_identity == name

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


def test_reschedule_without_a_trigger_keeps_its_kind(scheduler: AsyncIOScheduler) -> None:
    task = scheduler.add_task(job, "interval", minutes=1, id="x")
    scheduler.reschedule_task("x", seconds=3)
    assert task.trigger == IntervalTrigger(seconds=3)
    scheduler.reschedule_task("x", trigger="cron", hour=8, minute=30)
    task.reschedule(hour=9)
    assert isinstance(task.trigger, CronTrigger)
    assert task.trigger.fields == {"hour": "9"}
    task.reschedule(run_at=NOON + MINUTE)
    assert task.trigger == DateTrigger(NOON + MINUTE)
    with pytest.raises(TypeError, match="reschedule_task with trigger 'date': unknown argument 'seconds'"):
        task.reschedule(seconds=3)
    assert task.trigger == DateTrigger(NOON + MINUTE)


def test_reschedule(scheduler: AsyncIOScheduler) -> None:
    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        task = scheduler.add_task(job, "interval", minutes=1, id="x")
        task.reschedule("interval", minutes=5)
        assert task.trigger == IntervalTrigger(minutes=5)
        assert task.next_run_time == NOON + 5 * MINUTE
        scheduler.reschedule_task("x", trigger="interval", minutes=2, start_at=NOON - MINUTE)
        assert task.next_run_time == NOON + MINUTE
        await pass_(MINUTE, 1)

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


def opaque() -> Any:
    calls.append("opaque")
    return [print]


def test_a_result_that_json_cannot_hold_reads_back_as_its_text(scheduler: AsyncIOScheduler) -> None:
    async def main(scheduler: AsyncIOScheduler, pass_: Any) -> None:
        scheduler.add_task(opaque, "date", run_at=NOON + MINUTE, id="x")
        await pass_(MINUTE, 1)
        assert scheduler.history("x")[0].result == "[<built-in function print>]"

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
        with pytest.raises(TypeError, match="count: expected a whole number, not str"):
            scheduler.preview_task_runs("x", count="5")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="limit: expected a whole number, not str"):
            scheduler.history("x", limit="5")  # type: ignore[arg-type]

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
        scheduler.add_task(job, "shutdown", id="z")
        scheduler.add_task(job, run_at=NOON, id="over")
        await pass_(MINUTE, 2)
        info = scheduler.get_scheduler_info()
        states = [task.schedule_state for task in scheduler.get_task_infos()]
        assert (info.scheduled_task_count, info.paused_task_count) == (
            states.count("scheduled"),
            states.count("paused"),
        )
        assert (info.task_count, info.submitted_task_count, info.pending_task_count) == (3, 3, 0)
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


def test_a_deletion_forgets_the_declaration_of_one_store_only(make: Any) -> None:
    scheduler = make(stores={"a": "memory", "b": "memory"})
    for alias in ("a", "b"):
        scheduler.add_task(job, "interval", minutes=1, id="x", store=alias)
    scheduler.delete_task("x")
    assert [task.store_alias for task in scheduler.get_tasks()] == ["b"]
    scheduler.add_executor("debug", "other")  # the engine is made anew from what was declared
    assert [task.store_alias for task in scheduler.get_tasks()] == ["b"]
