"""The command line with all its commands."""

from __future__ import annotations

from controlwatch.cli.root import build_app

app = build_app()
