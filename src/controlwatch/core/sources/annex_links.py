"""The files of a page: linked, embedded, opened by a script or a viewer, or named in its words alone."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from selectolax.lexbor import LexborNode

from controlwatch.core.model import AnnexLink
from controlwatch.core.model.addresses import resolve_link
from controlwatch.core.sources.hidden_text import is_hidden
from controlwatch.core.sources.html_text import collapse_whitespace

_FILE = re.compile(
    r"\.(?:pdf|doc[xm]?|dotx?|xls[xmb]?|xltx?|pptx?|od[tsp]|wps|wpt|et|ett|dps|ofd|rtf|txt|csv|mht|mhtml"
    r"|zip|rar|7z|tar|t?gz)$",
    re.IGNORECASE,
)  # …/attach/202511/3c46.pdf
_FILE_INSIDE = re.compile(
    r"[^\s'\"()<>=&?]+\.(?:pdf|docx?|xlsx?|wps|et|ofd|rtf|zip|rar|7z)(?![\w])", re.IGNORECASE
)  # viewer.html?u=/files/list.pdf
_DOWNLOAD = re.compile(
    r"/(?:\w*(?:down(?:load)?|attach(?:ment)?|getfile|openfile|showfile|viewfile|fileview)\w*)"
    r"(?:\.(?:jspx?|do|action|php|aspx?|ashx|cgi|html?|shtml))?/?$",
    re.IGNORECASE,
)  # /document/download · /common/download.jsp · /attachmentDown.do
_HEAD_OF_FILE = re.compile(r"(?:附件|附表|附录|附\s*[:：]|[Aa]nnex|[Aa]ttachment)")  # 附件2：申请表
_SCRIPT_WORD = re.compile(r"(?P<mark>['\"])(?P<word>[^'\"]{1,1000})(?P=mark)")  # open('/files/a.pdf')
_OPENS = re.compile(r"\b\w*(?:down|open|attach|file|view|preview)\w*\s*\(", re.IGNORECASE)  # downFile(88)
_SCRIPT_LINK = re.compile(r"\s*javascript:", re.IGNORECASE)
_VIEWED = (
    "iframe[src]",
    "iframe[srcdoc]",
    "iframe[fileurl]",
    "iframe[data-src]",
    "embed[src]",
    "object[data]",
    "frame[src]",
)
_CLICKED = ("a", "area[href]", "[onclick]", "[data-href]", "[data-url]", "[data-file]", "[data-fileurl]")
_ADDRESSES = (
    "fileurl",
    "href",
    "src",
    "data",
    "data-src",
    "data-href",
    "data-url",
    "data-file",
    "data-fileurl",
)
_OFFICE_VIEWER = re.compile(r"/weboffice/", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:png|jpe?g|tiff?)$", re.IGNORECASE)  # scanned annexes; other pictures adorn
_NOT_A_FILE = re.compile(r"\.(?:js|css|png|jpe?g|gif|svg|ico|swf|mp4|mp3)$", re.IGNORECASE)
_MAX_NODES = 3_000  # elements of a page that are looked at


@dataclass(frozen=True, slots=True)
class PageFiles:
    """The files of a page, and in a sentence each what was seen and cannot be asked for."""

    links: tuple[AnnexLink, ...]
    doubts: tuple[str, ...] = ()


def find_page_files(
    nodes: Iterable[LexborNode],
    *,
    base: str,
    encoding: str = "utf-8",
    without: Container[int] = frozenset(),
) -> PageFiles:
    """Return the files linked, embedded or opened below some nodes, each once.

    A file is known by its path, by a parameter that names one, by the download address of a site, or by
    words such as 附件1 on what opens it. Whatever else is embedded is a file too: only its bytes tell.
    `without` holds the `mem_id` of parts in which nothing embedded counts, `encoding` is that of queries.
    """
    annexes: dict[str, AnnexLink] = {}
    doubts: dict[str, None] = {}
    for element in _list_elements(nodes):
        is_viewed = element.tag in {"iframe", "frame", "embed", "object"}
        if is_viewed and (_is_unseen(element) or _is_inside(element, without)):
            continue
        words = "" if is_viewed else collapse_whitespace(element.text() or "")
        found = False
        for address in _list_addresses(element):
            url = _find_file(address, words, base=base, encoding=encoding, is_viewed=is_viewed)
            if url:
                found = True
                name = words or _get_file_name(url, encoding)
                annexes.setdefault(url, AnnexLink(url=url, name=name, is_embedded=is_viewed))
        if not found and is_viewed and (shown := _describe_frame(element)):
            doubts[f"the page embeds {shown}, which was not read"] = None
        elif not found and not is_viewed and _names_unknown_file(element, words):
            doubts[f"“{words[:80]}” is a file without an address on the page; it was not read"] = None
    return PageFiles(tuple(annexes.values()), tuple(doubts))


def _list_elements(nodes: Iterable[LexborNode]) -> Iterator[LexborNode]:
    seen: set[int] = set()
    selector = ", ".join((*_CLICKED, *_VIEWED))
    for node in nodes:
        for element in node.css(selector):
            if element.mem_id not in seen and len(seen) < _MAX_NODES:
                seen.add(element.mem_id)
                yield element


def _list_addresses(element: LexborNode) -> Iterator[str]:
    """Yield the addresses that an element names: its own, and those in the words of its script."""
    attributes = element.attributes
    script = attributes.get("onclick") or ""
    for name in _ADDRESSES:
        value = attributes.get(name) or ""
        if _SCRIPT_LINK.match(value):
            script += ";" + unquote(value)
        elif value:
            yield value
    for hit in _SCRIPT_WORD.finditer(script):
        if "/" in hit["word"] or "." in hit["word"]:
            yield hit["word"]


def _find_file(address: str, words: str, *, base: str, encoding: str, is_viewed: bool) -> str | None:
    """Return the absolute address of the file that an address leads to, or None."""
    url = resolve_link(address, base=base, encoding=encoding)
    if url is None:
        return None
    inner = _find_inner_file(url, base=base, encoding=encoding)
    if inner is not None:
        return inner
    parts = urlsplit(url)
    if leads_to_file(url):
        return url
    if _PICTURE.search(parts.path) and not is_viewed:
        return url if _HEAD_OF_FILE.match(words) or _PICTURE.search(words) else None
    if _NOT_A_FILE.search(parts.path) or _OFFICE_VIEWER.search(parts.path):
        return None
    is_script = bool(parts.query) and _HEAD_OF_FILE.match(words)
    is_named = _FILE.search(words.rstrip(" )）]】")) is not None
    return url if is_script or is_named or is_viewed else None


def _find_inner_file(url: str, *, base: str, encoding: str) -> str | None:
    """Return the file that a viewer shows: /pdfjs/web/viewer.html?file=/files/list.pdf."""
    parts = urlsplit(url)
    if _FILE.search(parts.path) or _DOWNLOAD.search(parts.path):
        return None
    for key, values in parse_qs(parts.query, encoding=encoding).items():
        shown = unquote(values[0])
        if key.lower() in {"filename", "name", "title"}:
            continue
        inner_path = urlsplit(shown).path if "?" in shown or ":" in shown else shown
        if ("/" in shown or key.lower() in {"file", "src"}) and (
            _FILE.search(inner_path) or _DOWNLOAD.search(inner_path)
        ):
            return resolve_link(shown, base=base, encoding=encoding)
    inside = _FILE_INSIDE.search(unquote(parts.fragment))
    return resolve_link(inside[0], base=base) if inside else None


def leads_to_file(url: str) -> bool:
    """Return whether an address tells that it leads to a file: by its path, or a parameter with its name."""
    path = urlsplit(url).path
    return any(map(re.Pattern.search, (_FILE, _DOWNLOAD, _FILE), (path, path, _get_file_name(url))))


def _get_file_name(url: str, encoding: str = "utf-8") -> str:
    parts = urlsplit(url)
    parameters = {key.lower(): values for key, values in parse_qs(parts.query, encoding=encoding).items()}
    given = parameters.get("filename")
    return given[0] if given else unquote(parts.path.rpartition("/")[2])


def _describe_frame(element: LexborNode) -> str:
    """Return the address of something embedded that is neither a file to ask for nor a picture or film."""
    if element.attributes.get("srcdoc"):
        return "a page within itself"
    given = (element.attributes.get(name) or "" for name in _ADDRESSES)
    address = next((value.strip() for value in given if value.strip()), "")
    is_file = not _NOT_A_FILE.search(urlsplit(address).path) and not address.startswith(("about:", "#"))
    return address[:120] if address and is_file else ""


def _names_unknown_file(element: LexborNode, words: str) -> bool:
    """Return whether the words of a link or button name a file that it opens in a way unknown to us."""
    href = element.attributes.get("href") or ""
    script = f"{element.attributes.get('onclick') or ''};{href if _SCRIPT_LINK.match(href) else ''}"
    if _FILE.search(words):
        return True
    return _HEAD_OF_FILE.match(words) is not None and _OPENS.search(script) is not None


def _is_unseen(element: LexborNode) -> bool:
    attributes = element.attributes
    sizes = ((attributes.get(name) or "").strip().removesuffix("px") for name in ("width", "height"))
    return any(size in {"0", "1"} for size in sizes) or is_hidden(element)


def _is_inside(element: LexborNode, without: Container[int]) -> bool:
    above: LexborNode | None = element
    while above is not None:
        if above.mem_id in without:
            return True
        above = above.parent
    return False


# --------------------------------------------------------------------------- files that words name

_NUMERAL = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_NAMED = re.compile(
    rf"(?:附件|附表|附录|附)\s*(?P<number>{_NUMERAL})?\s*(?:[:：.．、]|(?<=[\d一二三四五六七八九十])\s)\s*(?P<name>\S.{{1,118}}?)\s*"
)  # 附件：1.物项清单 · 附件2：申请表
_ITEM = re.compile(rf"\s*(?P<number>{_NUMERAL})\s*[.．、)）]\s*(?P<name>\S.{{1,118}}?)\s*")  # 2. 申请表
_HEADING = re.compile(rf"\s*(?:附件|附表|附录)\s*(?:{_NUMERAL})?\s*[:：]?\s*")  # 附件1
_POINTS_AT_ANNEX = re.compile(
    rf"(?:见|列入|所列|详见|填写|按照?|依照)[^。；\n附]{{0,6}}(?:本(?:公告|通知|决定|办法)(?:的)?)?附件(?:{_NUMERAL})?"
)  # 物项清单见附件
_LIST_HEADING = re.compile(r"\s*(?:附件|附表|附录|附)\s*[:：]\s*")  # 附件：
#: What annexes are called: a heading alone does not tell whether names or the annex itself follow.
_ANNEX_NAME = re.compile(
    r"(?:清单|清單|目录|目錄|名录|名錄|名单|名單|[^代]表|书|書|办法|辦法|规定|規定|规则|規則|说明|說明|指南|方案|范围"
    r"|範圍|格式|样式|要求|参数|參數|公告|通知|决定|》|\.\w{2,5})(?:（[^）]{1,20}）)?$"
)
_NAMED_IN_MARKS = re.compile(
    r"\s*(?:附件|附表|附录)\s*(?:\d{1,2})?\s*(?P<name>《[^》]{2,80}》)\s*"
)  # 附件《清单》
_NAMED_IN_ENGLISH = re.compile(
    r"\s*(?:Annex|Attachment|Appendix)\s*(?:\d{1,2}|[IVX]{1,4})?\s*[:.]\s*(?P<name>[A-Z].{2,118})",
    re.IGNORECASE,
)  # Annex 1: List of items
_FEW_LINES = 5  # below the name of an annex that is not printed
_SENTENCE = re.compile(r"[。；!！?？]")
#: A line of a list of parties, 某公司（Example LLC）: the annex itself, and not the name of one.
_PARTY = re.compile(
    r"(?:公司|集团|大学|研究所|研究院)$|[（(][A-Z][^）)\n]*[）)]$|\b(?:Inc|LLC|Ltd|Corp|Co)\.?$"
)
_MARKS = re.compile(r"[\s《》“”\"'()（）\[\]【】:：.．、,，\-—_]|(?:下载|点击|查看)")
_LIST_REACH = 30  # lines below 附件： that may go on with its list


def find_unread_names(text: Iterable[str], links: Iterable[AnnexLink]) -> tuple[str, ...]:
    """Return a doubt for each annex that the lines of a page name, and that is neither linked nor printed.

    An annex is printed where its name or a heading such as 附件1 stands in a line of its own further below,
    or where a numbered list of parties follows its name.
    """
    lines = tuple(text)
    linked = tuple(_normalize_name(link.name) for link in links)
    named = tuple(_list_names(lines))
    unread = [
        name for at, name in named if not _is_printed(name, lines[at + 1 :]) and not _is_linked(name, linked)
    ]
    if named and len(linked) >= len(named):
        unread = []
    if not named and not linked and not any(map(_HEADING.match, lines)):
        pointer = next((hit for line in lines if (hit := _POINTS_AT_ANNEX.search(line))), None)
        has_table = any("\t" in line for line in lines)
        if pointer is not None and not has_table:
            return (
                f"the text refers to an annex (“{pointer[0].strip()}”) that is neither linked nor printed",
            )
    return tuple(f"the annex “{name[:80]}” is named and not linked; it was not read" for name in unread)


def _list_names(lines: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield the annexes that a list names, each with the number of its line."""
    goes_on = 0
    is_headed = False  # the list began with a heading of its own: 附件：
    for at, line in enumerate(lines):
        if _LIST_HEADING.fullmatch(line):
            goes_on, is_headed = _LIST_REACH, True
            continue
        loose = _find_loose_name(line, below=len(lines) - at - 1)
        if loose:
            yield at, loose
            continue
        hit = _NAMED.fullmatch(line) or (_ITEM.fullmatch(line) if goes_on else None)
        if hit is None or _SENTENCE.search(hit["name"]) or _PARTY.search(hit["name"]) or "\t" in line:
            goes_on = 0
            continue
        starts_list = hit.re is _NAMED
        is_headed = is_headed and not starts_list
        inner = _ITEM.fullmatch(hit["name"]) if starts_list and not hit["number"] else None
        goes_on = _LIST_REACH if inner else max(goes_on - 1, 0)
        name = inner["name"] if inner else hit["name"]
        if is_headed and not _ANNEX_NAME.search(name):
            goes_on = 0
            continue
        yield at, name


def _find_loose_name(line: str, *, below: int) -> str:
    """Return the annex that a line names in marks, or in English near the end of a text; else ""."""
    hit = _NAMED_IN_MARKS.fullmatch(line) or (
        _NAMED_IN_ENGLISH.fullmatch(line) if below < _FEW_LINES else None
    )
    return hit["name"].strip() if hit is not None and "\t" not in line else ""


def _is_printed(name: str, below: tuple[str, ...]) -> bool:
    wanted = _normalize_name(name)
    first = _ITEM.fullmatch(next(filter(str.strip, below), ""))
    if first is not None and _PARTY.search(first["name"]):
        return True  # the list itself follows
    for number, line in enumerate(below):
        rest = any(other.strip() for other in below[number + 1 :])
        if "\t" in line or (rest and (_HEADING.fullmatch(line) or wanted == _normalize_name(line))):
            return True
    return False


def _is_linked(name: str, linked: tuple[str, ...]) -> bool:
    wanted = _normalize_name(name)
    return any(wanted and (wanted in other or (len(other) > 3 and other in wanted)) for other in linked)


def _normalize_name(name: str) -> str:
    return _MARKS.sub("", _FILE.sub("", name.strip()))
