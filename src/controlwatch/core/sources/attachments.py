"""Find the files that a page hangs below its text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from controlwatch.core.model import AnnexLink
from controlwatch.core.sources.html_text import collapse_whitespace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from selectolax.lexbor import LexborNode

_FILE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|wps|et|ofd|zip|rar|7z|csv)$", re.IGNORECASE
)  # …/attach/202511/3c46.pdf
_DOWNLOAD = re.compile(
    r"/document/download$"
)  # /api-gateway/jpaas-web-server/front/document/download?fileUrl=…
_LAYOUT = re.compile(r"[\t\r\n]")  # line breaks that a template leaves inside an href


#: No notice has an address of more characters; indexes of databases have their bounds too.
MAX_URL_LENGTH = 2_000


def resolve_link(href: str, *, base: str) -> str | None:
    """Return the absolute address of a link as given, without its fragment; None unless http or https.

    >>> resolve_link("./202609/t20260904_1.htm", base="https://gss.mof.gov.cn/gzdt/zhengcefabu/")
    'https://gss.mof.gov.cn/gzdt/zhengcefabu/202609/t20260904_1.htm'
    """
    given = _LAYOUT.sub("", href).strip().replace("\\", "/")
    if not given or given.startswith("#"):
        return None
    try:
        url = urljoin(base, given).partition("#")[0]
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # http://[broken, http://host:99999/
        return None
    is_address = parts.scheme in {"http", "https"} and bool(parts.netloc) and len(url) <= MAX_URL_LENGTH
    return url if is_address else None


def find_annexes(nodes: Iterable[LexborNode], *, base: str) -> tuple[AnnexLink, ...]:
    """Return the files linked (`a[href]`) or embedded (`iframe[fileurl]`) below some nodes, each once.

    A file shows in its path, in a `fileName` parameter, or is handed out by the site's download address.
    """
    found: dict[str, AnnexLink] = {}
    for href, words in _list_candidates(nodes):
        url = resolve_link(href, base=base)
        if url and _is_file(url):
            link = AnnexLink(url=url, name=collapse_whitespace(words) or _file_name(url))
            found.setdefault(url, link)
    return tuple(found.values())


def _list_candidates(nodes: Iterable[LexborNode]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        for element in node.css("a[href], iframe[fileurl]"):
            given = element.attributes.get("href") or element.attributes.get("fileurl") or ""
            yield given, element.text() if element.tag == "a" else ""


def _is_file(url: str) -> bool:
    path = urlsplit(url).path
    return any(_FILE.search(name) for name in (path, _file_name(url))) or bool(_DOWNLOAD.search(path))


def _file_name(url: str) -> str:
    parts = urlsplit(url)
    given = parse_qs(parts.query).get("fileName") or parse_qs(parts.query).get("filename")
    return given[0] if given else unquote(parts.path.rpartition("/")[2])
