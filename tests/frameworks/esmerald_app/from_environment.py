"""An application that takes its settings from where ESMERALD_SETTINGS_MODULE says."""

from __future__ import annotations

from configuration import routes
from esmerald import Esmerald

app = Esmerald(routes=routes)
