"""The store contract runs on both databases."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, make_url, text

from controlwatch.adapters.storage import SqlStore
from tests.known import fresh
from tests.store.postgres import server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="controlwatch-pg-"))
    folder.chmod(0o755)  # the server runs as another user
    try:
        with server(folder / "pg") as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(postgres: str) -> str:
    """The name of a database on the server that is up to date and holds nothing."""
    url = create_database(postgres)
    SqlStore.open(url).close()
    return str(make_url(url).database)


def create_database(server_url: str, *, template: str = "template1") -> str:
    """Create a database of its own on a server, as a copy of another; return its address."""
    name = f"t{uuid.uuid4().hex}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without a table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return create_database(request.getfixturevalue("postgres"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that is up to date and holds nothing."""
    if request.param == "sqlite":
        return f"sqlite:///{fresh(tmp_path / 'store.db')}"
    url, template = (request.getfixturevalue(name) for name in ("postgres", "template"))
    return create_database(url, template=template)


@pytest.fixture
def store(database: str) -> Iterator[SqlStore]:
    opened = SqlStore.open(database)
    yield opened
    opened.close()
