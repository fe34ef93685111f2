"""Measure the reader on a labelled directory: `python -m tests.measure DIR [--misses]`.

DIR holds gold.jsonl and, for each of its cases, CASE_ID/text.txt with the title on its first full line.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from controlwatch.adapters.lexicon import load_lexicon
from controlwatch.core.model import Document, Notice
from controlwatch.core.reading import parse_number, read, to_json
from controlwatch.core.reading.fold import fold

BASES = {"explicit": "stated", "on-publication": "on-publication", "unspecified": "not-stated"}

Gold = dict[str, object]


@dataclass
class Tally:
    """Hits, false alarms and misses of one question, and the cases that differ."""

    right: int = 0
    false: int = 0
    missed: int = 0
    exact: int = 0
    cases: int = 0
    differing: list[str] = field(default_factory=list)

    def compare(self, case: str, wanted: set[object], got: set[object]) -> None:
        self.right += len(wanted & got)
        self.false += len(got - wanted)
        self.missed += len(wanted - got)
        self.exact += wanted == got
        self.cases += 1
        if wanted != got:
            self.differing.append(f"{case}: missed {_shown(wanted - got)} false {_shown(got - wanted)}")

    def line(self, name: str) -> str:
        precision = self.right / (self.right + self.false) if self.right + self.false else 1.0
        recall = self.right / (self.right + self.missed) if self.right + self.missed else 1.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        exact = self.exact / self.cases if self.cases else 1.0
        figures = f"P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}  exact {exact:.3f}"
        return f"{name:<18} {figures} ({self.exact}/{self.cases})"


def _shown(values: set[object]) -> str:
    return "{" + ", ".join(sorted(map(str, values))) + "}"


def document_of(path: Path, gold: Gold) -> Document:
    """Return a labelled text as the reader gets it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    while lines and not lines[0].strip():
        lines.pop(0)
    page = gold.get("page_date")
    return Document(
        url=f"case:{gold['case_id']}",
        title=lines[0].strip() if lines else "",
        text="\n".join(lines[1:]).strip(),
        page_date=date.fromisoformat(str(page)) if page else None,
    )


def _list(gold: Gold, key: str) -> list[object]:
    value = gold.get(key) or []
    return list(value) if isinstance(value, list) else []


def _key(target: str) -> str:
    """Return the identity of a relation's target: a number's key, else its words."""
    number = parse_number(target, load_lexicon())
    return number.key if number else target


def _wanted_dates(gold: Gold) -> set[object]:
    until = gold.get("suspension_until") or gold.get("expiry")
    return {
        (d["date"], until, BASES[str(d["basis"])])
        for d in _list(gold, "effective_dates")
        if isinstance(d, dict)
    }


def _judge(tallies: dict[str, Tally], gold: Gold, notice: Notice) -> None:
    case = str(gold["case_id"])
    printed = to_json(notice)

    def compare(name: str, wanted: set[object], got: set[object]) -> None:
        tallies[name].compare(case, wanted, got)

    compare(
        "is_change", {True} if gold["is_regulatory_change"] else set(), {True} if notice.is_change else set()
    )
    compare(
        "reports_change",
        {True} if gold["reports_change"] else set(),
        {True} if notice.reports_change else set(),
    )
    if gold["is_regulatory_change"]:
        compare("number", {gold["doc_number"]}, {notice.number.canonical if notice.number else None})
    compare("published", {gold["published"] or gold["page_date"]}, {printed["published"]})
    compare("direction", {gold["direction"]}, {notice.direction.value})
    got: set[object] = {
        (d.start and d.start.isoformat(), d.until and d.until.isoformat(), d.basis) for d in notice.effective
    }
    compare("effective", _wanted_dates(gold), got)
    compare("categories", set(_list(gold, "categories")) - {"none"}, {c.id for c in notice.categories})
    compare("destinations", set(_list(gold, "destinations")), set(notice.destinations))
    compare(
        "hs_codes", {fold(str(code)) for code in _list(gold, "hs_codes")}, {c.code for c in notice.hs_codes}
    )
    compare("control_codes", set(_list(gold, "control_codes")), {c.code for c in notice.control_codes})
    compare("codes_excluded", set(_list(gold, "control_codes_excluded")), set(notice.codes_excluded))
    relations = {(r["type"], _key(str(r["target"]))) for r in _list(gold, "relations") if isinstance(r, dict)}
    acts = {(r.verb.value, _key(r.target)) for r in notice.relations if r.verb.value != "reports"}
    compare("relations", set(relations), set(acts))
    compare("kind", {gold["doc_type"]}, {notice.kind.value})


def measure(folder: Path, *, misses: bool) -> str:
    """Return the figures as text."""
    lexicon = load_lexicon()
    tallies: dict[str, Tally] = defaultdict(Tally)
    slowest = 0.0
    for line in (folder / "gold.jsonl").read_text(encoding="utf-8").splitlines():
        gold = json.loads(line)
        document = document_of(folder / gold["case_id"] / "text.txt", gold)
        began = time.perf_counter()
        notice = read(document, lexicon)
        slowest = max(slowest, time.perf_counter() - began)
        _judge(tallies, gold, notice)
    lines = [tally.line(name) for name, tally in tallies.items()]
    lines.append(f"slowest reading: {slowest * 1000:.1f} ms")
    if misses:
        lines += [f"[{name}] {miss}" for name, tally in tallies.items() for miss in tally.differing]
    return "\n".join(lines)


def main() -> None:
    """Measure the directory named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--misses", action="store_true", help="list what differs")
    options = parser.parse_args()
    sys.stdout.write(measure(options.folder, misses=options.misses) + "\n")


if __name__ == "__main__":
    main()
