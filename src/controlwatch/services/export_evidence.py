"""Export a dossier as a zip that can be checked without this program. Same dossier, same day: same bytes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from controlwatch.core.evidence.custody import ChainHead, compute_fingerprint
from controlwatch.core.evidence.dossier import Dossier
from controlwatch.core.evidence.dossier_check import (
    CHAIN,
    FAULTS,
    MANIFEST,
    SCRIPT,
    choose_extension,
    parse_chain_line,
    render_derived_files,
    render_manifest,
)
from controlwatch.core.evidence.dossier_report import (
    DossierFacts,
    Fields,
    ProvenEntry,
    ProvenOpinion,
    name_opinion_files,
)
from controlwatch.core.evidence.timestamps import TimestampToken, VerifiedTimestamp, select_proving_tokens
from controlwatch.core.evidence.verification import (
    CustodyFault,
    UnloggedRow,
    compare_with_bytes,
    compare_with_row,
    report_unlogged_row,
)
from controlwatch.core.model.errors import Unstamped
from controlwatch.services.check_script import build_check_script
from controlwatch.services.ports import Archive

#: The first time that a zip can hold. Every file gets it, so that equal dossiers give equal bytes.
EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedToken:
    """A time stamp for a dossier, with the result of its check."""

    token: TimestampToken
    stamp: VerifiedTimestamp | None = None  #: None where it could not be checked
    fault: CustodyFault | None = None  #: why it is left out


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
    meanings: Mapping[str, str],
    on: date,
    stamps: Iterable[CheckedToken] = (),
) -> tuple[CustodyFault, ...]:
    """Write the zip; return what of it is not as it was entered, which the report says too.

    `lines` are the entries from the one before the first about this notice up to the head; `meanings` are
    those of the rules of readings; `on` is the day in Beijing; `stamps` are those of the chain that prove the
    entries best.
    """
    stamps = tuple(stamps)
    faults = [*_find_faults(dossier, archive), *(stamp.fault for stamp in stamps if stamp.fault)]
    script = build_check_script(meanings)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zip_file:
        evidence = _EvidenceZip(zip_file)
        chain = _ChainFollower(dossier.head)
        evidence.add_pieces(CHAIN, chain.follow(lines))
        faults += chain.faults
        for name, body in _list_hashed_files(dossier, archive):
            evidence.add(name, body)
        proving = [stamp.token for stamp in stamps if stamp.fault is None]
        for token in proving:
            evidence.add(f"stamps/{token.file_name}", token.body)
        if faults:
            evidence.add(FAULTS, "".join(f"{fault}\n" for fault in faults).encode())
        heading = _choose_heading(dossier)
        version = next((one for one in dossier.versions if one.id == heading["newest_version"]), None)
        facts = DossierFacts(
            heading=heading,
            reading=version.reading if version else {},
            entries=tuple(_parse_entries(dossier)),
            opinions=tuple(_pair_opinions(dossier)),
            head=str(chain.head),
            stamped=tuple(sorted(token.head.seq for token in proving)),
            exported_on=on,
            faults=tuple(map(str, faults)),
        )
        text = version.text if version else ""
        for name, body in render_derived_files(facts, text, meanings, script).items():
            evidence.add(name, body)
        evidence.add(SCRIPT, script.encode())
        evidence.add(MANIFEST, render_manifest(evidence.digests).encode())
    return tuple(faults)


def _choose_heading(dossier: Dossier) -> Fields:
    """Return the heading of the notice as it was entered last; where it was not, as it is stored."""
    for entry in reversed(tuple(_parse_entries(dossier))):
        if entry.subject.get("heading"):
            heading: Fields = entry.subject["heading"]
            return heading
    return dossier.heading.to_log_fields()


def _parse_entries(dossier: Dossier) -> Iterator[ProvenEntry]:
    """Yield the entries of a dossier as their lines say, except lines that are not entries any more."""
    for entry in dossier.entries:
        try:
            yield parse_chain_line(entry.line.encode())
        except (ValueError, KeyError, TypeError):
            continue  # reported as a fault


def _pair_opinions(dossier: Dossier) -> Iterator[ProvenOpinion]:
    """Yield what second readers answered, each with what was entered about it, oldest first."""
    entries = (entry for entry in _parse_entries(dossier) if entry.kind == "opinion")
    entered = {entry.subject["id"]: entry.subject for entry in entries}
    for opinion in dossier.opinions:
        if opinion.id in entered:
            yield ProvenOpinion(
                subject=entered[opinion.id],
                answer=opinion.answer,
                outcome=opinion.outcome,
                prose=opinion.prose,
            )


def _find_faults(dossier: Dossier, archive: Archive) -> Iterator[CustodyFault]:
    """Yield what of a dossier is not as it was entered."""
    for entry in dossier.entries:
        if compute_fingerprint(entry.line) != entry.hash:
            yield CustodyFault(seq=entry.seq, kind="entry altered", what="its words do not give its hash")
        yield from compare_with_row(entry)
        if entry.snapshot is not None:
            yield from compare_with_bytes(entry, entry.snapshot, archive.inspect_copy(entry.snapshot.sha256))
    for row in _list_unlogged_rows(dossier):
        yield report_unlogged_row(row)
    ids = {snapshot.id for snapshot in dossier.snapshots}
    sources = {(snapshot.url, snapshot.sha256) for snapshot in dossier.snapshots}
    for version in dossier.versions:
        missing = [f"snapshot {version.snapshot}"] if version.snapshot not in {None, *ids} else []
        missing += [
            f"the annex {annex.url}"
            for annex in version.annexes
            if annex.sha256 and (annex.url, annex.sha256) not in sources
        ]
        for source in missing:
            what = f"{source}, from which version {version.id} was read, is not in the store any more"
            yield CustodyFault(seq=None, kind="row missing", what=what)


def _list_unlogged_rows(dossier: Dossier) -> Iterator[UnloggedRow]:
    """Yield the rows of a dossier that were stored without an entry."""
    snapshots = {entry.snapshot_id for entry in dossier.entries}
    versions = {entry.version_id for entry in dossier.entries}
    if not any(entry.is_newest_of_notice for entry in dossier.entries):
        yield UnloggedRow(table="notice", id=dossier.heading.id)
    yield from (UnloggedRow(table="version", id=row.id) for row in dossier.versions if row.id not in versions)
    for snapshot in dossier.snapshots:
        if snapshot.id not in snapshots:
            yield UnloggedRow(table="snapshot", id=snapshot.id)
    opinions = {entry.opinion_id for entry in dossier.entries}
    yield from (UnloggedRow(table="opinion", id=row.id) for row in dossier.opinions if row.id not in opinions)


def _list_hashed_files(dossier: Dossier, archive: Archive) -> Iterator[tuple[str, bytes]]:
    """Yield what the entries hold the hashes of, each as a file that has that hash."""
    packed: set[str] = set()
    for snapshot in dossier.snapshots:
        yield f"headers/snapshot-{snapshot.id}.json", snapshot.headers_text.encode()
        if snapshot.sha256 in packed:
            continue
        packed.add(snapshot.sha256)
        extension = choose_extension([list(pair) for pair in snapshot.headers], snapshot.final_url)
        try:
            yield f"bytes/{snapshot.sha256}.{extension}", archive.load_bytes(snapshot.sha256)
        except KeyError:
            continue  # reported as a fault
    covered = {
        entry.subject["id"] for entry in _parse_entries(dossier) if "difference_sha256" in entry.subject
    }
    for version in dossier.versions:
        yield f"text/version-{version.id}.txt", version.text.encode()
        yield f"readings/version-{version.id}.json", version.reading_text.encode()
        if version.id in covered:
            yield f"differences/version-{version.id}.json", version.difference_text.encode()
    for opinion in dossier.opinions:
        contents = (opinion.answer, opinion.outcome_text, opinion.prose)
        for name, content in zip(name_opinion_files(opinion.id), contents, strict=True):
            yield name, content.encode()


class _ChainFollower:
    """Follows the lines of a chain while they are written, and finds where they do not join."""

    def __init__(self, head: ChainHead) -> None:
        self.head = head
        self.faults: list[CustodyFault] = []

    def follow(self, lines: Iterable[str]) -> Iterator[bytes]:
        """Yield the lines as bytes."""
        last: ProvenEntry | None = None
        for line in lines:
            body = line.encode()
            try:
                entry, before = parse_chain_line(body), json.loads(line)["before"]
            except (ValueError, KeyError, TypeError):
                seq = last.seq + 1 if last else None
                self.faults.append(
                    CustodyFault(seq=seq, kind="entry altered", what="its line is not an entry")
                )
                last = None
            else:
                if last is not None and (before != last.hash or entry.seq != last.seq + 1):
                    what = f"it does not hold the hash of entry {last.seq}: one of the two was rewritten"
                    self.faults.append(CustodyFault(seq=entry.seq, kind="chain broken", what=what))
                last = entry
            yield body + b"\n"
        if last is not None and ChainHead(seq=last.seq, hash=last.hash) != self.head:
            what = "its words do not give its hash"
            self.faults.append(CustodyFault(seq=last.seq, kind="entry altered", what=what))
            self.head = ChainHead(seq=last.seq, hash=last.hash)


class _EvidenceZip:
    """A zip that lists the hashes of its files."""

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self._zip = zip_file
        self.digests: dict[str, str] = {}

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
        self.digests[name] = digest.hexdigest()
