"""Errors of the database as one sentence for an operator: what is wrong, and what to do.

No words of a driver are shown: they may hold the address of the server, statements and stored values.
"""

from __future__ import annotations

import re
import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

#: What SQLite reports (the beginning of the name of its code) → what it means.
_SQLITE_CODES = {
    "SQLITE_BUSY": "another process keeps it locked; try again",
    "SQLITE_LOCKED": "another process keeps it locked; try again",
    "SQLITE_CANTOPEN": "its file cannot be opened; check the permissions of the state directory",
    "SQLITE_PERM": "its file cannot be opened; check the permissions of the state directory",
    "SQLITE_AUTH": "its file cannot be opened; check the permissions of the state directory",
    "SQLITE_READONLY": "its file cannot be written to; check the permissions of the state directory",
    "SQLITE_NOTADB": "its file is damaged or is not a database; keep it, and see controlwatch restore",
    "SQLITE_CORRUPT": "its file is damaged; keep it, and see controlwatch restore",
    "SQLITE_FULL": "the disk is full; free some space",
    "SQLITE_IOERR": "the disk cannot be read or written; check it, and free some space",
}
#: Errors of PostgreSQL by their SQLSTATE, or the beginning of it → what they mean.
_SQL_STATES = {
    "28": "the server refuses the user or the password; check CONTROLWATCH_DATABASE_URL",
    "3D": "the server does not have this database; create it, or check CONTROLWATCH_DATABASE_URL",
    "42501": "the user lacks a permission in it; grant it",
    "42P01": "its tables are not those of this version; start the service once",
    "42703": "its tables are not those of this version; start the service once",
    "25006": "the server allows reading only; check whether it is a replica",
    "53100": "the disk of the server is full; free some space there",
    "53300": "the server has no free connection; raise max_connections, or try again",
    "53": "the server lacks resources; check its log",
    "55P03": "another process keeps it locked; try again",
    "40": "another process changed the same rows; try again",
    "57P": "the server is starting or stopping; try again",
    "57014": "the server ended a statement that took too long; try again",
    "address": "its address holds a setting that is not valid; check CONTROLWATCH_DATABASE_URL",
    "08": "the connection to the server broke; try again",
    "58": "the server cannot read or write its files; check its log",
    "XX": "the server reports damaged data; check its log",
}
#: Errors before the server says anything have no SQLSTATE; libpq says them in English.
_CONNECTION_WORDS = (
    (re.compile(r"password|authentication|pg_hba|role .* does not exist"), "28"),
    (re.compile(r'database ".*" does not exist'), "3D"),
    (re.compile(r"invalid .*(?:option|value|port|uri|dsn)|missing .*="), "address"),
    (re.compile(r"too many clients|too many connections|connection slots"), "53300"),
    (re.compile(r"starting up|shutting down|recovery mode"), "57P"),
    (re.compile(r"server closed the connection|terminating connection|connection is lost|broken pipe"), "08"),
)
_NO_ANSWER = (
    (re.compile(r"connection refused"), "connection refused"),
    (re.compile(r"timeout|timed out"), "timed out"),
    (re.compile(r"resolve|translate host name|name or service not known|nodename"), "its name is not known"),
    (re.compile(r"no route|unreachable"), "no route to it"),
    (re.compile(r"no such file or directory"), "its socket does not exist"),
    (re.compile(r"ssl|certificate"), "no TLS connection is possible"),
)


def explain_database_error(error: BaseException) -> str:
    """Return what is wrong with the database as one sentence; "" where the error is not one of a database."""
    if isinstance(error, PoolTimeout):
        return "the database cannot be used: every connection to it is busy; try again"
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        reason = _find_by_prefix(_SQLITE_CODES, getattr(cause, "sqlite_errorname", "") or "")
    elif isinstance(error, DBAPIError):
        reason = _explain_server_error(cause)
    else:
        return ""
    return f"the database cannot be used: {reason or f'{type(cause).__name__}; see controlwatch doctor'}"


def _explain_server_error(cause: BaseException | None) -> str:
    """Return what an error of PostgreSQL means; "" where that is not known."""
    state = str(getattr(cause, "sqlstate", None) or "")
    words = str(cause).casefold()
    state = state or next((known for pattern, known in _CONNECTION_WORDS if pattern.search(words)), "")
    if reason := _find_by_prefix(_SQL_STATES, state):
        return reason
    problem = next((known for pattern, known in _NO_ANSWER if pattern.search(words)), "")
    return f"the server does not answer ({problem}); check CONTROLWATCH_DATABASE_URL" if problem else ""


def _find_by_prefix(meanings: dict[str, str], code: str) -> str:
    """Return the meaning of the longest key that a code begins with, or ""."""
    matches = (key for key in meanings if code.startswith(key))
    return meanings.get(max(matches, key=len, default=""), "")
