"""What databases report is explained to an operator, in our words only."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from controlwatch.adapters.storage.engine import open_database
from controlwatch.adapters.storage.explain_errors import explain_database_error


@pytest.mark.parametrize(
    ("database", "statement", "expected"),
    [
        ("nothing_here", "SELECT 1", "does not have this database"),
        ("postgres", "SELECT * FROM nothing_here", "not those of this version"),
        ("postgres", "SET TRANSACTION READ ONLY; CREATE TABLE t (a int)", "reading only"),
        ("postgres", "SET LOCAL statement_timeout = 1; SELECT pg_sleep(5)", "took too long"),
        ("postgres", "SELECT pg_terminate_backend(pg_backend_pid())", "starting or stopping"),
    ],
)
def test_what_a_server_refuses_is_explained_without_its_words(
    postgres: str, database: str, statement: str, expected: str
) -> None:
    url = make_url(postgres).set(database=database)
    with pytest.raises(DBAPIError) as refused:  # noqa: PT012 - opening it may be what is refused
        engine = open_database(url.render_as_string(hide_password=False)).write
        with engine.begin() as connection:
            connection.execute(text(statement))
    assert expected in explain_database_error(refused.value)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("PRAGMA max_page_count=1;", "disk is full"),
        ("PRAGMA query_only=1;", "cannot be written to"),
    ],
)
def test_what_sqlite_refuses_is_explained(statement: str, expected: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as line:
        line.execute("CREATE TABLE first (a)")
        with pytest.raises(sqlite3.Error) as refused:
            line.executescript(statement + "".join(f"CREATE TABLE t{n} (a);" for n in range(9)))
    assert expected in explain_database_error(refused.value)


def test_a_locked_database_is_said_to_be_locked(tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "a.db", timeout=0)) as one,
        closing(sqlite3.connect(tmp_path / "a.db", timeout=0)) as other,
    ):
        one.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError) as refused:
            other.execute("BEGIN IMMEDIATE")
    assert "another process keeps it locked" in explain_database_error(refused.value)


def test_an_error_of_the_program_is_not_one_of_the_database() -> None:
    assert explain_database_error(RuntimeError("a bug")) == ""
