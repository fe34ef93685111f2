"""The figures of an evaluation, as tables, and their floors."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from controlwatch.adapters.catalog.lexicon_loader import load_second_reader
from controlwatch.core.model import Attention
from tests.evaluation.cases import CORPUS, Case, CaseReading, load_estimates, read_case
from tests.evaluation.judge import Judgement, judge

#: Fields in the order of the table, each with its head in the narrow tables and the measure that counts.
FIELDS: dict[str, tuple[str, Literal["f1", "recall", "share"]]] = {
    "is_change": ("chng", "f1"),
    "reports_change": ("rprt", "share"),
    "number": ("numb", "share"),
    "issuers": ("issr", "share"),
    "published": ("publ", "share"),
    "kind": ("kind", "share"),
    "effective": ("effe", "share"),
    "direction": ("dirn", "share"),
    "categories": ("catg", "f1"),
    "codes_excluded": ("excl", "recall"),
    "exclusions": ("n.in", "recall"),
    "hs_codes": ("hs", "f1"),
    "control_codes": ("ctrl", "f1"),
    "relations": ("rels", "f1"),
    "clauses": ("clau", "f1"),
    "destinations": ("dest", "f1"),
    "deadlines": ("dead", "f1"),
    "entities": ("prty", "share"),
    "names": ("name", "f1"),
    "doubts": ("dbts", "share"),
    "quotes": ("quot", "recall"),
}
#: What the reader of an alert acts on: an alert is whole where all of these are right.
ESSENTIAL_FIELDS = frozenset(
    [
        "is_change",
        "reports_change",
        "number",
        "direction",
        "effective",
        "categories",
        "hs_codes",
        "control_codes",
        "exclusions",
        "relations",
        "quotes",
    ]
)


SECOND_READER_RULE = "review.second-reader"


@dataclass
class Tally:
    """What is right, false and missed of one field, over several cases."""

    right: float = 0
    false: float = 0
    missed: float = 0
    exact: int = 0
    cases: int = 0

    def add(self, found: Judgement) -> None:
        """Count a judgement in."""
        self.right += found.right
        self.false += found.false
        self.missed += found.missed
        self.exact += found.is_exact
        self.cases += 1

    @property
    def precision(self) -> float:
        """The share of what was read that is right."""
        return _share(self.right, self.right + self.false)

    @property
    def recall(self) -> float:
        """The share of what was wanted that was read."""
        return _share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return _share(2 * self.precision * self.recall, self.precision + self.recall)

    @property
    def share(self) -> float:
        """The share of the cases that are exactly right."""
        return _share(self.exact, self.cases)


@dataclass
class Evaluation:
    """Every case that was read, with its judgements."""

    readings: list[CaseReading] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)

    def select(self, keep: Callable[[Case], bool]) -> Evaluation:
        """Return the evaluation of a part of the cases."""
        readings = [reading for reading in self.readings if keep(reading.case)]
        names = {reading.case.name for reading in readings}
        return Evaluation(readings, [found for found in self.judgements if found.case in names])

    def count(self) -> dict[str, Tally]:
        """Return the tally of each field that was judged, in the order of `FIELDS`."""
        tallies: dict[str, Tally] = {name: Tally() for name in FIELDS}
        for found in self.judgements:
            tallies[found.field].add(found)
        return {name: tally for name, tally in tallies.items() if tally.cases}

    def list_names(self, keep: Callable[[CaseReading], bool]) -> list[str]:
        """Return the names of the cases that are read in a certain way."""
        return [reading.case.name for reading in self.readings if keep(reading)]

    @property
    def silent_misses(self) -> list[str]:
        """Changes of which nobody is told."""
        return self.list_names(lambda r: r.case.is_change and r.notice.attention is Attention.NONE)

    @property
    def missed_changes(self) -> list[str]:
        """Changes that are not read as changes."""
        return self.list_names(lambda r: r.case.is_change and not r.notice.is_change)

    @property
    def false_changes(self) -> list[str]:
        """What is read as a change and is none."""
        return self.list_names(lambda r: r.notice.is_change and not r.case.is_change)

    @property
    def broken_alerts(self) -> list[str]:
        """Changes and reports read wrongly in something that is acted on."""
        wrong = {f.case for f in self.judgements if f.field in ESSENTIAL_FIELDS and not f.is_exact}
        return self.list_names(lambda r: r.case.is_alert and r.case.name in wrong)

    def measure(self) -> dict[str, tuple[float, float, float]]:
        """Return the figures that come before the fields: figure, its count, and of how many."""
        changes = len(self.list_names(lambda r: r.case.is_change))
        others = len(self.readings) - changes
        alerts = len(self.list_names(lambda r: r.case.is_alert))
        neither = len(self.list_names(lambda r: r.case.is_neither))
        told = self.list_names(
            lambda r: r.case.is_change and r.notice.attention in {Attention.CHANGE, Attention.REVIEW}
        )
        reviewed = self.list_names(lambda r: r.case.is_neither and r.notice.attention is Attention.REVIEW)
        silent, whole, found = (
            len(self.silent_misses),
            alerts - len(self.broken_alerts),
            changes - len(self.missed_changes),
        )
        return {
            "silent misses": (silent, silent, changes),
            "alerts whole": (_share(whole, alerts), whole, alerts),
            "changes told": (_share(len(told), changes), len(told), changes),
            "changes found": (_share(found, changes), found, changes),
            "false changes": (len(self.false_changes) / max(others, 1), len(self.false_changes), others),
            "review of neither": (len(reviewed) / max(neither, 1), len(reviewed), neither),
        }

    def measure_second_reader(self) -> dict[str, tuple[float, float, float]]:
        """Return the figures of the second reader: how it ranks, and what it adds to the rules.

        "changes known" and the ranking are its own, whatever the rules say: of the cases it was trained on,
        each estimated without those of the same author.
        """
        estimates = load_estimates()
        known = [
            (reading.case.is_change, estimates[reading.case.name])
            for reading in self.readings
            if reading.case.path.is_relative_to(CORPUS) and reading.case.name in estimates
        ]
        missed = self.missed_changes
        asked = {
            r.case.name for r in self.readings if any(f.rule == SECOND_READER_RULE for f in r.notice.review)
        }
        rescued = [name for name in missed if name in asked]
        neither = self.list_names(lambda r: r.case.is_neither)
        sent = [name for name in neither if name in asked]
        figures = {
            "changes rescued": (_share(len(rescued), len(missed)), len(rescued), len(missed)),
            "sent of neither": (len(sent) / max(len(neither), 1), len(sent), len(neither)),
        }
        if known:
            changes = [estimate for is_change, estimate in known if is_change]
            sure = sum(estimate >= load_second_reader().threshold for estimate in changes)
            figures["changes known"] = (_share(sure, len(changes)), sure, len(changes))
            figures["second reader AUC"] = (measure_ranking(known), len(known), len(self.readings))
        return figures

    @property
    def figures(self) -> dict[str, float]:
        """Every figure by its name: those of `measure`, then each field by the measure that counts."""
        heads = self.measure() | self.measure_second_reader()
        shares = {name: figure for name, (figure, _, _) in heads.items()}
        return shares | {name: getattr(tally, FIELDS[name][1]) for name, tally in self.count().items()}


def evaluate(cases: Iterable[Case]) -> Evaluation:
    """Read and judge cases.

    What the second reader was trained on it would know by heart. There it says what it estimates when it is
    trained without the cases of the same author; of all other cases, what the shipped one estimates.
    """
    estimates, evaluation = load_estimates(), Evaluation()
    for case in cases:
        estimate = estimates.get(case.name) if case.path.is_relative_to(CORPUS) else None
        reading = read_case(case, estimate)
        evaluation.readings.append(reading)
        evaluation.judgements += judge(reading)
    return evaluation


def find_broken_floors(evaluation: Evaluation, floors: Path) -> list[str]:
    """Return the figures that are worse than their floors, in a sentence each."""
    limits, figures = tomllib.loads(floors.read_text(encoding="utf-8")), evaluation.figures
    low = [
        f"{name} is {figures[name]:.3f}, below its floor of {floor}"
        for name, floor in limits.get("at_least", {}).items()
        if figures[name] < floor
    ]
    high = [
        f"{name} is {figures[name]:.3f}, above its limit of {limit}"
        for name, limit in limits.get("at_most", {}).items()
        if figures[name] > limit
    ]
    return low + high


def measure_ranking(pairs: Iterable[tuple[bool, float]]) -> float:
    """Return the probability that a case that holds is ranked above one that does not (AUC)."""
    ranked = sorted(pairs, key=lambda pair: pair[1])
    holding = [place for place, (holds, _) in enumerate(ranked, start=1) if holds]
    above = sum(holding) - len(holding) * (len(holding) + 1) / 2
    return _share(above, len(holding) * (len(ranked) - len(holding)))


def draw_head(evaluation: Evaluation) -> str:
    """Return what counts most: who would have been told, and of what."""
    lines = []
    for name, (figure, count, of) in evaluation.measure().items():
        shown = f"{count:.0f}" if name == "silent misses" else f"{figure:.3f}"
        lines.append(f"{name:<18}{shown:>7}  {count:>4.0f}/{of:.0f}")
        names = {
            "silent misses": evaluation.silent_misses,
            "changes found": evaluation.missed_changes,
            "false changes": evaluation.false_changes,
        }.get(name)
        if names:
            lines[-1] += f"  {' '.join(names)}"
    return "\n".join(lines)


def draw_second_reader(evaluation: Evaluation) -> str:
    """Return what the second reader adds to the rules: changes they missed, and what it should not send."""
    lines = [
        f"{name:<18}{figure:>7.3f}  {count:>4.0f}/{of:.0f}"
        for name, (figure, count, of) in evaluation.measure_second_reader().items()
    ]
    return "\n".join(lines)


def draw_fields(evaluation: Evaluation) -> str:
    """Return the table of the fields: the measure that counts, and the others."""
    lines = [f"{'':<18}{'figure':>7}  {'measure':<8}precision recall    F1   exact cases"]
    for name, tally in evaluation.count().items():
        measure = FIELDS[name][1]
        shown = "F1" if measure == "f1" else measure
        lines.append(
            f"{name:<18}{getattr(tally, measure):>7.3f}  {shown:<8}{tally.precision:>9.3f}  {tally.recall:.3f}"
            f" {tally.f1:.3f}   {tally.exact}/{tally.cases}"
        )
    return "\n".join(lines)


def draw_groups(evaluation: Evaluation, name: str, group_of: Callable[[Case], str]) -> str:
    """Return the figures of each group of cases, one a line."""
    heads = ["case", "miss", "whol", "told", *(FIELDS[field][0] for field in evaluation.count())]
    lines = [f"{f'by {name}':<16}" + "".join(f"{head:>5}" for head in heads)]
    groups: dict[str, list[str]] = defaultdict(list)
    for reading in evaluation.readings:
        groups[group_of(reading.case)].append(reading.case.name)
    for group in sorted(groups):
        part = evaluation.select(lambda case, group=group: group_of(case) == group)
        figures, (_, _, alerts), (_, _, changes) = (
            part.figures,
            *map(part.measure().get, ("alerts whole", "changes told")),
        )
        cells = [
            f"{len(part.readings)}",
            f"{len(part.silent_misses)}",
            f"{figures['alerts whole']:.2f}" if alerts else "-",
            f"{figures['changes told']:.2f}" if changes else "-",
            *(f"{figures[field]:.2f}" if field in figures else "-" for field in evaluation.count()),
        ]
        lines.append(f"{group[:15]:<16}" + "".join(f"{cell:>5}" for cell in cells))
    return "\n".join(lines)


def draw_misses(evaluation: Evaluation) -> str:
    """Return every difference: what was wanted, what was read, and the words it was read from."""
    lines = []
    for found in sorted(evaluation.judgements, key=lambda one: (list(FIELDS).index(one.field), one.case)):
        if not found.is_exact:
            lines.append(
                f"[{found.field}] {found.case}: wanted {_show(found.wanted)}, read {_show(found.got)}"
            )
            lines += [f"      「{quote[:150]}」" for quote in found.quotes[:3]]
    return "\n".join(lines)


def _show(value: object) -> str:
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(str, value))) + "}"
    return str(value)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0
