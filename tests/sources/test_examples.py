"""Every watcher reads its saved examples exactly as a person once confirmed."""

from __future__ import annotations

import json
from datetime import date

import pytest

from controlwatch.adapters.catalog.watcher_loader import check_watchers, load_watchers
from controlwatch.core.model.errors import Challenged
from controlwatch.core.sources import index_pages
from controlwatch.core.sources.requests import parse_unit
from controlwatch.core.sources.watcher import Watcher

from .golden import EXAMPLES, WATCHERS, index, read_examples, saved

ALL = load_watchers(WATCHERS)


def name(watcher: Watcher) -> str:
    return watcher.id


def test_every_declaration_is_sound() -> None:
    assert check_watchers(WATCHERS) == []


@pytest.mark.parametrize("watcher", ALL, ids=name)
def test_a_watcher_without_an_example_is_refused(watcher: Watcher) -> None:
    place = EXAMPLES / watcher.id
    assert list(place.glob("index.*")), f"write tests/examples/{watcher.id}/index.*"
    assert (place / "golden.json").exists(), (
        f"run python -m tests.sources.golden {watcher.id} and read the result"
    )
    if watcher.detail.follow:
        assert (place / "detail.html").exists(), f"write tests/examples/{watcher.id}/detail.html"
    if watcher.index.kind == "jpaas":
        assert (place / "shell.html").exists(), f"write tests/examples/{watcher.id}/shell.html"


@pytest.mark.parametrize("watcher", ALL, ids=name)
def test_the_examples_are_read_as_confirmed(watcher: Watcher) -> None:
    golden = json.loads((EXAMPLES / watcher.id / "golden.json").read_text(encoding="utf-8"))
    assert read_examples(watcher) == golden


@pytest.mark.parametrize("watcher", ALL, ids=name)
def test_the_example_is_an_index_one_would_believe(watcher: Watcher) -> None:
    page = index(watcher, next((EXAMPLES / watcher.id).glob("index.*")))
    assert len(page.refs) >= watcher.expect.rows
    assert page.faults == ()
    days = [ref.listed_on for ref in page.refs if ref.listed_on]
    if watcher.expect.newest_within_days is not None:
        assert (date(2026, 11, 20) - max(days)).days <= watcher.expect.newest_within_days


@pytest.mark.parametrize("watcher", [w for w in ALL if w.index.kind == "jpaas"], ids=name)
def test_the_column_page_gives_the_parameters_of_its_list(watcher: Watcher) -> None:
    shell = (EXAMPLES / watcher.id / "shell.html").read_text(encoding="utf-8")
    live = parse_unit(watcher, shell)
    assert live["pageId"]
    assert {name: live[name] for name in watcher.index.params} == watcher.index.params


def test_a_directory_of_examples_belongs_to_a_watcher() -> None:
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir()} == {watcher.id for watcher in ALL}


def test_the_customs_challenge_is_recognised_as_such() -> None:
    watcher = next(watcher for watcher in ALL if watcher.id == "gacc-announcements")
    page = saved(EXAMPLES / watcher.id / "challenge.html", url=watcher.index.url)
    with pytest.raises(Challenged):
        index_pages.parse_index(watcher, page)
