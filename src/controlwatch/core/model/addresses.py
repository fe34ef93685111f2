"""Addresses: links made absolute, two addresses of one page, and the hosts that a watcher may contact."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, quote_from_bytes, unquote_to_bytes, urlencode, urljoin, urlsplit

#: Query keys that describe the visitor, not the page.
TRACKING_KEYS = frozenset({"from", "isappinstalled", "share", "spm", "timestamp", "_"})
#: Addresses of notices are shorter; database indexes have a limit too.
MAX_URL_LENGTH = 2_000

_LAYOUT = re.compile(r"[\t\r\n]")  # line breaks that a template leaves inside an href
_ITEM = re.compile(r"#item=[0-9a-f]{12}$")
_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))


def resolve_link(href: str, *, base: str, encoding: str = "utf-8") -> str | None:
    """Return the absolute address of a link, without its fragment; None unless http or https.

    As browsers do, a query is sent in `encoding`, that of the page, and a path in UTF-8.

    >>> resolve_link("./202609/t20260904_1.htm", base="https://gss.mof.gov.cn/gzdt/zhengcefabu/")
    'https://gss.mof.gov.cn/gzdt/zhengcefabu/202609/t20260904_1.htm'
    >>> resolve_link("/down?f=物", base="https://gss.mof.gov.cn/", encoding="gbk")
    'https://gss.mof.gov.cn/down?f=%CE%EF'
    """
    link = _LAYOUT.sub("", href).strip().partition("#")[0]
    path, mark, query = link.partition("?")
    if not link:
        return None
    if encoding != "utf-8" and not query.isascii():
        query = quote_from_bytes(query.encode(encoding, "xmlcharrefreplace"), safe=_PRINTABLE)
    try:
        url = urljoin(base, path.replace("\\", "/") + mark + query).partition("#")[0]
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # http://[broken, http://host:99999/
        return None
    is_address = parts.scheme in {"http", "https"} and bool(parts.netloc) and len(url) <= MAX_URL_LENGTH
    return url if is_address else None


def find_item_address(url: str, item: str) -> str:
    """Return an address for one of several notices that share a link; `item` tells it from the others."""
    digest = hashlib.sha256(item.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{url}#item={digest[:12]}"


def is_item_address(url: str) -> bool:
    """Return whether an address is that of one of several notices that share a link."""
    return _ITEM.search(url) is not None


def canonicalize_url(url: str) -> str:
    """Return the normal form of an address: no scheme, no tracking keys, one spelling of the path.

    http and https are the same page on every site we know; so are a folder and its `index.html`. A fragment
    is left out, but for that of `find_item_address`.

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
    # Latin-1 stands for bytes here: a query in GBK is not UTF-8 either.
    raw_query = quote(parts.query, safe=_PRINTABLE)
    query = sorted(
        (key, value)
        for key, value in parse_qsl(raw_query, keep_blank_values=True, encoding="latin-1")
        if not key.startswith("utm_") and key.lower() not in TRACKING_KEYS
    )
    item = _ITEM.search(url)
    tail = f"?{urlencode(query, encoding='latin-1')}" if query else ""
    return f"{host}{port}{path}{tail}" + (item[0] if item else "")


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
