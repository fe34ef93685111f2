"""Train the second reader: `make second-reader`, or with more labelled directories: ARGS='DIR DIR'.

A logistic regression in plain Python on the n-grams of the labelled texts, weighted by how rare they are. It
is trained without each author's cases in turn (the letters with which the names begin); what it then
estimates of them is written for `make eval` and printed by threshold. The weights of all texts are written to
the package. The same texts give the same files, byte for byte.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.evaluation.cases import CORPUS, ESTIMATES, Case, load_cases, read_case
from tests.evaluation.figures import measure_ranking

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.extraction.identity.preface import find_opening
from controlwatch.core.extraction.second_reader import (
    ZONES,
    WordingModel,
    find_grams,
    parse_wording_model,
    split_zones,
)
from controlwatch.core.extraction.text.document_text import DocumentText

WEIGHTS = Path(__file__).parent.parent / "src/controlwatch/data/lexicon/second_reader.json"
THRESHOLD = 0.2  #: chosen by the table that this program prints: docs/decisions/0024
MIN_TEXTS = 3  #: an n-gram of fewer texts is not kept
MAX_FEATURES = 20_000
COST = 8.0  #: of an error against the size of the weights
ROUNDS = 60
TOLERANCE = 1e-3  #: of the cost: less movement in a round ends the fit
SHOWN_THRESHOLDS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7)

Matrix = list[list[float]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Example:
    """A labelled text with its n-grams, and what the rules say of it."""

    case: Case
    text: str  #: folded
    grams: tuple[frozenset[str], ...]  #: of each zone
    is_found: bool  #: the rules read it as a change
    is_report: bool  #: they read it as a report of one
    is_asked: bool  #: it is one on which a second opinion counts

    @property
    def sign(self) -> int:
        """The label: 1 for a change, else -1."""
        return 1 if self.case.is_change else -1


@dataclass(frozen=True, kw_only=True)
class TrainingSet:
    """Examples, how rare their n-grams are in each zone, and how alike each two of them are."""

    examples: Sequence[Example]
    rarities: tuple[dict[str, float], ...]
    likeness: Matrix

    @classmethod
    def build(cls, examples: Sequence[Example]) -> TrainingSet:
        """Weigh the n-grams and compare every two examples by them."""
        count = len(examples)
        likeness = [[0.0] * count for _ in range(count)]
        rarities: list[dict[str, float]] = []
        for zone in range(len(ZONES)):
            lengths = [1 / math.sqrt(len(example.grams[zone]) or 1) for example in examples]
            places: dict[str, list[int]] = defaultdict(list)
            for at, example in enumerate(examples):
                for gram in sorted(example.grams[zone]):
                    places[gram].append(at)
            kept = {gram: found for gram, found in places.items() if len(found) >= MIN_TEXTS}
            rarities.append({gram: math.log((1 + count) / (1 + len(found))) for gram, found in kept.items()})
            for gram, found in kept.items():
                square = rarities[zone][gram] ** 2
                for left in found:
                    row, share = likeness[left], square * lengths[left]
                    for right in found:
                        row[right] += share * lengths[right]
        return cls(examples=examples, rarities=tuple(rarities), likeness=likeness)

    def train(self, chosen: Sequence[int]) -> dict[str, object]:
        """Return the weights that are learned from some of the examples, as they are written."""
        signs = [self.examples[at].sign for at in chosen]
        shares = fit([[self.likeness[row][column] for column in chosen] for row in chosen], signs)
        weights: list[tuple[float, int, str]] = []
        for zone, rarity in enumerate(self.rarities):
            sums: dict[str, float] = defaultdict(float)
            for at, share in zip(chosen, shares, strict=True):
                grams = self.examples[at].grams[zone]
                step = share / math.sqrt(len(grams) or 1)
                for gram in sorted(grams & rarity.keys()):
                    sums[gram] += step
            weights += [(value * rarity[gram] ** 2, zone, gram) for gram, value in sums.items()]
        weights.sort(key=lambda weight: (-abs(weight[0]), weight[1], weight[2]))
        table: dict[str, object] = {
            "texts": len(chosen),
            "threshold": THRESHOLD,
            "bias": round(sum(shares), 3),
        }
        kept = sorted(weights[:MAX_FEATURES], key=lambda weight: weight[1:])
        for at, name in enumerate(ZONES):
            thousandths = {gram: round(value * 1000) for value, zone, gram in kept if zone == at}
            table[name] = {gram: number for gram, number in thousandths.items() if number}
        return table


def fit(likeness: Matrix, signs: Sequence[int]) -> list[float]:
    """Return how much each example weighs in a logistic regression, by coordinate descent on its dual.

    The bias is a feature that all examples share. See Yu, Huang and Lin, Machine Learning 85 (2011).
    """
    rows = [[value + 1 for value in row] for row in likeness]
    count = len(signs)
    shares = [COST / 100] * count
    margins = [COST / 100 * sum(map(float.__mul__, row, map(float, signs))) for row in rows]
    for _ in range(ROUNDS):
        moved = 0.0
        for at in range(count):
            share = _move(shares[at], rows[at][at], signs[at] * margins[at])
            step = (share - shares[at]) * signs[at]
            moved, shares[at] = max(moved, abs(step)), share
            margins = [margin + step * value for margin, value in zip(margins, rows[at], strict=True)]
        if moved < TOLERANCE * COST:
            break
    return [share * sign for share, sign in zip(shares, signs, strict=True)]


def _move(share: float, curvature: float, margin: float) -> float:
    """Return the best share of one example, while the others stay, by Newton's method within bounds."""
    low, high, found = 0.0, COST, share
    for _ in range(30):
        slope = curvature * (found - share) + margin + math.log(found / (COST - found))
        low, high = (low, found) if slope > 0 else (found, high)
        better = found - slope / (curvature + COST / (found * (COST - found)))
        if not low < better < high:
            better = (low + high) / 2
        if abs(better - found) < 1e-10 * COST:
            break
        found = better
    return min(max(found, 1e-9 * COST), COST * (1 - 1e-9))


def read_examples(cases: Iterable[Case]) -> list[Example]:
    """Read labelled texts, with a second reader that is always sure: so it is seen where it is asked."""
    examples = []
    for case in sorted(cases, key=lambda case: case.name):
        reading = read_case(case, estimate=1.0)
        title, _, body = reading.text.partition("\n")
        text = find_opening(DocumentText.from_parts(title, body), load_lexicon()).text.folded_text
        examples.append(
            Example(
                case=case,
                text=text,
                grams=tuple(frozenset(find_grams(zone)) for zone in split_zones(text)),
                is_found=reading.notice.is_change,
                is_report=reading.notice.reports_change,
                is_asked=any(found.rule == "review.second-reader" for found in reading.notice.review),
            )
        )
    return examples


def cross_validate(training: TrainingSet) -> list[float]:
    """Return what is estimated of each example by a reader trained without its author's."""
    examples = training.examples
    readers: dict[str, WordingModel] = {}
    for author in sorted({example.case.author for example in examples}):
        others = [at for at, example in enumerate(examples) if example.case.author != author]
        readers[author] = parse_wording_model(training.train(others))
    return [readers[example.case.author].estimate(example.text) for example in examples]


def print_report(examples: Sequence[Example], estimates: Sequence[float]) -> None:
    """Print how well the estimates rank the texts, and what they lead to by threshold."""
    pairs = list(zip(examples, estimates, strict=True))
    ranked = sorted((found, example.case.name) for example, found in pairs if example.case.is_change)
    ranking = measure_ranking((example.case.is_change, found) for example, found in pairs)
    print(f"AUC of is_change, without the author's own cases: {ranking:.3f}")
    print("lowest changes:", ", ".join(f"{name} {found:.2f}" for found, name in ranked[:8]))
    groups = {
        "missed changes that the rules do not report": lambda e: (
            e.case.is_change and not e.is_found and not e.is_report
        ),
        "missed changes that they read as reports": lambda e: (
            e.case.is_change and not e.is_found and e.is_report
        ),
        "texts that neither change nor report": lambda e: e.case.is_neither,
        "reports": lambda e: not e.case.is_change and not e.case.is_neither,
    }
    print(f"{'sent to review, by threshold':<46}{'of':>5}" + "".join(f"{t:>6}" for t in SHOWN_THRESHOLDS))
    for name, belongs in groups.items():
        group = [(e, p) for e, p in pairs if belongs(e)]
        sent = [sum(e.is_asked and p >= t for e, p in group) for t in SHOWN_THRESHOLDS]
        print(f"{name:<46}{len(group):>5}" + "".join(f"{n:>6}" for n in sent))


def main() -> None:
    """Train on the corpus and the directories named on the command line."""
    parser = argparse.ArgumentParser(prog="make second-reader", description=__doc__)
    parser.add_argument(
        "more", type=Path, metavar="DIR", nargs="*", help="labelled cases beside tests/corpus"
    )
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    options = parser.parse_args()
    cases = (case for place in (CORPUS, *options.more) for case in load_cases(place))
    training = TrainingSet.build(read_examples(cases))
    estimates = cross_validate(training)
    print_report(training.examples, estimates)
    if options.dry_run:
        return
    names = (example.case.name for example in training.examples)
    rounded = {name: round(found, 3) for name, found in zip(names, estimates, strict=True)}
    table = training.train(range(len(training.examples)))
    for path, content in ((WEIGHTS, table), (ESTIMATES, rounded)):
        path.write_text(
            json.dumps(content, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n", encoding="utf-8"
        )
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
