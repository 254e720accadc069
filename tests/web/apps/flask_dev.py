"""A Flask application that starts its scheduler wherever it is loaded, for `flask run`."""

from __future__ import annotations

from flask import Flask
from wsgi_app import app as requests
from wsgi_app import scheduler

app = Flask(__name__)
app.wsgi_app = requests  # type: ignore[method-assign]
scheduler.start()
