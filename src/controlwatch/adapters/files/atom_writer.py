"""Write feeds in the Atom format (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from controlwatch.core.model.text_safety import strip_hidden
from controlwatch.core.model.timezones import to_beijing_noon
from controlwatch.core.rendering.feed_text import FeedEntry
from controlwatch.core.rendering.proof_text import format_proof

ATOM = "http://www.w3.org/2005/Atom"
MAX_QUOTE = 600  #: characters
#: What is left of `strip_hidden` that XML 1.0 does not allow.
_NO_XML_CHARACTERS = re.compile(r"[\ufffe\uffff]")

ET.register_namespace("", ATOM)


def write_feed(
    entries: Iterable[FeedEntry],
    *,
    feed_id: str,
    title: str,
    updated_at: datetime,
    self_url: str,
    page_url: str,
) -> bytes:
    """Return a feed; `self_url` is its address, `page_url` that of the list that it is made of."""
    feed = ET.Element(f"{{{ATOM}}}feed")
    _add_text(feed, "id", feed_id)
    _add_text(feed, "title", title)
    _add_text(feed, "updated", _format_instant(updated_at))
    _add_text(ET.SubElement(feed, f"{{{ATOM}}}author"), "name", "controlwatch")
    _add_text(feed, "generator", "controlwatch")
    _add_link(feed, "self", self_url, "application/atom+xml")
    _add_link(feed, "alternate", page_url, "text/html")
    for entry in entries:
        feed.append(_build_entry(entry))
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _build_entry(entry: FeedEntry) -> ET.Element:
    element = ET.Element(f"{{{ATOM}}}entry")
    _add_text(element, "id", entry.id)
    _add_text(element, "title", entry.title)
    _add_text(element, "updated", _format_instant(entry.updated_at))
    if entry.published is not None:
        _add_text(element, "published", _format_instant(to_beijing_noon(entry.published)))
    _add_link(element, "alternate", entry.page_url or entry.source_url, "text/html")
    if entry.page_url:
        _add_link(element, "related", entry.source_url, "")
    for name, label in entry.categories:
        ET.SubElement(element, f"{{{ATOM}}}category", term=_clean(name), label=_clean(label))
    _add_text(element, "summary", entry.summary)
    content = _add_text(element, "content", _write_html(entry))
    content.set("type", "html")
    return element


def _write_html(entry: FeedEntry) -> str:
    """Return the facts of an entry as HTML, which the feed holds as text."""
    body = ET.Element("div")
    ET.SubElement(body, "p").text = _clean(entry.summary)
    listed = ET.SubElement(body, "dl")
    for fact in entry.facts:
        ET.SubElement(listed, "dt").text = _clean(fact.label)
        value = ET.SubElement(listed, "dd")
        value.text = _clean(fact.value)
        if fact.quote:
            ET.SubElement(value, "br")
            ET.SubElement(value, "q").text = _clean(format_proof(fact.quote, MAX_QUOTE))
    if entry.source_url:
        source = ET.SubElement(ET.SubElement(body, "p"), "a", href=entry.source_url)
        source.text = entry.source_url
    return ET.tostring(body, encoding="unicode", method="html")


def _add_text(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, f"{{{ATOM}}}{name}")
    element.text = _clean(text)
    return element


def _add_link(parent: ET.Element, relation: str, url: str, kind: str) -> None:
    if url:
        given = {"rel": relation, "href": url} | ({"type": kind} if kind else {})
        ET.SubElement(parent, f"{{{ATOM}}}link", given)


def _clean(text: str) -> str:
    return _NO_XML_CHARACTERS.sub("", strip_hidden(text))


def _format_instant(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
