"""A dossier: everything that proves what a notice said and what was concluded from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from controlwatch.core.evidence.custody import (
    ChainHead,
    CustodyFault,
    SnapshotEntry,
    StoredEntry,
    VersionEntry,
)
from controlwatch.core.extraction.report.reading_json import list_evidence
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import NoticeRecord
from controlwatch.core.model.text_safety import strip_hidden

#: What files are called by the type that was sent with them; anything else is a .bin.
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
    """What the store holds of a notice, for export."""

    record: NoticeRecord
    versions: tuple[VersionEntry, ...]  #: oldest first
    snapshots: tuple[SnapshotEntry, ...]  #: that they and their annexes were read from, oldest first
    entries: tuple[StoredEntry, ...]  #: the entries about these
    head: ChainHead

    @property
    def name(self) -> str:
        """What people call the notice."""
        return self.record.line.number or self.record.line.title

    @property
    def is_observed(self) -> bool:
        """Whether it is known from a source, not from the register alone."""
        return bool(self.snapshots)


def choose_extension(kept: SnapshotEntry) -> str:
    """Return the extension that fits the bytes, without a dot, never one that the source makes up."""
    declared = next((value for name, value in kept.headers if name == "content-type"), "")
    by_type = EXTENSION_BY_TYPE.get(declared.partition(";")[0].strip().lower())
    suffix = KNOWN_SUFFIX.search(kept.final_url.lower())
    return by_type or (suffix[1] if suffix else "bin")


# --------------------------------------------------------------------------- the report


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSection:
    """A table of the report, or only its words."""

    title: str
    words: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReport:
    """The report before it is drawn as a page or as a PDF."""

    heading: str
    title: str
    exported_on: date  #: in Beijing
    warnings: tuple[str, ...]
    sections: tuple[ReportSection, ...]


PROOF_STATEMENT = (
    "The chain of custody proves that nothing in it was altered since it was entered, as far as a head of it "
    "was noted elsewhere. It does not prove that the source really sent these bytes, nor that a conclusion "
    "is right: the notice decides. HOWTO.txt says how anybody checks this without our software."
)


def build_report(
    dossier: Dossier,
    lexicon: Lexicon,
    faults: tuple[CustodyFault, ...],
    *,
    on: date,
    stamped: tuple[str, ...] = (),
) -> EvidenceReport:
    """Draw up the report. `on` is the day of the export, in Beijing; `stamped` tells of each time stamp."""
    line, notice = dossier.record.line, dossier.record.notice
    warnings = [str(fault) for fault in faults]
    if not dossier.is_observed:
        warnings.insert(
            0, "No bytes of this notice are held: it is known from the register, or from a row of an index."
        )
    said = (
        ("number", line.number or "none"),
        ("title", line.title),
        ("issuers", ", ".join(line.issuers)),
        ("published", str(line.published or "not stated")),
        ("kind", f"{line.kind}, {'a change' if line.is_change else 'no change'} of the rules"),
        ("direction", line.direction),
        *(("stands at", standing.url) for standing in dossier.record.standings),
    )
    summaries = tuple(text for text in (notice.summary.en, notice.summary.zh) if text)
    sections = (
        ReportSection(title="The notice", words=summaries, columns=("", ""), rows=said),
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
        (one["about"], one["value"], one["quote"], one["means"]) for one in list_evidence(notice, lexicon)
    )
    doubts = tuple(f"Doubt: {doubt}" for doubt in notice.doubts)
    columns = ("Conclusion", "Value", "From the words", "By the rule")
    return ReportSection(
        title="Conclusions and their words · 结论与依据", words=doubts, columns=columns, rows=rows
    )


def _build_versions(dossier: Dossier) -> ReportSection:
    rows = tuple(
        (
            str(one.id),
            one.kind,
            f"{one.made_at:%Y-%m-%d %H:%M:%S} UTC",
            one.url or "the register",
            f"text/version-{one.id}.txt, readings/version-{one.id}.json",
            f"snapshot {one.snapshot}" if one.snapshot else "",
        )
        for one in dossier.versions
    )
    columns = ("Version", "Kind", "Understood", "Address", "Files", "From")
    return ReportSection(title="Versions · 版本", columns=columns, rows=rows)


def _build_snapshots(dossier: Dossier) -> ReportSection:
    rows = tuple(
        (
            str(one.id),
            f"{one.fetched_at:%Y-%m-%d %H:%M:%S} UTC",
            one.url if one.url == one.final_url else f"{one.url} → {one.final_url}",
            f"{one.status}, {one.size:,} bytes",
            one.sha256,
        )
        for one in dossier.snapshots
    )
    columns = ("Snapshot", "Sent", "Address", "Answer", "SHA-256")
    return ReportSection(title="Bytes as sent · 原始字节", columns=columns, rows=rows)


def _build_chain(dossier: Dossier, stamped: tuple[str, ...]) -> ReportSection:
    rows = tuple(
        (
            str(link.seq),
            f"snapshot {link.snapshot_id}" if link.snapshot_id is not None else f"version {link.version_id}",
            "entered late" if link.is_late else "",
            link.hash,
        )
        for link in dossier.entries
    )
    words = (f"Head of the chain at the export: {dossier.head}", *stamped)
    columns = ("Entry", "About", "", "Hash")
    return ReportSection(title="The chain of custody · 证据链", words=words, columns=columns, rows=rows)


def sanitize_report(report: EvidenceReport) -> EvidenceReport:
    """Return a report without characters that act instead of being read."""
    sections = tuple(
        ReportSection(
            title=one.title,
            words=tuple(strip_hidden(text) for text in one.words),
            columns=one.columns,
            rows=tuple(tuple(strip_hidden(cell) for cell in row) for row in one.rows),
        )
        for one in report.sections
    )
    return EvidenceReport(
        heading=strip_hidden(report.heading),
        title=strip_hidden(report.title),
        exported_on=report.exported_on,
        warnings=tuple(strip_hidden(text) for text in report.warnings),
        sections=sections,
    )
