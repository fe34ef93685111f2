"""Secrets stay where they were set: no output, log, error, page or kept file shows one, whatever fails."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from controlwatch.adapters.sandbox.isolated_process import safe_environment
from controlwatch.cli.complete import app as commands
from controlwatch.core.model.errors import ControlwatchError
from controlwatch.testing.sites import Answer, Sites
from tests.cli.test_service import environment
from tests.processes import COMMAND, RunningService
from tests.waiting import PATIENCE, wait_for

__all__ = ["environment"]

MARK = "hunter2-of-ours"
#: Every setting that holds a secret, leading to where nobody answers, or to a site that refuses.
SECRETS = {
    "SLACK_BOT_TOKEN": f"xoxb-{MARK}",
    "SLACK_SIGNING_SECRET": MARK,
    "SMTP_URL": f"smtp://user:{MARK}@127.0.0.1:9",
    "WEBHOOK_SECRET": MARK,
    "APPRISE": f"teams = json://user:{MARK}@127.0.0.1:9/{MARK}",
    "SECRET": f"{MARK}-{MARK}-{MARK}",
    "HEARTBEAT_URL": f"http://127.0.0.1:9/{MARK}",
}
PLAIN = {
    "MAIL_FROM": "a@b.example",
    "PUBLIC_URL": "https://alerts.example",
    "LOG_LEVEL": "DEBUG",
    "LISTEN": "127.0.0.1:0",
}
SUBSCRIPTIONS = (
    ("slack", "C0123ABCD"), ("email", "desk@b.example"), ("webhook", "http://127.0.0.1:9/hook"), ("apprise", "teams"),
)  # fmt: skip


@pytest.fixture
def armed(environment: tuple[dict[str, str], Sites]) -> tuple[dict[str, str], Sites]:
    """A service with every secret set, all of whose channels fail: Slack with words, the others with silence."""
    env, sites = environment
    refusal = Answer(body=b'{"ok": false, "error": "invalid_auth"}', content_type="application/json")
    for method in ("auth.test", "chat.postMessage", "conversations.info"):
        sites.put(f"{sites.origin}/api/{method}", refusal)
    settings = {**SECRETS, **PLAIN, "SLACK_API_URL": f"{sites.origin}/api/"}
    return env | {f"CONTROLWATCH_{name}": value for name, value in settings.items()}, sites


def typed(env: dict[str, str], *words: str) -> str:
    """Type a command, and return all that it says, its refusal included."""
    done = CliRunner().invoke(commands, list(words), env=env)
    assert isinstance(done.exception, ControlwatchError | SystemExit | None), done.exc_info
    return f"{words}: {done.exit_code}\n{done.output}\n{done.stderr}\n{done.exception or ''}"


def shows_no_secret(said: str) -> None:
    assert MARK not in said, re.findall(f".{{0,200}}{MARK}.{{0,40}}", said)[:3]
    assert "Traceback" not in said, said


COMMANDS = (
    ("--help",), ("watchers",), ("latest", "--json"), ("poll",), ("deliver", "--again"), ("alerts", "--json"), ("alerts", "--csv"),
    ("subscriptions",), ("doctor",), ("slack", "check", "C0123ABCD"), ("mail", "check", "desk@b.example"), ("health",), ("verify",),
)  # fmt: skip


@pytest.mark.slow
def test_no_command_shows_a_secret_although_every_channel_fails(
    armed: tuple[dict[str, str], Sites], tmp_path: Path
) -> None:
    env, _ = armed
    for words in SUBSCRIPTIONS:
        shows_no_secret(typed(env, "subscribe", *words))
    tightened = "金属锗。" * 3
    (tmp_path / "n.txt").write_text(
        f"海关总署公告2026年第77号\n决定对下列物项实施出口管制：{tightened}\n海关总署\n2026年3月2日",
        encoding="utf-8",
    )
    said = typed(env, "intake", str(tmp_path / "n.txt"))
    shows_no_secret(said)
    for words in COMMANDS:
        said = typed(env, *words)
        shows_no_secret(said)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert b"invalid_auth" in kept  # what failed is kept
    assert MARK.encode() not in kept


@pytest.mark.slow
def test_the_service_logs_and_shows_no_secret_although_every_channel_fails(
    armed: tuple[dict[str, str], Sites], tmp_path: Path, start_service: Callable[..., RunningService]
) -> None:
    env, sites = armed
    typed(env, "subscribe", "slack", "C0123ABCD")
    inbox = tmp_path / "state" / "inbox"
    inbox.mkdir()
    (inbox / "n.txt").write_text(
        "海关总署公告2026年第77号\n决定对金属锗实施出口管制。\n海关总署\n2026年3月2日", encoding="utf-8"
    )
    service = start_service(env)
    wait_for(lambda: "listening" in service.output)
    wait_for((inbox / "done" / "n.txt").exists)
    wait_for(lambda: any(asked.path == "/api/chat.postMessage" for asked in sites.asked))
    (address,) = re.findall(r'"address": "([^"]+)"', service.output)
    places = ("healthz", "metrics", "alert/1.x", "")
    pages = [httpx.get(f"{address}/{place}", timeout=PATIENCE).text for place in places]
    service.stop()
    shows_no_secret("\n".join([service.output, *pages]))


@pytest.mark.parametrize(
    "name", ["SMTP_URL", "APPRISE", "SECRET", "HEARTBEAT_URL", "DATABASE_URL", "SLACK_API_URL"]
)
def test_a_setting_that_makes_no_sense_is_named_and_not_shown(
    environment: tuple[dict[str, str], Sites], name: str
) -> None:
    env, _ = environment
    nonsense = {"SECRET": "hunter2-of-o", "DATABASE_URL": f"mysql://u:{MARK}@127.0.0.1/x"}.get(
        name, f"nonsense:{MARK}"
    )
    said = typed(env | {f"CONTROLWATCH_{name}": nonsense}, "watchers")
    assert f"CONTROLWATCH_{name}" in said
    assert "hunter2" not in said
    assert "Traceback" not in said


def test_an_error_of_ours_prints_no_variable(
    environment: tuple[dict[str, str], Sites], tmp_path: Path
) -> None:
    env, _ = environment
    env |= {f"CONTROLWATCH_{name}": value for name, value in {**SECRETS, **PLAIN}.items()}
    broken = (
        "import controlwatch.services.queries as q, controlwatch.cli as c, sys\n"
        "def fail(self): secret = self.notices; raise RuntimeError('broken')\n"
        "q.Queries.list_watchers = fail\nsys.argv = ['controlwatch', 'watchers']\nc.main()"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", broken], env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert "RuntimeError: broken" in done.stderr
    assert MARK not in done.stdout + done.stderr


def test_a_process_that_reads_hostile_files_has_none_of_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(f"CONTROLWATCH_{name}", value)
    assert not any(MARK in value for value in safe_environment().values())
