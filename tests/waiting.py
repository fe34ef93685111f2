"""Wait for an event, never for the clock: a loaded machine must not fail a test."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")
#: Seconds after which an event is taken never to come. No test depends on a shorter time.
PATIENCE = 60.0


def wait_for(event: Callable[[], Result], *, patience: float = PATIENCE) -> Result:
    """Ask again and again until the answer is true, and return it."""
    ends = time.monotonic() + patience
    while not (found := event()):
        assert time.monotonic() < ends, f"did not happen within {patience:.0f} s"
        time.sleep(0.02)
    return found
