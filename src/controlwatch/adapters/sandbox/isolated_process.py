"""Run one of our modules in a separate process without our secrets, so that hostile bytes crash only that."""

from __future__ import annotations

import os
import subprocess
import sys

KEPT_VARIABLES = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "VIRTUAL_ENV")


def run_isolated(
    module: str, *words: str, given: bytes, seconds: float
) -> subprocess.CompletedProcess[bytes]:
    """Return the completed process; the module limits its own memory. Raises `subprocess.TimeoutExpired`."""
    command = [sys.executable, "-P", "-m", module, *words]
    return subprocess.run(  # noqa: S603  (our module; the bytes go to its standard input)
        command, input=given, capture_output=True, timeout=seconds, check=False, env=safe_environment()
    )


def safe_environment() -> dict[str, str]:
    """Return the environment variables that a subprocess may see: none of our settings."""
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
