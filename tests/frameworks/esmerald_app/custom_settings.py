"""The settings form: the scheduler's configuration is a property of the application's settings."""

from __future__ import annotations

from configuration import make_config
from esmerald import EsmeraldAPISettings
from esmerald.contrib.schedulers import SchedulerConfig


class CustomSettings(EsmeraldAPISettings):
    """Settings with a scheduler."""

    enable_scheduler: bool = True

    @property
    def scheduler_config(self) -> SchedulerConfig:
        """Made anew each time somebody asks."""
        return make_config()
