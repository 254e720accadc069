"""Tasks of a scheduler."""

from __future__ import annotations

from .base import Task
from .inspection import TaskInfo, TaskRunPreview

__all__ = ["Task", "TaskInfo", "TaskRunPreview"]
