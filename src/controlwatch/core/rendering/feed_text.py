"""The entries of a feed in words: what the notice says, from when, and the sentences that prove it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from controlwatch.core.extraction.report.measures import choose_measure
from controlwatch.core.law.answers import FeedNotice
from controlwatch.core.model import Alert
from controlwatch.core.model.text_safety import to_one_line, to_safe_link
from controlwatch.core.rendering.facts import CardContext, CardFact
from controlwatch.core.rendering.headlines import name_number
from controlwatch.core.rendering.notice_facts import list_notice_facts

#: The ids of entries do not depend on the address of the installation, so that they stay when it moves.
TAG_PREFIX = "tag:controlwatch,2026:"
MAX_TITLE, MAX_VALUE = 250, 2_000  #: characters


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """A notice as an entry of a feed, without control characters. Instants are UTC."""

    id: str  #: a tag URI (RFC 4151), the same for ever
    title: str
    updated_at: datetime
    published: date | None
    summary: str
    facts: tuple[CardFact, ...]  #: dates first, each with its quote
    source_url: str  #: of the notice; "" where none is safe to click
    page_url: str  #: of its page here; "" where that is not known
    categories: tuple[tuple[str, str], ...]  #: id and name


def build_feed_entry(item: FeedNotice, context: CardContext, *, page_url: str = "") -> FeedEntry:
    """Return the entry of a notice."""
    line, notice = item.line, item.notice
    measure = context.find_word(choose_measure(notice, context.lexicon)) if line.is_change else ""
    number = name_number(line.number, context) if line.number else ""
    alert = Alert(kind="new", made_at=item.updated_at, title=line.title, watcher=line.watcher, notice=notice)
    return FeedEntry(
        id=f"{TAG_PREFIX}notice:{quote(line.key, safe='')}",
        title=to_one_line(" · ".join(filter(None, (measure, number, line.title))), MAX_TITLE),
        updated_at=item.updated_at,
        published=line.published,
        summary=to_one_line(
            context.pick_language(notice.summary.en, notice.summary.zh) or line.title, MAX_VALUE
        ),
        facts=tuple(
            CardFact(
                label=to_one_line(fact.label),
                value=to_one_line(fact.value, MAX_VALUE),
                quote=fact.quote,
                word=fact.word,
            )
            for fact in list_notice_facts(alert, notice, (), context)
        ),
        source_url=to_safe_link(line.url) or "",
        page_url=page_url,
        categories=tuple((name, to_one_line(context.name_category(name))) for name in line.categories),
    )
