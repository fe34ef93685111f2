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


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database's address."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url = make_url(request.getfixturevalue("postgres"))
    name = f"t{uuid.uuid4().hex}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def store(database: str) -> Iterator[SqlStore]:
    opened = SqlStore.open(database)
    yield opened
    opened.close()
