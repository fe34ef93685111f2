"""Addresses: when two of them are the same page, and which hosts a watcher may follow to."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import SplitResult, parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit

#: Query keys that name the visitor's way, not the page.
TRACKING_KEYS = frozenset({"from", "isappinstalled", "share", "spm", "timestamp", "_"})


def canonicalize_url(url: str) -> str:
    """Return the one way we write an address: no scheme, no tracking, one spelling of the path.

    http and https are the same page on every site we know; so are a trailing `index.html` and its folder.

    >>> canonicalize_url("HTTP://WWW.mofcom.gov.cn:80/a//b/index.html?utm_source=x#top")
    'www.mofcom.gov.cn/a/b/'
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # http://[ and its like: no address, and so only the same as itself
        return url.strip()
    host = (parts.hostname or "").lower().rstrip(".")
    number = _parse_port(parts)
    port = f":{number}" if number not in (None, 80, 443) else ""
    # By bytes: names in GBK are no UTF-8, and two of them must not become one.
    path = quote(unquote_to_bytes(parts.path), safe="/:@!$&'()*+,;=~-._") or "/"
    while "//" in path:
        path = path.replace("//", "/")
    path = path.removesuffix("index.html").removesuffix("index.htm")
    query = sorted(
        pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _is_tracking(pair[0])
    )
    return f"{host}{port}{path}" + (f"?{urlencode(query)}" if query else "")


def _parse_port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        return None


def _is_tracking(key: str) -> bool:
    return key.startswith("utm_") or key.lower() in TRACKING_KEYS


def is_allowed_url(url: str, hosts: Iterable[str]) -> bool:
    """Say whether an address is http(s) on a declared host; `*.mof.gov.cn` covers its sub-domains.

    A bare host means the usual ports; another one must be declared with it: `ministry.example:8080`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # http://[ or a port that is none
        return False
    host = (parts.hostname or "").lower()
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.password:
        return False
    return any(_matches_host(pattern.lower(), host, port) for pattern in hosts)


def _matches_host(pattern: str, host: str, port: int | None) -> bool:
    name, _, declared = pattern.partition(":")
    if str(port) != declared and (declared or port not in (None, 80, 443)):
        return False
    if name == "*":
        return True
    if name.startswith("*."):
        return host == name[2:] or host.endswith(name[1:])
    return host == name
