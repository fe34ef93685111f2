"""The command line: thin commands over the use cases and the queries."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from controlwatch.cli.common import error_console
from controlwatch.cli.root import QUICK_COMMANDS, build_app
from controlwatch.core.model.errors import ControlwatchError

#: By the defaults of Python, a fourth of the time of a start goes to collections that find nothing.
GC_THRESHOLDS = (50_000, 20, 50)


def main() -> None:
    """Run the command line; an error of controlwatch, its database or its files is one sentence on stderr.

    The exit status is 2 then. An error that is none of these is a bug: its traceback is shown.
    """
    atexit.register(gc.freeze)  # a last collection of all that was loaded takes longer than many answers
    os.umask(0o077)  # files hold pages of sources and addresses of people: only our own account may read them
    command = next(iter(sys.argv[1:]), None)
    if command in QUICK_COMMANDS:
        gc.disable()  # collections while modules are loaded take longer than the answer
    else:
        gc.set_threshold(*GC_THRESHOLDS)
    try:
        build_app(command)()
    except Exception as error:
        reason = _explain_error(error)
        if not reason:
            raise
        error_console.print(f"controlwatch: {reason}", style="red", markup=False, highlight=False)
        sys.exit(2)


def _explain_error(error: Exception) -> str:
    """Return an error as one sentence, or "" where it is a bug."""
    if isinstance(error, ControlwatchError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    from controlwatch.adapters.storage.explain_errors import explain_database_error

    return explain_database_error(error)
