"""The subscription form, and the look at what it would have sent, as Slack views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from controlwatch.core.model import Direction, Subscription
from controlwatch.core.model.text_safety import to_one_line, truncate_text
from controlwatch.core.rendering.subscription_text import WEEKDAYS, describe_subscription
from controlwatch.core.rendering.wording import find_word

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.law.answers import Preview

Block = dict[str, Any]

#: What Slack calls the two views when they are submitted.
FORM_VIEW, PREVIEW_VIEW = "controlwatch_form", "controlwatch_confirmed"
#: Fields of the form: a block and its one element share the name.
WHERE, CHANNEL, CATEGORIES, ISSUERS, DIRECTIONS, DESTINATIONS, HS, TERMS = (
    "controlwatch_where",
    "controlwatch_channel",
    "controlwatch_categories",
    "controlwatch_issuers",
    "controlwatch_directions",
    "controlwatch_destinations",
    "controlwatch_hs",
    "controlwatch_terms",
)
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
RATES = {"immediate": "at once · 即时", "daily": "once a day · 每日", "weekly": "once a week · 每周"}
LANGUAGES = {"both": "English and Chinese · 中英文", "en": "English", "zh": "中文"}
EXTRA_LABELS = {
    "reports": "press reports, marked as such · 媒体报道",
    "reminders": "reminders before dates · 到期提醒",
    "outlook": "each day what comes this week · 每日展望",
    "health": "sources that cannot be watched · 监测状况",
}
#: Minutes → words.
ESCALATIONS = {0: "never", 60: "an hour", 240: "4 hours", 480: "8 hours", 1440: "a day", 4320: "3 days"}
OTHERS_LABEL = "others · 其他"
#: Mutes that can be ended in the form.
MAX_SHOWN_MUTES = 10
#: Notices named in a preview.
MAX_PREVIEW_NOTICES = 12


def build_form(subscription: Subscription, lexicon: Lexicon, *, manager: bool, metadata: str) -> Block:
    """Return the form, filled in as the subscription is; only managers may choose a channel."""
    own = not manager or not subscription.target.startswith(("C", "G"))
    where = {"me": "to me · 发给我"} | ({"channel": "to a channel · 发到频道"} if manager else {})
    fields = [_build_menu("radio_buttons", WHERE, "Where · 发送至", where, ["me" if own else "channel"])]
    if manager:
        fields.append(_build_channel_field("" if own else subscription.target))
    fields += [*_list_criteria_fields(subscription, lexicon), *_list_timing_fields(subscription)]
    return _build_modal(FORM_VIEW, "Next · 预览", fields, metadata=metadata)


def _list_criteria_fields(wanted: Subscription, lexicon: Lexicon) -> Iterator[Block]:
    yield _build_category_menu(CATEGORIES, "Items (none: all) · 物项", lexicon, wanted.categories)
    yield _build_menu(
        "multi_static_select", DIRECTIONS, "Directions · 方向", _list_directions(), wanted.directions
    )
    yield _build_search_menu(
        DESTINATIONS, "Destinations · 目的地", list_place_names(lexicon, wanted.destinations)
    )
    yield _build_menu(
        "multi_static_select", ISSUERS, "Issuers · 发布机关", _list_issuers(lexicon), wanted.issuers
    )
    codes = ", ".join(wanted.hs_prefixes)
    yield _build_text_field(HS, "HS codes or their beginnings · 海关商品编号", codes, "8507, 2811.19")
    yield _build_text_field(TERMS, "Words in title or text · 关键词", ", ".join(wanted.terms), "drone, 石墨")


def _list_timing_fields(wanted: Subscription) -> Iterator[Block]:
    yield _build_menu("radio_buttons", RATE, "How often · 频率", RATES, [wanted.rate])
    yield _build_time_field(AT, "Hour of digests and outlooks · 发送时间", f"{wanted.at:%H:%M}")
    yield _build_menu(
        "static_select", WEEKDAY, "Day of weekly digests · 每周", _list_weekdays(), [str(wanted.weekday)]
    )
    yield _build_search_menu(ZONE, "Time zone · 时区", {wanted.timezone: wanted.timezone}, several=False)
    yield _build_time_field(QUIET_FROM, "Quiet from · 免打扰开始", _format_quiet_hour(wanted, 0))
    yield _build_time_field(QUIET_TO, "Quiet until · 免打扰结束", _format_quiet_hour(wanted, 1))
    yield _build_menu("radio_buttons", LANGUAGE, "Language · 语言", LANGUAGES, [wanted.language])
    wishes = [name for name in EXTRA_LABELS if getattr(wanted, name)]
    yield _build_menu("checkboxes", EXTRAS, "Also · 其他", EXTRA_LABELS, wishes)
    waits = {str(minutes): words for minutes, words in ESCALATIONS.items()}
    chosen = str(wanted.escalate_after)
    waits.setdefault(chosen, f"{chosen} minutes")  # as an operator has set it
    label = "Tell again what nobody acts on, after · 无人处理则升级"
    yield _build_menu("static_select", ESCALATE_AFTER, label, waits, [chosen])
    yield _build_user_field(ESCALATE_TO, "…to · 升级给", wanted.escalate_to)
    muted = {
        mute.category: f"{mute.category} until {mute.until:%Y-%m-%d}"
        for mute in wanted.muted[-MAX_SHOWN_MUTES:]
    }
    if muted:
        yield _build_menu("checkboxes", MUTED, "Muted; untick to hear again · 已静音", muted, muted)


def build_preview_modal(found: Preview | None, subscription: Subscription, *, metadata: str) -> Block:
    """Return the look at what would have been sent; without one (the store was slow), say so."""
    blocks = [_build_section(f"{describe_subscription(subscription)} → {subscription.target}")]
    blocks += [_build_section(line) for line in list_preview_lines(found)]
    return _build_modal(PREVIEW_VIEW, "Save · 保存", blocks, metadata=metadata)


def build_notice_modal(words: str) -> Block:
    """Return a view that only says something; closing it closes the form below."""
    shown = _build_modal("controlwatch_said", "", [_build_section(words)], metadata="")
    return {**shown, "clear_on_close": True}


def list_preview_lines(found: Preview | None) -> Iterator[str]:
    """Yield a preview line by line: how much it would have been, then the newest."""
    if found is None:
        yield "What this would have sent cannot be looked up at the moment. It can be saved all the same."
        return
    count = len(found.matches)
    much = (
        f"{count} alert{'s' if count > 1 else ''}, about {found.alerts_per_week:.1f} a week"
        if count
        else "nothing"
    )
    yield f"In the last {found.days} days this would have sent {much}."
    for line, why in found.matches[:MAX_PREVIEW_NOTICES]:
        yield to_one_line(f"{line.published} {line.number or line.kind} · {line.title} ({why})", 300)
    if count > MAX_PREVIEW_NOTICES:
        yield f"… and {count - MAX_PREVIEW_NOTICES} more"


def list_place_names(lexicon: Lexicon, codes: Iterable[str]) -> dict[str, str]:
    """Return destinations by code, with their names in both languages."""
    return {
        code: f"{lexicon.get_place_name(code, 'en')} · {lexicon.get_place_name(code, 'zh')}" for code in codes
    }


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


def _list_directions() -> dict[str, str]:
    return {item.value: find_word(item.value, "both") for item in Direction}


def _list_issuers(lexicon: Lexicon) -> dict[str, str]:
    return {issuer.code: f"{issuer.code} · {issuer.zh[0]}" for issuer in lexicon.issuers}


def _list_weekdays() -> dict[str, str]:
    return {str(number): name.capitalize() for number, name in enumerate(WEEKDAYS)}


def _format_quiet_hour(subscription: Subscription, which: int) -> str:
    return f"{subscription.quiet[which]:%H:%M}" if subscription.quiet is not None else ""


def _build_input(name: str, label: str, element: Block, *, optional: bool = True) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "optional": optional,
        "label": {"type": "plain_text", "text": label},
        "element": {"action_id": name, **element},
    }


def _build_menu(kind: str, name: str, label: str, choices: dict[str, str], chosen: Iterable[str]) -> Block:
    options = [build_option(words, value) for value, words in choices.items()]
    element: Block = {"type": kind, "options": options}
    first = [build_option(choices[value], value) for value in chosen if value in choices]
    several = kind in {"multi_static_select", "checkboxes"}
    if first:
        element |= {"initial_options": first} if several else {"initial_option": first[0]}
    return _build_input(name, label, element, optional=several)


def _build_category_menu(name: str, label: str, lexicon: Lexicon, chosen: Iterable[str]) -> Block:
    """Return the tree of categories: a group of its own for each that has leaves, the others together."""
    leaves: dict[str, list[Block]] = {}
    for category in lexicon.categories:
        group = category.group if category.group != category.id else ""
        leaves.setdefault(group, []).append(_build_category_option(lexicon, category.id))
    for group, options in leaves.items():
        if group:
            options.insert(0, _build_category_option(lexicon, group, every="all "))
    groups = [
        {
            "label": {
                "type": "plain_text",
                "text": to_one_line(_format_category_name(lexicon, group) if group else OTHERS_LABEL, 75),
            },
            "options": options,
        }
        for group, options in sorted(leaves.items(), key=lambda item: item[0] or "~")
    ]
    offered = {option["value"]: option for options in leaves.values() for option in options}
    first = [offered[value] for value in chosen if value in offered]
    element: Block = {"type": "multi_static_select", "option_groups": groups}
    return _build_input(name, label, element | ({"initial_options": first} if first else {}))


def _build_category_option(lexicon: Lexicon, category: str, *, every: str = "") -> Block:
    return build_option(f"{every}{_format_category_name(lexicon, category)}", category)


def _format_category_name(lexicon: Lexicon, category: str) -> str:
    english, chinese = lexicon.get_category_name(category, "en"), lexicon.get_category_name(category, "zh")
    return english if chinese == english else f"{english} · {chinese}"


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


def _build_text_field(name: str, label: str, value: str, example: str) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "max_length": 500,
        "placeholder": {"type": "plain_text", "text": example},
    }
    return _build_input(name, label, element | ({"initial_value": value[:500]} if value else {}))


def _build_time_field(name: str, label: str, value: str) -> Block:
    return _build_input(name, label, {"type": "timepicker"} | ({"initial_time": value} if value else {}))


def _build_channel_field(chosen: str) -> Block:
    element: Block = {
        "type": "conversations_select",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
        "placeholder": {"type": "plain_text", "text": "a channel that the bot is in"},
    }
    first = {"initial_conversation": chosen} if chosen else {"default_to_current_conversation": True}
    return _build_input(CHANNEL, "Channel · 频道", element | first)


def _build_user_field(name: str, label: str, user: str) -> Block:
    element: Block = {"type": "users_select"} | ({"initial_user": user} if user else {})
    return _build_input(name, label, element)


def build_option(text: str, value: str) -> Block:
    """Return a choice of a menu."""
    return {"text": {"type": "plain_text", "text": to_one_line(text, 75)}, "value": value}


def _build_section(text: str) -> Block:
    return {"type": "section", "text": {"type": "plain_text", "text": truncate_text(text, 2_900) or "—"}}
