"""A service that is killed at any moment loses nothing, tells nothing twice, and leaves a store that verifies."""

from __future__ import annotations

import pytest

from tests.torture.campaign import assert_clean, campaign

#: Each campaign; `make torture` is the long form.
KILLS = 90


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_kills_at_any_moment_lose_nothing_and_tell_nothing_twice(seed: int) -> None:
    outcome = campaign(KILLS, seed=seed)
    assert outcome.kills.total() == KILLS
    assert_clean(outcome)
