"""What has to be the same on all machines is refused where it is not, by the name of its setting."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.schema_revisions import find_newest_revision
from controlwatch.bootstrap.cluster import build_identity, wait_for_schema
from controlwatch.core.model.errors import OldSchema
from controlwatch.settings import Settings
from tests.cli.test_commands import Terminal, terminal
from tests.store.conftest import create_database, postgres

__all__ = ["postgres", "terminal"]

SHARED = {
    "CONTROLWATCH_ENGINE": "postgresql",
    "CONTROLWATCH_DATABASE_URL": "postgresql://localhost/nowhere",
    "CONTROLWATCH_ARCHIVE": "database",
    "CONTROLWATCH_SECRET": "s" * 40,
}


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("CONTROLWATCH_DATABASE_URL", "CONTROLWATCH_DATABASE_URL=postgresql"),
        ("CONTROLWATCH_ARCHIVE", "an archive that all machines reach"),
        ("CONTROLWATCH_SECRET", "the same on all machines"),
    ],
)
def test_a_worker_is_refused_without_what_all_machines_must_share(
    terminal: Terminal, missing: str, named: str
) -> None:
    env = {key: value for key, value in SHARED.items() if key != missing}
    refusal = terminal.fails("run", **env)
    assert "CONTROLWATCH_ENGINE" in refusal
    assert named in refusal


@pytest.fixture
def machine(terminal: Terminal, postgres: str) -> Terminal:
    terminal.env |= SHARED | {"CONTROLWATCH_DATABASE_URL": create_database(postgres)}
    return terminal


def test_nothing_but_migrate_changes_the_schema(machine: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in machine.env.items():
        if key.startswith("CONTROLWATCH_"):
            monkeypatch.setenv(key, value)
    settings = Settings.load()
    with pytest.raises(OldSchema, match="controlwatch migrate"):
        wait_for_schema(settings, seconds=0)
    assert "controlwatch migrate" in machine.fails("subscribe", "webhook", "https://x.example")
    assert find_newest_revision() in machine.types("migrate")
    wait_for_schema(settings, seconds=0)
    machine.types("subscriptions")


def test_a_newer_schema_will_do_as_long_as_it_says_so(machine: Terminal) -> None:
    machine.types("migrate")
    engine = create_engine(machine.env["CONTROLWATCH_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    machine.types("subscriptions")
    machine.types("adopt")
    machine.types("verify")
    with engine.begin() as connection:
        connection.execute(text("UPDATE schema_support SET oldest = '9999'"))
    engine.dispose()
    for command in ("subscriptions", "verify"):
        assert "a newer version" in machine.fails(command)


def test_a_service_alone_does_not_start_beside_workers(machine: Terminal) -> None:
    machine.types("migrate")
    url = machine.env["CONTROLWATCH_DATABASE_URL"]
    store = SqlStore.open(url)
    shared = Settings(database_url=url, archive="database", secret="s" * 40, engine="postgresql")
    store.workers.record_beat(build_identity(shared))
    assert "stop it first" in machine.fails("run", CONTROLWATCH_ENGINE="embedded")
    store.close()
