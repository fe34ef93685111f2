"""The subscription form, and the preview of what a subscription would have sent, as Slack views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from controlwatch.core.alerting.subscription_criteria import CRITERIA, WEEKDAYS, Criterion
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import Preview
from controlwatch.core.model import Subscription
from controlwatch.core.model.text_safety import to_one_line, truncate_text
from controlwatch.core.rendering.day_text import format_date
from controlwatch.core.rendering.subscription_text import describe_subscription
from controlwatch.core.rendering.wording import find_word

Block = dict[str, Any]

#: The callback ids of the two views.
FORM_VIEW, PREVIEW_VIEW = "controlwatch_form", "controlwatch_confirmed"
#: Fields of the form besides the criteria: a block and its one element share the name.
WHERE, CHANNEL = "controlwatch_where", "controlwatch_channel"
RATE, AT, WEEKDAY, ZONE, QUIET_FROM, QUIET_TO, LANGUAGE, EXTRAS, ESCALATE_AFTER, ESCALATE_TO, MUTED = (
    "controlwatch_rate",
    "controlwatch_at",
    "controlwatch_weekday",
    "controlwatch_zone",
    "controlwatch_quiet_from",
    "controlwatch_quiet_to",
    "controlwatch_language",
    "controlwatch_wishes",
    "controlwatch_escalate_after",
    "controlwatch_escalate_to",
    "controlwatch_muted",
)
#: The button for the fields that the form does not show at first.
MORE, SUMMARY = "controlwatch_more", "controlwatch_summary"
RATES = {"immediate": "immediately · 即时", "daily": "once a day · 每日", "weekly": "once a week · 每周"}
LANGUAGES = {"both": "English and Chinese · 中英文", "en": "English", "zh": "中文"}
#: Fields of `Subscription` that are on or off.
EXTRA_LABELS = {
    "reports": "press reports, marked as such · 媒体报道",
    "reminders": "reminders before key dates · 到期提醒",
    "outlook": "daily outlook on this week · 每日展望",
    "health": "sources that cannot be watched · 监测状况",
}
#: Minutes → words.
ESCALATIONS = {0: "never", 60: "an hour", 240: "4 hours", 480: "8 hours", 1440: "a day", 4320: "3 days"}
OTHERS_LABEL = "others · 其他"
#: Mutes that can be ended in the form.
MAX_SHOWN_MUTES = 10
#: Notices named in a preview.
MAX_PREVIEW_NOTICES = 12


def get_block_id(criterion: Criterion) -> str:
    """Return the block and action id of the field of a criterion."""
    return f"controlwatch_{criterion.form.name}"


def build_form(
    subscription: Subscription, lexicon: Lexicon, *, manager: bool, metadata: str, more: bool = False
) -> Block:
    """Return the form, filled in as the subscription is; only managers may choose a channel.

    It has at most six fields and a button for more options; with `more`, all fields.
    """
    own = not manager or not subscription.target.startswith(("C", "G"))
    where = {"me": "to me · 发给我"} | ({"channel": "to a channel · 发到频道"} if manager else {})
    fields = [
        _build_menu("radio_buttons", WHERE, "Send alerts · 发送至", where, ["me" if own else "channel"])
    ]
    if manager:
        element: Block = {
            "type": "conversations_select",
            "filter": {"include": ["public", "private"], "exclude_bot_users": True},
            "placeholder": {"type": "plain_text", "text": "a channel that the bot is in"},
        }
        element |= (
            {"default_to_current_conversation": True}
            if own
            else {"initial_conversation": subscription.target}
        )
        fields.append(_build_input(CHANNEL, "Channel · 频道", element))
    fields.extend(
        _build_criterion_field(criterion, subscription, lexicon)
        for criterion in CRITERIA
        if more or criterion.form.is_basic
    )
    fields.extend(_list_basic_delivery_fields(subscription))
    if more:
        fields.extend(_list_more_delivery_fields(subscription))
    else:
        fields.extend(_list_more_offer(subscription))
    return _build_modal(FORM_VIEW, "Next · 预览", fields, metadata=metadata)


def _build_criterion_field(criterion: Criterion, subscription: Subscription, lexicon: Lexicon) -> Block:
    block, form, values = get_block_id(criterion), criterion.form, criterion.get_values(subscription)
    choices = form.list_choices(lexicon)
    match form.widget:
        case "categories":
            field = _build_category_menu(block, form.label, lexicon, values)
        case "menu":
            words = {value: find_word(label, "both") for value, label in choices.items()}
            field = _build_menu("multi_static_select", block, form.label, words, values)
        case "search":
            chosen = {value: choices.get(value, value) for value in values}
            field = _build_search_menu(block, form.label, chosen)
        case "text":
            text = ", ".join(values)[:500]
            element: Block = {
                "type": "plain_text_input",
                "max_length": 500,
                "placeholder": {"type": "plain_text", "text": form.example},
            }
            field = _build_input(block, form.label, element | ({"initial_value": text} if text else {}))
    return _add_hint(field, form.hint)


def _list_basic_delivery_fields(subscription: Subscription) -> Iterator[Block]:
    field = _build_menu("radio_buttons", RATE, "How often · 频率", RATES, [subscription.rate])
    yield _add_hint(field, "Digests are sent at 08:30 Beijing time unless you choose another time.")
    yield _build_menu("radio_buttons", LANGUAGE, "Language · 语言", LANGUAGES, [subscription.language])


def _list_more_offer(subscription: Subscription) -> Iterator[Block]:
    """Yield the button for the other fields, and what they say now."""
    text = "Codes, destinations, issuers, words, times, quiet hours, reminders, escalation. "
    text += f"As it stands: {describe_subscription(subscription)}"
    described = {"type": "plain_text", "text": to_one_line(text, 600)}
    yield {"type": "context", "block_id": SUMMARY, "elements": [described]}
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "More options · 更多选项"},
        "action_id": MORE,
        "value": "more",
    }
    yield {"type": "actions", "block_id": MORE, "elements": [button]}


def _list_more_delivery_fields(subscription: Subscription) -> Iterator[Block]:
    quiet = [f"{hour:%H:%M}" for hour in subscription.quiet or ()] or ["", ""]
    weekdays = {str(number): name.capitalize() for number, name in enumerate(WEEKDAYS)}
    yield _build_time_field(AT, "Time of digests and outlooks · 发送时间", f"{subscription.at:%H:%M}")
    yield _build_menu(
        "static_select", WEEKDAY, "Day of weekly digests · 每周", weekdays, [str(subscription.weekday)]
    )
    zone = subscription.timezone
    yield _build_search_menu(ZONE, "Time zone · 时区", {zone: zone}, several=False)
    field = _build_time_field(QUIET_FROM, "Quiet from · 免打扰开始", quiet[0])
    yield _add_hint(field, "Nothing is sent in these hours; it follows when they end.")
    yield _build_time_field(QUIET_TO, "Quiet until · 免打扰结束", quiet[1])
    extras = [name for name in EXTRA_LABELS if getattr(subscription, name)]
    yield _build_menu("checkboxes", EXTRAS, "Also send · 其他", EXTRA_LABELS, extras)
    waits = {str(minutes): words for minutes, words in ESCALATIONS.items()}
    chosen = str(subscription.escalate_after)
    waits.setdefault(chosen, f"{chosen} minutes")  # as an operator has set it
    label = "Repeat alerts without an action after · 无人处理则升级"
    field = _build_menu("static_select", ESCALATE_AFTER, label, waits, [chosen])
    yield _add_hint(field, "An alert is repeated once, where it has no action after this time.")
    user = subscription.escalate_to
    element: Block = {"type": "users_select"} | ({"initial_user": user} if user else {})
    yield _build_input(ESCALATE_TO, "Repeat to · 升级给", element)
    muted = {
        mute.category: f"{mute.category} until {format_date(mute.until.date())}"
        for mute in subscription.muted[-MAX_SHOWN_MUTES:]
    }
    if muted:
        yield _build_menu("checkboxes", MUTED, "Muted; clear a box to unmute · 已静音", muted, muted)


def build_preview_modal(preview: Preview | None, subscription: Subscription, *, metadata: str) -> Block:
    """Return the preview of a subscription; None where the store was too slow to make one."""
    blocks = [_build_section(f"{describe_subscription(subscription)} → {subscription.target}")]
    blocks += [_build_section(line) for line in list_preview_lines(preview)]
    return _build_modal(PREVIEW_VIEW, "Save · 保存", blocks, metadata=metadata)


def build_notice_modal(words: str) -> Block:
    """Return a view that only shows a sentence; closing it closes the form below."""
    shown = _build_modal("controlwatch_said", "", [_build_section(words)], metadata="")
    return {**shown, "clear_on_close": True}


def list_preview_lines(preview: Preview | None) -> Iterator[str]:
    """Yield a preview line by line: the number of alerts, then the newest ones."""
    if preview is None:
        yield "The preview is not available at the moment. You can save the subscription without it."
        return
    count = len(preview.matches)
    alerts = (
        f"{count} alert{'s' if count > 1 else ''}, about {preview.alerts_per_week:.1f} a week"
        if count
        else "nothing"
    )
    yield f"In the last {preview.days} days this would have sent {alerts}."
    for line, why in preview.matches[:MAX_PREVIEW_NOTICES]:
        yield to_one_line(f"{line.published} {line.number or line.kind} · {line.title} ({why})", 300)
    if count > MAX_PREVIEW_NOTICES:
        yield f"… and {count - MAX_PREVIEW_NOTICES} more"


def _build_modal(callback: str, submit: str, blocks: list[Block], *, metadata: str) -> Block:
    view: Block = {
        "type": "modal",
        "callback_id": callback,
        "title": {"type": "plain_text", "text": "Subscription · 订阅"},
        "close": {"type": "plain_text", "text": "Close · 关闭"},
        "private_metadata": metadata,
        "blocks": blocks,
    }
    return view | ({"submit": {"type": "plain_text", "text": submit}} if submit else {})


def _add_hint(field: Block, hint: str) -> Block:
    return {**field, "hint": {"type": "plain_text", "text": hint}} if hint else field


def _build_input(name: str, label: str, element: Block, *, optional: bool = True) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "optional": optional,
        "label": {"type": "plain_text", "text": label},
        "element": {"action_id": name, **element},
    }


def _build_menu(kind: str, name: str, label: str, choices: Mapping[str, str], chosen: Iterable[str]) -> Block:
    options = [build_option(words, value) for value, words in choices.items()]
    element: Block = {"type": kind, "options": options}
    first = [build_option(choices[value], value) for value in chosen if value in choices]
    several = kind in {"multi_static_select", "checkboxes"}
    if first:
        element |= {"initial_options": first} if several else {"initial_option": first[0]}
    return _build_input(name, label, element, optional=several)


def _build_category_menu(name: str, label: str, lexicon: Lexicon, chosen: Iterable[str]) -> Block:
    """Return the tree of categories: a group of options for each group, the other categories together."""

    def name_category(category: str) -> str:
        english, chinese = (
            lexicon.get_category_name(category, "en"),
            lexicon.get_category_name(category, "zh"),
        )
        return english if chinese == english else f"{english} · {chinese}"

    leaves: dict[str, list[Block]] = {}
    for category in lexicon.categories:
        group = category.group if category.group != category.id else ""
        leaves.setdefault(group, []).append(build_option(name_category(category.id), category.id))
    for group, options in leaves.items():
        if group:
            options.insert(0, build_option(f"all {name_category(group)}", group))
    groups = [
        {
            "label": {
                "type": "plain_text",
                "text": to_one_line(name_category(group) if group else OTHERS_LABEL, 75),
            },
            "options": options,
        }
        for group, options in sorted(leaves.items(), key=lambda item: item[0] or "~")
    ]
    offered = {option["value"]: option for options in leaves.values() for option in options}
    first = [offered[value] for value in chosen if value in offered]
    element: Block = {"type": "multi_static_select", "option_groups": groups}
    return _build_input(name, label, element | ({"initial_options": first} if first else {}))


def _build_search_menu(name: str, label: str, chosen: dict[str, str], *, several: bool = True) -> Block:
    first = [build_option(words, value) for value, words in chosen.items()]
    element: Block = {
        "type": "multi_external_select" if several else "external_select",
        "min_query_length": 1,
        "placeholder": {"type": "plain_text", "text": "type to search · 输入以查找"},
    }
    if first:
        element |= {"initial_options": first} if several else {"initial_option": first[0]}
    return _build_input(name, label, element)


def _build_time_field(name: str, label: str, value: str) -> Block:
    return _build_input(name, label, {"type": "timepicker"} | ({"initial_time": value} if value else {}))


def build_option(text: str, value: str) -> Block:
    """Return an option of a menu."""
    return {"text": {"type": "plain_text", "text": to_one_line(text, 75)}, "value": value}


def _build_section(text: str) -> Block:
    return {"type": "section", "text": {"type": "plain_text", "text": truncate_text(text, 2_900) or "—"}}
