"""A world for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controlwatch.services.verify import verify_chain
from tests.services.world import World, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as opened:
        yield opened


@pytest.fixture
def sound_chain(w: World) -> Iterator[None]:
    """Whatever a test makes of its world, nothing is stored past the chain of custody."""
    yield
    result = verify_chain(w.store.custody, w.archive)
    assert result.is_sound, result.faults[:5]
