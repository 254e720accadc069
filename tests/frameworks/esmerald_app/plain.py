"""``enable_scheduler``: the framework starts and stops the scheduler."""

from __future__ import annotations

from configuration import get_scheduler_config, routes
from esmerald import Esmerald

app = Esmerald(routes=routes, scheduler_config=get_scheduler_config(), enable_scheduler=True)
