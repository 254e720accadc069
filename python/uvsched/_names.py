"""The error for unknown arguments, with hints which ones were meant."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar, cast

Fn = TypeVar("Fn", bound=Callable[..., Any])

# Other schedulers' names of arguments, and the names here.
_WORDS: dict[str, tuple[str, ...]] = {
    "conflict_policy": ("on_conflict",),
    "cron": ("expression",),
    "crontab": ("expression",),
    "end_date": ("end_at",),
    "end_time": ("end_at",),
    "func": ("fn",),
    "job_id": ("id", "task_id"),
    "jobstore": ("store",),
    "jobstores": ("stores",),
    "max_jitter": ("jitter",),
    "max_running_jobs": ("max_instances",),
    "misfire_grace_time": ("mistrigger_grace_time",),
    "run_date": ("run_at",),
    "run_time": ("run_at",),
    "start_date": ("start_at",),
    "start_time": ("start_at",),
    "tz": ("timezone",),
}


# APScheduler's names of methods, and the names here.
_METHODS: dict[str, str] = {
    "add_job": "add_task",
    "add_jobstore": "add_store",
    "get_job": "get_task",
    "get_jobs": "get_tasks",
    "modify_job": "update_task",
    "pause_job": "pause_task",
    "print_jobs": "get_task_infos",
    "remove_all_jobs": "remove_all_tasks",
    "remove_job": "delete_task",
    "remove_jobstore": "remove_store",
    "reschedule_job": "reschedule_task",
    "resume_job": "resume_task",
    "scheduled_job": "add_task",
}


def names_of(typed: Any) -> frozenset[str]:
    """The keys of a TypedDict."""
    keys: frozenset[str] = typed.__required_keys__ | typed.__optional_keys__
    return keys


def unknown_argument(
    call: str, given: Iterable[str], known: Collection[str], elsewhere: Mapping[str, Collection[str]] | None = None
) -> TypeError:
    """The error for arguments that a call does not know. For each it names the argument that was probably meant, else
    the call that takes the argument; if there is neither, it lists all known names.

    Args:
        call: the name of the call.
        given: the unknown names.
        known: the names that the call takes.
        elsewhere: other calls, and the names that they take.
    """
    told, lost = [], False
    for name in given:
        meant = near_name(name, known)
        calls = (elsewhere or {}).items()
        owners = [owner for owner, names in calls if name in names]
        words = [(word, owner) for owner, names in calls for word in _WORDS.get(name, ()) if word in names]
        if meant is not None:
            told.append(f"{name!r} (did you mean {meant!r}?)")
        elif owners:
            told.append(f"{name!r} (which belongs to {' and '.join(owners)})")
        elif words:
            told.append(f"{name!r} (which is {words[0][0]!r} of {words[0][1]})")
        else:
            told.append(repr(name))
            lost = True
    text = f"{call}: unknown argument{'s' if len(told) > 1 else ''} {', '.join(told)}"
    return TypeError(f"{text}; known are {', '.join(sorted(known)) or 'none'}" if lost else text)


def unknown_method(owner: type, name: str) -> AttributeError:
    """The error for an attribute that an object has not; it names another scheduler's word here."""
    meant = _METHODS.get(name)
    hint = "" if meant is None else f"; here it is {meant!r}"
    return AttributeError(f"{owner.__name__!r} object has no attribute {name!r}{hint}", name=name)


def near_name(name: str, known: Collection[str]) -> str | None:
    """The known name that is probably meant: `name` is another scheduler's word for it, or spelt alike."""
    for word in (*_WORDS.get(name, ()), name.replace("job", "task")):
        if word in known:
            return word
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    return near[0] if near else None


def with_hints(function: Fn) -> Fn:
    """Lets a function's error for unknown arguments name the arguments that were meant."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except TypeError:
            known = inspect.signature(function).parameters.keys() - {"self", "cls"}
            unknown = [name for name in kwargs if name not in known]
            if not unknown:
                raise
            raise unknown_argument(function.__qualname__.removesuffix(".__init__"), unknown, known) from None

    return cast(Fn, call)
