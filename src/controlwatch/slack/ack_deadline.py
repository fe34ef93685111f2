"""Slack waits three seconds: work that takes longer goes on, and the answer is sent without its result."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import TypeVar

import structlog

from controlwatch.core.model import Language
from controlwatch.core.model.errors import UsageError
from controlwatch.core.rendering.problems_zh import explain_problem

Result = TypeVar("Result")
#: Seconds that the store may take before an answer is sent without it.
STORE_TIMEOUT = 2.0
FAILURE_REPLY = (
    "That did not work because of an internal error, which has been logged. Nothing has changed; please try "
    "again."
)

_workers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="promptly")

log = structlog.get_logger()


def submit(work: Callable[[], Result]) -> Future[Result]:
    """Start work that may take long."""
    return _workers.submit(work)


def result_within(work: Future[Result]) -> Result | None:
    """Return the result of work, or None where it fails or takes too long; then it goes on all the same."""
    try:
        return work.result(timeout=STORE_TIMEOUT)
    except TooLate:
        return None
    except Exception:
        # Slack does not need to know about trouble with the store: the request is acknowledged.
        log.exception("the store could not be asked")
        return None


def run_with_deadline(work: Callable[[], Result]) -> Result | None:
    """Start work and return its result, where it is there in time."""
    return result_within(submit(work))


def try_or_explain(work: Callable[[], Result], language: Language = "both") -> tuple[Result | None, str]:
    """Return the result of work and ""; or None and the reason why it failed, in the language of the user."""
    try:
        return work(), ""
    except UsageError as error:
        return None, explain_problem(str(error), language)
    except Exception:
        # A database that stays locked, a Slack that refuses a view: the user must get an answer.
        log.exception("a request from Slack failed")
        return None, explain_problem(FAILURE_REPLY, language)
