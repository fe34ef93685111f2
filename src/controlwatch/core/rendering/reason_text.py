"""Why a subscriber gets an alert, in the reader's language: category names instead of their ids."""

from __future__ import annotations

from controlwatch.core.alerting.judgements import NOTIFIED_REASON
from controlwatch.core.alerting.routing import NOT_READABLE, OPERATOR_REASON
from controlwatch.core.alerting.subscription_criteria import CRITERIA, DIRECTION_NAMES
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import DeliveryReason
from controlwatch.core.model import Subscription
from controlwatch.core.model.timezones import BEIJING
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.replies import ReplyRow
from controlwatch.core.rendering.wording import find_word

#: Reasons that are stored as one sentence, in English and in Chinese.
SENTENCES: dict[str, tuple[str, str]] = {
    "health of the watchers": ("you get the alerts about the sources", "您接收来源监测提醒"),
    "subscribed to everything": ("you subscribed to everything", "您订阅了全部内容"),
    "you were notified of it": ("you were notified of it before", "此前已就此提醒过您"),
    "outlook of the day": ("daily briefing", "每日简报"),
    "asked to be confirmed": ("this address is to be confirmed", "该地址待确认"),
    "you made this subscription": ("you made this subscription", "该订阅由您创建"),
    "it was ended by its link": ("the alerts were ended by a link", "已通过链接退订"),
    NOTIFIED_REASON: (NOTIFIED_REASON, "此前已提醒您其待判定"),
    OPERATOR_REASON: (OPERATOR_REASON, "运维订阅接收所有待判定文件"),
    NOT_READABLE: (NOT_READABLE, "该公告中未能识别，为稳妥起见仍发送"),
}
#: Option of a criterion → how it is stored, where they differ.
OPTION_NAMES = {"hs": "HS code"}
#: Criterion, as stored → its name.
CRITERION_NAMES: dict[str, tuple[str, str]] = {
    "category": ("items", "物项"),
    "issuer": ("issuer", "发布机关"),
    "direction": ("direction", "方向"),
    "destination": ("destination", "目的地"),
    "HS code": ("HS code", "海关商品编号"),
    "term": ("term", "关键词"),
}


def describe_reasons(reasons: str, context: CardContext) -> str:
    """Return stored reasons ("category battery.liion; issuer MOFCOM") in the reader's language.

    What is not known, as a term that a subscriber chose, is returned as it is.
    """
    return context.pick_one("; ", "；").join(_describe_part(part, context) for part in reasons.split("; "))


def describe_delivery(reason: DeliveryReason, lexicon: Lexicon) -> ReplyRow:
    """Return when an alert was made and of which kind, whether it was sent, and why to this subscriber."""
    local = reason.made_at.astimezone(BEIJING)
    context = CardContext(lexicon=lexicon, language=reason.language, today=local.date())
    zone = context.pick_one(" Beijing time", "（北京时间）")
    word = "moved-day" if reason.kind == "moved" else reason.kind
    kind = context.pick_one(find_word(word, "en").lower(), find_word(word, "zh"))
    state = context.pick_one(find_word(reason.state, "en"), find_word(reason.state, "zh"))
    why = describe_reasons(reason.why, context)
    return ReplyRow(
        heading=f"{context.format_date(local.date())} {local:%H:%M}{zone} {kind}",
        body=context.pick_one(f"{state}: {why}", f"{state}：{why}"),
    )


def name_criteria(item: Subscription, context: CardContext) -> str:
    """Return what a subscription is limited to, by names: "items batteries; direction stricter"."""
    kinds = (
        f"{OPTION_NAMES.get(criterion.option, criterion.option)} {', '.join(map(str, values))}"
        for criterion in CRITERIA
        if (values := criterion.get_values(item))
    )
    named = context.pick_one("; ", "；").join(_describe_part(kind, context) for kind in kinds)
    return named or context.pick_one("everything", "全部内容")


def _describe_part(part: str, context: CardContext) -> str:
    if part in SENTENCES:
        return context.pick_one(*SENTENCES[part])
    name = next((name for name in CRITERION_NAMES if part.startswith(f"{name} ")), "")
    if not name:
        return part
    values = part.removeprefix(f"{name} ")
    # A free term may hold a comma.
    listed = [values] if name == "term" or values == NOT_READABLE else values.split(", ")
    shown = context.pick_one(", ", "、").join(_name_value(name, value, context) for value in listed)
    return context.pick_one(f"{CRITERION_NAMES[name][0]} {shown}", f"{CRITERION_NAMES[name][1]}：{shown}")


def _name_value(criterion: str, value: str, context: CardContext) -> str:
    """Return a value of a criterion by its name, where it has one."""
    lexicon, pick = context.lexicon, context.pick_one
    if value in SENTENCES:
        return pick(*SENTENCES[value])
    match criterion:
        case "category":
            return context.name_briefly(value)
        case "issuer":
            return pick(value, lexicon.get_issuer_name(value, "zh"))
        case "direction" if value in DIRECTION_NAMES:
            return pick(*DIRECTION_NAMES[value])
        case "destination":
            return pick(lexicon.get_place_name(value, "en"), lexicon.get_place_name(value, "zh"))
        case _:
            return value
