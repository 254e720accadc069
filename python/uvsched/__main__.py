"""`python -m uvsched` is the command `uvsched`."""

from .cli import main

raise SystemExit(main())
