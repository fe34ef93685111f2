"""What the tests of commands share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from typer import main, testing


@pytest.fixture(scope="session", autouse=True)
def _build_commands_once() -> Iterator[None]:
    """Keep what the runner builds from the application for each command that is typed: a tenth of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(testing, "_get_command", cache(main.get_command))
        yield
