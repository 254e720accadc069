"""Whether this process serves. Development servers load a program in the process that only watches its files too,
servers load it in the parent of those that serve, and Django loads it for each of its commands."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from pathlib import PurePath
from typing import Any

# Django's own commands that serve nothing. A program's own commands do what the program wants; in `shell` and `test` a
# start is somebody's wish.
_DJANGO = frozenset(
    (
        *("changepassword", "check", "clearsessions", "collectstatic", "compilemessages", "createcachetable"),
        *("createsuperuser", "dbshell", "diffsettings", "dumpdata", "findstatic", "flush", "inspectdb", "loaddata"),
        *("makemessages", "makemigrations", "migrate", "ogrinspect", "optimizemigration", "remove_stale_contenttypes"),
        *("sendtestemail", "showmigrations", "sqlflush", "sqlmigrate", "sqlsequencereset", "squashmigrations"),
        *("startapp", "startproject"),
    )
)


def why_not_here() -> str | None:
    """Why a scheduler with a thread of its own should not start in this process, and where it should; None if it may.
    Cheap, and imports nothing that the program has not loaded."""
    return _why_not_django() or _why_not_flask() or _why_not_gunicorn() or _why_not_uwsgi()


def has_reloader() -> bool:
    """Whether this process has started Werkzeug's reloader, and so only watches files: known after the fact."""
    return "werkzeug._reloader" in sys.modules and os.environ.get("WERKZEUG_RUN_MAIN") != "true"


def _why_not_django() -> str | None:
    if "django.core.management" not in sys.modules or len(sys.argv) < 2:
        return None
    command = sys.argv[1]
    if command in _DJANGO:
        return f"Django's command {command} does not serve"
    if command == "runserver" and "--noreload" not in sys.argv and os.environ.get("RUN_MAIN") != "true":
        return "this process of Django's runserver only watches files; the one that it starts serves"
    return None


def _why_not_flask() -> str | None:
    program = PurePath(sys.argv[0] if sys.argv else "")
    if program.name != "flask" and program.parts[-2:] != ("flask", "__main__.py"):
        return None
    options = sys.argv[1:]
    if "run" not in options or "--no-reload" in options or os.environ.get("WERKZEUG_RUN_MAIN") == "true":
        return None
    debug = os.environ.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no")
    if "--reload" not in options and "--debug" not in options and not (debug and "--no-debug" not in options):
        return None
    return "this process of `flask run` only watches files; the one that it starts serves"


def _why_not_gunicorn() -> str | None:
    names = set()
    frame = inspect.currentframe() if "gunicorn.arbiter" in sys.modules else None
    while frame is not None:
        if frame.f_globals.get("__name__") == "gunicorn.arbiter":
            names.add(frame.f_code.co_name)
        frame = frame.f_back
    if not names or "spawn_worker" in names:
        return None
    return (
        "this is gunicorn's master, which loads the application (--preload) and does not serve: start the scheduler in "
        "the workers, in the hook post_worker_init of gunicorn's configuration"
    )


def _why_not_uwsgi() -> str | None:
    if "uwsgi" not in sys.builtin_module_names and "uwsgi" not in sys.modules:
        return None
    uwsgi: Any = importlib.import_module("uwsgi")  # there is one only inside uWSGI
    options = {str(name): value for name, value in uwsgi.opt.items()}
    if not options.get("enable-threads") and not options.get("threads"):
        return "uWSGI runs no threads here: give it enable-threads = true"
    if uwsgi.worker_id() == 0:
        return (
            "this is uWSGI's master, which does not serve: start the scheduler in the workers, or set lazy-apps = true"
        )
    return None
