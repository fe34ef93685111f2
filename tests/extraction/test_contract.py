"""The printed JSON is the contract's."""

from __future__ import annotations

import json

from controlwatch.core.extraction.report.provenance import list_grounds
from controlwatch.core.extraction.report.reading_json import list_evidence, to_json
from tests.extraction.making import LEXICON, announcement

KEYS = [
    "title",
    "language",
    "document",
    "published",
    "is_change",
    "reports_change",
    "attention",
    "review",
    "direction",
    "effective",
    "deadlines",
    "categories",
    "destinations",
    "hs_codes",
    "control_codes",
    "codes_excluded",
    "entities",
    "relations",
    "caveats",
    "summary",
    "doubts",
]


def test_the_object_has_the_contracts_keys_in_order() -> None:
    printed = to_json(announcement("决定对镓实施出口管制。本公告自公布之日起施行。"))
    assert list(printed) == KEYS
    assert json.loads(json.dumps(printed, ensure_ascii=False)) == printed


def test_hour_and_derived_end_are_printed_only_where_set() -> None:
    plain = to_json(announcement("决定对镓实施出口管制。本公告自2026年4月1日起施行。"))["effective"]
    timed = to_json(announcement("自2026年4月1日12时01分起，暂停实施对镓的出口管制措施，为期90天。"))[
        "effective"
    ]
    assert plain == [
        {
            "start": "2026-04-01",
            "until": None,
            "basis": "stated",
            "scope": "all",
            "quote": "本公告自2026年4月1日起施行。",
        }
    ]
    assert isinstance(timed, list)
    assert (timed[0]["time"], timed[0]["until"], timed[0]["derived"]) == ("12:01", "2026-06-30", True)


def test_parts_are_printed_only_where_they_differ() -> None:
    assert "parts" not in to_json(announcement("决定对镓实施出口管制。"))
    mixed = to_json(announcement("一、未经许可，人造石墨不得出口。\n二、其他石墨物项取消临时出口管制。"))
    assert mixed["parts"] == [{"scope": "二", "direction": "relax"}]


def test_a_caveat_is_printed_with_its_kind_and_its_words() -> None:
    printed = to_json(announcement("决定对镓实施出口管制。专门用于人道主义救援的除外。"))["caveats"]
    assert printed == [{"kind": "exemption", "quote": "专门用于人道主义救援的除外。"}]


def test_the_evidence_names_every_conclusion_with_a_rule_that_can_be_put_into_words() -> None:
    notice = announcement("决定对镓实施出口管制。本公告自2026年4月1日起施行。")
    rows = list_evidence(notice, LEXICON)
    assert len(rows) == len(list(list_grounds(notice)))
    assert [row["rule"] for row in rows if not row["rule"] or row["means"] == row["rule"]] == []
