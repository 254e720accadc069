"""A Django site in one file, with an application that starts the scheduler: `python django_site.py COMMAND`."""

from __future__ import annotations

import sys

from django.apps import AppConfig
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import path

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DEBUG=True,
        INSTALLED_APPS=["django_site.Jobs"],
        LOGGING={"version": 1, "disable_existing_loggers": False},
        ROOT_URLCONF="django_site",
        SECRET_KEY="a secret",
    )


class Jobs(AppConfig):
    name = "django_site"

    def ready(self) -> None:
        from wsgi_app import scheduler

        scheduler.start()


def add_reminders(request: HttpRequest) -> JsonResponse:
    import wsgi_app

    return JsonResponse(wsgi_app.add_reminders(request.GET["seconds"]), safe=False)


def runs(request: HttpRequest) -> JsonResponse:
    import wsgi_app

    return JsonResponse(wsgi_app.runs(), safe=False)


urlpatterns = [path("reminders", add_reminders), path("runs", runs)]

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
