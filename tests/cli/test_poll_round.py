"""`controlwatch poll` in a process of its own, as a timer runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.testing.sites import Sites
from tests.cli.test_quick_questions import PROGRAM
from tests.services.world import Ministry, Page, tightening
from tests.torture.cluster import declare

HOST = "www.ministry.example"
#: What reads a notice, writes a message, asks a law or starts a service.
UNNEEDED = (
    "alembic",
    "apprise",
    "controlwatch.bootstrap.app",
    "controlwatch.core.extraction.extract",
    "controlwatch.core.law.status",
    "controlwatch.core.rendering.card",
    "fastapi",
    "feedparser",
    "jinja2",
    "slack_sdk",
    "smtplib",
)


@pytest.fixture
def sites() -> Iterator[Sites]:
    with Sites() as opened:
        yield opened


@pytest.fixture
def env(sites: Sites, tmp_path: Path) -> dict[str, str]:
    """The settings of an installation with one source."""
    (tmp_path / "watchers").mkdir()
    declare(tmp_path / "watchers", "ministry", HOST, pause=0.0)
    ours = {
        "CONTROLWATCH_STATE_DIR": str(tmp_path / "state"),
        "CONTROLWATCH_WATCHERS_DIR": str(tmp_path / "watchers"),
        "CONTROLWATCH_CONNECT_TO": sites.origin,
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("CONTROLWATCH_")} | ours


@pytest.fixture
def ministry(sites: Sites) -> Ministry:
    ministry = Ministry(sites, host=f"https://{HOST}")
    ministry.publish(Page("/notices/1.html", "商务部公告2026年第901号", tightening(901)))
    return ministry


def poll(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Poll once; the modules that were loaded are on the standard error."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "poll"], env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.usefixtures("ministry")
def test_a_quiet_round_loads_neither_what_reads_nor_what_sends(env: dict[str, str]) -> None:
    assert "1 read" in poll(env).stdout
    quiet = poll(env)
    assert "ministry: unchanged" in quiet.stdout
    assert set(quiet.stderr.split()).isdisjoint(UNNEEDED)


def test_a_round_with_a_new_notice_reads_and_sends_it(env: dict[str, str], ministry: Ministry) -> None:
    poll(env)
    today = to_beijing_day(datetime.now(UTC)).isoformat()
    text = tightening(902, day=today).replace("2026年4月1日", "2099年4月1日")
    ministry.publish(Page("/notices/2.html", "商务部公告2026年第902号", text, day=today))
    told = poll(env).stdout
    assert "1 unseen, 1 read, 1 alerts" in told
    assert "1 deliveries sent, 0 failed" in told


@pytest.mark.usefixtures("ministry")
def test_a_setting_that_is_missing_is_found_by_a_quiet_round(env: dict[str, str]) -> None:
    poll(env)
    refused = poll(env | {"CONTROLWATCH_SMTP_URL": "smtp://127.0.0.1:1"})
    assert refused.returncode == 2
    assert "CONTROLWATCH_MAIL_FROM" in refused.stderr
