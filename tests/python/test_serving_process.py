"""Where a scheduler with a thread of its own does not start: what the environment of a process says. tests/web has the
servers themselves."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest
from uvsched.schedulers import BackgroundScheduler
from uvsched.schedulers.serving_process import why_not_here


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives this process other arguments, variables and modules."""

    def set_up(arguments: str, variables: dict[str, str] | None = None, **modules: Any) -> None:
        monkeypatch.setattr(sys, "argv", arguments.split())
        for name in ("FLASK_DEBUG", "RUN_MAIN", "WERKZEUG_RUN_MAIN"):
            monkeypatch.delenv(name, raising=False)
        for name, value in (variables or {}).items():
            monkeypatch.setenv(name, value)
        for name, module in modules.items():
            monkeypatch.setitem(sys.modules, name.replace("__", "."), module)

    return set_up


DJANGO = types.ModuleType("django.core.management")


@pytest.mark.parametrize(
    ("arguments", "variables", "why"),
    [
        ("manage.py runserver", {}, "Django's runserver only watches files"),
        ("manage.py runserver 8001", {"RUN_MAIN": "true"}, None),
        ("manage.py runserver --noreload", {}, None),
        ("manage.py migrate", {}, "Django's command migrate does not serve"),
        ("manage.py send_mails", {}, None),
        ("manage.py test", {}, None),
        ("manage.py", {}, None),
    ],
)
def test_django(process: Any, arguments: str, variables: dict[str, str], why: str | None) -> None:
    process(arguments, variables, django__core__management=DJANGO)
    found = why_not_here()
    assert found is None if why is None else found is not None and why in found


def test_commands_of_other_programs(process: Any) -> None:
    process("program migrate")
    assert why_not_here() is None


@pytest.mark.parametrize(
    ("arguments", "variables", "watches"),
    [
        ("/venv/bin/flask --app app run --debug", {}, True),
        ("/site-packages/flask/__main__.py run --reload", {}, True),
        ("flask run", {"FLASK_DEBUG": "1"}, True),
        ("flask run", {"FLASK_DEBUG": "0"}, False),
        ("flask run --no-debug", {"FLASK_DEBUG": "1"}, False),
        ("flask run", {}, False),
        ("flask run --debug", {"WERKZEUG_RUN_MAIN": "true"}, False),
        ("flask run --debug --no-reload", {}, False),
        ("flask shell --debug", {}, False),
        ("program run --debug", {}, False),
    ],
)
def test_flask(process: Any, arguments: str, variables: dict[str, str], watches: bool) -> None:
    process(arguments, variables)
    found = why_not_here()
    assert (found is not None) == watches
    assert found is None or "only watches files" in found


@pytest.mark.parametrize(
    ("options", "worker", "why"),
    [
        ({}, 1, "give it enable-threads = true"),
        ({"enable-threads": True}, 0, "this is uWSGI's master"),
        ({"enable-threads": True}, 1, None),
        ({"threads": b"4"}, 2, None),
    ],
)
def test_uwsgi(process: Any, options: dict[str, Any], worker: int, why: str | None) -> None:
    uwsgi: Any = types.ModuleType("uwsgi")
    uwsgi.opt = options
    uwsgi.worker_id = lambda: worker
    process("uwsgi", uwsgi=uwsgi)
    found = why_not_here()
    assert found is None if why is None else found is not None and why in found


def call_in_gunicorn(names: list[str]) -> str | None:
    """What why_not_here() says below functions of gunicorn's arbiter with these names."""
    source = "\n".join(f"def {name}(rest):\n    return rest[0](rest[1:])\n" for name in names)
    space: dict[str, Any] = {"__name__": "gunicorn.arbiter"}
    exec(source, space)
    calls = [*(space[name] for name in names), lambda rest: why_not_here()]
    found: str | None = calls[0](calls[1:])
    return found


def test_gunicorn(process: Any) -> None:
    process("gunicorn", gunicorn__arbiter=types.ModuleType("gunicorn.arbiter"))
    assert why_not_here() is None
    assert "gunicorn's master" in (call_in_gunicorn(["run", "setup"]) or "")
    assert call_in_gunicorn(["run", "spawn_worker"]) is None


def test_nothing_is_started_or_counted(process: Any, caplog: pytest.LogCaptureFixture) -> None:
    process("flask run --debug")
    scheduler = BackgroundScheduler()
    with scheduler:
        assert not scheduler.running
        assert scheduler.start() is False
    line, again = (record.getMessage() for record in caplog.records)
    assert line == again
    assert line.endswith(
        "is not started: this process of `flask run` only watches files; the one that it starts serves"
    )
    process("flask run")
    with scheduler:
        assert scheduler.running
    assert not scheduler.running
