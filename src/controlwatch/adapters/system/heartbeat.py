"""A dead man's switch: an address pinged while all is well, so that another service notices silence."""

from __future__ import annotations

import httpx

from controlwatch.adapters.limits.bounded_http import send_once

TIMEOUT = 10.0  #: seconds for the whole exchange


def ping(url: str) -> str:
    """Ping the address; return what went wrong, or "". The address is a secret, so no message names it."""
    try:
        answer = send_once("GET", url, seconds=TIMEOUT, headers={"User-Agent": "controlwatch"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__
    return "" if answer.is_success else f"it answered {answer.status}"
