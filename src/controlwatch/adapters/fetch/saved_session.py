"""Answer requests from what a browser has saved: a HAR of its network log, or a page as MHTML.

A person whose network reaches a site can send such a file to one whose network does not.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.errors
import email.policy
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from controlwatch.adapters.fetch.content_coding import unpack_body
from controlwatch.core.model import Snapshot, Validators
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.document import DECODED, FAULT
from controlwatch.core.model.errors import Garbled, TooLarge, Unreachable, UsageError
from controlwatch.core.sources.decoding import find_saved_location, is_wrapped
from controlwatch.core.sources.mime import DAMAGED_MAIL_ERRORS, MAX_PARTS
from controlwatch.core.sources.requests import Request

MAX_FILE_BYTES = 200_000_000
MAX_REDIRECTS = 5
_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_MAX_NAMED_HOSTS = 5  # of a message


#: Names and values of a query or of what was posted, in the order in which they were sent.
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _SavedAnswer:
    snapshot: Snapshot
    posted: Fields = ()  #: what the browser posted to get it

    def count_differences(self, query: Fields, posted: Fields) -> tuple[int, int, int]:
        """Return in how many fields it differs from a request: posted, in the query, and not in common."""
        own_query = tuple(parse_qsl(urlsplit(self.snapshot.url).query, keep_blank_values=True))
        unknown = set(dict(posted)) ^ set(dict(self.posted)) | set(dict(query)) ^ set(dict(own_query))
        return (
            len(_find_differences(posted, self.posted)),
            len(_find_differences(query, own_query)),
            len(unknown),
        )


def _find_differences(wanted: Fields, saved: Fields) -> tuple[str, ...]:
    """Return the fields that both have with different values, each as "name=saved and not name=wanted"."""
    known = dict(saved)
    return tuple(
        f"{name}={known[name]} and not {name}={value}"
        for name, value in wanted
        if name in known and known[name] != value
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _SavedFile:
    saved: tuple[_SavedAnswer, ...]
    without_content: frozenset[str] = frozenset()  #: canonical addresses that were requested, without a body
    is_drawn: bool = False

    @property
    def answers(self) -> tuple[Snapshot, ...]:
        """The answers in the order in which the browser received them."""
        return tuple(item.snapshot for item in self.saved)


class SavedSession:
    """Answers as the site answered the browser; it sends nothing."""

    def __init__(self, name: str, saved: _SavedFile) -> None:
        """`name` is that of the file, for messages."""
        self.name = name
        self.answers = saved.answers  #: in the order in which the browser received them
        #: The file holds the page as the browser drew it, without scripts and without what they requested.
        self.is_drawn = saved.is_drawn
        self._without_content = saved.without_content
        self._addresses = {canonicalize_url(answer.url) for answer in self.answers}
        self._by_path: defaultdict[str, list[_SavedAnswer]] = defaultdict(list)
        for item in saved.saved:
            self._by_path[canonicalize_url(item.snapshot.url).partition("?")[0]].append(item)

    def __call__(self, request: Request, validators: Validators | None = None) -> Snapshot | None:
        """Return what the file has of an address.

        Raises `Unreachable` where it has nothing, and `UsageError` for contents that are still packed.
        """
        del validators
        url, posted = request.url, request.form
        for _ in range(MAX_REDIRECTS):
            found = self._find(url, posted)
            if found is None:
                break
            location = found.get_header("location")
            if not (300 <= found.status < 400 and location):
                return self._unpack(found)
            url, posted = urljoin(url, location), ()
        if canonicalize_url(url) in self._without_content:
            raise Unreachable(
                f"{self.name} has the request for {url} and not its content; load the page again with the"
                " developer tools open, and save the HAR with content"
            )
        hosts = sorted({urlsplit(answer.url).netloc for answer in self.answers})
        named = ", ".join(hosts[:_MAX_NAMED_HOSTS]) + (", …" if len(hosts) > _MAX_NAMED_HOSTS else "")
        raise Unreachable(f"{self.name} has no answer of {url}; it has answers of {named}")

    def _unpack(self, answer: Snapshot) -> Snapshot:
        """Return an answer as a browser shows it: other tools save bodies as they came over the line."""
        coding = answer.get_header("content-encoding") or ""
        try:
            unpacked = unpack_body(answer.body, coding=coding, url=answer.url, largest=MAX_FILE_BYTES)
        except (Garbled, TooLarge) as error:
            raise UsageError(
                f"{self.name} holds {answer.url} packed ({coding or 'gzip'}), and it cannot be unpacked; save"
                " the HAR with the developer tools of a browser"
            ) from error
        headers = tuple(header for header in answer.headers if header[0] != "content-encoding")
        return replace(answer, body=unpacked.body, headers=headers)

    def choose_saved(self, urls: Iterable[str]) -> str | None:
        """Return the first of these addresses that the file has an answer of."""
        return next((url for url in urls if canonicalize_url(url) in self._addresses), None)

    def was_requested(self, url: str) -> bool:
        """Return whether the browser requested an address, also where the file lacks its content."""
        address = canonicalize_url(url)
        return address in self._addresses or address in self._without_content

    def _find(self, url: str, posted: Fields) -> Snapshot | None:
        """Return the answer of a path whose query and posted fields are nearest to those of a request.

        Of the same ones the last: a challenge may have come first. Raises `Unreachable` where another list
        was posted for, as the pages of one site load several lists from one address.
        """
        query = tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        saved = self._by_path.get(canonicalize_url(url).partition("?")[0])
        if not saved:
            return None
        nearest = min(reversed(saved), key=lambda item: item.count_differences(query, posted))
        if differences := _find_differences(posted, nearest.posted):
            raise Unreachable(f"{self.name} has an answer of {url} for {'; '.join(differences)}")
        return nearest.snapshot


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
        saved = _read_mhtml(content, saved_at) if is_wrapped(content) else _read_har(content, saved_at)
    except json.JSONDecodeError as error:
        text = error.doc.strip()
        is_cut = text.startswith("{") and not text.endswith("}")
        what = (
            "ends early: it was not saved or sent whole" if is_cut else "is neither a HAR nor an MHTML file"
        )
        raise UsageError(f"{path} {what}") from error
    except DAMAGED_MAIL_ERRORS as error:
        raise UsageError(f"{path} is neither a HAR nor an MHTML file, or it is damaged") from error
    if not saved.answers:
        raise UsageError(f"{path} holds no contents; save the HAR “with content”, or the page as MHTML")
    return SavedSession(path.name, saved)


def _read_har(content: bytes, saved_at: datetime) -> _SavedFile:
    entries: list[dict[str, Any]] = json.loads(content.decode("utf-8-sig"))["log"]["entries"]
    saved: list[_SavedAnswer] = []
    without_content: set[str] = set()
    for entry in entries:
        url, answer = str(entry["request"]["url"]), entry["response"]
        text = (answer.get("content") or {}).get("text")
        if not answer.get("status") or (text is None and not answer.get("redirectURL")):
            without_content.add(canonicalize_url(url))
            continue
        posted = _read_posted(entry["request"].get("postData") or {})
        saved.append(_SavedAnswer(snapshot=_read_entry(url, answer, saved_at), posted=posted))
    return _SavedFile(saved=tuple(saved), without_content=frozenset(without_content))


def _read_posted(data: dict[str, Any]) -> Fields:
    """Return the fields that a browser posted: of a form, or the plain values of a JSON object."""
    text = str(data.get("text") or "")
    if "json" in str(data.get("mimeType") or ""):
        try:
            found = json.loads(text)
        except json.JSONDecodeError:
            return ()
        pairs = found.items() if isinstance(found, dict) else ()
        return tuple((str(name), str(value)) for name, value in pairs if isinstance(value, (str, int)))
    if not text:  # some tools keep the fields alone, decoded
        return tuple((str(one["name"]), str(one.get("value", ""))) for one in data.get("params") or ())
    return tuple(parse_qsl(text, keep_blank_values=True))


def _read_entry(url: str, answer: dict[str, Any], saved_at: datetime) -> Snapshot:
    """Return the answer of an entry; a body in base64 is as it was sent, any other one was decoded."""
    content_part = answer.get("content") or {}
    text, location = content_part.get("text"), answer.get("redirectURL") or ""
    is_bytes = content_part.get("encoding") == "base64"
    try:
        body = (
            base64.b64decode(str(text), validate=True)
            if is_bytes
            else str(text or "").encode("utf-8", "replace")
        )
    except binascii.Error as error:
        raise ValueError("the HAR holds damaged base64") from error
    kind = str(content_part.get("mimeType") or "text/html")
    # Headers that describe the body as it came over the line are left out where it was decoded.
    left_out = {"content-type", "content-length", "location", *([] if is_bytes else ["content-encoding"])}
    headers = [(str(item["name"]).lower(), str(item["value"])) for item in answer.get("headers") or ()]
    kept = [header for header in headers if header[0] not in left_out]
    shown = [("content-type", kind)]
    if not is_bytes:
        shown = [("content-type", f"{kind.partition(';')[0]}; charset=utf-8"), (DECODED, "by a browser")]
    moved = [("location", str(location))] if location else []
    return Snapshot(
        url=url,
        final_url=url,
        fetched_at=saved_at,
        status=int(answer["status"]),
        headers=(*kept, *shown, *moved),
        body=body,
    )


def _read_mhtml(content: bytes, saved_at: datetime) -> _SavedFile:
    """Return a saved page and its frames; the page itself has the address that it came from."""
    mail = email.message_from_bytes(content, policy=email.policy.default)
    address = find_saved_location(content)
    is_cut = any(isinstance(defect, email.errors.CloseBoundaryNotFoundDefect) for defect in mail.defects)
    answers: list[Snapshot] = []
    for part in islice(mail.walk(), MAX_PARTS):
        body = None if part.is_multipart() else part.get_payload(decode=True)
        if part.get_content_type() not in _PAGE_TYPES or not isinstance(body, bytes):
            continue
        url = str(part.get("Content-Location") or "") or address
        if not url.startswith(("http://", "https://")):
            continue
        charset = part.get_content_charset()
        kind = f"{part.get_content_type()}{f'; charset={charset}' if charset else ''}"
        fault = [(FAULT, "the file ends early: it was not saved or sent whole")] if is_cut else []
        answers.append(
            Snapshot(
                url=url,
                final_url=url,
                fetched_at=saved_at,
                status=200,
                headers=(("content-type", kind), (DECODED, "by a browser"), *fault),
                body=body,
            )
        )
    return _SavedFile(saved=tuple(_SavedAnswer(snapshot=answer) for answer in answers), is_drawn=True)
