"""What databases report is explained to an operator, in our words only."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from controlwatch.adapters.storage.engine import open_database, parse_database_url
from controlwatch.adapters.storage.explain_errors import explain_database_error
from controlwatch.cli.common import configure_log


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


@pytest.mark.parametrize("driver", ["", "+psycopg", "+psycopg2", "+asyncpg"])
def test_whichever_driver_an_address_names_ours_is_used(driver: str) -> None:
    assert parse_database_url(f"postgresql{driver}://u@h/d").drivername == "postgresql+psycopg"


def test_an_address_with_a_setting_that_does_not_exist_is_said_to_have_one() -> None:
    with pytest.raises(DBAPIError) as refused:
        open_database("postgresql://u:secret@127.0.0.1:1/x?sslmode=bogus")
    assert "setting that is not valid" in explain_database_error(refused.value)


def test_the_log_of_the_service_has_one_line_for_each_failure_of_the_database(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_log("INFO")
    try:
        open_database("postgresql://u:secret@127.0.0.1:1/x")
    except DBAPIError:
        structlog.get_logger().exception("job failed", job="deliver")
    try:
        int("a bug")
    except ValueError:
        structlog.get_logger().exception("job failed", job="deliver")
    known, bug = map(json.loads, capsys.readouterr().err.splitlines())
    assert "connection refused" in known["reason"]
    assert "exception" not in known
    assert "Traceback" in bug["exception"]


def test_an_error_of_the_program_is_not_one_of_the_database() -> None:
    assert explain_database_error(RuntimeError("a bug")) == ""
