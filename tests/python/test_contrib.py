"""The configuration and the Task of contrib/, as a framework's package binds them. Esmerald's: tests/frameworks."""

from __future__ import annotations

import pytest
from uvsched.contrib import config, task
from uvsched.contrib.framework import Framework


class ImproperlyConfigured(Exception):
    """A framework's own."""


class Base:
    """A framework's base class of configurations."""


class AsynczConfig(config.AsynczConfig, Base):
    framework = Framework(error=ImproperlyConfigured, timezone=lambda: "Asia/Tokyo")


class Task(task.Task):
    framework = AsynczConfig.framework


@Task.decorator(trigger="interval", id="job", extra_args=[1])
def job(number: int) -> None:
    """A task whose trigger needs an argument."""


@Task.decorator(id="now")
def now() -> None:
    """A task that runs once, now."""


def test_a_framework_gives_base_class_zone_and_exception() -> None:
    made = AsynczConfig(tasks={"now": __name__})
    assert isinstance(made, Base)
    assert str(made.handler.timezone) == "Asia/Tokyo"
    assert [found.id for found in made.handler.get_tasks()] == ["now"]
    assert str(AsynczConfig(tasks={"now": __name__}, timezone="UTC").handler.timezone) == "UTC"
    with pytest.raises(ImproperlyConfigured, match="<Task job>: interval: it is 0"):
        AsynczConfig(tasks={"job": __name__})
    with pytest.raises(ImproperlyConfigured, match="tasks: 'absent' in .*: the module has no such name"):
        AsynczConfig(tasks={"absent": __name__})


def test_without_a_framework_errors_are_value_errors() -> None:
    with pytest.raises(ValueError, match="tasks must be a dict of name: module, got 5"):
        config.AsynczConfig(tasks=5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="<Task no function yet> has no function"):
        task.Task().add_task(None)
