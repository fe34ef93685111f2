"""The demo: a story on sample regulators, a mail server and a Slack that run on loopback."""

from __future__ import annotations

from importlib.util import find_spec

#: What to do when the library of the mail server is not installed.
INSTALL_HINT = "needs the extra: pip install 'controlwatch[demo]'"


def is_installed() -> bool:
    """Return whether the libraries of the demo are installed."""
    return find_spec("aiosmtpd") is not None
