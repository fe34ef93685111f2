"""The screening of names as an answer: possible matches of each name, and what is not known."""

from __future__ import annotations

from controlwatch.core.law.party_answers import PartyMatch, ScreeningResult
from controlwatch.core.rendering.day_text import add_known_day
from controlwatch.core.rendering.law_answers import describe_incomplete_listings
from controlwatch.core.rendering.replies import Reply, ReplyRow
from controlwatch.core.rendering.state_text import format_state

NO_MATCH = "no known listed party has a similar name"


def screening_reply(found: ScreeningResult) -> Reply:
    """Return the possible matches of names, never an identification."""
    rows = []
    for item in found.names:
        rows += [
            ReplyRow(heading=item.name, body=_describe_match(match), url=match.url) for match in item.matches
        ]
        if not item.matches:
            rows.append(ReplyRow(heading=item.name, body=NO_MATCH))
    count = sum(bool(item.matches) for item in found.names)
    return Reply(
        title=add_known_day(
            f"{count} of {len(found.names)} names with possible matches on {found.on}", found.coverage
        ),
        rows=tuple(rows),
        note=describe_incomplete_listings(found.incomplete_listings),
        cautions=found.cautions,
    )


def _describe_match(match: PartyMatch) -> str:
    return " · ".join(
        filter(
            None,
            (
                f"possible match ({match.score})",
                match.en,
                match.zh,
                f"{match.list.removeprefix('entity.')} ({match.action})",
                match.number,
                format_state(match.state, match.until, match.announced),
            ),
        )
    )
