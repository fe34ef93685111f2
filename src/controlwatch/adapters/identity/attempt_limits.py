"""A limit of the attempts to log in, by name and by network address, kept in memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

#: Attempts under one name, and from one address, which a whole office may share.
NAME_LIMIT = RateLimitItemPerMinute(10, 15, namespace="name")
ADDRESS_LIMIT = RateLimitItemPerMinute(60, 15, namespace="address")


class LoginAttempts:
    """Counts attempts within a moving window; a restart forgets them."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        """`clock` is the one of the library: seconds since 1970."""
        self._limiter, self._clock = MovingWindowRateLimiter(MemoryStorage()), clock

    def find_wait(self, name: str, address: str) -> float:
        """Count an attempt; return the seconds to wait where there were too many, else 0.

        An attempt under no name counts for its address only.
        """
        counted = [(ADDRESS_LIMIT, find_network(address))]
        if name:
            counted.append((NAME_LIMIT, name))
        for limit, key in counted:
            if not self._limiter.hit(limit, key):
                return max(1.0, self._limiter.get_window_stats(limit, key).reset_time - self._clock())
        return 0.0

    def forget_name(self, name: str) -> None:
        """Let the attempts under a name count no longer: the person has logged in."""
        self._limiter.clear(NAME_LIMIT, name)


def find_network(address: str) -> str:
    """Return what one client has of a network address: all of IPv4, the first half of IPv6.

    >>> find_network("192.0.2.7"), find_network("2001:db8::17:4"), find_network("")
    ('192.0.2.7', '2001:db8::', '')
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64))
