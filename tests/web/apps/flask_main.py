"""A Flask application that is started as a program, with the reloader: `python flask_main.py PORT HOW`."""

from __future__ import annotations

import sys

from flask import Flask
from werkzeug.serving import is_running_from_reloader
from wsgi_app import app as requests
from wsgi_app import scheduler

app = Flask(__name__)
app.wsgi_app = requests  # type: ignore[method-assign]

if __name__ == "__main__":
    if is_running_from_reloader() or sys.argv[2] == "everywhere":
        scheduler.start()
    app.run(port=int(sys.argv[1]), debug=True)
