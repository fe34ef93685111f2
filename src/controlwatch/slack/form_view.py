"""The subscription form, and the preview of what a subscription would have sent, as Slack views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from controlwatch.core.alerting.subscription_criteria import CRITERIA, WEEKDAYS, Criterion
from controlwatch.core.alerting.system_alerts import TextPair
from controlwatch.core.law.answers import Preview
from controlwatch.core.model import Language, Subscription
from controlwatch.core.model.text_safety import to_one_line, truncate_text
from controlwatch.core.rendering.day_text import format_date
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.list_replies import format_stated
from controlwatch.core.rendering.reason_text import describe_reasons
from controlwatch.core.rendering.subscription_text import WEEKDAY_NAMES_ZH, describe_subscription_in
from controlwatch.core.rendering.wording import pick_language

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
RATES: dict[str, TextPair] = {
    "immediate": ("immediately", "即时"),
    "daily": ("once a day", "每日"),
    "weekly": ("once a week", "每周"),
}
LANGUAGES: dict[str, TextPair] = {
    "both": ("English and Chinese", "中英文"),
    "en": ("English", ""),
    "zh": ("中文", ""),
}
#: Fields of `Subscription` that are on or off.
EXTRA_LABELS: dict[str, TextPair] = {
    "reports": ("press reports, marked as such", "媒体报道（会注明）"),
    "reminders": ("reminders before key dates", "到期提醒"),
    "outlook": ("daily outlook on this week", "每日展望"),
    "health": ("sources that cannot be watched", "监测状况"),
}
#: Minutes → words.
ESCALATIONS: dict[int, TextPair] = {
    0: ("never", "从不"),
    60: ("an hour", "1小时"),
    240: ("4 hours", "4小时"),
    480: ("8 hours", "8小时"),
    1440: ("a day", "1天"),
    4320: ("3 days", "3天"),
}
OTHERS_LABEL: TextPair = ("others", "其他")
#: Mutes that can be ended in the form.
MAX_SHOWN_MUTES = 10
#: Notices named in a preview.
MAX_PREVIEW_NOTICES = 12


def get_block_id(criterion: Criterion) -> str:
    """Return the block and action id of the field of a criterion."""
    return f"controlwatch_{criterion.form.name}"


def build_form(
    subscription: Subscription, context: CardContext, *, manager: bool, metadata: str, more: bool = False
) -> Block:
    """Return the form, filled in as the subscription is; only managers may choose a channel.

    It has at most six fields and a button for more options; with `more`, all fields. Its words are in the
    language of the context.
    """
    pick = context.pick_language
    own = not manager or not subscription.target.startswith(("C", "G"))
    where = {"me": pick("to me", "发给我")} | (
        {"channel": pick("to a channel", "发到频道")} if manager else {}
    )
    label = pick("Send alerts", "发送至")
    fields = [_build_menu("radio_buttons", WHERE, label, where, ["me" if own else "channel"])]
    if manager:
        element: Block = {
            "type": "conversations_select",
            "filter": {"include": ["public", "private"], "exclude_bot_users": True},
            "placeholder": {
                "type": "plain_text",
                "text": pick("a channel that the bot is in", "机器人所在的频道"),
            },
        }
        element |= (
            {"default_to_current_conversation": True}
            if own
            else {"initial_conversation": subscription.target}
        )
        fields.append(_build_input(CHANNEL, pick("Channel", "频道"), element))
    fields.extend(
        _build_criterion_field(criterion, subscription, context)
        for criterion in CRITERIA
        if more or criterion.form.is_basic
    )
    fields.extend(_list_basic_delivery_fields(subscription, context))
    if more:
        fields.extend(_list_more_delivery_fields(subscription, context))
    else:
        fields.extend(_list_more_offer(subscription, context))
    return _build_modal(FORM_VIEW, pick("Next", "预览"), fields, context.language, metadata=metadata)


def _build_criterion_field(criterion: Criterion, subscription: Subscription, context: CardContext) -> Block:
    block, form, values = get_block_id(criterion), criterion.form, criterion.get_values(subscription)
    choices = name_choices(form.list_choices(context.lexicon), context.language)
    label = context.pick_language(*form.label)
    match form.widget:
        case "categories":
            field = _build_category_menu(block, label, context, values)
        case "menu":
            field = _build_menu("multi_static_select", block, label, choices, values)
        case "search":
            chosen = {value: choices.get(value, value) for value in values}
            field = _build_search_menu(block, label, chosen, context.language)
        case "text":
            text = ", ".join(values)[:500]
            element: Block = {
                "type": "plain_text_input",
                "max_length": 500,
                "placeholder": {"type": "plain_text", "text": form.example},
            }
            field = _build_input(block, label, element | ({"initial_value": text} if text else {}))
    return _add_hint(field, context.pick_language(*form.hint))


def name_choices(choices: Mapping[str, TextPair], language: Language) -> dict[str, str]:
    """Return the values of a menu with their names in a language."""
    return {value: pick_language(*names, language) for value, names in choices.items()}


def _list_basic_delivery_fields(subscription: Subscription, context: CardContext) -> Iterator[Block]:
    pick, language = context.pick_language, context.language
    rates = name_choices(RATES, language)
    field = _build_menu("radio_buttons", RATE, pick("How often", "频率"), rates, [subscription.rate])
    yield _add_hint(
        field,
        pick(
            "Digests are sent at 08:30 Beijing time unless you choose another time.",
            "汇总默认于北京时间 08:30 发送，可另选时间。",
        ),
    )
    languages = name_choices(LANGUAGES, language)
    yield _build_menu("radio_buttons", LANGUAGE, pick("Language", "语言"), languages, [subscription.language])


def _list_more_offer(subscription: Subscription, context: CardContext) -> Iterator[Block]:
    """Yield the button for the other fields, and what they say now."""
    text = context.pick_one(
        "Codes, destinations, issuers, words, times, quiet hours, reminders, escalation. As it stands: ",
        "编码、目的地、发布机关、关键词、时间、免打扰、到期提醒、升级。当前设置：",
    )
    text += describe_subscription_in(subscription, context)
    described = {"type": "plain_text", "text": to_one_line(text, 600)}
    yield {"type": "context", "block_id": SUMMARY, "elements": [described]}
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": context.pick_language("More options", "更多选项")},
        "action_id": MORE,
        "value": "more",
    }
    yield {"type": "actions", "block_id": MORE, "elements": [button]}


def _list_more_delivery_fields(subscription: Subscription, context: CardContext) -> Iterator[Block]:
    pick, language = context.pick_language, context.language
    quiet = [f"{hour:%H:%M}" for hour in subscription.quiet or ()] or ["", ""]
    days = enumerate(zip(WEEKDAYS, WEEKDAY_NAMES_ZH, strict=True))
    weekdays = {str(number): pick(name.capitalize(), chinese) for number, (name, chinese) in days}
    at = f"{subscription.at:%H:%M}"
    yield _build_time_field(AT, pick("Time of digests and outlooks", "汇总与展望的发送时间"), at)
    weekly = pick("Day of weekly digests", "每周汇总的发送日")
    yield _build_menu("static_select", WEEKDAY, weekly, weekdays, [str(subscription.weekday)])
    zone = subscription.timezone
    yield _build_search_menu(ZONE, pick("Time zone", "时区"), {zone: zone}, language, several=False)
    field = _build_time_field(QUIET_FROM, pick("Quiet from", "免打扰开始"), quiet[0])
    hint = pick("Nothing is sent in these hours; it follows when they end.", "其间不发送，结束后补发。")
    yield _add_hint(field, hint)
    yield _build_time_field(QUIET_TO, pick("Quiet until", "免打扰结束"), quiet[1])
    extras = [name for name in EXTRA_LABELS if getattr(subscription, name)]
    yield _build_menu(
        "checkboxes", EXTRAS, pick("Also send", "另发送"), name_choices(EXTRA_LABELS, language), extras
    )
    waits = {str(minutes): pick(*words) for minutes, words in ESCALATIONS.items()}
    chosen = str(subscription.escalate_after)
    waits.setdefault(chosen, pick(f"{chosen} minutes", f"{chosen}分钟"))  # as an operator has set it
    label = pick("Repeat alerts without an action after", "无人处理则升级")
    field = _build_menu("static_select", ESCALATE_AFTER, label, waits, [chosen])
    hint = pick(
        "An alert is repeated once, where it has no action after this time.",
        "超过该时间仍无人处理的提醒再次发送一次。",
    )
    yield _add_hint(field, hint)
    user = subscription.escalate_to
    element: Block = {"type": "users_select"} | ({"initial_user": user} if user else {})
    yield _build_input(ESCALATE_TO, pick("Repeat to", "升级给"), element)
    muted = {
        mute.category: context.pick_one(
            f"{mute.category} until {format_date(mute.until.date())}",
            f"{context.lexicon.get_category_name(mute.category, 'zh')}"
            f"（至{format_date(mute.until.date(), 'zh')}）",
        )
        for mute in subscription.muted[-MAX_SHOWN_MUTES:]
    }
    if muted:
        label = pick("Muted; clear a box to unmute", "已静音；取消勾选即恢复")
        yield _build_menu("checkboxes", MUTED, label, muted, muted)


def build_preview_modal(
    preview: Preview | None, subscription: Subscription, context: CardContext, *, metadata: str
) -> Block:
    """Return the preview of a subscription; None where the store was too slow to make one."""
    words = describe_subscription_in(subscription, context)
    blocks = [_build_section(f"{words} → {subscription.target}")]
    blocks += [_build_section(line) for line in list_preview_lines(preview, context)]
    save = context.pick_language("Save", "保存")
    return _build_modal(PREVIEW_VIEW, save, blocks, context.language, metadata=metadata)


def build_notice_modal(words: str, language: Language = "both") -> Block:
    """Return a view that only shows a sentence; closing it closes the form below."""
    shown = _build_modal("controlwatch_said", "", [_build_section(words)], language, metadata="")
    return {**shown, "clear_on_close": True}


def list_preview_lines(preview: Preview | None, context: CardContext) -> Iterator[str]:
    """Yield a preview line by line, in one language: the number of alerts, then the newest ones."""
    pick = context.pick_one
    if preview is None:
        yield pick(
            "The preview is not available at the moment. You can save the subscription without it.",
            "暂时无法预览，可直接保存订阅。",
        )
        return
    count = len(preview.matches)
    alerts = (
        pick(
            f"{count} alert{'s' if count > 1 else ''}, about {preview.alerts_per_week:.1f} a week",
            f"{count}条提醒，平均每周约{preview.alerts_per_week:.1f}条",
        )
        if count
        else pick("nothing", "任何提醒")
    )
    yield pick(
        f"In the last {preview.days} days this would have sent {alerts}.",
        f"过去{preview.days}天{'会发送' if count else '不会发送'}{alerts}。",
    )
    for line, why in preview.matches[:MAX_PREVIEW_NOTICES]:
        published = pick(str(line.published), format_stated(line.published, "zh"))
        told = pick(f" ({why})", f"（{describe_reasons(why, context)}）")
        yield to_one_line(f"{published} {line.number or line.kind} · {line.title}{told}", 300)
    if count > MAX_PREVIEW_NOTICES:
        more = count - MAX_PREVIEW_NOTICES
        yield pick(f"… and {more} more", f"… 另有{more}条")


def _build_modal(
    callback: str, submit: str, blocks: list[Block], language: Language, *, metadata: str
) -> Block:
    view: Block = {
        "type": "modal",
        "callback_id": callback,
        "title": {"type": "plain_text", "text": pick_language("Subscription", "订阅", language)},
        "close": {"type": "plain_text", "text": pick_language("Close", "关闭", language)},
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


def _build_category_menu(name: str, label: str, context: CardContext, chosen: Iterable[str]) -> Block:
    """Return the tree of categories: a group of options for each group, the other categories together."""
    lexicon, name_category = context.lexicon, context.name_category

    leaves: dict[str, list[Block]] = {}
    for category in lexicon.categories:
        group = category.group if category.group != category.id else ""
        leaves.setdefault(group, []).append(build_option(name_category(category.id), category.id))
    for group, options in leaves.items():
        if group:
            options.insert(
                0, build_option(f"{context.pick_one('all ', '全部')}{name_category(group)}", group)
            )
    groups = [
        {
            "label": {
                "type": "plain_text",
                "text": to_one_line(
                    name_category(group) if group else context.pick_language(*OTHERS_LABEL), 75
                ),
            },
            "options": options,
        }
        for group, options in sorted(leaves.items(), key=lambda item: item[0] or "~")
    ]
    offered = {option["value"]: option for options in leaves.values() for option in options}
    first = [offered[value] for value in chosen if value in offered]
    element: Block = {"type": "multi_static_select", "option_groups": groups}
    return _build_input(name, label, element | ({"initial_options": first} if first else {}))


def _build_search_menu(
    name: str, label: str, chosen: dict[str, str], language: Language, *, several: bool = True
) -> Block:
    first = [build_option(words, value) for value, words in chosen.items()]
    element: Block = {
        "type": "multi_external_select" if several else "external_select",
        "min_query_length": 1,
        "placeholder": {
            "type": "plain_text",
            "text": pick_language("type to search", "输入以查找", language),
        },
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
