"""The site of django_site.py for a WSGI server."""

from __future__ import annotations

import django_site  # noqa: F401  # has the settings
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
