"""Full text over pairs of characters: FTS5 on SQLite, an array with a GIN index on PostgreSQL."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: A document of more index words than this is indexed by its first so many: 1 MB of Chinese.
MAX_WORDS = 400_000
#: A run of Han characters, or a Latin word or number: 稀土永磁, NdFeB, 85076000
WORD_RUN = re.compile(r"[㐀-鿿]+|[A-Za-z0-9]+")


def index_notice(connection: Connection, notice_id: int, body: str) -> None:
    """Make a notice findable by the words of its latest version."""
    found = _split_words(body)[:MAX_WORDS]
    connection.execute(
        text(
            "DELETE FROM notice_words WHERE rowid = :id"
            if _is_sqlite(connection)
            else "DELETE FROM notice_words WHERE notice_id = :id"
        ),
        {"id": notice_id},
    )
    if _is_sqlite(connection):
        statement = "INSERT INTO notice_words (rowid, words) VALUES (:id, :words)"
        connection.execute(text(statement), {"id": notice_id, "words": " ".join(found)})
    else:
        statement = "INSERT INTO notice_words (notice_id, words) VALUES (:id, :words)"
        connection.execute(text(statement), {"id": notice_id, "words": sorted(set(found))})


def match_candidates(connection: Connection, wanted: str) -> Any:
    """Return a condition on notice.id: may contain the words. The caller verifies the exact text."""
    grams = _split_words(wanted, is_query=True)
    if not grams:
        return None
    if _is_sqlite(connection):
        # Double quotes make each a plain string for FTS5; the words themselves hold none.
        match = " AND ".join(f'"{gram}"' + ("*" if len(gram) == 1 else "") for gram in grams)
        return text(
            "notice.id IN (SELECT rowid FROM notice_words WHERE notice_words MATCH :match)"
        ).bindparams(match=match)
    whole = [gram for gram in grams if len(gram) > 1]
    if not whole:
        return text("TRUE")
    return text("notice.id IN (SELECT notice_id FROM notice_words WHERE words @> :grams)").bindparams(
        grams=whole
    )


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _split_words(body: str, *, is_query: bool = False) -> tuple[str, ...]:
    """Return the index words of a text: 稀土管制 → 稀土 土管 管制 制; Latin words in lower case.

    The last character is a word as well, so that a query of one character can match by prefix. A longer query
    does not ask for it.
    """
    words: list[str] = []
    for match in WORD_RUN.finditer(unicodedata.normalize("NFKC", body)):
        run = match.group()
        if run[0].isascii():
            words.append(run.lower())
        else:
            last = max(1, len(run) - 1) if is_query else len(run)
            words.extend(run[place : place + 2] for place in range(last))
    return tuple(words)
