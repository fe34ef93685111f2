"""What every test may ask for."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of whoever runs it."""
    for key in [key for key in os.environ if key.startswith("CONTROLWATCH_") and "_TEST_" not in key]:
        monkeypatch.delenv(key)
