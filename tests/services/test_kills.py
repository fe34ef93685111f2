"""A process that is killed while it delivers: real processes, a real mail server, SIGKILL."""

from __future__ import annotations

import pytest

from controlwatch.services.delivery_lane import GROUP_SIZE
from tests.bench.kills import outcomes


@pytest.mark.slow
def test_a_fan_out_that_is_killed_loses_nobody_and_repeats_a_group_at_most() -> None:
    for outcome in outcomes(readers=60, kills=3):
        assert outcome.lost == 0
        assert outcome.doubled == 0
        assert outcome.early == 0
        assert outcome.twice <= GROUP_SIZE
