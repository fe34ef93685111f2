"""Measure the reader on a labelled directory: `make eval`, or `make eval CORPUS=DIR`.

DIR holds one folder a case: text.txt, the title on its first full line, and gold.json; or one gold.jsonl for
all cases. Printed are, for each question, precision, recall, F1 and exact cases, then the same by language and
by the role of the document, and with --misses every case that differs: what was expected, what was read, and
the words it was read from. The exit status is 1 where a figure lies below its floor in tests/floors.toml.

Cases fall into two halves by their name. The rules are tuned on one half; the figures of the other, which
are printed beside them, are the honest ones.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.extraction import list_grounds, parse_number, read_notice, to_json
from controlwatch.core.extraction.text.normalize import collapse_whitespace, fold_text
from controlwatch.core.model import Document, Notice

HERE = Path(__file__).parent
BASES = {"explicit": "stated", "on-publication": "on-publication", "unspecified": "not-stated"}
#: Other words for the same kinds of document.
KINDS = {
    "administrative-regulation": "regulation",
    "trade-press": "news",
    "law-firm-alert": "commentary",
    "circular": "notice",
}

Gold = dict[str, object]
Values = set[object]


@dataclass
class Tally:
    """Hits, false alarms and misses of one question."""

    right: int = 0
    false: int = 0
    missed: int = 0
    exact: int = 0
    cases: int = 0

    def count(self, wanted: Values, got: Values) -> None:
        self.right += len(wanted & got)
        self.false += len(got - wanted)
        self.missed += len(wanted - got)
        self.exact += wanted == got
        self.cases += 1

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.false) if self.right + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def share(self) -> float:
        return self.exact / self.cases if self.cases else 1.0


@dataclass(frozen=True)
class Judged:
    """One question of one case."""

    case: str
    question: str
    wanted: Values
    got: Values
    quotes: tuple[str, ...]


@dataclass
class Evaluation:
    """Every answer, to be counted in any grouping."""

    golds: dict[str, Gold] = field(default_factory=dict)
    answers: list[Judged] = field(default_factory=list)

    def tallies(self, keep: Callable[[Gold], bool] = lambda _: True) -> dict[str, Tally]:
        found: dict[str, Tally] = defaultdict(Tally)
        for answer in self.answers:
            if keep(self.golds[answer.case]):
                found[answer.question].count(answer.wanted, answer.got)
        return found

    def groups(self, name: str) -> list[str]:
        return sorted({str(gold.get(name)) for gold in self.golds.values()})


def is_tuned_on(gold: Gold) -> bool:
    """Tell the half on which rules are tuned; the other half is only reported."""
    return zlib.crc32(str(gold["case_id"]).encode()) % 2 == 0


def cases(folder: Path) -> Iterator[Gold]:
    """Yield the labels of a directory."""
    together = folder / "gold.jsonl"
    if together.exists():
        yield from (json.loads(line) for line in together.read_text(encoding="utf-8").splitlines() if line)
        return
    for path in sorted(folder.glob("*/gold.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


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


def evaluate(folder: Path) -> Evaluation:
    """Read and judge every case."""
    evaluation = Evaluation()
    for gold in cases(folder):
        case = str(gold["case_id"])
        document = document_of(folder / case / "text.txt", gold)
        notice = read_notice(document, load_lexicon())
        evaluation.golds[case] = gold
        evaluation.answers += _judged(case, gold, notice, document)
    return evaluation


def _listed(gold: Gold, key: str) -> list[object]:
    value = gold.get(key) or []
    return list(value) if isinstance(value, list) else []


def _tables(gold: Gold, key: str) -> list[dict[str, object]]:
    return [entry for entry in _listed(gold, key) if isinstance(entry, dict)]


def _key(target: str) -> str:
    """Return the identity of a relation's target: a number's key, else its words."""
    number = parse_number(target, load_lexicon())
    return number.key if number else target.removeprefix("中华人民共和国")


def _dates(gold: Gold) -> Values:
    end = gold.get("suspension_until") or gold.get("expiry")
    return {
        (d["date"], d.get("until") or end, BASES[str(d["basis"])]) for d in _tables(gold, "effective_dates")
    }


def _judged(case: str, gold: Gold, notice: Notice, document: Document) -> Iterator[Judged]:
    printed = to_json(notice)

    def judge(question: str, wanted: Iterable[object], got: Iterable[object], *about: str) -> Judged:
        quotes = tuple(
            ground.quote for ground in list_grounds(notice) if ground.about in about and ground.quote
        )
        return Judged(case, question, set(wanted), set(got), quotes)

    change, reports = gold["is_regulatory_change"], gold["reports_change"]
    yield judge("is_change", {True} & {change}, {True} & {notice.is_change}, "is_change", "kind")
    yield judge("reports_change", {True} & {reports}, {True} & {notice.reports_change}, "direction", "kind")
    if change:
        number = notice.number.canonical if notice.number else None
        yield judge("number", {gold["doc_number"]}, {number}, "number")
    yield judge("published", {gold["published"] or gold["page_date"]}, {printed["published"]}, "published")
    yield judge("direction", {gold["direction"]}, {notice.direction.value}, "direction")
    days = {
        (str(d.start) if d.start else None, str(d.until) if d.until else None, d.basis)
        for d in notice.effective
    }
    yield judge("effective", _dates(gold), days, "effective")
    if "deadlines" in gold:
        wanted = {(d["kind"], d["date"]) for d in _tables(gold, "deadlines")}
        yield judge("deadlines", wanted, {(d.kind, str(d.date)) for d in notice.deadlines}, "deadline")
    wanted_ids = set(_listed(gold, "categories")) - {"none"}
    yield judge("categories", wanted_ids, {c.id for c in notice.categories}, "category")
    yield judge("destinations", _listed(gold, "destinations"), notice.destinations)
    hs = {fold_text(str(code)) for code in _listed(gold, "hs_codes")}
    yield judge("hs_codes", hs, {c.code for c in notice.hs_codes})
    yield judge("control_codes", _listed(gold, "control_codes"), {c.code for c in notice.control_codes})
    yield judge("codes_excluded", _listed(gold, "control_codes_excluded"), notice.codes_excluded)
    acts = {(r["type"], _key(str(r["target"]))) for r in _tables(gold, "relations") if r["type"] != "reports"}
    found = {(r.verb.value, _key(r.target)) for r in notice.relations if r.verb.value != "reports"}
    yield judge("relations", acts, found, "relation")
    named = {
        (r["type"], _key(str(r["target"])), r["clause"])
        for r in _tables(gold, "relations")
        if r.get("clause")
    }
    clauses = {(r.verb.value, _key(r.target), r.clause) for r in notice.relations if r.clause}
    yield judge("clauses", named, clauses, "relation")
    if "entities" in gold:
        parties = {collapse_whitespace(entity.zh or entity.en) for entity in notice.entities}
        yield judge(
            "entities",
            (collapse_whitespace(fold_text(str(name))) for name in _listed(gold, "entities")),
            parties,
        )
    if gold.get("doubts_expected"):
        yield judge("doubts", {True}, {bool(notice.doubts)})
    kind = str(gold["doc_type"])
    yield judge("kind", {KINDS.get(kind, kind)}, {notice.kind.value}, "kind")
    whole = collapse_whitespace(f"{document.title}\n{document.text}")
    alien = {g.quote for g in list_grounds(notice) if g.quote and g.quote not in whole}
    yield judge("quotes verbatim", (), alien)


def table(evaluation: Evaluation) -> str:
    """Return the figures of the whole and of both halves."""
    whole = evaluation.tallies()
    tuned, reported = evaluation.tallies(is_tuned_on), evaluation.tallies(lambda gold: not is_tuned_on(gold))
    lines = [f"{'':<17}precision recall    F1   exact  cases | tuned-on F1  exact | reported F1  exact"]
    for question, tally in whole.items():
        halves = " | ".join(
            f"{half[question].f1:>11.3f}  {half[question].share:.3f}"
            for half in (tuned, reported)
            if question in half
        )
        figures = f"{tally.precision:>9.3f}  {tally.recall:.3f}  {tally.f1:.3f}  {tally.share:.3f}"
        lines.append(f"{question:<17}{figures}  {tally.exact:>3}/{tally.cases:<3}| {halves}")
    return "\n".join(lines)


def by(evaluation: Evaluation, name: str) -> str:
    """Return the exact share of each question, by a label of the cases."""
    groups = evaluation.groups(name)
    counted = {
        group: evaluation.tallies(lambda gold, group=group: str(gold.get(name)) == group) for group in groups
    }
    head = "".join(f"{group[:14]:>16}" for group in groups)
    lines = [f"exact by {name}:", f"{'':<17}{head}"]
    for question in evaluation.tallies():
        cells = (
            f"{t.exact:>10}/{t.cases:<5}" if (t := counted[group].get(question)) else f"{'-':>16}"
            for group in groups
        )
        lines.append(f"{question:<17}{''.join(cells)}")
    return "\n".join(lines)


def misses(evaluation: Evaluation, *, half: str) -> str:
    """Return every difference: expected, got, and the words read."""
    lines = []
    for answer in sorted(evaluation.answers, key=lambda one: one.question):
        tuned = is_tuned_on(evaluation.golds[answer.case])
        if answer.wanted == answer.got or (half != "both" and tuned != (half == "tuned")):
            continue
        lines.append(
            f"[{answer.question}] {answer.case}: missed {_shown(answer.wanted - answer.got)} false {_shown(answer.got - answer.wanted)}"
        )
        lines += [f"      「{quote[:150]}」" for quote in answer.quotes[:3]]
    return "\n".join(lines)


def _shown(values: Values) -> str:
    return "{" + ", ".join(sorted(map(str, values))) + "}"


def below_floor(evaluation: Evaluation, floors: Path) -> list[str]:
    """Return the figures that lie below their floor."""
    told = tomllib.loads(floors.read_text(encoding="utf-8"))
    tallies = evaluation.tallies()
    found = []
    for measure, wanted in told.items():
        for question, floor in wanted.items():
            figure = getattr(tallies[question], measure) if question in tallies else 1.0
            if figure < floor:
                found.append(f"{question}: {measure} {figure:.3f} is below its floor of {floor}")
    return found


def main() -> None:
    """Measure the directory named on the command line."""
    parser = argparse.ArgumentParser(
        prog="make eval", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR", nargs="?", default=HERE / "corpus")
    parser.add_argument("--misses", nargs="?", const="both", choices=("both", "tuned", "reported"))
    parser.add_argument("--floors", type=Path, default=HERE / "floors.toml")
    options = parser.parse_args()
    evaluation = evaluate(options.folder)
    if not evaluation.golds:
        sys.exit(f"{options.folder} holds no labelled case (gold.jsonl, or CASE/gold.json and CASE/text.txt)")
    parts = [table(evaluation), by(evaluation, "language"), by(evaluation, "document_role")]
    if options.misses:
        parts.append(misses(evaluation, half=options.misses))
    low = below_floor(evaluation, options.floors) if options.floors.exists() else []
    sys.stdout.write("\n\n".join([*parts, *low]) + "\n")
    sys.exit(1 if low else 0)


if __name__ == "__main__":
    main()
