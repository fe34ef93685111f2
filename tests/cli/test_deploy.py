"""The files for operators fit the product: settings, commands, metrics and times are those that exist."""

from __future__ import annotations

import configparser
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.poll_schedule import ScheduleFigures
from controlwatch.bootstrap.cluster import ClusterFigures
from controlwatch.bootstrap.question_app import build_queries
from controlwatch.core.model import Subscription
from controlwatch.core.model.state import PlannedDelivery
from controlwatch.service import END_TIMEOUT
from controlwatch.settings import Settings
from controlwatch.web.metrics import render_metrics
from tests.services.world import WATCHER
from tests.store.steps import NOW, PAUSED

DEPLOY = Path(__file__).parents[2] / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
#: The oldest and the newest version of Kubernetes that the manifests are checked against.
VERSIONS = ("1.31", "1.37")
ALL_FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
METRIC = re.compile(r"\bcontrolwatch_\w+")


def documents(path: Path) -> list[dict[str, object]]:
    return [document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_are_valid_and_have_no_unknown_key(path: Path, version: str) -> None:
    for document in documents(path):
        kubernetes_validate.validate(document, version, strict=True)


def test_an_unknown_key_is_found() -> None:
    (document,) = documents(DEPLOY / "kubernetes" / "migrate.yaml")
    document["spec"]["template"]["spec"]["restartPolice"] = "Never"  # type: ignore[index]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("path", ALL_FILES, ids=lambda path: path.name)
def test_every_setting_that_a_file_names_exists(path: Path) -> None:
    known = {f"CONTROLWATCH_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"CONTROLWATCH_[A-Z_]+", path.read_text(encoding="utf-8"))) <= known


def test_what_runs_in_a_container_is_a_command_with_the_settings_of_a_worker() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    env = {key: str(value) for key, value in services["worker"]["environment"].items()}
    settings = Settings.parse(env | {"CONTROLWATCH_SECRET": "s" * 40})
    assert settings.is_cluster
    assert settings.is_shared
    assert [services[name]["command"] for name in ("migrate", "worker")] == [["migrate"], ["run"]]


def test_the_unit_of_a_worker_leaves_it_time_to_stop_and_a_state_of_its_own() -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string((DEPLOY / "systemd" / "controlwatch@.service").read_text(encoding="utf-8"))
    service = unit["Service"]
    assert int(service["TimeoutStopSec"]) > END_TIMEOUT
    assert service["ExecStart"].endswith("/controlwatch run")
    assert service["Environment"] == f"CONTROLWATCH_STATE_DIR=%S/{service['StateDirectory']}"


def test_containers_have_time_to_stop() -> None:
    (deployment,) = (
        document for path in MANIFESTS for document in documents(path) if document["kind"] == "Deployment"
    )
    assert deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > END_TIMEOUT  # type: ignore[index]
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert int(services["worker"]["stop_grace_period"].removesuffix("s")) > END_TIMEOUT


@pytest.fixture(scope="module")
def measured() -> str:
    """The metrics of a worker."""
    store = SqlStore.open("sqlite://")
    store.subscriptions.subscribe(Subscription(channel="console", target="-"), datetime.now(UTC))
    store.reviews.count_open()
    figures = ClusterFigures(
        schedule=ScheduleFigures(sources=3, due=2, running=1, orphaned=0, lag=1.5),
        workers={"0.1.0": 3},
        waiting={"polls": 1, "service": 0},
    )
    queries = build_queries(store, load_lexicon(), (WATCHER,))
    text = render_metrics(queries, store.queries, store.backlog, measure_cluster=lambda: figures)
    store.close()
    return text


@pytest.mark.parametrize("name", ["alerts.yaml", "dashboard.json"])
def test_every_metric_that_rules_and_dashboard_ask_for_exists(name: str, measured: str) -> None:
    asked = set(METRIC.findall((DEPLOY / "monitoring" / name).read_text(encoding="utf-8")))
    assert asked
    assert asked <= set(METRIC.findall(measured))


def test_rules_and_dashboard_are_read_by_their_programmes() -> None:
    (group,) = yaml.safe_load((DEPLOY / "monitoring" / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]:
        assert {"alert", "expr", "for", "labels", "annotations"} == set(rule)
        assert rule["expr"].count("(") == rule["expr"].count(")")
    dashboard = json.loads((DEPLOY / "monitoring" / "dashboard.json").read_text(encoding="utf-8"))
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(numbers)) == len(numbers)
    assert all(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])


def test_the_oldest_delivery_that_waits_is_measured_by_channel() -> None:
    store = SqlStore.open("sqlite://")
    one, other = (
        store.subscriptions.subscribe(Subscription(channel=channel, target="-"), NOW)
        for channel in ("console", "slack")
    )
    late = PlannedDelivery(subscription_id=one, due_at=NOW, why="all")
    later = PlannedDelivery(subscription_id=other, due_at=NOW + timedelta(hours=1), why="all")
    store.outbox.enqueue_alert(PAUSED, [late, later])
    found = store.backlog.measure_deliveries(now=NOW + timedelta(minutes=5))
    assert (found.oldest, found.expired_leases) == ({"console": 300.0}, 0)
    store.outbox.claim(now=NOW, owner="dead", lease=60, most=1)
    assert store.backlog.measure_deliveries(now=NOW + timedelta(minutes=5)).expired_leases == 1
    store.close()
