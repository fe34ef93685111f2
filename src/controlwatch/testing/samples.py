"""The sample documents, read from `documents/*.toml`; dates that depend on today are filled in."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "documents"
#: Time from today to the date that a text calls "later".
LATER = timedelta(days=21)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAnnex:
    """A file attached to a document; it is served as a PDF."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A document as its issuer wrote it, before any site shows it."""

    id: str
    title: str
    published: date
    lines: tuple[str, ...]
    time: str = "10:00"
    office: str = ""  #: 来源, 发布单位
    number: str = ""  #: 发布文号, where a site prints it
    signed: str = ""  #: who signs; "" for news
    section: str = ""  #: folder on the site, if not that of the column
    language: str = "zh"
    annex: SampleAnnex | None = None
    shelf: tuple[str, ...] = ()  #: watchers that list it before the story begins
    amendment: tuple[tuple[str, str], ...] = ()  #: line → new line

    @property
    def key(self) -> str:
        """A file name of some content systems: 32 hex digits."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:32]

    @property
    def serial(self) -> int:
        """A file name of other content systems: a number."""
        return int(self.key[:6], 16) % 900_000 + 100_000

    @property
    def signature(self) -> tuple[str, ...]:
        """The closing lines of an instrument."""
        day = self.published
        return (self.signed, f"{day.year}年{day.month}月{day.day}日") if self.signed else ()

    def amended(self) -> Sample:
        """Return the same document after a silent amendment by its issuer."""
        words = dict(self.amendment)
        return replace(self, lines=tuple(words.get(line, line) for line in self.lines))


def samples(today: date) -> dict[str, Sample]:
    """Return every sample document by its id."""
    read = [_sample(row, today) for name in ("controls", "others") for row in _rows(name)]
    return {sample.id: sample for sample in read}


def filler(family: str, today: date, *, every: int) -> tuple[Sample, ...]:
    """Return the rows of a column in quiet weeks, newest first: one for each `every` days."""
    with (HERE / "filler.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)[family]
    titles = list(_numbered(table, today))
    return tuple(
        Sample(
            id=f"{family}-{place}",
            title=title,
            published=today - timedelta(days=1 + place * every),
            lines=(table["text"].format(title=title),),
            office="办公厅",
        )
        for place, title in enumerate(titles)
    )


def _numbered(table: dict[str, Any], today: date) -> Iterator[str]:
    for turn in range(table.get("repeat", 1)):
        for place, title in enumerate(table["titles"]):
            yield title.format(year=today.year, n=turn * len(table["titles"]) + place + 1)


def _rows(name: str) -> list[dict[str, Any]]:
    with (HERE / f"{name}.toml").open("rb") as file:
        rows: list[dict[str, Any]] = tomllib.load(file)["notice"]
    return rows


def _sample(row: dict[str, Any], today: date) -> Sample:
    later = today + LATER
    words = {"year": str(today.year), "later": f"{later.year}年{later.month}月{later.day}日"}
    annex = row.get("annex")
    return Sample(
        id=row["id"],
        title=row["title"].format(**words),
        published=today if row["published"] == "today" else row["published"],
        lines=_lines(row["text"].format(**words)),
        time=row.get("time", "10:00"),
        office=row["office"],
        number=row.get("number", "").format(**words),
        signed=row["signed"],
        section=row.get("section", ""),
        language=row.get("language", "zh"),
        annex=SampleAnnex(name=annex["name"], lines=_lines(annex["text"])) if annex else None,
        shelf=tuple(row.get("shelf", ())),
        amendment=tuple((old.format(**words), new.format(**words)) for old, new in row.get("amended", ())),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.strip().splitlines() if line)
