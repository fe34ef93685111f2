"""Answer requests from what a browser has saved: a HAR of its network log, or a page as MHTML.

A person whose network reaches a site can send such a file to one whose network does not.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from controlwatch.core.model import Snapshot, Validators
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.errors import Unreachable, UsageError
from controlwatch.core.sources.decoding import find_saved_location, is_wrapped
from controlwatch.core.sources.mime import DAMAGED_MAIL_ERRORS, MAX_PARTS
from controlwatch.core.sources.requests import Request

MAX_FILE_BYTES = 200_000_000
MAX_REDIRECTS = 5
_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})


class SavedSession:
    """Answers as the site answered the browser; it sends nothing."""

    def __init__(self, name: str, answers: Iterable[Snapshot]) -> None:
        """`name` is that of the file, for messages."""
        self.name = name
        self.answers = tuple(answers)  #: in the order in which the browser received them
        self._by_address: dict[str, Snapshot] = {}
        self._by_path: dict[str, Snapshot] = {}
        for answer in self.answers:
            address = canonicalize_url(answer.url)
            self._by_address[address] = answer  # the last one: a challenge may have come first
            self._by_path[address.partition("?")[0]] = answer

    def __call__(self, request: Request, validators: Validators | None = None) -> Snapshot | None:
        """Return what the file has of an address; raises `Unreachable` where it has nothing."""
        del validators
        url = request.url
        for _ in range(MAX_REDIRECTS):
            found = self._find(url)
            if found is None:
                break
            location = found.get_header("location")
            if not (300 <= found.status < 400 and location):
                return found
            url = urljoin(url, location)
        raise Unreachable(f"{self.name} has no answer of {url}")

    def choose_saved(self, urls: Iterable[str]) -> str | None:
        """Return the first of these addresses that the file has an answer of."""
        return next((url for url in urls if canonicalize_url(url) in self._by_address), None)

    def _find(self, url: str) -> Snapshot | None:
        """Return the answer of an address; without one, that of the same path with another query."""
        address = canonicalize_url(url)
        return self._by_address.get(address) or self._by_path.get(address.partition("?")[0])


def open_saved_session(path: Path) -> SavedSession:
    """Read a HAR or an MHTML file. Raises `UsageError` for any other file, and for one without contents."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UsageError(f"{path} is larger than {MAX_FILE_BYTES // 1_000_000} MB")
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    saved_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    try:
        answers = list(
            _read_mhtml(content, saved_at) if is_wrapped(content) else _read_har(content, saved_at)
        )
    except DAMAGED_MAIL_ERRORS as error:
        raise UsageError(f"{path} is neither a HAR nor an MHTML file, or it is damaged") from error
    if not answers:
        raise UsageError(f"{path} holds no contents; save the HAR “with content”, or the page as MHTML")
    return SavedSession(path.name, answers)


def _read_har(content: bytes, saved_at: datetime) -> Iterator[Snapshot]:
    entries: list[dict[str, Any]] = json.loads(content.decode("utf-8-sig"))["log"]["entries"]
    for entry in entries:
        answer = entry["response"]
        content_part = answer.get("content") or {}
        text = content_part.get("text")
        location = answer.get("redirectURL") or ""
        if not answer.get("status") or (text is None and not location):
            continue
        is_bytes = content_part.get("encoding") == "base64"
        try:
            body = base64.b64decode(str(text)) if is_bytes else str(text or "").encode("utf-8", "replace")
        except binascii.Error as error:
            raise ValueError("the HAR holds damaged base64") from error
        kind = str(content_part.get("mimeType") or "text/html")
        # The browser has unpacked and decoded the body: the headers that say otherwise are left out.
        left_out = {"content-type", "content-encoding", "content-length", "location"}
        headers = [(str(item["name"]).lower(), str(item["value"])) for item in answer.get("headers") or ()]
        kept = [header for header in headers if header[0] not in left_out]
        shown = kind if is_bytes else f"{kind.partition(';')[0]}; charset=utf-8"
        moved = [("location", str(location))] if location else []
        url = str(entry["request"]["url"])
        yield Snapshot(
            url=url,
            final_url=url,
            fetched_at=saved_at,
            status=int(answer["status"]),
            headers=(*kept, ("content-type", shown), *moved),
            body=body,
        )


def _read_mhtml(content: bytes, saved_at: datetime) -> Iterator[Snapshot]:
    """Yield a saved page and its frames; the page itself has the address that it came from."""
    mail = email.message_from_bytes(content, policy=email.policy.default)
    address = find_saved_location(content)
    for part in islice(mail.walk(), MAX_PARTS):
        body = None if part.is_multipart() else part.get_payload(decode=True)
        if part.get_content_type() not in _PAGE_TYPES or not isinstance(body, bytes):
            continue
        url = str(part.get("Content-Location") or "") or address
        if not url.startswith(("http://", "https://")):
            continue
        charset = part.get_content_charset()
        kind = f"{part.get_content_type()}{f'; charset={charset}' if charset else ''}"
        yield Snapshot(
            url=url,
            final_url=url,
            fetched_at=saved_at,
            status=200,
            headers=(("content-type", kind),),
            body=body,
        )
