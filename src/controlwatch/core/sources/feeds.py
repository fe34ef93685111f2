"""Read RSS and Atom feeds: their items, what tells one from another, and the days they carry."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from controlwatch.core.model import NoticeRef
from controlwatch.core.model.addresses import resolve_link
from controlwatch.core.model.errors import Garbled, Reshaped
from controlwatch.core.sources.field_paths import find_field
from controlwatch.core.sources.html_text import strip_markup
from controlwatch.core.sources.time_stamps import parse_day

#: Errors that the feed parser raises on damaged feeds.
_PARSER_ERRORS = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
#: Where a day may be, in the order in which it is taken.
_DAY_KEYS = ("published", "updated", "created")
#: <?xml version="1.0" encoding="GB2312"?>
_DECLARED_ENCODING = re.compile(r"(<\?xml[^>]{0,200}?)\s+encoding\s*=\s*[\"'][\w.:-]*[\"']")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItems:
    """The items of a feed."""

    refs: tuple[NoticeRef, ...]  #: of those with a link and a title
    count: int
    faults: tuple[str, ...] = ()


def parse_feed(text: str, *, url: str, content: str = "") -> FeedItems:
    """Read a feed from its decoded text; `content` is the key that carries the HTML of an item.

    Raises `Garbled` and `Reshaped` for anything but a feed with items.
    """
    import feedparser  # a round of polls without a feed does not load it

    plain = _DECLARED_ENCODING.sub(r"\1", text, count=1).removeprefix("\ufeff").lstrip()
    # Bytes in a file object: a str would be taken for an address or a file name, and opened.
    body = io.BytesIO(plain.encode("utf-8", "surrogatepass"))
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        feed = feedparser.parse(body, response_headers=headers)
    except _PARSER_ERRORS as error:
        raise Garbled(f"the feed is too damaged to be read: {error}") from error
    items: list[object] = list(feed.entries)
    # The type or the encoding in the header was wrong.
    harmless = (feedparser.NonXMLContentType, feedparser.CharacterEncodingOverride)
    is_broken = feed.bozo and not isinstance(feed.bozo_exception, harmless)
    problem = f"the feed is not well-formed: {feed.get('bozo_exception', 'it is not a feed')}"
    if not items and (is_broken or not feed.get("version")):
        raise Garbled(problem)
    if not items:
        raise Reshaped("the feed has no entries")
    refs: list[NoticeRef] = []
    unreadable_days = 0
    for item in items:
        link, guid = find_field(item, "link"), find_field(item, "id")
        address, title = resolve_link(link or guid, base=url), strip_markup(find_field(item, "title"))
        if not address or not title:
            continue
        stamps = [stamp for key in _DAY_KEYS if (stamp := _get_text(item, key))]
        day = next((day for stamp in stamps if (day := parse_day(stamp))), None)
        unreadable_days += bool(stamps) and day is None
        refs.append(
            NoticeRef(
                url=address,
                title=title,
                listed_on=day,
                content=find_field(item, content) or None,
                item=guid if guid and guid != link else link.partition("#")[2],
            )
        )
    table = (
        (is_broken, problem),
        (len(refs) < len(items), f"{len(items) - len(refs)} of {len(items)} items lack a link or a title"),
        (unreadable_days, f"the day of {unreadable_days} of {len(items)} items cannot be read"),
    )
    return FeedItems(
        refs=tuple(refs), count=len(items), faults=tuple(words for applies, words in table if applies)
    )


def _get_text(item: object, key: str) -> str:
    """Return a text of an item as the feed has it; the parser's own look-up would fall back to others."""
    value = dict.get(item, key) if isinstance(item, dict) else None
    return value if isinstance(value, str) else ""
