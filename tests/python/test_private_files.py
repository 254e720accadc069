"""A task that was added at run time survives a restart: the function's name is enough if only the process's user can
write the file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from uvsched.stores import MemoryStore, SQLiteStore
from uvsched.stores.privacy import why_shared

from .conftest import Script

# Jobs of an application; the module imports what stored tasks must not reach, and one name leads elsewhere.
JOBS = """
from os import getcwd
import os

def remind(text): print(text, flush=True)
class Mailer:
    @staticmethod
    def send(text): print("mail", text, flush=True)
lent = os.getcwd
"""
ADDS = """
import asyncio
from uvsched import AsyncIOScheduler, SQLiteStore
import jobs

async def main():
    async with AsyncIOScheduler(stores={"default": SQLiteStore("tasks.db")}) as scheduler:
        for fn, id in ((jobs.remind, "a"), (jobs.Mailer.send, "b")):
            scheduler.add_task(fn, "date", run_at="2099-01-01", args=["later"], id=id)

asyncio.run(main())
"""
RESTARTS = """
import asyncio, logging
from uvsched import AsyncIOScheduler, SQLiteStore
from uvsched.events.constants import TASK_UNRUNNABLE

logging.basicConfig(format="%(message)s")

async def main():
    async with AsyncIOScheduler(stores={"default": SQLiteStore("tasks.db")}, OPTIONS) as scheduler:
        told = []
        scheduler.add_listener(lambda event: told.append(event.task_id), TASK_UNRUNNABLE)
        for task in scheduler.get_tasks():
            task.run()
        while len(scheduler.history()) != 2 and set(told) != {"a", "b"}:
            await asyncio.sleep(0.01)
        print(sorted(f"{row.task_id} {row.state}" for row in scheduler.history()))
        for task in scheduler.get_tasks():
            print(task.problem)

asyncio.run(main())
"""


@pytest.fixture
def folder(script: Script) -> Path:
    (script.folder / "jobs.py").write_text(JOBS)
    script.run(ADDS)
    return script.folder


def test_a_task_runs_after_a_restart_with_nothing_configured(script: Script, folder: Path) -> None:
    out = script.run(RESTARTS.replace("OPTIONS", ""))
    assert "later\n" in out
    assert "mail later\n" in out
    assert "['a done', 'b done']" in out


def test_a_file_that_others_may_write_is_not_believed(script: Script, folder: Path) -> None:
    (folder / "tasks.db").chmod(0o660)
    process = script.start(RESTARTS.replace("OPTIONS", ""))
    out, errors = script.end_of(process)
    assert "later\n" not in out
    assert "or let only this process's user write the store: others may write tasks.db (chmod go-w)" in out
    assert "task a cannot run in this process" in errors


def test_trusted_modules_say_it_all(script: Script, folder: Path) -> None:
    process = script.start(RESTARTS.replace("OPTIONS", "trusted_modules=['other']"))
    out, _ = script.end_of(process)
    assert "later\n" not in out


def test_a_function_that_is_gone_or_another_one(script: Script, folder: Path) -> None:
    (folder / "jobs.py").write_text("from os import getcwd as remind\n")
    process = script.start(RESTARTS.replace("OPTIONS", ""))
    out, errors = script.end_of(process)
    assert "the function 'jobs:remind' cannot be found by its name: no trusted module defines it" in out
    assert "'jobs:Mailer.send' cannot be found by its name: " in errors


def test_what_only_the_user_can_write(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.touch(0o600)
    assert why_shared(str(path)) is None
    assert SQLiteStore(path).why_shared() is None
    assert MemoryStore().why_shared() is None
    link = tmp_path / "link.db"
    link.symlink_to(path)
    assert why_shared(str(link)) is None
    for mode in (0o620, 0o602):
        path.chmod(mode)
        assert why_shared(str(link)) == f"others may write {link} (chmod go-w)"
    path.chmod(0o644)
    assert why_shared(str(path)) is None


def test_folders_count(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    inner = folder / "inner"
    inner.mkdir(parents=True)
    path = inner / "x.db"
    path.touch(0o600)
    folder.chmod(0o770)
    assert why_shared(str(path)) == f"others may write the folder {folder} (chmod go-w)"
    folder.chmod(0o1777)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
    assert why_shared(str(path)) is None


def test_files_that_are_none(tmp_path: Path) -> None:
    assert why_shared(str(tmp_path)) == f"{tmp_path} is not a file"
    assert why_shared(str(tmp_path / "none")) == f"{tmp_path / 'none'}: No such file or directory"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_and_folders_of_other_users(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    path = folder / "x.db"
    path.touch(0o600)
    os.chown(folder, 12345, -1)
    assert why_shared(str(path)) == f"the folder {folder} belongs to another user"
    os.chown(path, 12345, -1)
    assert why_shared(str(path)) == f"{path} belongs to another user"
