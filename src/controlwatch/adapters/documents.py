"""Bytes to text: pages, plain text, and the files that offices hang below them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlsplit

from controlwatch.core.challenge import challenged
from controlwatch.core.charset import Decoded, decode
from controlwatch.core.errors import Challenged, Garbled, Refused, SourceError
from controlwatch.core.model import Annex, AnnexLink, Document, Snapshot
from controlwatch.core.pages import document

if TYPE_CHECKING:
    from controlwatch.core.watcher import Watcher

Format = Literal["html", "text", "pdf", "ole", "zip", "archive", "unknown"]

_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"%PDF", "pdf"),
    (b"\xd0\xcf\x11\xe0", "ole"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
)
_HTML = re.compile(r"<(?:!doctype html|html|head|body|meta|div|p|table)\b", re.IGNORECASE)  # <!doctype html>
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16, which is full of NUL bytes and still text
_OFFICE_NAME = re.compile(r"\.(?:doc|xls|wps|et)$", re.IGNORECASE)  # old systems save HTML under these names
_WALL_CLOCK = 30  # seconds for one file
_OLD_WORD = "legacy DOC not readable here"


@dataclass(frozen=True, slots=True)
class _Parsed:
    text: str
    doubts: tuple[str, ...] = ()
    is_failure: bool = False


def read_document(snapshot: Snapshot, watcher: Watcher | None = None) -> Document:
    """Read what a source sent as the document of a notice.

    Raises `Challenged` for a bot challenge, `Refused` for an HTTP error, `Reshaped` for a page without a
    notice in it and `Garbled` for bytes that are no document.
    """
    kind = sniff(snapshot)
    if kind in {"html", "text"}:
        return _read_text(snapshot, watcher, kind=kind)
    if snapshot.status >= 400:
        raise Refused(f"the source answered {snapshot.status}", status=snapshot.status)
    parsed = _parse(snapshot.body, kind)
    if parsed.is_failure:
        raise Garbled("; ".join(parsed.doubts))
    first = next((line for line in parsed.text.split("\n") if line.strip()), "")
    title = first or unquote(urlsplit(snapshot.final_url).path.rpartition("/")[2])
    return Document(url=snapshot.url, title=title, text=parsed.text, encoding="binary", doubts=parsed.doubts)


def read_annex(snapshot: Snapshot, link: AnnexLink) -> Annex:
    """Read a file that hangs below a notice. What cannot be read becomes a doubt, never an error."""
    parsed = _annexed(snapshot, link)
    return Annex(
        url=link.url,
        name=link.name,
        text=parsed.text,
        sha256=snapshot.sha256,
        doubt="; ".join(parsed.doubts) or None,
    )


def sniff(snapshot: Snapshot) -> Format:
    """Tell the format by the first bytes, then by what they say, and only last by the content type."""
    body = snapshot.body
    for magic, kind in _MAGIC:
        if body.startswith(magic) or (kind == "pdf" and magic in body[:1024]):
            return kind
    content_type = snapshot.header("content-type") or ""
    if _HTML.search(decode(body[:4096], header=content_type).text):
        return "html"  # also with a stray NUL in it
    if b"\x00" in body[:1024] and not body.startswith(_WIDE):
        return "unknown"
    return "html" if "html" in content_type else "text"


def _read_text(snapshot: Snapshot, watcher: Watcher | None, *, kind: Format) -> Document:
    decoded = _decoded(snapshot, watcher)
    reason = challenged(decoded.text)
    if reason:
        raise Challenged(f"the source sent {reason} instead of the notice")
    if snapshot.status >= 400:
        raise Refused(f"the source answered {snapshot.status}", status=snapshot.status)
    if kind == "text":
        return _plain(snapshot, decoded)
    return document(
        decoded.text,
        url=snapshot.final_url,
        detail=watcher.detail if watcher else None,
        encoding=decoded.encoding,
        replaced=decoded.replaced,
    )


def _decoded(snapshot: Snapshot, watcher: Watcher | None) -> Decoded:
    declared = watcher.http.charset if watcher else None
    return decode(snapshot.body, header=snapshot.header("content-type"), declared=declared)


def _plain(snapshot: Snapshot, decoded: Decoded) -> Document:
    """Plain text: the first line that is not blank is the title, the rest the text."""
    found = [line.strip(" \u3000\r\t") for line in decoded.text.splitlines()]
    shown = [line for line in found if line]
    lost = (f"{decoded.replaced} characters could not be decoded",) if decoded.replaced else ()
    return Document(
        url=snapshot.url,
        title=shown[0] if shown else "",
        text="\n".join(shown[1:]),
        encoding=decoded.encoding,
        replaced=decoded.replaced,
        doubts=lost,
    )


def _annexed(snapshot: Snapshot, link: AnnexLink) -> _Parsed:
    kind = sniff(snapshot)
    if kind == "html":
        return _page_for_file(snapshot, link)
    if snapshot.status >= 400:
        return _failed(f"the source answered {snapshot.status}")
    if kind == "text":
        return _Parsed(
            "\n".join(line.strip() for line in _decoded(snapshot, None).text.splitlines() if line.strip())
        )
    return _parse(snapshot.body, kind)


def _page_for_file(snapshot: Snapshot, link: AnnexLink) -> _Parsed:
    """An HTML page where a file was linked: a challenge, an error page, or a table saved as .xls."""
    decoded = _decoded(snapshot, None)
    if challenged(decoded.text):
        return _failed("a bot challenge came instead of the file")
    if snapshot.status >= 400:
        return _failed(f"the source answered {snapshot.status}")
    names = (link.name, urlsplit(link.url).path)
    if not any(_OFFICE_NAME.search(name) for name in names):
        return _failed("a web page came instead of the file")
    try:
        return _Parsed(document(decoded.text, url=snapshot.final_url).text)
    except SourceError as error:
        return _failed(str(error))


# --------------------------------------------------------------------------- the bounded process


def _failed(reason: str) -> _Parsed:
    return _Parsed("", (reason,), is_failure=True)


def _parse(body: bytes, kind: Format) -> _Parsed:
    if kind == "archive":
        return _failed("an archive of this kind is not readable here")
    if kind == "unknown":
        return _failed("not a document known here")
    parsed = _bounded(body, kind)
    return _converted(body) if parsed.doubts == (_OLD_WORD,) else parsed


def _bounded(body: bytes, kind: Format) -> _Parsed:
    """Parse in a process of its own, with its own memory, CPU and clock, and without our secrets."""
    command = [sys.executable, "-P", "-m", "controlwatch.adapters.parse", kind]
    try:
        done = subprocess.run(  # noqa: S603  (our own module; the file goes to its standard input)
            command, input=body, capture_output=True, timeout=_WALL_CLOCK, check=False, env=_environment()
        )
    except subprocess.TimeoutExpired:
        return _failed(f"the file could not be read within {_WALL_CLOCK} seconds")
    if done.returncode:
        return _failed(_why(done.returncode, done.stderr))
    answer = json.loads(done.stdout)
    return _Parsed(str(answer["text"]), tuple(str(doubt) for doubt in answer["doubts"]))


def _environment() -> dict[str, str]:
    kept = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _why(status: int, stderr: bytes) -> str:
    if status < 0:
        return "the file could not be read within the bounds of memory and time"
    last = stderr.decode("utf-8", errors="replace").strip().rpartition("\n")[2]
    name, _, reason = last.partition(":")
    if name.endswith(("MemoryError", "RecursionError")):
        return "the file could not be read within the bounds of memory and time"
    return f"the file could not be read ({(reason or name).strip()[:200]})"


def _converted(body: bytes) -> _Parsed:
    """A Word file older than our reader: LibreOffice, where it is installed, makes a DOCX of it."""
    office = shutil.which("soffice")
    if office is None:
        return _Parsed("", (_OLD_WORD,))
    with tempfile.TemporaryDirectory() as place:
        source = Path(place, "annex.doc")
        source.write_bytes(body)
        profile = f"-env:UserInstallation={Path(place, 'profile').as_uri()}"
        command = [office, profile, "--headless", "--convert-to", "docx", "--outdir", place, str(source)]
        try:
            subprocess.run(  # noqa: S603  (LibreOffice as found on PATH; the file name is ours)
                command, capture_output=True, timeout=2 * _WALL_CLOCK, check=True, env=_environment()
            )
            made = source.with_suffix(".docx").read_bytes()
        except (subprocess.SubprocessError, OSError):
            return _Parsed("", (_OLD_WORD,))
    return _bounded(made, "zip")
