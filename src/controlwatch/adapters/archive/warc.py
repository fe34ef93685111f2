"""Snapshots as WARC records (ISO 28500), for archives and their tools. Needs the extra `evidence`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from http import HTTPStatus
from importlib.util import find_spec
from io import BytesIO
from typing import Any, BinaryIO

from controlwatch.core.evidence.custody import SnapshotEntry, format_instant
from controlwatch.core.model.document import FAULT

#: What to do where the library is not installed.
INSTALL_HINT = "needs the extra: pip install 'controlwatch[evidence]'"
_WARC_VERSION = "1.1"
#: How the body was coded for transfer. We store it decoded, so these headers would be wrong as sent.
_TRANSFER_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length"})


def is_installed() -> bool:
    """Return whether WARC files can be written here."""
    return find_spec("warcio") is not None


def write_warc(
    out: BinaryIO, snapshots: Iterable[tuple[SnapshotEntry, bytes]], *, name: str, software: str
) -> int:
    """Write snapshots as compressed records and return their number; equal snapshots give equal bytes."""
    from warcio.warcwriter import WARCWriter

    writer = WARCWriter(out, gzip=True, warc_version=_WARC_VERSION)
    count = 0
    for entry, body in snapshots:
        if count == 0:
            fields = {
                "software": software,
                "format": f"WARC File Format {_WARC_VERSION}",
                "description": "bodies are decoded; the headers of their coding begin with x-archive-orig-",
            }
            record = writer.create_warcinfo_record(name, fields)
            record_id = _build_record_id(f"about {entry.id} {entry.sha256}")
            record.rec_headers.replace_header("WARC-Record-ID", record_id)
            record.rec_headers.replace_header("WARC-Date", format_instant(entry.fetched_at))
            writer.write_record(record)
        writer.write_record(_build_record(writer, entry, body))
        count += 1
    return count


def _build_record(writer: Any, entry: SnapshotEntry, body: bytes) -> Any:
    """Return a response record, or a resource record for bytes without headers, handed in by a person."""
    from warcio.statusandheaders import StatusAndHeaders

    fields = {
        "WARC-Record-ID": _build_record_id(f"snapshot {entry.id} {entry.sha256}"),
        "WARC-Date": format_instant(entry.fetched_at),
        "WARC-Payload-Digest": f"sha256:{entry.sha256}",
    }
    if entry.url != entry.final_url:
        fields["X-Asked-URI"] = entry.url
    if any(name == FAULT for name, _ in entry.headers):
        fields["WARC-Truncated"] = "unspecified"
    if not entry.headers:
        return writer.create_warc_record(
            entry.final_url,
            "resource",
            payload=BytesIO(body),
            length=len(body),
            warc_content_type="application/octet-stream",
            warc_headers_dict=fields,
        )
    phrase = HTTPStatus(entry.status).phrase if entry.status in set(HTTPStatus) else ""
    headers = [
        (f"x-archive-orig-{name}" if name in _TRANSFER_HEADERS else name, value)
        for name, value in entry.headers
        if name != FAULT
    ]
    headers.append(("content-length", str(entry.size)))
    return writer.create_warc_record(
        entry.final_url,
        "response",
        payload=BytesIO(body),
        length=len(body),
        http_headers=StatusAndHeaders(f"{entry.status} {phrase}".rstrip(), headers, protocol="HTTP/1.1"),
        warc_headers_dict=fields,
    )


def _build_record_id(subject: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'controlwatch {subject}')}>"
