"""Export a dossier as a zip that can be checked without this program. Same dossier, same day: same bytes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from controlwatch.core.evidence.custody import ChainHead
from controlwatch.core.evidence.dossier import (
    Dossier,
    EvidenceReport,
    build_report,
    choose_extension,
    sanitize_report,
)
from controlwatch.core.evidence.timestamps import TimestampToken, VerifiedTimestamp, select_proving_tokens
from controlwatch.core.evidence.verification import (
    CustodyFault,
    UnloggedRow,
    compare_with_bytes,
    compare_with_row,
    report_unlogged_row,
)
from controlwatch.core.extraction.report.reading_json import list_evidence, to_json
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model.errors import Unstamped
from controlwatch.core.model.text_safety import strip_hidden
from controlwatch.core.rendering.evidence_howto import CHECK_SCRIPT, render_howto
from controlwatch.core.rendering.evidence_report import render_report
from controlwatch.services.ports import Archive

#: The first time that a zip can hold. Every file gets it, so that equal dossiers give equal bytes.
EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedToken:
    """A time stamp for a dossier, with the result of its check."""

    token: TimestampToken
    stamp: VerifiedTimestamp | None = None  #: None where it could not be checked
    fault: CustodyFault | None = None  #: why it is left out

    def describe(self) -> str:
        """Return the sentence of the report about it."""
        if self.fault is not None:
            return str(self.fault)
        return f"Time-stamped: {self.stamp or f'entry {self.token.head.seq} (the stamp was not checked)'}"


def check_tokens(
    dossier: Dossier,
    tokens: Iterable[TimestampToken],
    *,
    has_head: Callable[[ChainHead], bool],
    check: Callable[[TimestampToken], VerifiedTimestamp] | None,
) -> Iterator[CheckedToken]:
    """Yield the time stamps that prove the entries of a dossier best, each with the result of its check."""
    for token in select_proving_tokens(tokens, (entry.seq for entry in dossier.entries), dossier.head):
        try:
            stamp = check(token) if check is not None else None
        except Unstamped as error:
            fault = CustodyFault(seq=token.head.seq, kind="stamp not good", what=str(error))
        else:
            if has_head(token.head):
                yield CheckedToken(token=token, stamp=stamp)
                continue
            what = "it was stamped and is not in the chain any more"
            fault = CustodyFault(seq=token.head.seq, kind="stamped head not found", what=what)
        yield CheckedToken(token=token, fault=fault)


def export_dossier(
    dossier: Dossier,
    out: BinaryIO,
    *,
    lines: Iterable[str],
    archive: Archive,
    lexicon: Lexicon,
    on: date,
    stamps: Iterable[CheckedToken] = (),
    render_pdf: Callable[[EvidenceReport], bytes] | None = None,
) -> tuple[CustodyFault, ...]:
    """Write the zip; return what of it is not as it was entered, which the report says too.

    `lines` are the entries from the one before the first about this notice up to the head; `on` is
    the day in Beijing; `stamps` are those of the chain that prove the entries best.
    """
    stamps = tuple(stamps)
    faults = (*_find_faults(dossier, archive), *(stamp.fault for stamp in stamps if stamp.fault))
    sentences = tuple(stamp.describe() for stamp in stamps)
    report = sanitize_report(build_report(dossier, lexicon, faults, on=on, stamped=sentences))
    notice = dossier.record.notice
    reading = {**to_json(notice), "evidence": list_evidence(notice, lexicon)}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zip_file:
        evidence = _EvidenceZip(zip_file)
        evidence.add("report.html", render_report(report, strip_hidden(dossier.record.text)).encode())
        if render_pdf is not None:
            evidence.add("report.pdf", render_pdf(report))
        evidence.add("reading.json", json.dumps(reading, ensure_ascii=False, indent=2).encode())
        for name, body in _list_hashed_files(dossier, archive):
            evidence.add(name, body)
        for stamp in stamps:
            if stamp.fault is None:
                evidence.add(f"stamps/{stamp.token.file_name}", stamp.token.body)
        evidence.add_pieces("chain.jsonl", (f"{line}\n".encode() for line in lines))
        evidence.add("check.py", CHECK_SCRIPT.encode())
        evidence.add("HOWTO.txt", render_howto(dossier).encode())
        evidence.add("MANIFEST.txt", evidence.render_manifest().encode())
    return faults


def _find_faults(dossier: Dossier, archive: Archive) -> Iterator[CustodyFault]:
    """Yield what of a dossier is not as it was entered."""
    for entry in dossier.entries:
        yield from compare_with_row(entry)
        if entry.snapshot is not None:
            yield from compare_with_bytes(entry, entry.snapshot, archive.inspect_copy(entry.snapshot.sha256))
    for row in _list_unlogged_rows(dossier):
        yield report_unlogged_row(row)


def _list_unlogged_rows(dossier: Dossier) -> Iterator[UnloggedRow]:
    """Yield the rows of a dossier that were stored without an entry."""
    snapshots = {entry.snapshot_id for entry in dossier.entries}
    versions = {entry.version_id for entry in dossier.entries}
    if not any(entry.is_newest_of_notice for entry in dossier.entries):
        yield UnloggedRow(table="notice", id=dossier.id)
    yield from (UnloggedRow(table="version", id=row.id) for row in dossier.versions if row.id not in versions)
    for snapshot in dossier.snapshots:
        if snapshot.id not in snapshots:
            yield UnloggedRow(table="snapshot", id=snapshot.id)


def _list_hashed_files(dossier: Dossier, archive: Archive) -> Iterator[tuple[str, bytes]]:
    """Yield what the entries hold the hashes of, each as a file that has that hash."""
    packed: set[str] = set()
    for snapshot in dossier.snapshots:
        yield f"headers/snapshot-{snapshot.id}.json", snapshot.headers_text.encode()
        if snapshot.sha256 in packed:
            continue
        packed.add(snapshot.sha256)
        try:
            yield f"bytes/{snapshot.sha256}.{choose_extension(snapshot)}", archive.load_bytes(snapshot.sha256)
        except KeyError:
            continue  # reported as a fault
    for version in dossier.versions:
        yield f"text/version-{version.id}.txt", version.text.encode()
        yield f"readings/version-{version.id}.json", version.reading_text.encode()


class _EvidenceZip:
    """A zip that lists the hashes of its files."""

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self._zip = zip_file
        self._digests: dict[str, str] = {}

    def add(self, name: str, body: bytes) -> None:
        """Add a file."""
        self.add_pieces(name, [body])

    def add_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        """Add a file piece by piece."""
        digest = hashlib.sha256()
        info = zipfile.ZipInfo(name, date_time=EARLIEST_ZIP_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system, info.external_attr = 3, 0o644 << 16
        with self._zip.open(info, "w") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
        self._digests[name] = digest.hexdigest()

    def render_manifest(self) -> str:
        """Return the list, as sha256sum reads it."""
        return "".join(f"{digest}  {name}\n" for name, digest in sorted(self._digests.items()))
