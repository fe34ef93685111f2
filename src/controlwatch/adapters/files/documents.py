"""Parse snapshots into documents: web pages, plain text, and the files attached to them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from controlwatch.adapters.files import LEGACY_WORD, MARKUP, PICTURE, SEVEN_ZIP, UNKNOWN_MARKUP
from controlwatch.adapters.files.large_bodies import LARGE_BODY, parse_apart
from controlwatch.adapters.files.picture_text import can_read_pictures
from controlwatch.adapters.sandbox.isolated_process import run_isolated, safe_environment
from controlwatch.adapters.sandbox.nesting_guard import check_nesting
from controlwatch.core.model import Annex, AnnexLink, Document, IndexPage, Snapshot
from controlwatch.core.model.errors import Challenged, Garbled, Refused, Reshaped, SourceError, Unreachable
from controlwatch.core.sources import index_pages
from controlwatch.core.sources.decoding import (
    DecodedText,
    FileFormat,
    decode_body,
    detect_format,
    is_mail,
    is_wrapped,
)
from controlwatch.core.sources.mime import DAMAGED_MAIL_ERRORS, unwrap_body
from controlwatch.core.sources.notice_pages import parse_notice_page, parse_saved_page
from controlwatch.core.sources.plausibility import detect_challenge
from controlwatch.core.sources.watcher import Watcher

_OFFICE_NAME = re.compile(r"\.(?:doc|xls|wps|et)$", re.IGNORECASE)  # old systems save HTML under these names
#: Office writes its name into the web pages that it saves under any name.
_OFFICE_PAGE = re.compile(
    r"urn:schemas-microsoft-com:office:|<meta[^>]{0,80}(?:Word|Excel)\.(?:Document|Sheet)"
)
_UTF8_HAN = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){6}")  # six Han characters in UTF-8; not GBK by chance
_TIMEOUT_SECONDS = 30  # for one file
_OCR_TIMEOUT_SECONDS = 240  # for one file with pictures
_OCR_TURN = threading.Lock()  # recognising takes a gigabyte and a core: one file at a time
_MAX_RECOGNIZED = 200  # files whose pictures are remembered as read
_MAX_TEXT_LENGTH = 5_000_000  # characters of a text file
_MAX_MAIL_LENGTH = 1_000_000  # characters of a mail: anyone can send one


@dataclass(frozen=True, slots=True)
class _ParseResult:
    text: str
    doubts: tuple[str, ...] = ()
    is_failure: bool = False
    pictures: int = 0  #: pages and pictures whose text was not read
    picture_text: str = ""


_RECOGNIZED: dict[str, _ParseResult] = {}  # by the SHA-256 of the file, the oldest first; behind the turn


def parse_index(watcher: Watcher, snapshot: Snapshot) -> IndexPage:
    """Return what a list page shows; a large one is parsed apart.

    Raises as the parser in `core` does, `TimedOut` or `TooLarge` for one too heavy, and `Unreachable` where
    the answer broke off and no list is left of it.
    """
    with _blame_broken_answer(snapshot):
        if len(snapshot.body) <= LARGE_BODY:
            return index_pages.parse_index(watcher, snapshot)
        page: IndexPage = parse_apart("index", watcher, snapshot)
        return page


def read_document(snapshot: Snapshot, watcher: Watcher | None = None) -> Document:
    """Parse what a source sent as the document of a notice; a large page or mail is parsed apart.

    Raises `Challenged` for a bot challenge, `Refused` for an HTTP error, `Reshaped` for a page without a
    notice, `Garbled` for bytes that are not a document, `TimedOut` or `TooLarge` for those too heavy, and
    `Unreachable` where the answer broke off and no document is left of it.
    """
    with _blame_broken_answer(snapshot):
        document = _read_apart_if_large(snapshot, watcher)
    return replace(document, is_cut=bool(snapshot.fault), doubts=(*snapshot.doubts, *document.doubts))


@contextmanager
def _blame_broken_answer(snapshot: Snapshot) -> Iterator[None]:
    """Name the true reason why an answer that broke off cannot be read: it is not another layout."""
    try:
        yield
    except (Garbled, Reshaped) as error:
        if not snapshot.fault:
            raise
        raise Unreachable(f"{snapshot.final_url}: HTTP: {snapshot.fault}; {error}") from error


def _read_apart_if_large(snapshot: Snapshot, watcher: Watcher | None) -> Document:
    if len(snapshot.body) <= LARGE_BODY:
        return parse_document(snapshot, watcher)
    is_text = is_wrapped(snapshot.body) or is_mail(snapshot) or sniff_format(snapshot) in {"html", "text"}
    if not is_text:
        return parse_document(snapshot, watcher)  # binary files are always parsed apart
    document: Document = parse_apart("document", watcher, snapshot)
    return document


def parse_document(snapshot: Snapshot, watcher: Watcher | None = None) -> Document:
    """Parse as `read_document` does, in this process."""
    if is_wrapped(snapshot.body) or is_mail(snapshot):
        return _read_wrapped(snapshot, watcher)
    kind = sniff_format(snapshot)
    if kind in {"html", "text"}:
        return _read_text(snapshot, watcher, is_page=kind == "html")
    if snapshot.status >= 400:
        raise Refused(f"the source answered {snapshot.status}", status=snapshot.status)
    parsed = _parse_binary(snapshot.body, kind)
    if parsed.is_failure:
        raise Garbled("; ".join(parsed.doubts))
    # A notice that is nothing but pictures is read from them; beside a text, they are only told.
    is_picture = not parsed.text.strip() and bool(parsed.picture_text.strip())
    text = parsed.picture_text if is_picture else parsed.text
    first = next((line for line in text.split("\n") if line.strip()), "")
    return Document(
        url=snapshot.url,
        title=first or unquote(urlsplit(snapshot.final_url).path.rpartition("/")[2]),
        text=text,
        encoding="binary",
        doubts=parsed.doubts,
        is_picture=is_picture,
        picture_text="" if is_picture else parsed.picture_text,
    )


def _read_wrapped(snapshot: Snapshot, watcher: Watcher | None) -> Document:
    """Parse a page that was saved as one file, or a mail: the part that a person would read."""
    try:
        part = unwrap_body(snapshot.body)
    except DAMAGED_MAIL_ERRORS as error:
        raise Garbled(f"the mail or saved page is damaged: {type(error).__name__}") from error
    if part is None or is_wrapped(part.body):
        raise Garbled("the mail or saved page holds nothing that can be read")
    check_nesting(part.body, part.content_type)
    headers = (header for header in snapshot.headers if header[0] != "content-type")
    inner = replace(snapshot, body=part.body, headers=(*headers, ("content-type", part.content_type)))
    document = parse_document(inner, watcher)
    doubts = [
        *document.doubts,
        *(f"{name} was attached and not read; hand it in separately" for name in part.unread_files),
    ]
    if not is_mail(snapshot):
        return replace(document, title=document.title or part.title, doubts=tuple(doubts))
    # A mail is titled by its subject; its sender and the parts that were not fetched are doubts.
    text = document.text if document.title in document.text else f"{document.title}\n{document.text}"
    if part.sender:
        doubts.append(f"a mail that says it is from {part.sender}")
    if cut := snapshot.get_header("content-range"):
        doubts.append(f"the mail is too large, only a part of it was read ({cut})")
    if len(text) > _MAX_MAIL_LENGTH:
        doubts.append(f"only the first {_MAX_MAIL_LENGTH} characters were read")
    title = part.title or document.title
    return replace(document, title=title, text=text[:_MAX_MAIL_LENGTH], doubts=tuple(doubts))


def read_annex(snapshot: Snapshot, link: AnnexLink) -> Annex:
    """Parse a file attached to a notice. A file that cannot be read becomes a doubt, never an error."""
    kind = "mhtml" if is_wrapped(snapshot.body.lstrip()) else sniff_format(snapshot)
    if kind == "html":
        parsed = _parse_html_annex(snapshot, link)
    elif snapshot.status >= 400:
        parsed = _build_failure(f"the source answered {snapshot.status}")
    elif kind == "text" and MARKUP.match(snapshot.body[:200]):
        parsed = _build_failure(UNKNOWN_MARKUP)
    elif kind == "text":
        decoded = _decode_text(snapshot, None)
        doubts = [*_describe_loss(decoded)]
        if not decoded.text.strip():
            doubts.append("the file is empty")
        if decoded.encoding != "utf-8" and _UTF8_HAN.search(snapshot.body):
            doubts.append("parts of the text are in another encoding")
        if len(decoded.text) > _MAX_TEXT_LENGTH:
            doubts.append(f"only the first {_MAX_TEXT_LENGTH} characters were read")
        lines = (line.strip(" \u3000\r") for line in decoded.text[:_MAX_TEXT_LENGTH].splitlines())
        parsed = _ParseResult("\n".join(line for line in lines if line.strip()), tuple(doubts))
    else:
        parsed = _parse_binary(snapshot.body, kind)
        if not (parsed.text.strip() or parsed.doubts):
            parsed = _ParseResult("", ("no text was found in the file",))
    return Annex(
        url=link.url,
        name=link.name,
        text=parsed.text,
        sha256=snapshot.sha256,
        picture_text=parsed.picture_text,
        doubt="; ".join((*snapshot.doubts, *parsed.doubts)) or None,
        is_cut=bool(snapshot.fault),
    )


def sniff_format(snapshot: Snapshot) -> FileFormat:
    """Detect the format by the first bytes, then by the text, and last by the content type."""
    return detect_format(snapshot.body, snapshot.get_header("content-type") or "")


def _read_text(snapshot: Snapshot, watcher: Watcher | None, *, is_page: bool) -> Document:
    """Parse a web page, or plain text whose first line that is not blank is the title."""
    decoded = _decode_text(snapshot, watcher)
    reason = detect_challenge(decoded.text)
    if reason:
        raise Challenged(f"the source sent {reason} instead of the notice")
    if snapshot.status >= 400:
        raise Refused(f"the source answered {snapshot.status}", status=snapshot.status)
    if is_page:
        return parse_notice_page(
            decoded.text,
            url=snapshot.final_url,
            detail=watcher.detail if watcher else None,
            encoding=decoded.encoding,
            replaced=decoded.replaced,
        )
    lines = [line for line in (line.strip(" \u3000\r\t") for line in decoded.text.splitlines()) if line]
    return Document(
        url=snapshot.url,
        title=lines[0] if lines else "",
        text="\n".join(lines[1:]),
        encoding=decoded.encoding,
        replaced=decoded.replaced,
        doubts=_describe_loss(decoded),
    )


def _decode_text(snapshot: Snapshot, watcher: Watcher | None) -> DecodedText:
    declared = watcher.http.charset if watcher else None
    return decode_body(snapshot.body, header=snapshot.get_header("content-type"), declared=declared)


def _describe_loss(decoded: DecodedText) -> tuple[str, ...]:
    return (f"{decoded.replaced} characters could not be decoded",) if decoded.replaced else ()


def _parse_html_annex(snapshot: Snapshot, link: AnnexLink) -> _ParseResult:
    """Parse an HTML page sent for a linked file: a challenge, an error page, or a table saved as .xls."""
    decoded = _decode_text(snapshot, None)
    if detect_challenge(decoded.text):
        return _build_failure("a bot challenge was sent instead of the file")
    if snapshot.status >= 400:
        return _build_failure(f"the source answered {snapshot.status}")
    names = (link.name, urlsplit(link.url).path)
    is_office = _OFFICE_PAGE.search(decoded.text[:8_000]) is not None
    if not (link.is_embedded or is_office or any(_OFFICE_NAME.search(name) for name in names)):
        return _build_failure("a web page was sent instead of the file")
    try:
        page = parse_saved_page(decoded.text, url=snapshot.final_url)
    except SourceError as error:
        return _build_failure(str(error))
    return _ParseResult(page.text, (*_describe_loss(decoded), *page.doubts))


# --------------------------------------------------------------------------- the sandboxed process


def _build_failure(reason: str) -> _ParseResult:
    return _ParseResult("", (reason,), is_failure=True)


def _parse_binary(body: bytes, kind: FileFormat) -> _ParseResult:
    if kind == "7z":
        return _build_failure(SEVEN_ZIP)
    if kind == "unknown":
        return _build_failure("not a supported document")
    if kind == "picture" and not can_read_pictures():
        return _ParseResult("", (PICTURE,))
    parsed = _parse_isolated(body, kind)
    if parsed.pictures and can_read_pictures():
        seen = _recognize_once(body, kind)
        return replace(parsed, doubts=(*parsed.doubts, *seen.doubts)) if seen.is_failure else seen
    return _convert_legacy(body) if parsed.doubts == (LEGACY_WORD,) else parsed


def _recognize_once(body: bytes, kind: FileFormat) -> _ParseResult:
    """Parse a file with its pictures, or return what this process read in the same bytes before."""
    digest = sha256(body).hexdigest()
    with _OCR_TURN:
        if (known := _RECOGNIZED.get(digest)) is not None:
            return known
        seen = _parse_isolated(body, kind, mode="ocr", seconds=_OCR_TIMEOUT_SECONDS)
        if not seen.is_failure:
            if len(_RECOGNIZED) >= _MAX_RECOGNIZED:
                _RECOGNIZED.pop(next(iter(_RECOGNIZED)))
            _RECOGNIZED[digest] = seen
        return seen


def _parse_isolated(
    body: bytes, kind: FileFormat, *, mode: str = "", seconds: float = _TIMEOUT_SECONDS
) -> _ParseResult:
    """Parse in a separate process, with limits of memory, CPU and time, and without our secrets."""
    try:
        done = run_isolated(
            "controlwatch.adapters.files.sandboxed_parse", kind, mode, given=body, seconds=seconds
        )
    except subprocess.TimeoutExpired:
        return _build_failure(f"the file could not be read within {seconds:.0f} seconds")
    if done.returncode:
        last = done.stderr.decode("utf-8", errors="replace").strip().rpartition("\n")[2]
        name, _, reason = last.partition(":")
        if done.returncode < 0 or name.endswith(("MemoryError", "RecursionError")):
            return _build_failure("the file could not be read within the bounds of memory and time")
        return _build_failure(f"the file could not be read ({(reason or name).strip()[:200]})")
    answer = json.loads(done.stdout)
    doubts = tuple(str(doubt) for doubt in answer["doubts"])
    return _ParseResult(
        str(answer["text"]),
        doubts,
        is_failure=bool(answer["is_failure"]),
        pictures=int(answer["pictures"]),
        picture_text=str(answer["picture_text"]),
    )


def _convert_legacy(body: bytes) -> _ParseResult:
    """Parse a legacy Word file by converting it to DOCX with LibreOffice, if that is installed."""
    office = shutil.which("soffice")
    if office is None:
        return _ParseResult("", (LEGACY_WORD,))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "annex.doc")
        source.write_bytes(body)
        profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        command = [office, profile, "--headless", "--convert-to", "docx", "--outdir", folder, str(source)]
        try:
            subprocess.run(  # noqa: S603  (LibreOffice as found on PATH; the file name is ours)
                command, capture_output=True, timeout=2 * _TIMEOUT_SECONDS, check=True, env=safe_environment()
            )
            converted = source.with_suffix(".docx").read_bytes()
        except (subprocess.SubprocessError, OSError):
            return _build_failure("legacy DOC not readable here, not even by LibreOffice")
    return _parse_isolated(converted, "zip")
