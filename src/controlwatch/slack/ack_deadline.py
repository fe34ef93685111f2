"""Slack waits three seconds: what takes longer goes on, and is answered without. And nobody waits in vain."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import TypeVar

import structlog

from controlwatch.core.model.errors import UsageError

Answer = TypeVar("Answer")
#: Seconds that the store may take before an answer goes out without it.
STORE_TIMEOUT = 2.0
FAILURE_REPLY = (
    "That did not work: an error of ours, which has been logged. Nothing is changed; please try again."
)

_workers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="promptly")

log = structlog.get_logger()


def submit(work: Callable[[], Answer]) -> Future[Answer]:
    """Begin work that may take long."""
    return _workers.submit(work)


def result_within(work: Future[Answer]) -> Answer | None:
    """Return what work comes to, or None where it fails or takes too long: then it goes on all the same."""
    try:
        return work.result(timeout=STORE_TIMEOUT)
    except TooLate:
        return None
    except Exception:
        # What it has to do with the store is not Slack's business: the request is acknowledged.
        log.exception("the store could not be asked")
        return None


def run_with_deadline(work: Callable[[], Answer]) -> Answer | None:
    """Begin work and return what it comes to in time."""
    return result_within(submit(work))


def try_or_explain(work: Callable[[], Answer]) -> tuple[Answer | None, str]:
    """Return what work comes to and ""; or None and why it failed, so that it can be told."""
    try:
        return work(), ""
    except UsageError as error:
        return None, str(error)
    except Exception:
        # A database that stays locked, a Slack that refuses a view: whoever pressed must hear of it.
        log.exception("a request from Slack failed")
        return None, FAILURE_REPLY
