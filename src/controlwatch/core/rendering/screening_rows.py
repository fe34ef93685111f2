"""The rows of a screening: one for each possible match, and one for each name without a match."""

from __future__ import annotations

from collections.abc import Iterator

from controlwatch.core.law.party_answers import ScreeningResult
from controlwatch.core.rendering.state_text import format_announced

NO_MATCH = "no possible match among the names known here"
COLUMNS = (
    "name",
    "match_zh",
    "match_en",
    "list",
    "action",
    "state",
    "on",
    "since",
    "until",
    "announced",
    "number",
    "url",
    "score",
    "note",
)

LIMIT_COLUMNS = ("kind", "number", "text", "gap", "url")

#: A cell is text, or a score.
ScreeningRow = tuple[str | int, ...]


def build_screening_rows(result: ScreeningResult) -> Iterator[ScreeningRow]:
    """Yield a row for each possible match, in the order of the names; a name without one has a row too."""
    on = str(result.on)
    for item in result.names:
        for match in item.matches:
            yield (
                item.name,
                match.zh,
                match.en,
                match.list,
                match.action,
                match.state.value,
                on,
                str(match.since or ""),
                str(match.until or ""),
                format_announced(match.announced),
                match.number,
                match.url,
                match.score,
                match.note,
            )
        if not item.matches:
            yield (item.name, "", "", "", "", "", on, "", "", "", "", "", "", NO_MATCH)


def build_limit_rows(result: ScreeningResult) -> Iterator[ScreeningRow]:
    """Yield what limits the result: the listings that are not known whole, then the cautions."""
    for listing in result.incomplete_listings:
        yield "listing without all names", listing.number, listing.title, listing.gap, listing.url
    for caution in result.cautions:
        yield "caution", "", caution, "", ""
