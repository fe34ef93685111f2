"""The report and the printed reading of a dossier, made from nothing but what the chain of custody proves.

This module is a part of check.py, which a dossier brings along: it imports nothing but Python, so that a
reader can make both again from the proven files and compare them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from controlwatch.core.model.text_safety import strip_hidden

#: An object of JSON, as an entry or a stored reading holds it.
Fields = Mapping[str, Any]

PROOF_STATEMENT = (
    "The chain of custody proves that nothing in it was altered since it was entered, as far as a head of it "
    "was noted elsewhere. It does not prove that the source really sent these bytes, nor that a conclusion "
    "is right: the notice decides. HOWTO.txt explains how to check this without our software."
)
OPINION_STATEMENT = (
    "A second reader is a model that reads beside the rules. It concludes nothing: what it says may add a "
    "doubt, or ask a person to look. Of an answer as it came, neither a value nor a quote is proved."
)
#: What is counted of an answer: what became of it, the field of the outcome, the words for it.
OUTCOME_COUNTS = (
    ("not believed", "disbelieved", "doubts about one document"),
    ("refused", "refused_quotes", "quotes that are not in the text"),
    ("refused", "refused_values", "values that do not follow from their quotes"),
    ("refused", "malformed", "entries of another form"),
    ("not sent", "left_out", "characters at the end of the text"),
    ("not sent", "hidden", "invisible characters"),
)
MAX_PRINTED_ANSWER = 4_000  #: characters; all of it is in the dossier
NO_BYTES_WARNING = (
    "No bytes of this notice are held: it is known from the register, or from a row of an index."
)


@dataclass(frozen=True)
class ReportSection:
    """A section of the report: sentences, and a table where it has rows."""

    title: str
    words: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class EvidenceReport:
    """The report, before it is rendered as HTML or PDF."""

    heading: str
    title: str
    exported_on: date  #: in Beijing
    warnings: tuple[str, ...]
    sections: tuple[ReportSection, ...]


@dataclass(frozen=True)
class ProvenEntry:
    """An entry of the chain, read from its line."""

    seq: int
    hash: str
    kind: str  #: beginning, snapshot, version, reading or opinion
    subject: Fields
    is_late: bool


@dataclass(frozen=True)
class ProvenOpinion:
    """What a second reader answered about a version, as it was entered."""

    subject: Fields  #: of its entry
    answer: str  #: the JSON text as it came
    outcome: Fields  #: what followed from the answer about what a text says
    prose: str  #: a translation or an explanation that was shown


@dataclass(frozen=True)
class DossierFacts:
    """What the report is made of."""

    heading: Fields  #: of the notice, as it was entered last
    reading: Fields  #: of its newest version, as stored
    entries: tuple[ProvenEntry, ...]  #: about its versions, their snapshots and opinions, oldest first
    opinions: tuple[ProvenOpinion, ...]  #: oldest first
    head: str  #: SEQ:HASH
    stamped: tuple[int, ...]  #: entries with a time stamp in the dossier
    exported_on: date
    faults: tuple[str, ...] = ()  #: what was not as it was entered when it was exported

    @property
    def name(self) -> str:
        """The number of the notice, else its title."""
        return str(self.heading.get("number") or self.heading.get("title") or "")

    @property
    def versions(self) -> tuple[Fields, ...]:
        """The versions as they were entered last, oldest first."""
        found = (entry for entry in self.entries if entry.kind in {"version", "reading"})
        newest = {entry.subject["id"]: entry.subject for entry in found}
        return tuple(newest[number] for number in sorted(newest))

    @property
    def snapshots(self) -> tuple[Fields, ...]:
        """The snapshots, oldest first."""
        found = {entry.subject["id"]: entry.subject for entry in self.entries if entry.kind == "snapshot"}
        return tuple(found[number] for number in sorted(found))


class ReadingGround(NamedTuple):
    """A conclusion of a reading, its rule, and the words that prove it."""

    about: str
    value: str
    rule: str
    quote: str


def list_reading_grounds(reading: Fields) -> Iterator[ReadingGround]:
    """Yield the conclusions of a stored reading: its grounds, then its findings."""
    for ground in reading.get("grounds", ()):
        yield ReadingGround(ground["about"], ground["value"], ground["rule"], ground["quote"])
    named: list[tuple[str, str, Fields]] = []
    for day in reading.get("effective", ()):
        ends = (day["start"] or day["basis"], day["until"])
        named.append(("effective", " → ".join(end for end in ends if end), day))
    named += [("deadline", f"{item['kind']} {item['date']}", item) for item in reading.get("deadlines", ())]
    named += [("category", item["id"], item) for item in reading.get("categories", ())]
    codes = (*reading.get("hs_codes", ()), *reading.get("control_codes", ()))
    named += [("code", item["code"], item) for item in codes]
    for act in reading.get("relations", ()):
        parts = (act["verb"], act["target"], act.get("clause"))
        named.append(("relation", " ".join(part for part in parts if part), act))
    for caveat in reading.get("caveats", ()):
        named.append(("caveat", f"{caveat['kind']} {caveat['value']}".strip(), caveat))
    for about, value, item in named:
        yield ReadingGround(about, value, item.get("rule", ""), item["quote"])


def print_reading(reading: Fields, meanings: Mapping[str, str]) -> dict[str, Any]:
    """Return a stored reading in the printed contract, with its conclusions and what their rules mean."""
    if not reading:
        return {}  # no version of the notice is stored, which is a fault
    printed: dict[str, Any] = {
        "title": reading["title"],
        "language": reading["language"],
        "document": {
            "number": _format_number(reading["number"]),
            "number_raw": reading["number_raw"],
            "issuers": reading["issuers"],
            "kind": reading["kind"],
        },
        "published": reading["published"],
        **_pick([reading], "is_change", "reports_change")[0],
        "attention": _find_attention(reading),
        "review": _pick(reading.get("review", []), "reason", "quote"),
        "direction": reading["direction"],
        "effective": [_print_effective_date(day) for day in reading["effective"]],
        "deadlines": _pick(reading["deadlines"], "kind", "date", "quote"),
        "categories": _pick(reading["categories"], "id", "basis", "quote"),
        "destinations": reading["destinations"],
        "hs_codes": _pick(reading["hs_codes"], "code", "quote"),
        "control_codes": _pick(reading["control_codes"], "code", "quote"),
        "codes_excluded": reading["codes_excluded"],
        "entities": _pick(reading["entities"], "zh", "en", "action"),
    }
    if reading["parts"]:
        printed["parts"] = _pick(reading["parts"], "scope", "direction")
    printed["relations"] = [
        _pick([act], "verb", "target", "quote")[0] | ({"clause": act["clause"]} if act["clause"] else {})
        for act in reading["relations"]
    ]
    printed["caveats"] = [
        _pick([item], "kind", "quote")[0] | ({"value": item["value"]} if item["value"] else {})
        for item in reading["caveats"]
    ]
    printed["summary"] = reading["summary"]
    printed["doubts"] = reading["doubts"]
    printed["evidence"] = [
        {
            "about": ground.about,
            "value": ground.value,
            "rule": ground.rule,
            "means": meanings.get(ground.rule, ground.rule),
            "quote": ground.quote,
        }
        for ground in list_reading_grounds(reading)
    ]
    return printed


def _find_attention(reading: Fields) -> str:
    """Return what subscribers are told; readings stored by older versions have no reviews."""
    if reading["is_change"]:
        return "change"
    if reading.get("review"):
        return "review"
    return "report" if reading["reports_change"] else "none"


def _pick(items: list[Fields], *names: str) -> list[dict[str, Any]]:
    return [{name: item[name] for name in names} for item in items]


def _print_effective_date(day: Fields) -> dict[str, Any]:
    printed = _pick([day], "start", "until", "basis", "scope", "quote")[0]
    if day["time"]:
        printed["time"] = day["time"][:5]
    return printed | ({"derived": True} if day["derived"] else {})


def _format_number(number: Fields | None) -> str | None:
    if number is None:
        return None
    if number["letter"]:
        return str(number["letter"])
    counted = f"{number['year']}-{number['n']}" if number["year"] else f"{number['n']}"
    return " ".join(part for part in ("-".join(number["issuers"]), number["series"], counted) if part)


# --------------------------------------------------------------------------- the report


def build_report(facts: DossierFacts, meanings: Mapping[str, str]) -> EvidenceReport:
    """Return the report, without control and invisible characters."""
    warnings = facts.faults if facts.snapshots else (NO_BYTES_WARNING, *facts.faults)
    report_sections = (
        _build_heading(facts),
        _build_conclusions(facts.reading, meanings),
        *(_build_opinions(facts.opinions) if facts.opinions else ()),
        _build_versions(facts),
        _build_snapshots(facts),
        _build_chain(facts),
        ReportSection("What this proves", words=(PROOF_STATEMENT,)),
    )
    return EvidenceReport(
        heading=strip_hidden(f"Evidence: {facts.name}"),
        title=strip_hidden(str(facts.heading.get("title", ""))),
        exported_on=facts.exported_on,
        warnings=tuple(strip_hidden(text) for text in warnings),
        sections=tuple(
            ReportSection(
                section.title,
                words=tuple(strip_hidden(text) for text in section.words),
                columns=section.columns,
                rows=tuple(tuple(strip_hidden(cell) for cell in row) for row in section.rows),
            )
            for section in report_sections
        ),
    )


def _build_heading(facts: DossierFacts) -> ReportSection:
    heading, summary = facts.heading, facts.reading.get("summary", {})
    change = "a change" if heading.get("is_change") else "no change"
    rows = (
        ("number", heading.get("number") or "none"),
        ("title", heading.get("title", "")),
        ("issuers", ", ".join(heading.get("issuers", ()))),
        ("published", heading.get("published") or "not stated"),
        ("kind", f"{heading.get('kind', '')}, {change} of the rules"),
        ("direction", heading.get("direction", "")),
        *(("address", place["url"]) for place in heading.get("addresses", ()) if place["url"]),
    )
    words = tuple(text for text in (summary.get("en"), summary.get("zh")) if text)
    return ReportSection("The notice", words=words, columns=("", ""), rows=rows)


def _build_conclusions(reading: Fields, meanings: Mapping[str, str]) -> ReportSection:
    rows = tuple(
        (ground.about, ground.value, ground.quote, meanings.get(ground.rule, ground.rule))
        for ground in list_reading_grounds(reading)
    )
    doubts = tuple(f"Doubt: {doubt}" for doubt in reading.get("doubts", ()))
    columns = ("Conclusion", "Value", "From the words", "By the rule")
    return ReportSection("Conclusions and their words · 结论与依据", words=doubts, columns=columns, rows=rows)


def _build_opinions(opinions: tuple[ProvenOpinion, ...]) -> tuple[ReportSection, ReportSection]:
    questions = tuple(_describe_question(opinion.subject) for opinion in opinions)
    outcomes = tuple(row for opinion in opinions for row in _list_outcome(opinion))
    return (
        ReportSection(
            "A second reader · 第二识读模型",
            words=(OPINION_STATEMENT,),
            columns=("Answer", "About", "Model", "Question", "Asked", "Answered", "Tokens", "Files"),
            rows=questions,
        ),
        ReportSection(
            "What it answered, and what followed · 回答与处理",
            columns=("Answer", "What", "Value", "From the words"),
            rows=outcomes,
        ),
    )


def _describe_question(subject: Fields) -> tuple[str, ...]:
    """Return the row of a question: what was asked of which model, when, and what it cost."""
    number, tokens = str(subject["id"]), subject.get("tokens")
    purpose = " ".join(part for part in (subject["purpose"], subject["language"]) if part)
    return (
        number,
        f"version {subject['version']}, {purpose}",
        f"{subject['model']} at {subject['host'] or 'this machine'}",
        str(subject["prompt"]),
        _format_time(subject["asked_at"]),
        _format_time(subject["answered_at"]),
        "not entered" if tokens is None else f"{tokens:,}",
        ", ".join(name_opinion_files(number)),
    )


def name_opinion_files(number: int | str) -> tuple[str, str, str]:
    """Return the names of the files of an opinion: its answer, its outcome, its prose."""
    return (
        f"opinions/answer-{number}.json",
        f"opinions/outcome-{number}.json",
        f"opinions/prose-{number}.txt",
    )


def _list_outcome(opinion: ProvenOpinion) -> Iterator[tuple[str, ...]]:
    """Yield what followed from an answer, then the answer; of prose, what was shown or why it was not."""
    number, purpose = str(opinion.subject["id"]), opinion.subject["purpose"]
    if purpose != "reading":
        if opinion.subject["state"] == "answered":
            yield number, f"{purpose}, shown on request", opinion.prose, ""
        if reason := str(opinion.subject.get("reason", "")):
            what = "what it lacks" if opinion.prose else f"{purpose}, not shown"
            yield number, what, reason, ""
        return
    outcome = opinion.outcome
    for doubt in outcome.get("doubts", ()):
        yield number, f"doubt: {doubt['field']}", str(doubt["value"]), str(doubt["quote"])
    for review in outcome.get("review", ()):
        yield number, "asks a person to look", str(review["reason"]), str(review["quote"])
    if outcome.get("agreed"):
        yield number, "agrees with the rules", ", ".join(outcome["agreed"]), ""
    for what, name, words in OUTCOME_COUNTS:
        if outcome.get(name):
            yield number, what, f"{words}: {outcome[name]}", ""
    answer = opinion.answer
    is_cut = len(answer) > MAX_PRINTED_ANSWER
    shown = f"{answer[:MAX_PRINTED_ANSWER]}…" if is_cut else answer
    yield number, "the answer as it came, not proved", shown, ""


def _build_versions(facts: DossierFacts) -> ReportSection:
    rows = tuple(
        (
            str(version["id"]),
            version["kind"],
            _format_time(version["made_at"]),
            version["url"] or "the register",
            f"text/version-{version['id']}.txt, readings/version-{version['id']}.json",
            f"snapshot {version['snapshot']}" if version["snapshot"] else "",
        )
        for version in facts.versions
    )
    columns = ("Version", "Kind", "Read", "Address", "Files", "From")
    return ReportSection("Versions · 版本", columns=columns, rows=rows)


def _build_snapshots(facts: DossierFacts) -> ReportSection:
    rows = tuple(
        (
            str(item["id"]),
            _format_time(item["fetched_at"]),
            _describe_origin(item),
            ("" if _was_handed_in(item) else f"{item['status']}, ") + f"{item['size']:,} bytes",
            item["bytes_sha256"],
        )
        for item in facts.snapshots
    )
    columns = ("Snapshot", "Sent", "Address", "Answer", "SHA-256")
    return ReportSection("Bytes as sent · 原始字节", columns=columns, rows=rows)


def _was_handed_in(snapshot: Mapping[str, Any]) -> bool:
    """Return whether a person or a mailbox handed the bytes in, so that no server answered."""
    return str(snapshot["url"]).startswith("https://intake.invalid/")  # see make_intake_url


def _describe_origin(snapshot: Mapping[str, Any]) -> str:
    if _was_handed_in(snapshot):
        return "handed in as a file or a mail: it has no web address"
    url, final = str(snapshot["url"]), str(snapshot["final_url"])
    return url if url == final else f"{url} → {final}"


def _build_chain(facts: DossierFacts) -> ReportSection:
    rows = tuple(
        (
            str(entry.seq),
            f"{'version' if entry.kind == 'reading' else entry.kind} {entry.subject['id']}",
            "entered late" if entry.is_late else "",
            entry.hash,
        )
        for entry in facts.entries
    )
    stamped = tuple(
        f"Entry {seq} has a time stamp in stamps/; HOWTO.txt says how it is checked." for seq in facts.stamped
    )
    words = (f"Head of the chain at the export: {facts.head}", *stamped)
    columns = ("Entry", "About", "", "Hash")
    return ReportSection("The chain of custody · 证据链", words=words, columns=columns, rows=rows)


def _format_time(instant: str) -> str:
    return f"{datetime.fromisoformat(instant.replace('Z', '+00:00')):%Y-%m-%d %H:%M:%S} UTC"
