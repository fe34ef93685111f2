"""Addresses: links made absolute, two addresses of one page, and the hosts that a watcher may contact."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode, urljoin, urlsplit

#: Query keys that describe the visitor, not the page.
TRACKING_KEYS = frozenset({"from", "isappinstalled", "share", "spm", "timestamp", "_"})
#: Addresses of notices are shorter; database indexes have a limit too.
MAX_URL_LENGTH = 2_000

_LAYOUT = re.compile(r"[\t\r\n]")  # line breaks that a template leaves inside an href


def resolve_link(href: str, *, base: str) -> str | None:
    """Return the absolute address of a link, without its fragment; None unless http or https.

    >>> resolve_link("./202609/t20260904_1.htm", base="https://gss.mof.gov.cn/gzdt/zhengcefabu/")
    'https://gss.mof.gov.cn/gzdt/zhengcefabu/202609/t20260904_1.htm'
    """
    link = _LAYOUT.sub("", href).strip().replace("\\", "/")
    if not link or link.startswith("#"):
        return None
    try:
        url = urljoin(base, link).partition("#")[0]
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # http://[broken, http://host:99999/
        return None
    is_address = parts.scheme in {"http", "https"} and bool(parts.netloc) and len(url) <= MAX_URL_LENGTH
    return url if is_address else None


def canonicalize_url(url: str) -> str:
    """Return the normal form of an address: no scheme, no tracking keys, one spelling of the path.

    http and https are the same page on every site we know; so are a folder and its `index.html`.

    >>> canonicalize_url("HTTP://WWW.mofcom.gov.cn:80/a//b/index.html?utm_source=x#top")
    'www.mofcom.gov.cn/a/b/'
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # such as http://[: not an address, so it equals only itself
        return url.strip()
    try:
        number = parts.port
    except ValueError:
        number = None
    host = (parts.hostname or "").lower().rstrip(".")
    port = f":{number}" if number not in (None, 80, 443) else ""
    # By bytes: names in GBK are not UTF-8, and two different ones must not become one.
    path = quote(unquote_to_bytes(parts.path), safe="/:@!$&'()*+,;=~-._") or "/"
    while "//" in path:
        path = path.replace("//", "/")
    path = path.removesuffix("index.html").removesuffix("index.htm")
    query = sorted(
        (key, value)
        for key, value in parse_qsl(parts.query, keep_blank_values=True)
        if not key.startswith("utm_") and key.lower() not in TRACKING_KEYS
    )
    return f"{host}{port}{path}" + (f"?{urlencode(query)}" if query else "")


def is_allowed_url(url: str, hosts: Iterable[str]) -> bool:
    """Return whether an address is http(s) on a declared host; `*.mof.gov.cn` covers its sub-domains.

    A host without a port means ports 80 and 443; any other port is declared with it: `ministry.example:8080`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # http://[ or an invalid port
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
