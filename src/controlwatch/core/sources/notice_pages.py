"""Read the page of a notice: title, day, labels, text and annexes, before its meaning is extracted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from controlwatch.core.model import Document, NoticeRef
from controlwatch.core.model.errors import Reshaped
from controlwatch.core.sources.annex_links import find_page_files, find_unread_names, leads_to_file
from controlwatch.core.sources.annex_pictures import describe_annex_pictures, describe_article_pictures
from controlwatch.core.sources.decoding import find_query_encoding
from controlwatch.core.sources.hidden_text import find_hidden_parts
from controlwatch.core.sources.html_text import (
    STRUCK_SELECTOR,
    collapse_whitespace,
    extract_lines,
    find_base,
    strip_markup,
)
from controlwatch.core.sources.time_stamps import parse_day
from controlwatch.core.sources.watcher import Detail

# Selectors for a page without a declared source, and after the declared selectors have found nothing.
# MakeTime and createDate are not used: they give the time when the server last wrote the file.
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

MAX_TITLE = 300  #: characters of a heading that is a title

_LABEL = re.compile(r"【([^】\n]{1,12})】\s*([^【\n]*)")  # 【发布文号】商务部公告2026年第30号
#: The names of the cells that identify an instrument, wherever a site prints its table of particulars.
_NUMBER_PARTICULARS = frozenset({"文号", "发文字号", "发布文号", "公告号", "字号"})
_PARTICULARS = _NUMBER_PARTICULARS | {"成文日期", "发文日期", "发文机关", "发布单位", "发布机构"}
#: Those that say when the page was published.
_PAGE_DAYS = frozenset({"发布时间", "发布日期", "公开日期", "时间"})
#: A number with an element of its own, as sites print it beside the title.
_LONE_NUMBER = re.compile(
    r"<(?!a\b|title|h\d)[a-z][^<>]*>\s*("
    r"[\u4e00-\u9fff]{2,14}[〔\[﹝（(]20\d\d[〕\]﹞）)]\s?(?:第\s?)?\d{1,4}\s?号"
    r"|[\u4e00-\u9fff、\s\u3000]{2,40}公告\s?20\d\d\s?年第\s?\d{1,3}\s?号)"
    r"(?=\s*(?:[|｜<\u3000]|&nbsp;))",
    re.IGNORECASE,
)  # <span>工信部联原〔2028〕41号</span> · <p>海关总署公告2028年第41号 | 来源：…</p>
#: The same without its issuers, in the element behind the heading.
_NUMBER_BELOW_TITLE = re.compile(
    r"</h1>\s*<[a-z][^<>]*>\s*(?:公告)?(20\d\d\s?年第\s?\d{1,4}\s?号)\s*</", re.IGNORECASE
)
#: The same behind its name, alone or behind other particulars: 来源：… 文号：交通运输部公告2026年第51号
_NAMED_NUMBER = re.compile(
    r"(?:>\s*|(?<=[\s\u3000|｜]))(?:发布|发文)?[文字]\s?号\s*[:：]\s*([^<>\n：:]{3,40}?\d\s?号)(?=[\s<\u3000])"
)
_TITLE_JOINT = re.compile(r"\s*[_|｜]\s*|\s+[-–—]\s+")  # 关于…的公告_中华人民共和国财政部
#: A particular in its brackets, wherever a page prints it.
_PRINTED_PARTICULAR = re.compile(r"【([^】<\n]{1,12})】(?:\s|&nbsp;|</?[a-z]\w*>)*([^【<\n]{2,80})")
_MAX_CELLS = 2000
_MAX_PARTICULAR = 80  #: characters
_SOURCE = re.compile(r"(?:来源|Source)\s*[:：]\s*(\S+)")  # 来源：安全与管制局 类型：原创
#: The day on the line of a page that names its source or its time.
_SOURCE_LINE_DAY = re.compile(
    r"(?:来源|发布时间|发布日期|Source|Published|Posted)\s*[:：](?:[^<>\n]|<[^<>]{0,120}>){0,80}?"
    r"((?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2})"
    r"|((?:19|20)\d\d(?:-\d{1,2}-\d{1,2}|年\d{1,2}月\d{1,2}日))(?:\s+\d{1,2}:\d{2})?(?:\s|\u3000|&nbsp;){0,6}(?:来源|Source)\s*[:：]"
)
_SSI_ERROR = "[an error occurred while processing this directive]"  # a failed include on the server
_OFFICE_VIEWER = "iframe[src*='/weboffice/']"
_MAX_STRUCK = 300  #: characters of struck text that are quoted
_WHOLE_PAGE = "no article was found; the whole page was read"
#: The first line of an annex that a page prints behind its article: 附件 管制物项一览
_ANNEX_HEAD = re.compile(r"(?:附件|附表|附录)[\s\d一二三四五六七八九十：:]|(?:Annex|Appendix)\b")
_MIN_TEXT_LENGTH = 20  #: characters; a page with fewer has not shown its notice


@dataclass(frozen=True, slots=True)
class _PageBody:
    nodes: tuple[LexborNode, ...]
    noise: str
    doubts: tuple[str, ...] = ()
    is_declared: bool = True  #: what was declared for the source, where anything was


def parse_notice_page(
    html: str, *, url: str, detail: Detail | None = None, encoding: str = "utf-8", replaced: int = 0
) -> Document:
    """Read a page by the declared selectors, or any page without them.

    Relative links are resolved against `url`. Raises `Reshaped` where the page has neither text nor
    annexes: a 200 without a notice in it is an error.
    """
    selectors = detail or Detail()
    tree = LexborHTMLParser(html)
    body = _find_body(tree, selectors)
    drop = [*selectors.drop, body.noise] if body.noise else selectors.drop
    dropped = {part.mem_id for node in body.nodes for selector in drop for part in node.css(selector)}
    struck = [part for node in body.nodes for part in node.css(STRUCK_SELECTOR)]
    unread = (dropped | {part.mem_id for part in struck}) - {node.mem_id for node in body.nodes}
    shown = _read_shown_text(body.nodes, without=unread)
    text = shown.lines
    annex_nodes = (*body.nodes, *(node for selector in selectors.annexes for node in tree.css(selector)))
    files = find_page_files(
        annex_nodes,
        base=find_base(tree, url),
        encoding=find_query_encoding(encoding),
        without=dropped,
    )
    # What a page without an article embeds may be anything; a file that it names is a file.
    is_annexed = any(
        not link.is_embedded or leads_to_file(link.url) or not body.doubts for link in files.links
    )
    titles = _find_titles(tree, (*selectors.title, *_TITLES))
    days = (parse_day(value) for _, value in _find_values(tree, (*selectors.published, *_DAYS)))
    sources = (
        (_SOURCE.search(value), selector, value)
        for selector, value in _find_values(tree, (*selectors.source, *_SOURCES))
    )
    stamped = (parse_day(value) for _, value in _find_particulars(tree, _PAGE_DAYS))
    names = (
        match[1] if match else value
        for match, selector, value in sources
        if match or (value and selector.startswith(("meta", "var:")))
    )
    return Document(
        url=url,
        title=next(titles, ""),
        text="\n".join(line for line in text if line != _SSI_ERROR),
        page_date=next((day for day in (*days, *stamped) if day), None) or _find_source_line_day(html),
        source_name=next(names, None),
        labels=_parse_labels(tree, selectors.labels or _LABELS),
        annexes=files.links,
        encoding=encoding,
        replaced=replaced,
        is_declared_part=body.is_declared,
        doubts=(
            *_collect_doubts(tree, body, text=text, is_annexed=is_annexed, replaced=replaced),
            *(describe_annex_pictures(body.nodes, without=unread) if text else ()),
            *(
                describe_article_pictures(body.nodes, without=unread, is_article=not body.doubts)
                if text
                else ()
            ),
            *_describe_struck(struck),
            *shown.doubts,
            *files.doubts,
            *find_unread_names(text, files.links),
        ),
    )


def parse_saved_page(html: str, *, url: str) -> Document:
    """Read a page that is a file itself, saved by an office program: the files that it links are doubts.

    Raises `Reshaped` where it has no text.
    """
    page = parse_notice_page(html, url=url)
    unread = (f"the file refers to “{link.name[:80]}”, which was not read" for link in page.annexes)
    doubts = (*(doubt for doubt in page.doubts if doubt != _WHOLE_PAGE), *unread)
    return replace(page, doubts=doubts)


def build_listed_document(ref: NoticeRef) -> Document:
    """Return what the index alone shows of a notice: its title and, where the row has it, its text."""
    if not (ref.content and ref.content.strip()):
        return Document(url=ref.url, title=ref.title, text="", page_date=ref.listed_on)
    tree = LexborHTMLParser(ref.content)
    roots = (tree.body,) if tree.body else ()
    return Document(
        url=ref.url,
        title=ref.title,
        text="\n".join((shown := _read_shown_text(roots, without=set())).lines),
        page_date=ref.listed_on,
        labels=_parse_labels(tree, _LABELS),
        annexes=find_page_files(roots, base=ref.url).links,
        doubts=shown.doubts,
    )


# --------------------------------------------------------------------------- body


def _find_body(tree: LexborHTMLParser, selectors: Detail) -> _PageBody:
    """Return what the declared selectors find, else a well-known container, else the whole page."""
    declared = _find_containers(tree, selectors.body)
    if declared:
        return _PageBody((*declared, *_find_annexes_behind(declared[-1])), noise="")
    is_declared = bool(selectors.body)
    missing = ("the declared body was not found; another part of the page was read",) if is_declared else ()
    known = _find_containers(tree, _BODIES, is_single=True)
    if known:
        nodes = (*known, *_find_annexes_behind(known[-1]))
        return _PageBody(nodes, noise=_NOISE_SELECTORS, doubts=missing, is_declared=not is_declared)
    whole = () if is_declared else (_WHOLE_PAGE,)
    nodes = (tree.body,) if tree.body else ()
    return _PageBody(nodes, noise=_NOISE_SELECTORS, doubts=(*missing, *whole), is_declared=not is_declared)


def _find_containers(
    tree: LexborHTMLParser, selectors: Iterable[str], *, is_single: bool = False
) -> tuple[LexborNode, ...]:
    """Return the outermost nodes of the first selector with text, else of the first that matches.

    With `is_single`, nothing where none has text.
    """
    matched: tuple[LexborNode, ...] = ()
    for selector in selectors:
        nodes = _select_outermost(tree.css(selector))
        if is_single and selector == "article" and len(nodes) > 1:
            continue  # a page of teasers, not an article
        if extract_lines(nodes):
            return nodes
        matched = matched or nodes
    return () if is_single else matched


def _find_annexes_behind(article: LexborNode) -> Iterator[LexborNode]:
    """Yield the tables of annexes that a page prints behind its article, outside the element of the text."""
    node: LexborNode | None = article
    while node is not None and node.tag not in {"body", "html"}:
        beside = node.next
        while beside is not None:
            if beside.css_first("table") is not None:
                lines = extract_lines([beside])
                if lines and _ANNEX_HEAD.match(lines[0]):
                    yield beside
            beside = beside.next
        node = node.parent


def _select_outermost(nodes: list[LexborNode]) -> tuple[LexborNode, ...]:
    # A list of selectors yields a node once for each selector that matches it.
    unique = {node.mem_id: node for node in nodes}
    outermost = []
    for node in unique.values():
        above = node.parent
        while above is not None and above.mem_id not in unique:
            above = above.parent
        if above is None:
            outermost.append(node)
    return tuple(outermost)


def _collect_doubts(
    tree: LexborHTMLParser, body: _PageBody, *, text: tuple[str, ...], is_annexed: bool, replaced: int
) -> tuple[str, ...]:
    """Return the doubts about a page; raises `Reshaped` where it shows no notice."""
    length = sum(len(line) for line in text if line != _SSI_ERROR)
    is_broken = _SSI_ERROR in text
    is_guess = is_broken or bool(body.doubts)
    is_scan = not is_guess and any(node.css_first("img") is not None for node in body.nodes)
    is_empty = not length and not is_scan
    if not is_annexed and (is_empty or (is_guess and length < _MIN_TEXT_LENGTH)):
        if is_broken:
            raise Reshaped("the server sent an error text instead of the article")
        if tree.css_first(_OFFICE_VIEWER) is not None:
            raise Reshaped("the text is in an embedded office viewer that cannot be read here")
        raise Reshaped("the page came without the text of a notice")
    table = (
        (not length and is_annexed, "the page has no text of its own; its annexes carry it"),
        (not length and not is_annexed, "needs OCR: the text stands in an image"),
        (is_broken, "a part of the page failed on the server and is missing"),
        (bool(replaced), f"{replaced} characters could not be decoded"),
    )
    return (*body.doubts, *(doubt for applies, doubt in table if applies))


@dataclass(frozen=True, slots=True)
class _ShownText:
    lines: tuple[str, ...]
    doubts: tuple[str, ...] = ()


def _read_shown_text(nodes: tuple[LexborNode, ...], *, without: set[int]) -> _ShownText:
    """Return the lines that a person sees, and a doubt about words that are hidden and stand nowhere else.

    A page whose whole text is hidden shows it by a script: it is read, with a doubt.
    """
    hidden = find_hidden_parts(nodes)
    lines = extract_lines(nodes, without=without | {part.mem_id for part in hidden})
    if not hidden:
        return _ShownText(lines)
    if not lines:
        lines = extract_lines(nodes, without=without)
        return _ShownText(lines, ("the text is hidden until a script shows it; look",) if lines else ())
    visible = "".join(lines)
    words = [
        line
        for part in hidden
        if part.mem_id not in without
        for line in extract_lines([part], without=without)
        if line not in visible
    ]
    quoted = " ".join(words)[:_MAX_STRUCK]
    return _ShownText(lines, (f"hidden on the page and left out: “{quoted}”",) if quoted else ())


def _describe_struck(struck: Iterable[LexborNode]) -> Iterator[str]:
    words = " ".join(word for part in _select_outermost(list(struck)) for word in extract_lines([part]))
    if words:
        yield f"struck through on the page and left out: “{words[:_MAX_STRUCK]}”"


# --------------------------------------------------------------------------- single values


def _find_values(tree: LexborHTMLParser, selectors: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the values that CSS selectors find, or script variables (`var:NAME`), each with its selector."""
    for selector in selectors:
        if selector.startswith("var:"):
            name = re.escape(selector.removeprefix("var:"))
            setting = re.compile(
                rf"\bvar\s+{name}\s*=\s*(['\"])(.*?)\1\s*;"
            )  # var publishTime = '2026-06-12 15:12';
            for script in tree.css("script"):
                for match in setting.finditer(script.html or ""):
                    yield selector, strip_markup(match[2])
            continue
        for node in tree.css(selector):
            if node.tag in {"meta", "title"}:
                yield selector, collapse_whitespace(node.attributes.get("content") or node.text() or "")
            else:
                yield selector, " ".join(extract_lines([node]))


def _find_titles(tree: LexborHTMLParser, selectors: Iterable[str]) -> Iterator[str]:
    """Yield the titles of a page; a heading that only names the site, as its <title> does, is none."""
    node = tree.css_first("title")
    whole = collapse_whitespace((node.text() or "") if node is not None else "")
    parts = [part.strip() for part in _TITLE_JOINT.split(whole) if part.strip()]
    longest = max(parts, key=len, default="")
    sites = {part for part in parts if part != longest}
    for selector, value in _find_values(tree, selectors):
        if selector == "title" and sites & {node.text(deep=True).strip() for node in tree.css("h1")}:
            yield longest
        elif value and selector == "title":
            yield _find_fuller_heading(tree, value) or value
        elif value and not (selector == "h1" and value in sites):
            yield value


def _find_fuller_heading(tree: LexborHTMLParser, title: str) -> str | None:
    """Return the heading that begins with the <title> and goes on: the number alone, then the subject.

    A <title> without a figure may be the name of the site, with which other headings begin.
    """
    opened = re.sub(r"\s", "", title)
    if not re.search(r"\d", opened):
        return None
    for node in tree.css("h2, h3"):
        heading = " ".join(extract_lines([node]))
        compact = re.sub(r"\s", "", heading)
        if len(opened) < len(compact) <= MAX_TITLE and compact.startswith(opened):
            return heading
    return None


def _find_source_line_day(html: str) -> date | None:
    """Return the day beside the source of a page, which often stands outside its article."""
    line = _SOURCE_LINE_DAY.search(html)
    return parse_day(line[1] or line[2]) if line else None


def _parse_labels(tree: LexborHTMLParser, selector: str) -> tuple[tuple[str, str], ...]:
    printed = "\n".join(extract_lines(_select_outermost(tree.css(selector))))
    labels: dict[str, str] = {}
    for match in _LABEL.finditer(printed):
        if match[2].strip():
            labels.setdefault(re.sub(r"\s", "", match[1]), match[2].strip())  # 【文　　号】
    for name, value in _find_particulars(tree, _PARTICULARS):
        labels.setdefault(name, value)
    page = tree.html or ""
    forms = (_NAMED_NUMBER, _LONE_NUMBER, _NUMBER_BELOW_TITLE)
    lone = next((found for form in forms if (found := set(form.findall(page)))), set())
    if len(lone) == 1 and _NUMBER_PARTICULARS.isdisjoint(labels):  # several are links, or a list of notices
        labels["文号"] = collapse_whitespace(lone.pop())
    return tuple(labels.items())


def _find_particulars(tree: LexborHTMLParser, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield the particulars of some names: from the cell beside their name, then from behind its marks."""
    for node in islice(tree.css("td, th, dt, li, span, b, strong"), _MAX_CELLS):
        words = node.text(deep=True)
        if not words or len(words) > _MAX_PARTICULAR:
            continue
        name, mark, behind = re.sub(r"[\s【】]", "", words).replace(":", "：").partition("：")
        if name not in names or (name == "时间" and "【" not in words):
            continue  # 时间：… is that of a meeting; 【时间】 is printed by the page
        following = node.next
        while following is not None and not (following.text(deep=True) or "").strip():
            following = following.next
        value = words.replace(":", "：").partition("：")[2] if mark and behind else ""
        value = value or (following.text(deep=True) if following is not None else "") or ""
        value = collapse_whitespace(value).strip("：: ")
        if value and len(value) <= _MAX_PARTICULAR and value not in _PARTICULARS | _PAGE_DAYS:
            yield name, value
    for hit in _PRINTED_PARTICULAR.finditer(tree.html or ""):
        if (name := re.sub(r"\s", "", hit[1])) in names:
            yield name, collapse_whitespace(strip_markup(hit[2]))
