"""Labelled cases, and what the reader says of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache, cached_property
from math import log
from pathlib import Path

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon, load_second_reader
from controlwatch.adapters.files.documents import read_document
from controlwatch.adapters.files.inbox import load_snapshot
from controlwatch.cli.read import read_snapshot
from controlwatch.core.extraction.report.reading_json import to_json
from controlwatch.core.extraction.second_reader import WordingModel
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Document, Notice
from controlwatch.core.model.errors import SourceError

TESTS = Path(__file__).parent.parent
CORPUS = TESTS / "corpus"
FLOORS = TESTS / "floors.toml"
ESTIMATES = Path(__file__).parent / "second_reader_estimates.json"
ANSWERS = Path(__file__).parent / "second_answers.jsonl"  #: of a language model; there are none yet
READ_AT = datetime(2030, 1, 1, tzinfo=UTC)  #: the time of the reading; no conclusion depends on it

Labels = dict[str, object]
#: What the second reader is to estimate of the case that is being read.
_ESTIMATE: ContextVar[float] = ContextVar("_ESTIMATE")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A document and its labels."""

    name: str
    path: Path
    labels: Labels

    @property
    def author(self) -> str:
        """The letters with which the name begins: each author of cases has own ones."""
        return re.split(r"[-\d]", self.name, maxsplit=1)[0]

    @property
    def is_change(self) -> bool:
        """Whether the text changes the rules."""
        return self.labels["is_change"] is True

    @property
    def is_neither(self) -> bool:
        """Whether it neither changes the rules nor reports a change."""
        return not self.is_change and self.labels["reports_change"] is False

    @property
    def is_alert(self) -> bool:
        """Whether subscribers are told of it."""
        return self.is_change or self.labels["reports_change"] is True

    def is_judged(self, field: str) -> bool:
        """Return whether a field that can be left open has a label."""
        return self.labels.get(field) is not None and self.labels.get(f"{field}_optional") is not True

    def list_allowed(self, field: str) -> list[object]:
        """Return the right values of a field."""
        return [self.labels[field], *self.list_values(f"{field}_alt")]

    def list_values(self, field: str) -> list[object]:
        """Return the entries of a field that is a list; nothing where it is absent."""
        found = self.labels.get(field)
        return found if isinstance(found, list) else []

    def list_optional(self, field: str, key: str = "code") -> set[object]:
        """Return the values that are neither required nor wrong; `key` names them where they are objects."""
        entries = self.list_values(f"{field}_optional")
        return {entry[key] if isinstance(entry, dict) else entry for entry in entries}

    def list_tables(self, field: str) -> list[Labels]:
        """Return the entries of a field that is a list of objects."""
        return [entry for entry in self.list_values(field) if isinstance(entry, dict)]


@dataclass(frozen=True, kw_only=True)
class CaseReading:
    """A case with what `controlwatch read` says of its document."""

    case: Case
    text: str  #: as it was read
    notice: Notice

    @cached_property
    def printed(self) -> dict[str, object]:
        """The reading as it is printed."""
        return to_json(self.notice)

    @property
    def document(self) -> Document:
        """Title and text, as a document of its own."""
        title, _, text = self.text.partition("\n")
        hint = self.case.labels.get("published_hint")
        return Document(
            url=f"case:{self.case.name}",
            title=title,
            text=text,
            page_date=date.fromisoformat(str(hint)) if hint else None,
        )


def load_cases(place: Path) -> Iterator[Case]:
    """Yield the cases of a directory, or of a file with one object of labels a line."""
    place = place.resolve()
    together = place if place.is_file() else place / "gold.jsonl"
    if together.is_file():
        for line in together.read_text(encoding="utf-8").splitlines():
            if line.strip():
                labels = json.loads(line)
                yield Case(name=labels["case"], path=_find_document(together.parent, labels), labels=labels)
        return
    for path in sorted(place.glob("*/gold.json")):
        labels = json.loads(path.read_text(encoding="utf-8"))
        (text,) = path.parent.glob("text.*")
        yield Case(name=path.parent.name, path=text, labels=labels)


def load_document(case: Case) -> Document | None:
    """Return the document of a case, parsed and not read; None for what is not a document."""
    hint = case.labels.get("published_hint")
    try:
        parsed = read_document(load_snapshot(case.path, url=None, now=READ_AT))
    except SourceError:
        return None
    page_date = date.fromisoformat(str(hint)) if hint else None
    return Document(url=f"case:{case.name}", title=parsed.title, text=parsed.text, page_date=page_date)


def read_case(case: Case, estimate: float | None = None) -> CaseReading:
    """Read a document as the command `controlwatch read` does.

    `estimate` is the probability to be told by the second reader; without it, the shipped one is asked.
    """
    hint, lexicon = case.labels.get("published_hint"), load_lexicon()
    if estimate is not None:
        _ESTIMATE.set(estimate)
        lexicon = _load_lexicon_with_estimate()
    reading = read_snapshot(
        load_snapshot(case.path, url=None, now=READ_AT),
        published=date.fromisoformat(str(hint)) if hint else None,
        lexicon=lexicon,
    )
    return CaseReading(case=case, text=reading.text, notice=reading.notice)


@cache  # one for all cases: what the reader prepares from a lexicon is kept with it
def _load_lexicon_with_estimate() -> Lexicon:
    return replace(load_lexicon(), load_second_reader=lambda: make_second_reader(_ESTIMATE.get()))


def make_second_reader(estimate: float) -> WordingModel:
    """Return a second reader that estimates every text the same, with the thresholds of the shipped one."""
    odds = min(max(estimate, 1e-6), 1 - 1e-6)
    return replace(load_second_reader(), bias=log(odds / (1 - odds)), head={}, body={}, tail={})


def load_estimates() -> dict[str, float]:
    """Return what the second reader estimates of each case when it is trained without its author's cases."""
    found: dict[str, float] = json.loads(ESTIMATES.read_text(encoding="utf-8"))
    return found


def _find_document(folder: Path, labels: Labels) -> Path:
    """Return the document of a case: its path may begin in the directory of the labels, or above it."""
    file = Path(str(labels["file"]))
    tried = (folder / file, folder.parent / file, folder / str(labels["case"]) / file.name)
    return next((path for path in tried if path.is_file()), tried[0])
