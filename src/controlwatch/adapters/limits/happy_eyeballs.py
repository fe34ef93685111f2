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

#: Seconds after which the next address is tried beside those that have not answered yet.
ATTEMPT_DELAY = 0.25
#: Addresses of one host that are tried.
MAX_ADDRESSES = 10


def sort_addresses(addresses: Iterable[str]) -> list[str]:
    """Return each address once, those of the two families in turn, as RFC 8305 wants them tried."""
    found = list(dict.fromkeys(addresses))
    preferred = [item for item in found if (":" in item) == (":" in found[0])]
    others = [item for item in found if item not in preferred]
    return [item for item in chain(*zip_longest(preferred, others)) if item is not None]


def connect_to_first(addresses: Iterable[str], port: int, timeout: float | None) -> socket.socket:
    """Return a connection to one of the addresses, in the order given; `timeout` is in seconds, for all.

    Raises `OSError` where every address refuses, `TimeoutError` where none answers in time.
    """
    waiting = deque(list(addresses)[:MAX_ADDRESSES])
    ends = time.monotonic() + timeout if timeout is not None else float("inf")
    next_attempt, refusal = 0.0, OSError("the host has no address")
    with selectors.DefaultSelector() as selector, ExitStack() as losers:
        while waiting or selector.get_map():
            now = time.monotonic()
            if now >= ends:
                raise TimeoutError("timed out")
            if waiting and now >= next_attempt:
                try:
                    selector.register(_begin_connecting(waiting.popleft(), port, losers), EVENT_WRITE)
                except OSError as error:
                    refusal = error
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
                refusal, next_attempt = OSError(problem, os.strerror(problem)), 0.0
    raise refusal


def _begin_connecting(address: str, port: int, losers: ExitStack) -> socket.socket:
    """Return a socket that is connecting; raises OSError where it cannot even begin."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    attempt = losers.enter_context(socket.socket(family, socket.SOCK_STREAM))
    attempt.settimeout(0)
    problem = attempt.connect_ex((address, port))
    if problem not in {0, errno.EINPROGRESS}:
        raise OSError(problem, os.strerror(problem))
    return attempt
