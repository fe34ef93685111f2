"""A notice as the JSON object that `controlwatch read` prints."""

from __future__ import annotations

from controlwatch.core.extraction.report.provenance import describe_rule, list_grounds
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import EffectiveDate, Notice


def to_json(notice: Notice) -> dict[str, object]:
    """Return the notice in the printed contract: plain dicts, lists, texts and booleans.

    Keys that are optional in the contract are left out where there is nothing to print.
    """
    printed: dict[str, object] = {
        "title": notice.title,
        "language": notice.language,
        "document": {
            "number": notice.number.canonical if notice.number else None,
            "number_raw": notice.number_raw,
            "issuers": list(notice.issuers),
            "kind": notice.kind.value,
        },
        "published": notice.published.isoformat() if notice.published else None,
        "is_change": notice.is_change,
        "reports_change": notice.reports_change,
        "attention": notice.attention.value,
        "review": [{"reason": found.reason, "quote": found.quote} for found in notice.review],
        "direction": notice.direction.value,
        "effective": [_format_effective_date(found) for found in notice.effective],
        "deadlines": [
            {"kind": d.kind, "date": d.date.isoformat(), "quote": d.quote} for d in notice.deadlines
        ],
        "categories": [{"id": c.id, "basis": c.basis, "quote": c.quote} for c in notice.categories],
        "destinations": list(notice.destinations),
        "hs_codes": [{"code": c.code, "quote": c.quote} for c in notice.hs_codes],
        "control_codes": [{"code": c.code, "quote": c.quote} for c in notice.control_codes],
        "codes_excluded": list(notice.codes_excluded),
        "entities": [{"zh": e.zh, "en": e.en, "action": e.action} for e in notice.entities],
    }
    if notice.parts:
        printed["parts"] = [{"scope": p.scope, "direction": p.direction.value} for p in notice.parts]
    printed["relations"] = [
        {"verb": r.verb.value, "target": r.target, "quote": r.quote}
        | ({"clause": r.clause} if r.clause else {})
        for r in notice.relations
    ]
    printed["caveats"] = [
        {"kind": c.kind, "quote": c.quote} | ({"value": c.value} if c.value else {}) for c in notice.caveats
    ]
    printed["summary"] = {"en": notice.summary.en, "zh": notice.summary.zh}
    printed["doubts"] = list(notice.doubts)
    return printed


def _format_effective_date(found: EffectiveDate) -> dict[str, object]:
    printed: dict[str, object] = {
        "start": found.start.isoformat() if found.start else None,
        "until": found.until.isoformat() if found.until else None,
        "basis": found.basis,
        "scope": found.scope,
        "quote": found.quote,
    }
    if found.time is not None:
        printed["time"] = found.time.strftime("%H:%M")
    if found.derived:
        printed["derived"] = True
    return printed


def list_evidence(notice: Notice, lexicon: Lexicon) -> list[dict[str, str]]:
    """Return every conclusion with its rule, what the rule means, and the words that prove it."""
    return [
        {
            "about": ground.about,
            "value": ground.value,
            "rule": ground.rule,
            "means": describe_rule(ground.rule, lexicon),
            "quote": ground.quote,
        }
        for ground in list_grounds(notice)
    ]
