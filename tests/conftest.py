"""What every test may ask for."""

from __future__ import annotations

import gc
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
from fastapi.dependencies import models
from hypothesis import settings

from tests.processes import RunningService, running
from tests.statements import share_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


# An example that takes long on a loaded machine is not a failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

share_statements()
gc.disable()  # until all is imported, see `pytest_collection_finish`

#: Files of many tests, or of one that computes long, that take longest after those with a slow test.
LONG = frozenset(
    {
        "browser/test_every_page.py",
        "browser/test_hostile_text.py",
        "extraction/test_corpus.py",
        "slack/test_prose_window.py",
        "web/test_api_access.py",
        "web/test_api_notices.py",
        "web/test_api_subscriptions.py",
        "web/test_page_links.py",
    }
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: a worker that meets one at the end keeps the others waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    slow |= {Path(__file__).parent / name for name in LONG}

    def rank(item: pytest.Item) -> int:
        return 0 if item.path.parent.name == "torture" else 1 if item.path in slow else 2

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """Take what stays until the end out of the collector's sight: it is walked over a hundred times otherwise."""
    gc.collect()
    gc.freeze()
    # Else the lexicon, which the first test loads, is walked for every few tests.
    gc.set_threshold(2_000, 10, 50)
    gc.enable()


@pytest.fixture(scope="module", autouse=True)
def _release_web_apps() -> Iterator[None]:
    """Let go of the applications of a file: FastAPI remembers the functions of each for the whole process."""
    yield
    for name in ("_is_gen_callable_cached", "_is_async_gen_callable_cached", "_is_coroutine_callable_cached"):
        getattr(models, name).cache_clear()


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The tests keep nothing in the cache folder of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The tests trust one authority, which signs nothing: to load the public ones takes each client 20 ms of work."""
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(path))
        yield


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of whoever runs it."""
    for key in [key for key in os.environ if key.startswith("CONTROLWATCH_") and "_TEST_" not in key]:
        monkeypatch.delenv(key)


@pytest.fixture
def start_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RunningService]]:
    """Start `controlwatch run`, or another command, as a process that is stopped at the end of the test."""
    folder = tmp_path_factory.mktemp("service")
    with ExitStack() as stack:

        def start(env: dict[str, str], **how: object) -> RunningService:
            log = folder / f"{len(list(folder.iterdir()))}.log"
            return stack.enter_context(running(log, env=env, **how))  # type: ignore[arg-type]

        yield start
