"""One act, told in the many ways in which offices, translators and reporters tell it.

tests/wordings/*.jsonl holds short documents, one a line: `id`, `text` (the title on its first line) and
`expect`, with the facts that are beyond doubt: direction, effective dates as [start, until] with "-" for what
is not stated, relations as [verb, target] without joint customs, whether it changes the rules or reports a
change, categories but those of destinations, codes, destinations, deadlines, number and day of publication.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controlwatch.core.model import Notice
from tests.extraction.making import notice

WORDINGS = Path(__file__).parents[1] / "wordings"


def load() -> Iterator[Any]:
    for file in sorted(WORDINGS.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            yield pytest.param(case["text"], case["expect"], id=case["id"])


def summarise(read: Notice) -> dict[str, Any]:
    return {
        "direction": read.direction.value,
        "effective": sorted([str(day.start or "-"), str(day.until or "-")] for day in read.effective),
        "relations": sorted(
            {(found.verb.value, found.target.replace("-GACC", "")) for found in read.relations}
        ),
        "changes": read.is_change,
        "reports": read.reports_change,
        "categories": sorted(
            found.id for found in read.categories if not found.id.startswith("destination.")
        ),
        "hs_codes": sorted(found.code for found in read.hs_codes),
        "control_codes": sorted(found.code for found in read.control_codes),
        "destinations": sorted(read.destinations),
        "deadlines": sorted([found.kind, str(found.date)] for found in read.deadlines),
        "number": read.number.canonical if read.number else None,
        "published": str(read.published),
    }


@pytest.mark.parametrize(("text", "expect"), list(load()))
def test_a_wording_is_understood(text: str, expect: dict[str, Any]) -> None:
    title, _, body = text.partition("\n")

    read = summarise(notice(title, body))

    read["relations"] = [list(pair) for pair in read["relations"]]
    assert {name: read[name] for name in expect} == expect
