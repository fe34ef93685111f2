"""Export: a dossier as a zip that is checked without this programme. Same dossier, same day: same bytes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from controlwatch.core.evidence.dossier import build_report, choose_extension, sanitize_report
from controlwatch.core.evidence.timestamps import select_proving_tokens
from controlwatch.core.evidence.verification import CustodyFault, compare_with_bytes, compare_with_row
from controlwatch.core.extraction.report.reading_json import list_evidence, to_json
from controlwatch.core.model.errors import Unstamped
from controlwatch.core.model.text_safety import strip_hidden
from controlwatch.core.rendering.evidence_howto import CHECK_SCRIPT, render_howto
from controlwatch.core.rendering.evidence_report import render_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from controlwatch.core.evidence.custody import ChainHead
    from controlwatch.core.evidence.dossier import Dossier, EvidenceReport
    from controlwatch.core.evidence.timestamps import TimestampToken, VerifiedTimestamp
    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.services.ports import Archive

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can hold: ours holds none


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """A time stamp for a dossier, as it was found."""

    token: TimestampToken
    stamp: VerifiedTimestamp | None = None  #: None where it could not be checked
    fault: CustodyFault | None = None  #: why it is left out

    @property
    def said(self) -> str:
        """What the report says of it."""
        if self.fault is not None:
            return str(self.fault)
        return f"Time-stamped: {self.stamp or f'entry {self.token.head.seq} (the stamp was not checked)'}"


def attested(
    dossier: Dossier,
    tokens: Iterable[TimestampToken],
    *,
    stands: Callable[[ChainHead], bool],
    check: Callable[[TimestampToken], VerifiedTimestamp] | None,
) -> Iterator[Attested]:
    """Yield the time stamps that prove the entries of a dossier best, each as it was found."""
    for token in select_proving_tokens(tokens, (link.seq for link in dossier.entries), dossier.head):
        try:
            stamp = check(token) if check is not None else None
        except Unstamped as error:
            fault = CustodyFault(seq=token.head.seq, kind="stamp not good", what=str(error))
        else:
            if stands(token.head):
                yield Attested(token=token, stamp=stamp)
                continue
            said = "it was stamped and is not in the chain any more"
            fault = CustodyFault(seq=token.head.seq, kind="stamped head not found", what=said)
        yield Attested(token=token, fault=fault)


def check(dossier: Dossier, archive: Archive) -> tuple[CustodyFault, ...]:
    """Return what of a dossier is not as it was entered."""
    found: list[CustodyFault] = []
    for link in dossier.entries:
        found += compare_with_row(link)
        if link.snapshot is not None:
            found += compare_with_bytes(link, link.snapshot, archive.inspect_copy(link.snapshot.sha256))
    return tuple(found)


def export(
    dossier: Dossier,
    out: BinaryIO,
    *,
    lines: Iterable[str],
    archive: Archive,
    lexicon: Lexicon,
    on: date,
    stamps: Iterable[Attested] = (),
    pdf: Callable[[EvidenceReport], bytes] | None = None,
) -> tuple[CustodyFault, ...]:
    """Write the zip; return what of it is not as it was entered, which the report says too.

    `lines` are the entries from the one before the first about this notice up to the head; `on` is
    the day in Beijing; `stamps` are those of the chain that prove the entries best.
    """
    stamps = tuple(stamps)
    faults = (*check(dossier, archive), *(one.fault for one in stamps if one.fault))
    drawn = sanitize_report(
        build_report(dossier, lexicon, faults, on=on, stamped=tuple(one.said for one in stamps))
    )
    notice = dossier.record.notice
    reading = {**to_json(notice), "evidence": list_evidence(notice, lexicon)}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        box = _Box(packed)
        box.put("report.html", render_report(drawn, strip_hidden(dossier.record.text)).encode())
        if pdf is not None:
            box.put("report.pdf", pdf(drawn))
        box.put("reading.json", json.dumps(reading, ensure_ascii=False, indent=2).encode())
        for name, body in _files(dossier, archive):
            box.put(name, body)
        for one in stamps:
            if one.fault is None:
                box.put(f"stamps/{one.token.file_name}", one.token.body)
        box.pour("chain.jsonl", (f"{line}\n".encode() for line in lines))
        box.put("check.py", CHECK_SCRIPT.encode())
        box.put("HOWTO.txt", render_howto(dossier).encode())
        box.put("MANIFEST.txt", box.manifest().encode())
    return faults


def _files(dossier: Dossier, archive: Archive) -> Iterator[tuple[str, bytes]]:
    """Yield what the entries hold the hashes of, each as a file that has that hash."""
    held: set[str] = set()
    for kept in dossier.snapshots:
        yield f"headers/snapshot-{kept.id}.json", kept.headers_text.encode()
        if kept.sha256 in held:
            continue
        held.add(kept.sha256)
        try:
            yield f"bytes/{kept.sha256}.{choose_extension(kept)}", archive.load_bytes(kept.sha256)
        except KeyError:
            continue  # `check` has named it
    for version in dossier.versions:
        yield f"text/version-{version.id}.txt", version.text.encode()
        yield f"readings/version-{version.id}.json", version.reading_text.encode()


class _Box:
    """A zip that lists what is in it."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self._digests: dict[str, str] = {}

    def put(self, name: str, body: bytes) -> None:
        """Add a file."""
        self.pour(name, [body])

    def pour(self, name: str, pieces: Iterable[bytes]) -> None:
        """Add a file piece by piece."""
        digest = hashlib.sha256()
        info = zipfile.ZipInfo(name, date_time=_EARLIEST)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system, info.external_attr = 3, 0o644 << 16
        with self._packed.open(info, "w") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
        self._digests[name] = digest.hexdigest()

    def manifest(self) -> str:
        """Return the list, as sha256sum reads it."""
        return "".join(f"{digest}  {name}\n" for name, digest in sorted(self._digests.items()))
