"""FileStore: a scheduler's tasks in a folder, under asyncz's name."""

from __future__ import annotations

import logging
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from uvsched.events.constants import TASK_EXECUTED
from uvsched.schedulers import AsyncIOScheduler, NativeAsyncIOScheduler
from uvsched.stores import FileStore, SQLiteStore

from .command import run
from .conftest import Recorder, Script, until_sync


def beep(text: str) -> str:
    return text.upper()


@pytest.mark.asyncio
async def test_tasks_are_there_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "tasks"
    scheduler = NativeAsyncIOScheduler(stores={"default": FileStore(folder, mode=0o750)})
    assert not folder.exists()
    async with scheduler:
        heard = Recorder(scheduler)
        scheduler.add_task(beep, "date", args=["once"], id="once")
        scheduler.add_task(beep, "interval", hours=1, args=["often"], id="of/ten")
        assert (await heard.first(TASK_EXECUTED)).return_value == "ONCE"
    assert folder.stat().st_mode & 0o777 == 0o750
    assert sorted(os.listdir(folder))[0] == "uvsched.db"
    async with AsyncIOScheduler(stores={"default": FileStore(str(folder))}) as scheduler:
        task = scheduler.get_task("of/ten")
        assert task is not None
        assert task.args == ("often",)


@pytest.mark.asyncio
async def test_it_is_added_by_its_name_while_the_scheduler_runs(tmp_path: Path) -> None:
    async with AsyncIOScheduler() as scheduler:
        scheduler.add_store("file", "disk", directory=tmp_path / "tasks", suffix=".job")
        scheduler.add_task(beep, "interval", hours=1, args=["x"], id="often", store="disk")
        assert (tmp_path / "tasks" / "uvsched.db").exists()
        assert scheduler.lookup_store("disk").suffix == ".job"


@pytest.mark.parametrize("name", ["asyncz.stores.file:FileStore", "uvsched.stores.file.FileStore"])
def test_a_flat_configuration_names_its_class(name: str) -> None:
    keys = {"class": name, "directory": "tasks", "mode": "448", "cleanup_directory": "false", "lease": "5"}
    store = AsyncIOScheduler({f"asyncz.stores.default.{key}": value for key, value in keys.items()}).stores["default"]
    assert isinstance(store, FileStore)
    assert (store.mode, store.settings()["lease"], store.path) == (0o700, 5, "tasks/uvsched.db")


@pytest.mark.asyncio
async def test_files_of_asyncz_stay_as_they_are_and_are_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "uvsched")
    for name in ("a.task", "b.task", "c.txt"):
        (tmp_path / name).write_bytes(b"pickled")
    for _ in range(2):
        async with AsyncIOScheduler(stores={"default": FileStore(tmp_path)}):
            pass
    assert (tmp_path / "a.task").read_bytes() == b"pickled"
    assert [record.getMessage() for record in caplog.records] == 2 * [
        f"{tmp_path}: 2 file(s) of asyncz (*.task) lie here and are not read. `uvsched import-asyncz MODULE:SCHEDULER "
        f"--to {tmp_path}/uvsched.db` copies their tasks; move the files away afterwards"
    ]
    caplog.clear()
    async with AsyncIOScheduler(stores={"default": FileStore(tmp_path, suffix=".db")}):  # as its own file ends
        pass
    assert not caplog.records


USER = """
    import sys
    from uvsched.schedulers import AsyncIOScheduler
    from uvsched.stores import FileStore
    def beep(): ...
    with AsyncIOScheduler(stores={"default": FileStore("tasks", cleanup_directory=True)}) as scheduler:
        print([task.id for task in scheduler.get_tasks()], flush=True)
        scheduler.add_task(beep, "interval", hours=1, id=sys.argv[1] if len(sys.argv) > 1 else "mine")
        sys.stdin.readline()
"""


def test_a_folder_that_is_cleaned_up_lasts_as_long_as_its_users(script: Script) -> None:
    folder = script.folder / "tasks"

    def user() -> subprocess.Popen[str]:
        made = script.start(USER, stdin=subprocess.PIPE)
        assert made.stdout is not None
        return made

    def told(made: subprocess.Popen[str]) -> str:
        assert made.stdout is not None
        return made.stdout.readline()

    def end(made: subprocess.Popen[str]) -> None:
        _, errors = made.communicate("\n", timeout=60)
        assert (made.returncode, errors) == (0, "")

    first = user()
    assert told(first) == "[]\n"
    until_sync(lambda: b"mine" in (folder / "uvsched.db-wal").read_bytes(), "its task is stored")
    second = user()
    assert told(second) == "['mine']\n"
    end(first)
    third = user()
    assert told(third) == "['mine']\n"
    end(second)
    assert folder.exists()
    end(third)
    assert not folder.exists()
    killed = user()
    assert told(killed) == "[]\n"
    killed.kill()
    killed.communicate()
    assert (folder / "uvsched.db").exists()
    (folder / "else").write_text("")
    last = user()
    assert told(last) == "[]\n"
    end(last)
    assert [file.name for file in folder.iterdir()] == ["else"]


@pytest.mark.asyncio
async def test_a_folder_that_is_cleaned_up_is_empty_at_the_next_start(tmp_path: Path) -> None:
    scheduler = AsyncIOScheduler()
    scheduler.add_store(FileStore(tmp_path / "tasks", cleanup_directory=True), "disk")
    for _ in range(2):
        async with scheduler:
            assert scheduler.get_tasks("disk") == []
            scheduler.add_task(beep, "interval", hours=1, args=["x"], id="often", store="disk")


@pytest.mark.asyncio
async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    scheduler = AsyncIOScheduler(stores={"default": FileStore(tmp_path / "file")})
    with pytest.raises(FileExistsError, match=f"{tmp_path}/file"):
        await scheduler.start_async()
    assert not scheduler.running


@pytest.mark.asyncio
async def test_the_commands_find_the_file(tmp_path: Path) -> None:
    (tmp_path / "kept_in_a_folder.py").write_text(
        "from uvsched import AsyncIOScheduler\nfrom uvsched.stores import FileStore\n"
        f"scheduler = AsyncIOScheduler(stores={{'default': FileStore({str(tmp_path / 'tasks')!r})}})\n"
    )
    async with AsyncIOScheduler(stores={"default": FileStore(tmp_path / "tasks")}) as scheduler:
        scheduler.add_task(beep, "interval", hours=1, args=["x"], id="often")
    status, out, _ = run("status", "kept_in_a_folder:scheduler", "--app-dir", str(tmp_path))
    assert status == 0
    assert out.startswith(f"{tmp_path}/tasks/uvsched.db: 1 task")


def test_it_is_a_sqlite_store() -> None:
    store = FileStore("tasks", retention_per_task=7, on_file_lost="reopen")
    assert isinstance(store, SQLiteStore)
    assert (store.file, store.declares_again, store.settings()["retention_per_task"]) == ("tasks/uvsched.db", True, 7)
    assert repr(store) == "FileStore('tasks')"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"directory": 5}, TypeError, "expected str, bytes or os.PathLike object, not int"),
        ({"directory": b"x"}, TypeError, "directory: expected a string or a path, not bytes"),
        ({"directory": ""}, ValueError, "directory: it is empty"),
        ({"directory": "redis://me:s3cret@h"}, ValueError, "directory: this is a URL, not a folder; write a path"),
        ({"directory": "x", "suffix": 1}, TypeError, "suffix: expected a string, not int"),
        ({"directory": "x", "mode": "700"}, TypeError, "mode: expected a whole number such as 0o700, not str"),
        ({"directory": "x", "cleanup_directory": 3}, TypeError, "cleanup_directory: expected True or False, not 3"),
        ({"directory": "x", "leese": 3}, TypeError, r"FileStore: unknown argument 'leese' \(did you mean 'lease'\?\)"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        FileStore(**arguments)
    assert "s3cret" not in str(caught.value)


def test_a_protocol_of_pickle_has_no_effect_and_says_so() -> None:
    with pytest.warns(UserWarning, match="pickle_protocol: it has no effect here") as warned:
        FileStore("x", pickle_protocol=4)
    assert warned[0].filename == __file__
