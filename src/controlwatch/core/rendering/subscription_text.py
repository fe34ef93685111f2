"""A subscription in words: what it is limited to, and when its alerts are sent."""

from __future__ import annotations

from collections.abc import Iterator

from controlwatch.core.alerting.subscription_criteria import CRITERIA, WEEKDAYS
from controlwatch.core.alerting.subscription_import import ImportPlan, list_changed_fields
from controlwatch.core.model import Language, Subscription
from controlwatch.core.rendering.day_text import format_date
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.problems_zh import translate_problem
from controlwatch.core.rendering.reason_text import name_criteria
from controlwatch.core.rendering.wording import pick_language

WEEKDAY_NAMES_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def describe_criteria(item: Subscription) -> str:
    """Return the criteria of a subscription: "battery or rare_earth and tighten"."""
    kinds = ([criterion.describe(value) for value in criterion.get_values(item)] for criterion in CRITERIA)
    return " and ".join(" or ".join(kind) for kind in kinds if kind) or "everything"


def describe_timing_zh(item: Subscription) -> str:
    """Return what `describe_timing` does, in Chinese."""
    at = f"{item.at:%H:%M}（{item.timezone}）"
    when = {"immediate": "立即", "daily": f"每天 {at}", "weekly": f"每{WEEKDAY_NAMES_ZH[item.weekday]} {at}"}
    parts = [when[item.rate]]
    if item.quiet is not None:
        parts.append(f"免打扰时段 {item.quiet[0]:%H:%M}–{item.quiet[1]:%H:%M}")
    if item.outlook:
        parts.append(f"每日简报 {item.at:%H:%M}")
    if item.escalate_after:
        to = f"至 {item.escalate_to}" if item.escalate_to else ""
        parts.append(f"{item.escalate_after} 分钟内无人处理则再次发送{to}")
    muted = (f"{mute.category} 静音至{format_date(mute.until.date(), 'zh')}" for mute in item.muted)
    return "；".join((*parts, *muted))


def describe_timing(item: Subscription) -> str:
    """Return when the alerts are sent, the quiet hours, the escalation, and the muted categories."""
    when = {
        "immediate": "immediate",
        "daily": f"daily at {item.at:%H:%M} {item.timezone}",
        "weekly": f"{WEEKDAYS[item.weekday]}s at {item.at:%H:%M} {item.timezone}",
    }
    parts = [when[item.rate]]
    if item.quiet is not None:
        parts.append(f"quiet {item.quiet[0]:%H:%M}-{item.quiet[1]:%H:%M}")
    if item.outlook:
        parts.append(f"outlook at {item.at:%H:%M}")
    if item.escalate_after:
        to = f" to {item.escalate_to}" if item.escalate_to else ""
        parts.append(f"repeated{to} after {item.escalate_after} minutes without an action")
    return ", ".join(
        (*parts, *(f"{mute.category} muted until {format_date(mute.until.date())}" for mute in item.muted))
    )


def describe_subscription(item: Subscription) -> str:
    """Return a subscription in words: its criteria, and when its alerts are sent."""
    return f"{describe_criteria(item)}, {describe_timing(item)}"


def describe_subscription_in(item: Subscription, context: CardContext) -> str:
    """Return what `describe_subscription` does in the reader's language; of both languages, in English."""
    if context.language != "zh":
        return describe_subscription(item)
    return f"{name_criteria(item, context)}；{describe_timing_zh(item)}"


def describe_place(item: Subscription, user: str, language: Language) -> str:
    """Return whether a subscription goes to a Slack user, and why it is paused where it is."""
    mine = item.target == user
    place = pick_language(
        "to me" if mine else f"to {item.target}", "发给我" if mine else f"发到{item.target}", language
    )
    paused = pick_language(
        f" · PAUSED: {item.paused}", f" · 已暂停：{translate_problem(item.paused)}", language
    )
    return f"{place}{paused if item.paused else ''}"


def describe_import(plan: ImportPlan) -> Iterator[str]:
    """Yield what an import adds (+), changes (~) and ends (-), one line for each subscription."""
    for item in plan.added:
        yield f"+ {item.channel} {item.target}: {describe_subscription(item)}"
    for after, before in plan.changed:
        names = ", ".join(list_changed_fields(after, before))
        yield (
            f"~ {before.id} {before.channel} {before.target}: {names}: {describe_subscription(before)} → "
            f"{describe_subscription(after)}"
        )
    for item in plan.ended:
        yield f"- {item.id} {item.channel} {item.target}: {describe_subscription(item)}"


def count_import(plan: ImportPlan) -> str:
    """Return how many subscriptions an import adds, changes, ends and leaves as they are, in one line."""
    return (
        f"{len(plan.added)} added, {len(plan.changed)} changed, {len(plan.ended)} ended, "
        f"{len(plan.unchanged)} unchanged, {len(plan.kept)} not in the file"
    )
