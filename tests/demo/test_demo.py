"""`controlwatch demo --once` tells its story, checks itself, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from controlwatch.cli.run import demo
from controlwatch.core.model.errors import UsageError
from controlwatch.demo import story
from tests.processes import RunningService
from tests.waiting import PATIENCE, wait_for

if TYPE_CHECKING:
    from controlwatch.demo.stage import Stage

DEMO = [Path(sys.executable).with_name("controlwatch"), "demo"]


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "COLUMNS": "100", "TMPDIR": str(tmp_path), "PYTHONUTF8": "1", **more}


@pytest.mark.slow
def test_the_story_is_told_and_ends_by_itself(tmp_path: Path) -> None:
    done = subprocess.run(
        [*DEMO, "--once"],
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE,
        check=False,
        env=environment(tmp_path),
        encoding="utf-8",
    )
    told = done.stdout
    assert done.returncode == 0, told[-3000:] + done.stderr
    assert done.stderr == ""
    for fact in (
        "No alert.",
        "Li-SOCl2 batteries, controlled chemicals (工信部联安全函〔2025〕335号)",
        "NEW CONTROL in force since 8 Nov 2025",
        "MOFCOM–GACC 2025-58",
        "8507.60.00",
        "the official notice MOFCOM 2025-58 is known; this report is linked to it",
        "clarifies MOFCOM 2025-61",
        "clarifies MOFCOM 2025-62",
        "until 10 Nov 2026",
        "date moved from 1 Dec",
        "[-公布之-]",
        "2025-58 is at 2 addresses",
        "it is flagged, without a second alert",
        "GACC announcements: not readable since",
        "MOFCOM policy releases: not readable since",
        "monitored again",
        "not a change of the rules",
        "HS 8507.60 on 10 Nov 2026: suspended until 10 Nov 2026 · extension announced",
        "HS 8507.60 on 11 Nov 2026: in force · extension announced",
        "REMINDER",
    ):
        assert fact in told, fact
    # Reminders of real days come on top, as many as fall into the weeks that the demo skips.
    for place, least in (("Mailbox", 9), ("Slack", 4)):
        counted = re.search(rf"{place}: (\d+) m", told)
        assert counted is not None
        assert int(counted[1]) >= least
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_it_stays_up_until_it_is_stopped_and_touches_no_settings_of_the_user(
    tmp_path: Path, start_service: Callable[..., RunningService]
) -> None:
    mine = tmp_path / "mine.db"
    env = environment(tmp_path, CONTROLWATCH_DATABASE_URL=f"sqlite:///{mine}", PYTHONUNBUFFERED="1")
    demo = start_service(env, command=DEMO)
    wait_for(lambda: "Press Ctrl-C to end" in demo.output)
    assert demo.stop() == 0
    assert "Stopped" in demo.output
    assert list(tmp_path.iterdir()) == []


def test_without_its_extra_the_demo_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controlwatch.demo.is_installed", lambda: False)
    with pytest.raises(UsageError, match=r"^the demo needs the extra: pip install 'controlwatch\[demo\]'$"):
        demo(once=True)


def test_a_story_that_goes_astray_says_so_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def astray(stage: Stage) -> None:
        stage.poll("gacc-english")
        stage.expect(("relax", "a notice that nobody published"))

    monkeypatch.setattr(story, "CHAPTERS", (astray,))
    monkeypatch.setattr(story, "epilogue", lambda *_, **__: None)
    told = Console(file=StringIO(), width=200)
    assert story.tell(told, once=True) == 1
    assert "expected alerts: relax: a notice that nobody published. Received: none." in told.file.getvalue()


def test_left_running_it_looks_at_everything_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stages: list[Stage] = []
    rounds: list[int] = []

    def opening(stage: Stage) -> None:
        stages.append(stage)
        stage.watchers = {name: stage.watchers[name] for name in ("mofcom-policy", "tao-measures")}

    def sleep(_: float) -> None:
        lists = [asked for asked in stages[0].sites.asked if asked.path.endswith(("cjtdwgfz/", "unit"))]
        rounds.append(len(lists))
        if len(rounds) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(story, "CHAPTERS", (opening,))
    monkeypatch.setattr(story, "epilogue", lambda *_, **__: None)
    monkeypatch.setattr(story, "sleep", sleep)
    assert story.tell(Console(file=StringIO()), once=False) == 0
    assert rounds == [0, 2, 4, 6]
