"""All that is tried, by name."""

from __future__ import annotations

from tests.hostile.campaign import Trial
from tests.hostile.readers import CONTAINED, READING
from tests.hostile.renderers import SHOWING

__all__ = ["CONTAINED", "TARGETS"]

TARGETS: dict[str, Trial] = {**READING, **SHOWING}
