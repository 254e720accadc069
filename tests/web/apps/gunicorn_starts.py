"""A configuration of gunicorn: the scheduler of wsgi_app starts in the process that serves."""

from __future__ import annotations

from typing import Any


def post_worker_init(worker: Any) -> None:
    from wsgi_app import scheduler

    scheduler.start()
