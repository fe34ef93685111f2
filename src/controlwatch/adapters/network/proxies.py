"""The proxies of the environment, HTTP_PROXY and its like, read as httpx reads them."""

from __future__ import annotations

import re

import httpx

# httpx reads the environment only for clients without a transport of their own; this is its reader.
from httpx._utils import URLPattern, get_environment_proxies

from controlwatch.core.model.errors import DeclarationError


def read_proxy_routes() -> dict[str, str | None]:
    """Return the address of the proxy for each pattern of httpx's `mounts`; None: without a proxy.

    Raises `DeclarationError` where an address cannot be used; its message does not show the address, which
    may hold a password.
    """
    routes: dict[str, str | None] = {}
    for pattern, given in get_environment_proxies().items():
        # socks://, as desktops write it, means socks5://
        address = re.sub("^socks://", "socks5://", given) if given is not None else None
        # NO_PROXY=*.corp.example, as many write it, means the same as .corp.example
        name = pattern.replace("all://**.", "all://*.")
        if address is not None:
            _check_proxy_address(name, address)
        elif not _is_pattern(name):  # such as fd00::/8: httpx cannot read networks, and no host matches
            continue
        routes[name] = address
    return routes


def find_proxy(url: str) -> str | None:
    """Return the address of the proxy that a request for a URL goes through; None: it goes directly.

    The scheme of the address is http, https, socks5 or socks5h. Raises as `read_proxy_routes` does.
    """
    target = httpx.URL(url)
    routes = {URLPattern(pattern): address for pattern, address in read_proxy_routes().items()}
    return next((routes[pattern] for pattern in sorted(routes) if pattern.matches(target)), None)


def _check_proxy_address(pattern: str, address: str) -> None:
    try:
        is_usable = bool(httpx.Proxy(address).url.host)
    except (ValueError, httpx.InvalidURL):
        is_usable = False
    if not is_usable:
        key = f"{pattern.removesuffix('://').upper()}_PROXY"
        raise DeclarationError(
            "environment", key, "must be the http://, https:// or socks5:// address of a proxy"
        )


def _is_pattern(pattern: str) -> bool:
    try:
        URLPattern(pattern)
    except (ValueError, httpx.InvalidURL):
        return False
    return True
