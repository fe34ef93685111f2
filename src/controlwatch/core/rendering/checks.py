"""What a compliance officer should check first: one line, made only from the findings of the notice."""

from __future__ import annotations

import re
from collections.abc import Callable

from controlwatch.core.extraction.findings.date_corrections import list_moves
from controlwatch.core.extraction.report.measures import (
    IMPORT_MEASURES,
    SUSPENSIONS,
    choose_measure,
    list_whole_destinations,
)
from controlwatch.core.model import Notice
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.headlines import describe_places, name_number

#: Codes and parties that the line names.
MAX_CODES, MAX_PARTIES = 4, 3
#: Doubts which say that a notice lists more parties than were read.
MISSING_PARTIES = re.compile(r"title speaks of \d+ parties|lists parties that this page|^register: names \d")


def describe_check(notice: Notice, context: CardContext) -> str:
    """Return what to check, or "" where the findings do not say what would have to be checked."""
    build_sentence = SENTENCES.get(choose_measure(notice, context.lexicon))
    return build_sentence(notice, context) if build_sentence is not None else ""


def _check_exports(notice: Notice, context: CardContext) -> str:
    goods, after = _describe_goods(notice, context), _describe_start(notice, context)
    question = context.pick_one(
        f"Check exports{goods} shipped{after}: is a licence needed, and are licences held?",
        f"核查{goods}出口{after}：是否需要许可证、是否已持有。",
    )
    return question + context.pick_one(" ", "") + _describe_contracts(notice, context)


def _check_banned_exports(notice: Notice, context: CardContext) -> str:
    goods, after = _describe_goods(notice, context), _describe_start(notice, context)
    return context.pick_one(f"Stop and check exports{goods}{after}.", f"暂停并核查{goods}出口{after}。")


def _check_resumed_exports(notice: Notice, context: CardContext) -> str:
    goods, after = _describe_goods(notice, context), _describe_start(notice, context)
    return context.pick_one(
        f"Check exports{goods} shipped{after}: the control applies again.",
        f"核查{goods}出口{after}：管制恢复适用。",
    )


def _check_imports(notice: Notice, context: CardContext) -> str:
    goods, after = _describe_goods(notice, context), _describe_start(notice, context)
    return context.pick_one(f"Check goods{goods} arriving{after}.", f"核查{goods}进口{after}。")


def _check_port_calls(notice: Notice, context: CardContext) -> str:
    whole, after = list_whole_destinations(notice), _describe_start(notice, context)
    places = describe_places(whole, context) if whole else ""
    return context.pick_one(
        f"Check port calls in China of ships linked to {places or 'the places named'}{after}.",
        f"核查与{places or '所涉国家（地区）'}有关的船舶停靠中国港口的安排{after}。",
    )


def _check_duties(notice: Notice, context: CardContext) -> str:
    goods, after = _describe_goods(notice, context), _describe_start(notice, context)
    return context.pick_one(
        f"Check the duty on goods{goods} declared{after}.", f"核查{goods}货物适用税率{after}。"
    )


def _check_parties(notice: Notice, context: CardContext) -> str:
    names = [context.pick_one(party.en or party.zh, party.zh or party.en) for party in notice.entities]
    more = len(names) - MAX_PARTIES
    shown = context.pick_one(", ", "、").join(names[:MAX_PARTIES]) + (f" +{more}" if more > 0 else "")
    named, named_zh = shown.rstrip(".") or "the entities named", shown or "所列实体"
    if shown and any(MISSING_PARTIES.search(doubt) for doubt in notice.doubts):
        named += ", and the others that the notice lists"
        named_zh += "，以及公告所列其他实体"
    return context.pick_one(
        f"Screen customers, end users and agents against: {named}.",
        f"筛查客户、最终用户和代理是否涉及：{named_zh}。",
    )


def _plan_for_end(notice: Notice, context: CardContext) -> str:
    ends = sorted(span.until for span in notice.effective if span.until is not None)
    if not ends:
        return ""
    end = context.format_date(ends[-1])
    if ends[-1] < context.today:
        return context.pick_one(
            f"The term ended on {end}: unless it was extended, the measure applies again.",
            f"期限已于{end}届满：如未延长，措施恢复适用。",
        )
    return context.pick_one(
        f"Plan for the day after {end}: unless the suspension is extended, the measure applies again.",
        f"请为{end}之后做准备：如不延长，措施将恢复适用。",
    )


def _check_what_is_held(_notice: Notice, context: CardContext) -> str:
    return context.pick_one(
        "Check which of your licences, shipment holds and blocks are still needed.",
        "核查现有许可、暂停发货和冻结措施是否仍有必要。",
    )


def _plan_for_moved_date(notice: Notice, context: CardContext) -> str:
    """Return by which day to plan, where one date of another notice moved."""
    moves = list_moves(notice, context.lexicon)
    if len(moves) != 1:
        return ""
    ((relation, move),) = moves
    number, new = name_number(relation.target, context), context.format_date(move.new)
    verb, verb_zh = ("applies", "自") if move.event == "takes effect" else ("ends", "至")
    old = context.format_date(move.old) if move.old is not None else ""
    return context.pick_one(
        f"Plan by the new date: {number} {verb} {'from' if verb == 'applies' else 'on'} {new}"
        + (f", not {old}." if old else "."),
        f"按新日期安排：{number}{verb_zh}{new}{'起适用' if verb_zh == '自' else '止'}"
        + (f"，而非{old}。" if old else "。"),
    )


#: Measure → the sentence about it.
SENTENCES: dict[str, Callable[[Notice, CardContext], str]] = {
    **dict.fromkeys(("new-control", "stricter-control", "licence-required"), _check_exports),
    "export-ban": _check_banned_exports,
    "moved-day": _plan_for_moved_date,
    "control-resumed": _check_resumed_exports,
    "import-ban": _check_imports,
    **dict.fromkeys(("port-fee-charged", "port-fee-resumed"), _check_port_calls),
    **dict.fromkeys(("tariff-raised", "tariff-cut", "tariff-resumed", "tariff-changed"), _check_duties),
    **dict.fromkeys(("trade-remedy", "trade-remedy-eased", "trade-remedy-changed"), _check_duties),
    **dict.fromkeys(("entities-listed", "listing-resumed"), _check_parties),
    **dict.fromkeys(SUSPENSIONS, _plan_for_end),
    **dict.fromkeys(
        ("control-eased", "control-ended", "licensing-eased", "entities-removed"), _check_what_is_held
    ),
}


def _describe_start(notice: Notice, context: CardContext) -> str:
    starts = sorted(span.start for span in notice.effective if span.start is not None)
    if not starts:
        return ""
    start = context.format_date(starts[0])
    return context.pick_one(f" on or after {start}", f"（{start}起）")


def _describe_goods(notice: Notice, context: CardContext) -> str:
    """Return the codes, else the items, and the destinations, as the object of a sentence."""
    hs_codes = [format_hs_code(found.code) for found in notice.hs_codes]
    codes = hs_codes or [found.code for found in notice.control_codes]
    items = [
        context.name_briefly(found.id)
        for found in notice.categories
        if not found.id.startswith("destination.")
    ]
    more = len(codes) - MAX_CODES
    named = (
        ", ".join(codes[:MAX_CODES]) + (f" +{more}" if more > 0 else "") if codes else ", ".join(items[:3])
    )
    whole = list_whole_destinations(notice)
    places = describe_places(whole, context) if whole else ""
    is_import = choose_measure(notice, context.lexicon) in IMPORT_MEASURES
    object_words = f"HS {named}" if hs_codes else "" if is_import and not codes else named
    english = (f" of {object_words}" if object_words else "", "from" if is_import else "to")
    return context.pick_one(
        english[0] + (f" {english[1]} {places}" if places else ""),
        (f"{'来自' if is_import else '对'}{places}的" if places else "") + object_words,
    )


def _describe_contracts(notice: Notice, context: CardContext) -> str:
    """Return whether contracts under way have rules of their own, as far as it was read."""
    if any(caveat.kind == "transition" for caveat in notice.caveats):
        return context.pick_one("For contracts under way see the conditions.", "在途合同见“条件与例外”。")
    return context.pick_one(
        "No rule for contracts under way was found in the text.", "文中未见对在途合同的安排。"
    )


def format_hs_code(code: str) -> str:
    """Return an HS code in groups, as customs prints it.

    >>> format_hs_code("85076000"), format_hs_code("8507600090"), format_hs_code("8507")
    ('8507.60.00', '8507.60.0090', '8507')
    """
    if not code.isdigit() or len(code) < 6:
        return code
    return ".".join(filter(None, (code[:4], code[4:6], code[6:8] if len(code) <= 8 else code[6:])))
