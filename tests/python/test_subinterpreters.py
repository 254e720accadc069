"""In an interpreter other than the main one the package cannot be imported, and says so at once."""

from __future__ import annotations

import pytest

from .conftest import Script
from .interpreters import VERSIONS, Interpreter, interpreter

PROGRAM = """
import os
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

INSIDE = '''
import os
try:
    import uvsched
except ImportError as error:
    os.write(1, f"{error}\\\\n".encode())
'''

def create(isolated):
    try:
        return interpreters.create(isolated=isolated)
    except TypeError:
        return interpreters.create("isolated" if isolated else "legacy")

before = ISOLATED % 2
if before:
    import uvsched
made = create(ISOLATED >= 2)
interpreters.run_string(made, INSIDE)
interpreters.destroy(made)
import uvsched
os.write(1, f"{uvsched.__version__ > ''}\\n".encode())
"""


@pytest.fixture(params=VERSIONS)
def python(request: pytest.FixtureRequest) -> Interpreter:
    return interpreter(request.param)


@pytest.mark.parametrize("main", ["before", "after"])
@pytest.mark.parametrize("isolated", [False, True])
def test_import(script: Script, python: Interpreter, main: str, isolated: bool) -> None:
    number = 2 * isolated + (main == "before")
    process = script.start(PROGRAM.replace("ISOLATED", str(number)), python=python.program, env=python.env)
    out, errors = script.end_of(process)
    assert process.returncode == 0, errors
    said, then = out.splitlines()
    assert "subinterpreters" in said
    assert then == "True"
