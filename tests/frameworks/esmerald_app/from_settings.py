"""An application whose settings are given to it."""

from __future__ import annotations

from configuration import routes
from custom_settings import CustomSettings
from esmerald import Esmerald

app = Esmerald(routes=routes, settings_module=CustomSettings)
