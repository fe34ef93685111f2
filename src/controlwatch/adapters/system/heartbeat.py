"""A dead man's switch: an address pinged while all is well, so that another service notices silence."""

from __future__ import annotations

import httpx

TIMEOUT = 10.0


def ping(url: str) -> str:
    """Ping the address; return what went wrong, or "". The address is a secret, so no message names it."""
    try:
        answer = httpx.get(url, timeout=TIMEOUT, headers={"User-Agent": "controlwatch"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__
    return "" if answer.is_success else f"it answered {answer.status_code}"
