"""Snapshots as WARC records (ISO 28500), for archives and their tools. Needs the extra `evidence`."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from controlwatch.core.evidence.custody import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controlwatch.core.evidence.custody import SnapshotEntry

#: What to do where the library is not installed.
INSTALL_HINT = "needs the extra: pip install 'controlwatch[evidence]'"
_WARC_VERSION = "1.1"
#: How the bytes were packed for the way. We keep them unpacked: said as sent, these would be untrue of them.
_TRANSFER_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length"})


def is_installed() -> bool:
    """Whether WARC files can be written here."""
    return find_spec("warcio") is not None


def write_warc(
    out: BinaryIO, snapshots: Iterable[tuple[SnapshotEntry, bytes]], *, name: str, software: str
) -> int:
    """Write snapshots as compressed records, the same ones always alike; return how many."""
    from warcio.warcwriter import WARCWriter

    writer = WARCWriter(out, gzip=True, warc_version=_WARC_VERSION)
    count = 0
    for kept, body in snapshots:
        if count == 0:
            writer.write_record(_build_info_record(writer, kept, name, software))
        writer.write_record(_build_record(writer, kept, body))
        count += 1
    return count


def _build_info_record(writer: Any, first: SnapshotEntry, name: str, software: str) -> Any:
    said = {
        "software": software,
        "format": f"WARC File Format {_WARC_VERSION}",
        "description": "bodies are without the coding of the way, whose headers begin with x-archive-orig-",
    }
    record = writer.create_warcinfo_record(name, said)
    record.rec_headers.replace_header("WARC-Record-ID", _build_record_id(f"about {first.id} {first.sha256}"))
    record.rec_headers.replace_header("WARC-Date", format_instant(first.fetched_at))
    return record


def _build_record(writer: Any, kept: SnapshotEntry, body: bytes) -> Any:
    """Return a response; bytes that a person handed in, without headers, are a resource."""
    from warcio.statusandheaders import StatusAndHeaders

    about = {
        "WARC-Record-ID": _build_record_id(f"snapshot {kept.id} {kept.sha256}"),
        "WARC-Date": format_instant(kept.fetched_at),
        "WARC-Payload-Digest": f"sha256:{kept.sha256}",
    }
    if kept.url != kept.final_url:
        about["X-Asked-URI"] = kept.url
    if not kept.headers:
        return writer.create_warc_record(
            kept.final_url,
            "resource",
            payload=BytesIO(body),
            length=len(body),
            warc_content_type="application/octet-stream",
            warc_headers_dict=about,
        )
    phrase = HTTPStatus(kept.status).phrase if kept.status in set(HTTPStatus) else ""
    headers = StatusAndHeaders(
        f"{kept.status} {phrase}".rstrip(), list(_build_headers(kept)), protocol="HTTP/1.1"
    )
    return writer.create_warc_record(
        kept.final_url,
        "response",
        payload=BytesIO(body),
        length=len(body),
        http_headers=headers,
        warc_headers_dict=about,
    )


def _build_headers(kept: SnapshotEntry) -> Iterator[tuple[str, str]]:
    for name, value in kept.headers:
        yield (f"x-archive-orig-{name}" if name in _TRANSFER_HEADERS else name), value
    yield "content-length", str(kept.size)


def _build_record_id(subject: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'controlwatch {subject}')}>"
