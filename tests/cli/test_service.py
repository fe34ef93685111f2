"""The service as a process: it starts, stops, and lives alone on its state."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from controlwatch.adapters.system.heartbeat import ping
from controlwatch.bootstrap.app import open_app
from controlwatch.core.model.state import PollReport, WatcherState
from controlwatch.demo.stage import shipped_watchers
from controlwatch.engine.liveness import Watchdog
from controlwatch.service import Service
from controlwatch.settings import Settings
from controlwatch.testing.sites import Answer, Sites
from tests.authority import authority
from tests.processes import COMMAND, RunningService, typed
from tests.waiting import PATIENCE, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DECLARATION = """
id = "sample"
name = "Sample (样例)"
issuer = "MOFCOM"
maintainers = ["tests"]
confidence = "A"
[schedule]
cron = ["* * * * *"]
[index]
kind = "links"
url = "https://sample.example/index.html"
rows = "li"
[detail]
body = ["div.body"]
[http]
hosts = ["sample.example"]
pause = 0.0
budget = 30.0
[expect]
rows = 1
"""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[tuple[dict[str, str], Sites]]:
    watchers = tmp_path / "watchers"
    watchers.mkdir()
    (watchers / "sample.toml").write_text(DECLARATION, encoding="utf-8")
    with Sites() as sites:
        page = '<meta charset="utf-8"><ul><li><a href="/1.html">商务部公告2026年第1号</a></li></ul>'
        sites.put("https://sample.example/index.html", Answer(body=page.encode()))
        body = '<meta charset="utf-8"><h1>商务部公告2026年第1号</h1><div class="body">决定对镓实施出口管制，自2026年4月1日起实施。</div>'
        sites.put("https://sample.example/1.html", Answer(body=body.encode()))
        yield (
            {
                **{key: value for key, value in os.environ.items() if not key.startswith("CONTROLWATCH_")},
                "CONTROLWATCH_STATE_DIR": str(tmp_path / "state"),
                "CONTROLWATCH_WATCHERS_DIR": str(watchers),
                "CONTROLWATCH_CONNECT_TO": sites.origin,
            },
            sites,
        )


@pytest.mark.slow
def test_the_service_polls_beats_refuses_a_second_instance_and_stops_on_sigterm(
    environment: tuple[dict[str, str], Sites], tmp_path: Path, start_service: Callable[..., RunningService]
) -> None:
    env, sites = environment
    service = start_service(env, command=(*COMMAND, "run"))
    wait_for(lambda: any(asked.path == "/1.html" for asked in sites.asked))
    wait_for((tmp_path / "state" / "heartbeat").exists)
    assert typed(["health"], env=env).returncode == 0
    second = typed(["run"], env=env)
    assert second.returncode == 2
    assert "another controlwatch is running on" in second.stderr
    assert service.stop() == 0
    assert "stopped" in service.output
    shown = typed(["latest", "--json"], env=env)
    assert "MOFCOM 2026-1" in shown.stdout


@pytest.mark.slow
def test_a_service_at_work_has_its_chain_stamped(
    environment: tuple[dict[str, str], Sites], tmp_path: Path, start_service: Callable[..., RunningService]
) -> None:
    env, _ = environment
    with authority() as served:
        env["CONTROLWATCH_TSA_URL"] = served.url
        service = start_service(env)
        wait_for(lambda: list((tmp_path / "state" / "stamps").glob("*.tsr")))
        assert service.stop() == 0


@pytest.mark.slow
def test_the_service_stops_although_a_source_hangs(
    environment: tuple[dict[str, str], Sites], start_service: Callable[..., RunningService]
) -> None:
    env, sites = environment
    asked, stopped = threading.Event(), threading.Event()

    def hang(_: object) -> Answer:
        asked.set()
        stopped.wait(2 * PATIENCE)
        return Answer()

    sites.put("https://sample.example/index.html", hang)
    toml = env["CONTROLWATCH_WATCHERS_DIR"] + "/sample.toml"
    with open(toml, encoding="utf-8") as file:  # noqa: PTH123
        text = file.read()
    with open(toml, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(text.replace("pause = 0.0", "pause = 0.0\ntimeout = 3.0"))
    service = start_service(env)
    assert asked.wait(PATIENCE)
    assert service.stop() == 0
    stopped.set()


@pytest.mark.slow
def test_a_file_dropped_into_the_inbox_is_taken_in(
    environment: tuple[dict[str, str], Sites], tmp_path: Path, start_service: Callable[..., RunningService]
) -> None:
    env, _ = environment
    inbox = tmp_path / "state" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "notice.txt").write_text(
        "海关总署公告2026年第77号\n决定自2026年5月1日起，对下列物项实施出口管制：金属锗。\n海关总署\n2026年3月2日",
        encoding="utf-8",
    )
    service = start_service(env)
    wait_for((inbox / "done" / "notice.txt").exists)
    service.stop()
    assert typed(["show", "GACC 2026-77"], env=env).returncode == 0


def test_the_heartbeat_address_is_asked_while_all_is_well_and_not_while_a_source_is_blind(
    tmp_path: Path,
) -> None:
    with Sites() as sites:
        address = f"{sites.origin}/ping/secret"
        sites.put(address, Answer(body=b"OK"))
        settings = Settings(state_dir=tmp_path, watchers_dir=shipped_watchers(), heartbeat_url=address)
        with open_app(settings) as app:
            service = Service(app)
            service.jobs.ping_heartbeat()
            assert [asked.path for asked in sites.asked] == ["/ping/secret"]
            report = PollReport(watcher="miit-notices", started_at=NOW, outcome="failed", kind="refused")
            state = WatcherState(
                id="miit-notices", failures=3, failing_since=NOW, kind="refused", reason="no"
            )
            app.store.polling.record_poll(report, state, keep={}, drop=(), now=NOW)
            service.jobs.ping_heartbeat()
            assert len(sites.asked) == 1


def test_a_heartbeat_address_that_does_not_answer_stops_nothing_and_is_not_shown() -> None:
    assert ping("http://127.0.0.1:1/secret") == "ConnectError"


def test_a_clock_that_has_not_beaten_for_long_stands_still() -> None:
    pulse = Watchdog()
    assert not pulse.has_stalled()
    assert pulse.has_stalled(longest=-1.0)
    pulse.record_beat()
    assert not pulse.has_stalled()


def test_polls_made_by_hand_tell_of_a_source_in_trouble_too(
    environment: tuple[dict[str, str], Sites],
) -> None:
    variables, sites = environment
    sites.put("https://sample.example/index.html", Answer(status=503))
    for _ in range(3):
        done = typed(["poll"], env=variables)
        assert done.returncode == 1
    assert "not readable since" in done.stdout


def test_a_service_that_is_not_asked_loads_neither_pages_nor_the_bot() -> None:
    program = "import sys, controlwatch.service; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert set(loaded.split()).isdisjoint(
        {"fastapi", "uvicorn", "mcp", "slack_bolt", "reportlab", "icalendar"}
    )
