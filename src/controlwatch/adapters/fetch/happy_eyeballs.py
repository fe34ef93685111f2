"""Connect to the first address of a host that answers: Happy Eyeballs (RFC 8305).

An address that swallows packets, such as that of an IPv6 route which leads nowhere, costs a quarter of a
second; one that refuses costs nothing.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import chain, zip_longest
from selectors import EVENT_WRITE
from typing import cast

import httpcore

#: Seconds after which the next address is tried beside those that have not answered yet.
ATTEMPT_DELAY = 0.25
#: Addresses of one host that are tried.
MAX_ADDRESSES = 10


def resolve_host(host: str, port: int) -> list[str]:
    """Return the addresses of a host, families in turn; raises httpcore's ConnectError where it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} has no address: {error}") from error
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
    preferred = [item for item in addresses if (":" in item) == (":" in addresses[0])]
    others = [item for item in addresses if item not in preferred]
    return [item for item in chain(*zip_longest(preferred, others)) if item is not None]


def connect_to_first(addresses: Iterable[str], port: int, timeout: float | None) -> socket.socket:
    """Return a connection to one of the addresses, in the order given; `timeout` is in seconds, for all.

    Raises httpcore's ConnectError where every address refuses, ConnectTimeout where none answers in time.
    """
    waiting = deque(list(addresses)[:MAX_ADDRESSES])
    ends = time.monotonic() + timeout if timeout is not None else float("inf")
    next_attempt, refusal = 0.0, "no address"
    with selectors.DefaultSelector() as selector, ExitStack() as losers:
        while waiting or selector.get_map():
            now = time.monotonic()
            if now >= ends:
                raise httpcore.ConnectTimeout("timed out")
            if waiting and now >= next_attempt:
                try:
                    selector.register(_begin_connecting(waiting.popleft(), port, losers), EVENT_WRITE)
                except OSError as error:
                    refusal = str(error)
                    continue
                next_attempt = now + ATTEMPT_DELAY
            until = min(ends, next_attempt) if waiting else ends
            for key, _ in selector.select(until - now if until < float("inf") else None):
                attempt = cast(socket.socket, key.fileobj)
                problem = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if not problem:
                    attempt.settimeout(None)
                    return attempt.dup()
                selector.unregister(attempt)
                refusal, next_attempt = str(OSError(problem, os.strerror(problem))), 0.0
    raise httpcore.ConnectError(refusal)


def _begin_connecting(address: str, port: int, losers: ExitStack) -> socket.socket:
    """Return a socket that is connecting; raises OSError where it cannot even begin."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    attempt = losers.enter_context(socket.socket(family, socket.SOCK_STREAM))
    attempt.settimeout(0)
    problem = attempt.connect_ex((address, port))
    if problem not in {0, errno.EINPROGRESS}:
        raise OSError(problem, os.strerror(problem))
    return attempt
