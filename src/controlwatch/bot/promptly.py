"""Slack waits three seconds: what takes longer goes on, and is answered without."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import TypeVar

Answer = TypeVar("Answer")
#: Seconds that the store may take before an answer goes out without it.
PATIENCE = 2.0

_workers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="promptly")


def promptly(work: Callable[[], Answer], *, patience: float = PATIENCE) -> Answer | None:
    """Return what work comes to, or None where it takes too long: then it goes on all the same.

    What it raises in time is raised here.
    """
    begun: Future[Answer] = _workers.submit(work)
    try:
        return begun.result(timeout=patience)
    except TooLate:
        return None
