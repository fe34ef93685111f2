"""A dossier: everything that proves what a notice says and what was concluded from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from controlwatch.core.evidence.custody import ChainHead, SnapshotEntry, StoredEntry, VersionEntry
from controlwatch.core.evidence.verification import CustodyFault
from controlwatch.core.extraction.report.reading_json import list_evidence
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import NoticeRecord
from controlwatch.core.model.text_safety import strip_hidden

#: Extensions of files by their content type; any other is .bin.
EXTENSION_BY_TYPE = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "txt",
    "text/xml": "xml",
    "application/xml": "xml",
    "application/rss+xml": "xml",
    "application/json": "json",
    "application/pdf": "pdf",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/zip": "zip",
    "application/ofd": "ofd",
}
KNOWN_SUFFIX = re.compile(r"\.(html?|txt|xml|json|pdf|docx?|xlsx?|wps|et|zip|rar|ofd|png|jpe?g)(?:[?#]|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything in the store about a notice, for export."""

    id: int  #: of the notice, in the store
    record: NoticeRecord
    versions: tuple[VersionEntry, ...]  #: oldest first
    snapshots: tuple[SnapshotEntry, ...]  #: of the versions and their annexes, oldest first
    entries: tuple[StoredEntry, ...]  #: the entries about versions and snapshots
    head: ChainHead

    @property
    def name(self) -> str:
        """The number of the notice, else its title."""
        return self.record.line.number or self.record.line.title

    @property
    def is_observed(self) -> bool:
        """Whether it was observed at a source, and is not known from the register alone."""
        return bool(self.snapshots)


def choose_extension(snapshot: SnapshotEntry) -> str:
    """Return a known extension that fits the content type or the address, without a dot; else "bin"."""
    declared = next((value for name, value in snapshot.headers if name == "content-type"), "")
    by_type = EXTENSION_BY_TYPE.get(declared.partition(";")[0].strip().lower())
    suffix = KNOWN_SUFFIX.search(snapshot.final_url.lower())
    return by_type or (suffix[1] if suffix else "bin")


# --------------------------------------------------------------------------- the report


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSection:
    """A section of the report: sentences, and a table where it has rows."""

    title: str
    words: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReport:
    """The report, before it is rendered as HTML or PDF."""

    heading: str
    title: str
    exported_on: date  #: in Beijing
    warnings: tuple[str, ...]
    sections: tuple[ReportSection, ...]


PROOF_STATEMENT = (
    "The chain of custody proves that nothing in it was altered since it was entered, as far as a head of it "
    "was noted elsewhere. It does not prove that the source really sent these bytes, nor that a conclusion "
    "is right: the notice decides. HOWTO.txt explains how to check this without our software."
)


def build_report(
    dossier: Dossier,
    lexicon: Lexicon,
    faults: tuple[CustodyFault, ...],
    *,
    on: date,
    stamped: tuple[str, ...] = (),
) -> EvidenceReport:
    """Return the report. `on` is the day of the export, in Beijing; `stamped` has one sentence per stamp."""
    line, notice = dossier.record.line, dossier.record.notice
    warnings = [str(fault) for fault in faults]
    if not dossier.is_observed:
        warnings.insert(
            0, "No bytes of this notice are held: it is known from the register, or from a row of an index."
        )
    facts = (
        ("number", line.number or "none"),
        ("title", line.title),
        ("issuers", ", ".join(line.issuers)),
        ("published", str(line.published or "not stated")),
        ("kind", f"{line.kind}, {'a change' if line.is_change else 'no change'} of the rules"),
        ("direction", line.direction),
        *(("address", standing.url) for standing in dossier.record.standings),
    )
    summaries = tuple(text for text in (notice.summary.en, notice.summary.zh) if text)
    sections = (
        ReportSection(title="The notice", words=summaries, columns=("", ""), rows=facts),
        _build_conclusions(dossier, lexicon),
        _build_versions(dossier),
        _build_snapshots(dossier),
        _build_chain(dossier, stamped),
        ReportSection(title="What this proves", words=(PROOF_STATEMENT,)),
    )
    return EvidenceReport(
        heading=f"Evidence: {dossier.name}",
        title=line.title,
        exported_on=on,
        warnings=tuple(warnings),
        sections=sections,
    )


def _build_conclusions(dossier: Dossier, lexicon: Lexicon) -> ReportSection:
    notice = dossier.record.notice
    rows = tuple(
        (item["about"], item["value"], item["quote"], item["means"])
        for item in list_evidence(notice, lexicon)
    )
    doubts = tuple(f"Doubt: {doubt}" for doubt in notice.doubts)
    columns = ("Conclusion", "Value", "From the words", "By the rule")
    return ReportSection(
        title="Conclusions and their words · 结论与依据", words=doubts, columns=columns, rows=rows
    )


def _build_versions(dossier: Dossier) -> ReportSection:
    rows = tuple(
        (
            str(version.id),
            version.kind,
            f"{version.made_at:%Y-%m-%d %H:%M:%S} UTC",
            version.url or "the register",
            f"text/version-{version.id}.txt, readings/version-{version.id}.json",
            f"snapshot {version.snapshot}" if version.snapshot else "",
        )
        for version in dossier.versions
    )
    columns = ("Version", "Kind", "Read", "Address", "Files", "From")
    return ReportSection(title="Versions · 版本", columns=columns, rows=rows)


def _build_snapshots(dossier: Dossier) -> ReportSection:
    rows = tuple(
        (
            str(snapshot.id),
            f"{snapshot.fetched_at:%Y-%m-%d %H:%M:%S} UTC",
            snapshot.url if snapshot.url == snapshot.final_url else f"{snapshot.url} → {snapshot.final_url}",
            f"{snapshot.status}, {snapshot.size:,} bytes",
            snapshot.sha256,
        )
        for snapshot in dossier.snapshots
    )
    columns = ("Snapshot", "Sent", "Address", "Answer", "SHA-256")
    return ReportSection(title="Bytes as sent · 原始字节", columns=columns, rows=rows)


def _build_chain(dossier: Dossier, stamped: tuple[str, ...]) -> ReportSection:
    rows = tuple(
        (
            str(entry.seq),
            f"snapshot {entry.snapshot_id}"
            if entry.snapshot_id is not None
            else f"version {entry.version_id}",
            "entered late" if entry.is_late else "",
            entry.hash,
        )
        for entry in dossier.entries
    )
    words = (f"Head of the chain at the export: {dossier.head}", *stamped)
    columns = ("Entry", "About", "", "Hash")
    return ReportSection(title="The chain of custody · 证据链", words=words, columns=columns, rows=rows)


def sanitize_report(report: EvidenceReport) -> EvidenceReport:
    """Return a report without control and invisible characters."""
    sections = tuple(
        ReportSection(
            title=section.title,
            words=tuple(strip_hidden(text) for text in section.words),
            columns=section.columns,
            rows=tuple(tuple(strip_hidden(cell) for cell in row) for row in section.rows),
        )
        for section in report.sections
    )
    return EvidenceReport(
        heading=strip_hidden(report.heading),
        title=strip_hidden(report.title),
        exported_on=report.exported_on,
        warnings=tuple(strip_hidden(text) for text in report.warnings),
        sections=sections,
    )
