"""What a program names as a task's function, and how a durable store refers to it."""

from __future__ import annotations

import functools
import importlib
import operator
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from uvsched.schedulers import AsyncIOScheduler

from .conftest import Script

Load = Callable[[str], Any]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Writes a module that has a scheduler with a durable store, and imports it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def load_module(text: str) -> Any:
        head = f"""
            import functools
            from uvsched.schedulers import AsyncIOScheduler
            scheduler = AsyncIOScheduler(stores={{"default": "sqlite:{tmp_path / "tasks.db"}"}})
            calls = []

            def retry(fn):
                @functools.wraps(fn)
                def retrying(*args):
                    calls.append("retry")
                    return fn(*args)
                return retrying

            class Retry:
                def __init__(self, fn):
                    functools.update_wrapper(self, fn)
                    self.fn = fn

                def __call__(self):
                    calls.append("Retry")
                    return self.fn()
        """
        (tmp_path / "app.py").write_text(textwrap.dedent(head) + textwrap.dedent(text))
        importlib.invalidate_caches()
        sys.modules.pop("app", None)
        return importlib.import_module("app")

    yield load_module
    sys.modules.pop("app", None)


DECORATED = {
    "functools.wraps": ("@{add}\n@retry\ndef job(): calls.append('job')", "app:job", ["retry", "job"]),
    "twice": ("@{add}\n@retry\n@retry\ndef job(): calls.append('job')", "app:job", ["retry", "retry", "job"]),
    "lru_cache": ("@{add}\n@functools.lru_cache\ndef job(): calls.append('job')", "app:job", ["job"]),
    "a class": ("@{add}\n@Retry\ndef job(): calls.append('job')", "app:job", ["Retry", "job"]),
    "a staticmethod": (
        "class Jobs:\n    @{add}\n    @staticmethod\n    def job(): calls.append('job')",
        "app:Jobs.job",
        ["job"],
    ),
    "under staticmethod": (
        "class Jobs:\n    @staticmethod\n    @{add}\n    def job(): calls.append('job')",
        "app:Jobs.job",
        ["job"],
    ),
    "a class in a class": (
        "class Jobs:\n    class Inner:\n        @{add}\n        @staticmethod\n        @retry\n"
        "        def job(): calls.append('job')",
        "app:Jobs.Inner.job",
        ["retry", "job"],
    ),
    "decorated again": ("@retry\n@{add}\ndef job(): calls.append('job')", "app:job", ["job"]),
}


@pytest.mark.parametrize("kind", DECORATED)
def test_the_decorator_form_takes_decorated_functions(load: Load, kind: str) -> None:
    text, reference, calls = DECORATED[kind]
    app = load(text.format(add='scheduler.add_task(id="x")'))
    with app.scheduler as scheduler:
        task = scheduler.get_task("x")
        assert task.fn_reference == reference
        task.fn()
    assert app.calls[-len(calls) :] == calls
    importlib.reload(app)


def test_a_module_that_is_loaded_again(load: Load) -> None:
    app = load("@scheduler.add_task(id='x')\n@retry\ndef job(): calls.append('job')")
    again = importlib.reload(app)
    with again.scheduler as scheduler:
        assert scheduler.get_task("x").fn is again.job


def test_what_does_not_lead_back_is_told_at_start(load: Load) -> None:
    app = load("""
        @scheduler.add_task(id="x")
        @retry
        def job(): pass

        job = None
    """)
    with pytest.raises(ValueError, match=r"^task 'x': app:job leads to None, not to <function job .*: bind it to that"):
        app.scheduler.start()
    assert not app.scheduler.running
    app.scheduler.delete_task("x")
    with app.scheduler:
        pass


def test_an_alias_of_a_wrapper_is_told_at_once(load: Load) -> None:
    with pytest.raises(ValueError, match=r"fn: app:job leads to .*, not to .*bind it to that name"):
        load("def job(): pass\nscheduler.add_task(retry(job), id='x')")


def test_a_classmethod_under_the_decorator(load: Load) -> None:
    with pytest.raises(TypeError, match="put @classmethod above"):
        load("class Jobs:\n    @scheduler.add_task(id='x')\n    @classmethod\n    def job(cls): pass")


TEXTS = {
    "app:k.me": ["me"],
    "app:k": ["called"],
    "app:half": ["half"],
    "app:short": ["short"],
    "app:alias": ["job"],
    "app:K.of_class": ["of K"],
    "app:K.static": ["static"],
}


@pytest.mark.parametrize("reference", TEXTS)
def test_a_text_is_the_reference_that_it_is(load: Load, reference: str) -> None:
    app = load("""
        class K:
            def me(self): calls.append("me")
            def __call__(self): calls.append("called")
            @classmethod
            def of_class(cls): calls.append(f"of {cls.__name__}")
            @staticmethod
            def static(): calls.append("static")
        def job(name="job"): calls.append(name)
        k = K()
        half = functools.partial(job, "half")
        short = lambda: calls.append("short")
        alias = job
    """)
    app.scheduler.add_task(reference, "interval", id="x", hours=1)
    with app.scheduler as scheduler:
        task = scheduler.get_task("x")
        assert task.fn_reference == reference
        task.fn()
        task.update(fn=reference)
        assert task.fn_reference == reference
        assert task.update(args=[]).fn_reference == reference
    assert app.calls == TEXTS[reference]


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("app:absent", LookupError, "has no 'absent'"),
        ("app:k.absent", LookupError, "has no 'k.absent'"),
        ("app:number", TypeError, "is a int, which cannot be called"),
        ("app", LookupError, "is not of the form"),
        ("absent:job", LookupError, "No module named 'absent'"),
    ],
)
def test_a_text_must_lead_to_a_function(load: Load, text: str, kind: type[Exception], reason: str) -> None:
    app = load("number = 5\nk = Retry(print)\n")
    with pytest.raises(kind, match=reason):
        app.scheduler.add_task(text, id="x")


@pytest.mark.parametrize(
    "fn",
    [
        functools.partial(Mock()),
        functools.partial(functools.partial(Mock())),
        Mock(),
        operator.itemgetter(0),
        operator.methodcaller("x"),
        "".join,
        dict.fromkeys,
        [].append,
    ],
)
def test_functions_without_a_name_are_told(load: Load, fn: Any) -> None:
    app = load("")
    with pytest.raises((TypeError, ValueError, LookupError)):
        app.scheduler.add_task(fn, id="x")
    memory = AsyncIOScheduler()
    assert memory.add_task(fn, args=[0]).fn is fn


SPAWNED = """
    import multiprocessing
    from uvsched.schedulers import AsyncIOScheduler

    def job():
        pass

    def declare(pipe):
        scheduler = AsyncIOScheduler(stores={"default": "sqlite:tasks.db"})
        references = [scheduler.add_task(job, id="x").fn_reference, scheduler.add_task("__mp_main__:job").fn_reference]
        references.append(scheduler.add_task("__main__:job", id="z").fn_reference)
        pipe.send((references, seen))

    made = AsyncIOScheduler(stores={"default": "sqlite:tasks.db"})
    seen = made.add_task(job, id="y").fn_reference

    if __name__ == "__main__":
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=declare, args=(there,))
        process.start()
        print(here.recv())
        process.join()
        made.delete_task("y")  # a scheduler that is never started would be told of
"""


def test_a_program_that_another_one_runs_as_main(script: Script) -> None:
    # As coverage, debuggers and profilers do, which may have imported multiprocessing.
    (script.folder / "inner.py").write_text(
        textwrap.dedent("""
            from uvsched.schedulers import AsyncIOScheduler

            def job():
                pass

            with AsyncIOScheduler(stores={"default": "sqlite:tasks.db"}) as scheduler:
                print(scheduler.add_task(job, "interval", seconds=1, id="x").fn_reference)
        """)
    )
    assert (
        script.run("""
            import multiprocessing, sys, types
            sys.modules["__main__"] = module = types.ModuleType("__main__")
            exec(compile(open("inner.py").read(), "inner.py", "exec"), vars(module))
        """)
        == "__main__:job\n"
    )


@pytest.mark.parametrize("module", [False, True])
def test_functions_of_the_main_module_in_a_spawned_process(script: Script, module: bool) -> None:
    if not module:
        assert script.run(SPAWNED) == "(['__main__:job', '__main__:job', '__main__:job'], '__main__:job')\n"
        return
    (script.folder / "spawned.py").write_text(textwrap.dedent(SPAWNED))
    run = "import subprocess, sys; "
    run += "print(subprocess.check_output([sys.executable, '-m', 'spawned'], text=True), end='')"
    assert script.run(run) == "(['spawned:job', 'spawned:job', 'spawned:job'], 'spawned:job')\n"


# ---- Methods and partials in a durable store -----------------------------------------------------------------------

CALLS = """
    class Mailer:
        def __init__(self, name): self.name = name
        def send(self, *args, **kwargs): calls.append((self.name, args, kwargs))
        @classmethod
        def of_class(cls, *args): calls.append((cls.__name__, args))

    class Child(Mailer): pass

    class Local:
        mailer = Mailer("inner")

    mailer = Mailer("app")
    def job(*args, **kwargs): calls.append((args, kwargs))
    half = functools.partial(job, 1, x=2)
"""

METHODS = {
    "mailer.send": ("app:mailer.send", ("app", (3,), {})),
    "Mailer.of_class": ("app:Mailer.of_class", ("Mailer", (3,))),
    "Child.of_class": ("app:Child.of_class", ("Child", (3,))),
    "half": ("app:job", ((1, 3), {"x": 2})),
    "functools.partial(functools.partial(job, 1), 2, y=5)": ("app:job", ((1, 2, 3), {"y": 5})),
    "functools.partial(mailer.send, 1)": ("app:mailer.send", ("app", (1, 3), {})),
    "functools.partial(Child.of_class)": ("app:Child.of_class", ("Child", (3,))),
}


@pytest.mark.parametrize("text", METHODS)
def test_what_leads_back_through_an_object_or_a_class(load: Load, text: str) -> None:
    app = load(CALLS)
    reference, call = METHODS[text]
    app.scheduler.add_task(eval(text, vars(app)), "interval", id="x", hours=1, args=[3])
    app.scheduler.add_task(app.job, "interval", id="y", hours=1, args=[3])
    with app.scheduler as scheduler:
        for task in (scheduler.get_task("x"), scheduler.update_task("y", fn=eval(text, vars(app)))):
            assert task.fn_reference == reference
            task.fn(*task.args, **task.kwargs)
    assert app.calls == [call, call]


@pytest.mark.parametrize("text", METHODS)
def test_stored_calls_run_after_a_restart(script: Script, text: str) -> None:
    (script.folder / "app.py").write_text("import functools\ncalls = []\n" + textwrap.dedent(CALLS))
    add = f"""
        from datetime import datetime, timedelta, timezone
        from uvsched.schedulers import BackgroundScheduler
        import app, functools
        from app import *

        with BackgroundScheduler(stores={{"default": "sqlite:tasks.db"}}) as scheduler:
            scheduler.pause()
            scheduler.add_task({text}, id="x", args=[3], executor="default")
    """
    script.run(add)
    assert (
        script.run("""
            import time, sys
            from uvsched.schedulers import BackgroundScheduler

            with BackgroundScheduler(stores={"default": "sqlite:tasks.db"}) as scheduler:
                while not scheduler.history("x"):
                    time.sleep(0.01)
                print(scheduler.history("x")[0].state, sys.modules["app"].calls)
        """)
        == f"done {[METHODS[text][1]]}\n"
    )


def test_another_module_may_have_the_name_of_an_object(load: Load, tmp_path: Path) -> None:
    app = load(CALLS)
    (tmp_path / "more.py").write_text("import app\nmailer = app.Mailer('more')\n")
    try:
        more = importlib.import_module("more")
        assert app.scheduler.add_task(more.mailer.send, id="x").fn_reference == "more:mailer.send"
        app.scheduler.remove_all_tasks()
    finally:
        sys.modules.pop("more", None)


def test_a_method_of_an_object_without_a_name(load: Load) -> None:
    app = load(CALLS)
    for method in (app.Mailer("x").send, app.Local.mailer.send):
        with pytest.raises(ValueError, match="is a method of an object that has no name; tasks in a durable store"):
            app.scheduler.add_task(method, id="x")
        memory = AsyncIOScheduler()
        assert memory.add_task(method, id="x").fn == method


def test_the_arguments_of_a_partial_must_fit_a_durable_store(load: Load) -> None:
    app = load(CALLS)
    with pytest.raises(TypeError, match="args"):
        app.scheduler.add_task(functools.partial(app.job, object()), id="x")
    with pytest.raises(ValueError, match="is a lambda"):
        app.scheduler.add_task(functools.partial(lambda: None), id="x")
