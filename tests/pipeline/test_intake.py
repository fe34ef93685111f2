"""What people hand in goes the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controlwatch.core.errors import UsageError
from controlwatch.inbox import from_file, put_away, take, waiting
from tests.pipeline.test_news import GALLIUM, started

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pipeline.world import World


def test_a_saved_page_is_alerted_and_is_the_notice_that_the_site_shows_later(
    w: World, tmp_path: Path
) -> None:
    started(w)
    file = tmp_path / "saved.html"
    saved = f"<!-- saved from url=(0043)https://www.ministry.example{GALLIUM.path} -->\n{GALLIUM.html}"
    file.write_text(saved, encoding="utf-8")
    decision = take(from_file(file, url=None, now=w.now), w.pipeline, [w.watcher], title="saved", now=w.now)
    assert decision.alert is not None
    w.ministry.publish(GALLIUM)
    w.poll()
    assert len(w.alerts()) == 1


def test_the_same_file_twice_is_nothing_new(w: World, tmp_path: Path) -> None:
    file = tmp_path / "notice.txt"
    file.write_text(f"{GALLIUM.title}\n{GALLIUM.text}", encoding="utf-8")
    for _ in range(2):
        take(from_file(file, url=None, now=w.now), w.pipeline, [], title="notice", now=w.now)
    assert len(w.alerts()) == 1


def test_a_file_that_is_not_there_is_said(w: World, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        from_file(tmp_path / "missing.html", url=None, now=w.now)


def test_the_inbox_leaves_half_copied_files_and_never_overwrites(tmp_path: Path) -> None:
    for name in ("a.html", "b.html.part", ".hidden", "README.md"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    (found,) = waiting(tmp_path)
    assert found.name == "a.html"
    assert put_away(found, "done").name == "a.html"
    (tmp_path / "a.html").write_text("y", encoding="utf-8")
    assert put_away(tmp_path / "a.html", "done").name == "a-1.html"
