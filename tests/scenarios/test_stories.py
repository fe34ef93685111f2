"""Every story ends with the alerts that people should get, and with no other."""

from __future__ import annotations

import pytest

from tests.scenarios.stories import STORIES, Story, run


@pytest.mark.slow
@pytest.mark.parametrize("one", STORIES, ids=[one.name for one in STORIES])
def test_a_story_ends_with_the_alerts_that_people_should_get(one: Story) -> None:
    outcome = run(one)
    assert sorted(outcome.seen) == sorted(outcome.expected)
