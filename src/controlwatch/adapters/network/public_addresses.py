"""Which addresses are public, with what they embed taken into account; and which names lead inside.

Tunnels and translators embed an IPv4 address in an IPv6 one: 64:ff9b::10.0.0.1 leads to 10.0.0.1.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

#: Global unicast; everything beside it is reserved or local.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
#: Not public, though `is_global` of some versions of Python says so.
_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "192.88.99.0/24",  # relays of 6to4, no longer in use (RFC 7526)
        "2001::/23",  # protocol assignments, Teredo among them, whose embedded addresses are obscured
        "3fff::/20",  # documentation (RFC 9637)
    )
)
#: ::ffff:a.b.c.d (mapped), ::a.b.c.d (compatible), 64:ff9b::a.b.c.d (NAT64, RFC 6052)
_EMBEDDING_AT_END = tuple(IPv6Network(text) for text in ("::ffff:0:0/96", "::/96", "64:ff9b::/96"))
_SIX_TO_FOUR = IPv6Network("2002::/16")  # 2002:a.b.c.d::
_ISATAP_MARKS = frozenset({0x0000_5EFE, 0x0200_5EFE})  # …:0:5efe:a.b.c.d (RFC 5214)

#: Domains for local use: RFC 6761, RFC 6762, RFC 8375, and the one that ICANN has reserved.
_LOCAL_DOMAINS = ("localhost", "local", "home.arpa", "internal")


def is_public_address(text: str) -> bool:
    """Return whether an IPv4 or IPv6 address can be on the internet only, whatever it embeds.

    The NAT64 prefix for local use, 64:ff9b:1::/48, is not public. Raises ValueError for other text.
    """
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return _is_public_alone(address)
    embedded = tuple(_list_embedded(address))
    # Python's versions differ on whether 6to4 is global; what it leads to decides.
    if any(address in network for network in (*_EMBEDDING_AT_END, _SIX_TO_FOUR)):
        return all(_is_public_alone(item) for item in embedded)
    return (
        address in _GLOBAL_UNICAST
        and _is_public_alone(address)
        and all(_is_public_alone(item) for item in embedded)
    )


def is_inside_host(host: str) -> bool:
    """Return whether a host of a URL is known to lead inside without looking it up.

    That is an address that is not public, in any spelling, a name for local use, and a name without a dot.
    """
    name = host.strip("[]").rstrip(".").casefold()
    try:
        return not is_public_address(name)
    except ValueError:
        pass
    try:
        return not is_public_address(socket.inet_ntoa(socket.inet_aton(name)))  # 0x7f000001, 127.1
    except (OSError, ValueError):
        pass
    return "." not in name or name.endswith(tuple(f".{domain}" for domain in _LOCAL_DOMAINS))


def _is_public_alone(address: IPv4Address | IPv6Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not any(address.version == network.version and address in network for network in _NOT_PUBLIC)
    )


def _list_embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    number = int(address)
    if any(address in network for network in _EMBEDDING_AT_END):
        yield IPv4Address(number & 0xFFFF_FFFF)
    if address in _SIX_TO_FOUR:
        yield IPv4Address(number >> 80 & 0xFFFF_FFFF)
    if number >> 32 & 0xFFFF_FFFF in _ISATAP_MARKS:
        yield IPv4Address(number & 0xFFFF_FFFF)
