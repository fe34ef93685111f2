"""Read the page of a notice: title, day, labels, text and annexes, before anybody asks what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser, LexborNode

from controlwatch.core.model import Document, NoticeRef
from controlwatch.core.model.errors import Reshaped
from controlwatch.core.sources.attachments import find_annexes
from controlwatch.core.sources.html_text import collapse_whitespace, extract_lines, strip_markup
from controlwatch.core.sources.page_dates import parse_day
from controlwatch.core.sources.watcher import Detail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

# What to try on a page of no declared source, and after the declared selectors have found nothing.
# MakeTime and createDate are never asked: they say when the server last wrote the file.
_TITLES = ("meta[name=ArticleTitle]", "meta[property='og:title']", "h1", "title")
_DAYS = ("meta[name=PubDate]", "meta[name=firstpublishedtime]", "meta[property='article:published_time']")
_SOURCES = ("meta[name=ContentSource]",)
_LABELS = "div.art-con-gonggao, div.hgfg_list"
_BODIES = (
    "div.art-con",
    "#con_con",
    "#UCAP-CONTENT",
    "div.my_doccontent",
    ".TRS_Editor",
    "#easysiteText",
    "div.easysite-news-text",
    "div.news_detail_con",
    "div.atcl-cnt",
    "article",
    "main",
)
_NOISE_SELECTORS = (
    "nav, header, footer, aside, form, .breadcrumb, .share, .article-tool, .position, .footer, .header"
)

_LABEL = re.compile(r"【([^】\n]{1,12})】\s*([^【\n]*)")  # 【发布文号】商务部公告2026年第30号
_SOURCE = re.compile(r"(?:来源|Source)\s*[:：]\s*(\S+)")  # 来源：安全与管制局 类型：原创
_SSI_ERROR = "[an error occurred while processing this directive]"  # the server's include failed
_OFFICE_VIEWER = "iframe[src*='/weboffice/']"
_MIN_TEXT_LENGTH = 20  #: characters; a page that yields less has not shown its notice


@dataclass(frozen=True, slots=True)
class _PageBody:
    nodes: tuple[LexborNode, ...]
    noise: str
    doubts: tuple[str, ...] = ()


def parse_notice_page(
    html: str, *, url: str, detail: Detail | None = None, encoding: str = "utf-8", replaced: int = 0
) -> Document:
    """Read a page by the declared selectors, or any page without them.

    Relative links are resolved against `url`. Raises `Reshaped` where the page holds no text and no annex:
    a 200 without a notice in it is an error.
    """
    how = detail or Detail()
    tree = LexborHTMLParser(html)
    body = _find_body(tree, how)
    text = _extract_text(body, how)
    hung = find_annexes(_list_annex_nodes(tree, body, how), base=url)
    doubts = _collect_doubts(tree, body, text=text, is_annexed=bool(hung), replaced=replaced)
    return Document(
        url=url,
        title=_find_first_value(tree, (*how.title, *_TITLES)),
        text="\n".join(line for line in text if line != _SSI_ERROR),
        page_date=_find_page_date(tree, (*how.published, *_DAYS)),
        source_name=_find_source(tree, (*how.source, *_SOURCES)),
        labels=_parse_labels(tree, how.labels or _LABELS),
        annexes=hung,
        encoding=encoding,
        replaced=replaced,
        doubts=doubts,
    )


def build_listed_document(ref: NoticeRef) -> Document:
    """Return what the index alone says of a notice: its title and, where the row carries it, its text."""
    if not (ref.content and ref.content.strip()):
        return Document(url=ref.url, title=ref.title, text="", page_date=ref.listed_on)
    tree = LexborHTMLParser(ref.content)
    roots = (tree.body,) if tree.body else ()
    return Document(
        url=ref.url,
        title=ref.title,
        text="\n".join(extract_lines(roots)),
        page_date=ref.listed_on,
        labels=_parse_labels(tree, _LABELS),
        annexes=find_annexes(roots, base=ref.url),
    )


def _find_body(tree: LexborHTMLParser, how: Detail) -> _PageBody:
    """The first declared selector that finds text; else the containers we know; else the page."""
    matched = _find_containers(tree, how.body)
    if matched:
        return _PageBody(matched, noise="")
    missing = ("the declared body was not found; another part of the page was read",) if how.body else ()
    known = _find_containers(tree, _BODIES, is_single=True)
    if known:
        return _PageBody(known, noise=_NOISE_SELECTORS, doubts=missing)
    whole = () if how.body else ("no article was found; the whole page was read",)
    return _PageBody((tree.body,) if tree.body else (), noise=_NOISE_SELECTORS, doubts=(*missing, *whole))


def _find_containers(
    tree: LexborHTMLParser, selectors: Iterable[str], *, is_single: bool = False
) -> tuple[LexborNode, ...]:
    """All outermost nodes of the first selector with text; of the first that matches, if none has text."""
    matched: tuple[LexborNode, ...] = ()
    for selector in selectors:
        nodes = _select_outermost(tree.css(selector))
        if is_single and selector == "article" and len(nodes) > 1:
            continue  # a page of teasers, not an article
        if extract_lines(nodes):
            return nodes
        matched = matched or nodes
    return () if is_single else matched


def _select_outermost(nodes: list[LexborNode]) -> tuple[LexborNode, ...]:
    chosen = {
        node.mem_id: node for node in nodes
    }  # a list of selectors yields a node once for each that matches
    inner = {
        id_ for id_, node in chosen.items() if any(above.mem_id in chosen for above in _list_ancestors(node))
    }
    return tuple(node for id_, node in chosen.items() if id_ not in inner)


def _list_ancestors(node: LexborNode) -> Iterator[LexborNode]:
    above = node.parent
    while above is not None:
        yield above
        above = above.parent


def _extract_text(body: _PageBody, how: Detail) -> tuple[str, ...]:
    selectors = [*how.drop, body.noise] if body.noise else how.drop
    dropped = {part.mem_id for node in body.nodes for selector in selectors for part in node.css(selector)}
    return extract_lines(body.nodes, without=dropped - {node.mem_id for node in body.nodes})


def _list_annex_nodes(tree: LexborHTMLParser, body: _PageBody, how: Detail) -> tuple[LexborNode, ...]:
    return (*body.nodes, *(node for selector in how.annexes for node in tree.css(selector)))


def _collect_doubts(
    tree: LexborHTMLParser, body: _PageBody, *, text: tuple[str, ...], is_annexed: bool, replaced: int
) -> tuple[str, ...]:
    length = sum(len(line) for line in text if line != _SSI_ERROR)
    is_guess = _SSI_ERROR in text or bool(body.doubts)
    is_scan = not is_guess and any(node.css_first("img") is not None for node in body.nodes)
    if not length and not (is_annexed or is_scan):
        raise Reshaped(_explain_empty(tree, text))
    if is_guess and length < _MIN_TEXT_LENGTH and not is_annexed:
        raise Reshaped(_explain_empty(tree, text))
    found = (
        *body.doubts,
        not length and is_annexed and "the page has no text of its own; its annexes carry it",
        not length and not is_annexed and "needs OCR: the text stands in an image",
        _SSI_ERROR in text and "a part of the page failed on the server and is missing",
        replaced and f"{replaced} characters could not be decoded",
    )
    return tuple(doubt for doubt in found if doubt)


def _explain_empty(tree: LexborHTMLParser, text: tuple[str, ...]) -> str:
    if _SSI_ERROR in text:
        return "the server sent an error text instead of the article"
    if tree.css_first(_OFFICE_VIEWER) is not None:
        return "the text stands in an embedded office viewer that cannot be read here"
    return "the page came without the text of a notice"


def _find_values(tree: LexborHTMLParser, selector: str) -> Iterator[str]:
    if selector.startswith("var:"):
        yield from _find_variable(tree, selector.removeprefix("var:"))
        return
    for node in tree.css(selector):
        if node.tag in {"meta", "title"}:
            yield collapse_whitespace(node.attributes.get("content") or node.text() or "")
        else:
            yield " ".join(extract_lines([node]))


def _find_variable(tree: LexborHTMLParser, name: str) -> Iterator[str]:
    setting = re.compile(
        rf"\bvar\s+{re.escape(name)}\s*=\s*(['\"])(.*?)\1\s*;"
    )  # var publishTime = '2026-06-12 15:12';
    for script in tree.css("script"):
        for found in setting.finditer(script.html or ""):
            yield strip_markup(found[2])


def _find_first_value(tree: LexborHTMLParser, selectors: Iterable[str]) -> str:
    return next((value for selector in selectors for value in _find_values(tree, selector) if value), "")


def _find_page_date(tree: LexborHTMLParser, selectors: Iterable[str]) -> date | None:
    days = (parse_day(value) for selector in selectors for value in _find_values(tree, selector))
    return next((found for found in days if found), None)


def _find_source(tree: LexborHTMLParser, selectors: Iterable[str]) -> str | None:
    for selector in selectors:
        for value in _find_values(tree, selector):
            named = _SOURCE.search(value)
            if named or (value and selector.startswith(("meta", "var:"))):
                return named[1] if named else value
    return None


def _parse_labels(tree: LexborHTMLParser, selector: str) -> tuple[tuple[str, str], ...]:
    printed = "\n".join(extract_lines(_select_outermost(tree.css(selector))))
    labels: dict[str, str] = {}
    for found in _LABEL.finditer(printed):
        if found[2].strip():
            labels.setdefault(re.sub(r"\s", "", found[1]), found[2].strip())  # 【文　　号】
    return tuple(labels.items())
