"""Answers that break off: whether the server sends them so, or the connection broke."""

from __future__ import annotations

import re

from controlwatch.core.model import Snapshot

#: Bytes at the end of two answers that are compared: a connection that breaks does so elsewhere each time.
COMPARED_END = 64
#: The end of the fault of an answer that went on behind its announced length: only a server does that.
SENT_MORE = "sent more"
_NUMBER = re.compile(r"\d[\d,]*")


def break_off_alike(first: Snapshot, second: Snapshot) -> bool:
    """Return whether two answers to one request broke off in the same way: nothing more comes then.

    Their bytes may differ, by the time or a number that the page prints: they lack as many bytes of what was
    announced, or end with the same ones.
    """
    if first.body == second.body:
        return True
    kinds = {_NUMBER.sub("#", answer.fault) for answer in (first, second)}
    if len(kinds) > 1:
        return False
    missing = {_count_missing(answer.fault) for answer in (first, second)}
    return (
        kinds.pop().endswith(SENT_MORE)
        or (len(missing) == 1 and None not in missing)
        or first.body[-COMPARED_END:] == second.body[-COMPARED_END:]
    )


def _count_missing(fault: str) -> int | None:
    """Return how many of the announced bytes were not sent; None where none were announced."""
    numbers = [int(number.replace(",", "")) for number in _NUMBER.findall(fault)]
    return numbers[0] - numbers[1] if len(numbers) > 1 else None
