"""Compiled SQL statements, shared by the stores of a process: each test opens its own, and would compile all again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache

if TYPE_CHECKING:
    from collections.abc import Hashable

#: More than the product has.
MAX_STATEMENTS = 5_000


class SharedStatements:
    """What SQLAlchemy has compiled, for every engine that would compile it to the same.

    Its own key begins with the dialect of one engine; here, with what sets two of these apart.
    """

    def __init__(self) -> None:
        self._compiled: LRUCache[Hashable, Any] = LRUCache(MAX_STATEMENTS)

    def get(self, key: tuple[Any, ...]) -> Any:
        return self._compiled.get(self._without_engine(key))

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        self._compiled[self._without_engine(key)] = compiled

    @staticmethod
    def _without_engine(key: tuple[Any, ...]) -> Hashable:
        dialect, *statement = key
        return type(dialect), dialect.server_version_info, dialect._json_serializer, *statement


def share_statements() -> None:
    """Share the compiled statements of all engines of this process from now on."""
    shared = SharedStatements()

    def use_shared(connection: Connection) -> None:
        connection.execution_options(compiled_cache=shared)

    event.listen(Engine, "engine_connect", use_shared)
