"""An application written for asyncz, which uses each of its public names. test_application.py runs it as it is, and
with `asyncz` replaced by `uvsched`; both must print the same."""
