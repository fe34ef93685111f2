"""Bytes to text: pages, plain text, and the files that offices hang below them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from controlwatch.adapters.files import LEGACY_WORD
from controlwatch.adapters.sandbox.isolated_process import run_isolated, safe_environment
from controlwatch.adapters.sandbox.nesting_guard import check_nesting
from controlwatch.core.model import Annex, AnnexLink, Document, Snapshot
from controlwatch.core.model.errors import Challenged, Garbled, Refused, SourceError
from controlwatch.core.sources.decoding import DecodedText, decode_body, detect_format, is_mail, is_wrapped
from controlwatch.core.sources.mime import DAMAGED_MAIL_ERRORS, unwrap_body
from controlwatch.core.sources.notice_pages import parse_notice_page
from controlwatch.core.sources.plausibility import detect_challenge

if TYPE_CHECKING:
    from controlwatch.core.sources.decoding import FileFormat
    from controlwatch.core.sources.mime import UnwrappedPart
    from controlwatch.core.sources.watcher import Watcher

_OFFICE_NAME = re.compile(r"\.(?:doc|xls|wps|et)$", re.IGNORECASE)  # old systems save HTML under these names
_UTF8_HAN = re.compile(
    rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){6}"
)  # six Han characters that no GBK text has by chance
_TIMEOUT_SECONDS = 30  # seconds for one file
_MAX_TEXT_LENGTH = 5_000_000  # characters of a text that is read
_MAX_MAIL_LENGTH = 1_000_000  # of a mail: anybody can write one


@dataclass(frozen=True, slots=True)
class _ParseResult:
    text: str
    doubts: tuple[str, ...] = ()
    is_failure: bool = False


def read_document(snapshot: Snapshot, watcher: Watcher | None = None) -> Document:
    """Read what a source sent as the document of a notice.

    Raises `Challenged` for a bot challenge, `Refused` for an HTTP error, `Reshaped` for a page without a
    notice in it and `Garbled` for bytes that are no document.
    """
    if is_wrapped(snapshot.body) or is_mail(snapshot):
        return _read_wrapped(snapshot, watcher)
    kind = sniff_format(snapshot)
    if kind in {"html", "text"}:
        return _read_text(snapshot, watcher, kind=kind)
    if snapshot.status >= 400:
        raise Refused(f"the source answered {snapshot.status}", status=snapshot.status)
    parsed = _parse_binary(snapshot.body, kind)
    if parsed.is_failure:
        raise Garbled("; ".join(parsed.doubts))
    first = next((line for line in parsed.text.split("\n") if line.strip()), "")
    title = first or unquote(urlsplit(snapshot.final_url).path.rpartition("/")[2])
    return Document(url=snapshot.url, title=title, text=parsed.text, encoding="binary", doubts=parsed.doubts)


def _read_wrapped(snapshot: Snapshot, watcher: Watcher | None) -> Document:
    """Read a page that was saved as one file, or a mail: what a person would read of it."""
    try:
        found = unwrap_body(snapshot.body)
    except DAMAGED_MAIL_ERRORS as error:
        raise Garbled(f"the mail or saved page is damaged: {type(error).__name__}") from error
    if found is None or is_wrapped(found.body):
        raise Garbled("the mail or saved page holds nothing that can be read")
    check_nesting(found.body, found.content_type)
    headers = (*((name, value) for name, value in snapshot.headers if name != "content-type"),)
    inner = replace(snapshot, body=found.body, headers=(*headers, ("content-type", found.content_type)))
    read = read_document(inner, watcher)
    doubts = tuple(f"{name} came along and was not read: hand it in by itself" for name in found.unread_files)
    read = replace(read, doubts=(*read.doubts, *doubts))
    if is_mail(snapshot):
        return _apply_mail_headers(read, found, snapshot)
    return replace(read, title=read.title or found.title)


def _apply_mail_headers(read: Document, found: UnwrappedPart, snapshot: Snapshot) -> Document:
    """Say what a mail is called by its subject, who it says wrote it, and what of it was not fetched."""
    text = read.text if read.title in read.text else f"{read.title}\n{read.text}"
    doubts = [f"a mail that says it is from {found.sender}"] if found.sender else []
    if cut := snapshot.get_header("content-range"):
        doubts.append(f"the mail is too large, only a part of it was read ({cut})")
    if len(text) > _MAX_MAIL_LENGTH:
        doubts.append(f"only the first {_MAX_MAIL_LENGTH} characters were read")
    title, doubted = found.title or read.title, (*read.doubts, *doubts)
    return replace(read, title=title, text=text[:_MAX_MAIL_LENGTH], doubts=doubted)


def read_annex(snapshot: Snapshot, link: AnnexLink) -> Annex:
    """Read a file that hangs below a notice. What cannot be read becomes a doubt, never an error."""
    parsed = _parse_annex(snapshot, link)
    return Annex(
        url=link.url,
        name=link.name,
        text=parsed.text,
        sha256=snapshot.sha256,
        doubt="; ".join(parsed.doubts) or None,
    )


def sniff_format(snapshot: Snapshot) -> FileFormat:
    """Tell the format by the first bytes, then by what they say, and only last by the content type."""
    return detect_format(snapshot.body, snapshot.get_header("content-type") or "")


def _read_text(snapshot: Snapshot, watcher: Watcher | None, *, kind: FileFormat) -> Document:
    decoded = _decode_text(snapshot, watcher)
    reason = detect_challenge(decoded.text)
    if reason:
        raise Challenged(f"the source sent {reason} instead of the notice")
    if snapshot.status >= 400:
        raise Refused(f"the source answered {snapshot.status}", status=snapshot.status)
    if kind == "text":
        return _read_plain_text(snapshot, decoded)
    return parse_notice_page(
        decoded.text,
        url=snapshot.final_url,
        detail=watcher.detail if watcher else None,
        encoding=decoded.encoding,
        replaced=decoded.replaced,
    )


def _decode_text(snapshot: Snapshot, watcher: Watcher | None) -> DecodedText:
    declared = watcher.http.charset if watcher else None
    return decode_body(snapshot.body, header=snapshot.get_header("content-type"), declared=declared)


def _read_plain_text(snapshot: Snapshot, decoded: DecodedText) -> Document:
    """Plain text: the first line that is not blank is the title, the rest the text."""
    found = [line.strip(" \u3000\r\t") for line in decoded.text.splitlines()]
    shown = [line for line in found if line]
    return Document(
        url=snapshot.url,
        title=shown[0] if shown else "",
        text="\n".join(shown[1:]),
        encoding=decoded.encoding,
        replaced=decoded.replaced,
        doubts=_describe_loss(decoded),
    )


def _parse_annex(snapshot: Snapshot, link: AnnexLink) -> _ParseResult:
    kind = sniff_format(snapshot)
    if kind == "html":
        return _parse_html_annex(snapshot, link)
    if snapshot.status >= 400:
        return _build_failure(f"the source answered {snapshot.status}")
    if kind == "text":
        return _parse_text(_decode_text(snapshot, None), snapshot.body)
    parsed = _parse_binary(snapshot.body, kind)
    return (
        parsed
        if parsed.text.strip() or parsed.doubts
        else _ParseResult("", ("no text was found in the file",))
    )


def _parse_text(decoded: DecodedText, body: bytes) -> _ParseResult:
    lines = (line.strip(" \u3000\r") for line in decoded.text[:_MAX_TEXT_LENGTH].splitlines())
    found = (
        not decoded.text.strip() and "the file is empty",
        decoded.encoding != "utf-8"
        and _UTF8_HAN.search(body)
        and "parts of the text are in another encoding",
        len(decoded.text) > _MAX_TEXT_LENGTH and f"only the first {_MAX_TEXT_LENGTH} characters were read",
    )
    doubts = (*_describe_loss(decoded), *(doubt for doubt in found if doubt))
    return _ParseResult("\n".join(line for line in lines if line.strip()), doubts)


def _describe_loss(decoded: DecodedText) -> tuple[str, ...]:
    return (f"{decoded.replaced} characters could not be decoded",) if decoded.replaced else ()


def _parse_html_annex(snapshot: Snapshot, link: AnnexLink) -> _ParseResult:
    """An HTML page where a file was linked: a challenge, an error page, or a table saved as .xls."""
    decoded = _decode_text(snapshot, None)
    if detect_challenge(decoded.text):
        return _build_failure("a bot challenge came instead of the file")
    if snapshot.status >= 400:
        return _build_failure(f"the source answered {snapshot.status}")
    names = (link.name, urlsplit(link.url).path)
    if not any(_OFFICE_NAME.search(name) for name in names):
        return _build_failure("a web page came instead of the file")
    try:
        page = parse_notice_page(decoded.text, url=snapshot.final_url)
    except SourceError as error:
        return _build_failure(str(error))
    return _ParseResult(page.text, _describe_loss(decoded))


# --------------------------------------------------------------------------- the bounded process


def _build_failure(reason: str) -> _ParseResult:
    return _ParseResult("", (reason,), is_failure=True)


def _parse_binary(body: bytes, kind: FileFormat) -> _ParseResult:
    if kind == "archive":
        return _build_failure("an archive of this kind is not readable here")
    if kind == "unknown":
        return _build_failure("not a document known here")
    if kind == "rtf":
        return _convert_legacy(body)
    parsed = _parse_isolated(body, kind)
    return _convert_legacy(body) if parsed.doubts == (LEGACY_WORD,) else parsed


def _parse_isolated(body: bytes, kind: FileFormat) -> _ParseResult:
    """Parse in a process of its own, with its own memory, CPU and clock, and without our secrets."""
    try:
        done = run_isolated(
            "controlwatch.adapters.files.sandboxed_parse", kind, given=body, seconds=_TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return _build_failure(f"the file could not be read within {_TIMEOUT_SECONDS} seconds")
    if done.returncode:
        return _build_failure(_explain_exit(done.returncode, done.stderr))
    answer = json.loads(done.stdout)
    doubts = tuple(str(doubt) for doubt in answer["doubts"])
    return _ParseResult(str(answer["text"]), doubts, is_failure=bool(answer["is_failure"]))


def _explain_exit(status: int, stderr: bytes) -> str:
    if status < 0:
        return "the file could not be read within the bounds of memory and time"
    last = stderr.decode("utf-8", errors="replace").strip().rpartition("\n")[2]
    name, _, reason = last.partition(":")
    if name.endswith(("MemoryError", "RecursionError")):
        return "the file could not be read within the bounds of memory and time"
    return f"the file could not be read ({(reason or name).strip()[:200]})"


def _convert_legacy(body: bytes) -> _ParseResult:
    """A Word file older than our reader: LibreOffice, where it is installed, makes a DOCX of it."""
    office = shutil.which("soffice")
    if office is None:
        return _ParseResult("", (LEGACY_WORD,))
    with tempfile.TemporaryDirectory() as place:
        source = Path(place, "annex.doc")
        source.write_bytes(body)
        profile = f"-env:UserInstallation={Path(place, 'profile').as_uri()}"
        command = [office, profile, "--headless", "--convert-to", "docx", "--outdir", place, str(source)]
        try:
            subprocess.run(  # noqa: S603  (LibreOffice as found on PATH; the file name is ours)
                command, capture_output=True, timeout=2 * _TIMEOUT_SECONDS, check=True, env=safe_environment()
            )
            made = source.with_suffix(".docx").read_bytes()
        except (subprocess.SubprocessError, OSError):
            return _build_failure("legacy DOC not readable here, by LibreOffice neither")
    return _parse_isolated(made, "zip")
