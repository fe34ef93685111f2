"""What people type to the bot → a command and its words, in any case, with any spaces, also in Chinese."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Literal, get_args

from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.typed_text import split_typed_words

CommandName = Literal[
    "help",
    "latest",
    "show",
    "status",
    "upcoming",
    "lookup",
    "history",
    "entity",
    "subscribe",
    "unsubscribe",
    "subscriptions",
    "watchers",
    "why",
    "review",
]
COMMAND_NAMES: tuple[CommandName, ...] = get_args(CommandName)

#: Other words for a command.
ALIASES: dict[str, CommandName] = {
    "?": "help",
    "帮助": "help",
    "new": "latest",
    "news": "latest",
    "最新": "latest",
    "显示": "show",
    "查看": "show",
    "状态": "status",
    "效力": "status",
    "next": "upcoming",
    "即将": "upcoming",
    "日程": "upcoming",
    "find": "lookup",
    "search": "lookup",
    "查询": "lookup",
    "查": "lookup",
    "历史": "history",
    "party": "entity",
    "主体": "entity",
    "实体": "entity",
    "sub": "subscribe",
    "订阅": "subscribe",
    "unsub": "unsubscribe",
    "退订": "unsubscribe",
    "subs": "subscriptions",
    "我的订阅": "subscriptions",
    "health": "watchers",
    "监测": "watchers",
    "原因": "why",
    "reviews": "review",
    "判定": "review",
    "待判定": "review",
}
#: What each command does, and an example; printed by help.
HELP: dict[CommandName, tuple[str, str]] = {
    "latest": ("the newest notices", "latest battery · latest MOFCOM · latest 7"),
    "show": ("what a notice says, with its proving sentences", "show 2025-61"),
    "status": (
        "whether a notice or a category is in force, and why",
        "status MOFCOM 2024-46 2026-11-28 · status rare_earth",
    ),
    "upcoming": ("what takes effect, ends or closes in the next days", "upcoming 60"),
    "lookup": ("what controls an item", "lookup 8507.60 · lookup 3A001 · lookup 石墨"),
    "history": ("the changes that made a control", "history battery.liion"),
    "entity": ("whether a party of this name is listed", "entity Shield AI"),
    "subscribe": ("get alerts here", "subscribe battery rare_earth daily · subscribe me US tighten now"),
    "unsubscribe": ("end a subscription", "unsubscribe 3"),
    "subscriptions": ("your subscriptions and those of this channel", "subscriptions"),
    "watchers": ("source health", "watchers"),
    "review": ("the documents that need review: a person decides whether they are a change", "review"),
    "why": ("why an alert about a notice was sent here", "why 2025-58"),
}
#: <@U0BOT>, <@U0BOT|controlwatch>, <!here>: not part of what is asked
MENTION = re.compile(r"<[@!][^>|]*(?:\|[^>]*)?>")
#: Slack turns text that looks like a link into one: <http://8507.60|8507.60>, <tel:85076000|85076000>
LINK = re.compile(r"<#?(?:https?://|mailto:|tel:)?([^|<>]*)(?:\|([^<>]*))?>")
ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|nbsp|#39|#34|#x27);")
#: @controlwatch or /controlwatch, typed as text
BOT_NAME = re.compile(r"\s*[@/]?controlwatch\b[\s:,]*", re.IGNORECASE)
COMMAND_MARKS = ".:,;!?"  #: after the command, as phones add them


@dataclass(frozen=True, slots=True, kw_only=True)
class BotCommand:
    """A command to the bot."""

    name: CommandName
    words: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The words after the command, joined."""
        return " ".join(self.words)


def parse_command(text: str) -> BotCommand:
    """Parse what a person typed.

    Without a command, words are looked up, and the notice of a number is shown; nothing at all asks for help.
    Raises `UsageError` where the text is too long.

    >>> parse_command("  STATUS　2025-61 "), parse_command("石墨").name, parse_command("<@U0BOT> help").name
    (BotCommand(name='status', words=('2025-61',)), 'lookup', 'help')
    """
    words = split_typed_words(BOT_NAME.sub("", remove_slack_markup(text), count=1))
    if not words:
        return BotCommand(name="help")
    words = (*split_typed_words(words[0]), *words[1:])  # all of it may be in quotes
    head, mark, tail = words[0].partition(":")  # 状态:稀土
    if mark and tail and (name := _find_command(head)) is not None:
        return BotCommand(name=name, words=(tail, *words[1:]))
    name = _find_command(words[0])
    if name is not None:
        return BotCommand(name=name, words=words[1:])
    clean = " ".join(words)
    if re.search(r"\d{4}\D{0,3}\d+", clean) and not re.fullmatch(r"[\d.\s]+", clean):
        return BotCommand(name="show", words=words)
    if len(clean) > 200:
        raise UsageError("this question is too long; try: help")
    return BotCommand(name="lookup", words=words)


def remove_slack_markup(text: str) -> str:
    """Return the text that a person sees in Slack: without mentions, with links as their words.

    >>> remove_slack_markup("<@U0BOT> lookup <http://8507.60|8507.60> R&amp;D")
    '  lookup 8507.60 R&D'
    """
    plain = LINK.sub(lambda link: link[2] or link[1], MENTION.sub(" ", text))
    while (once := ENTITY.sub(lambda entity: unescape(entity[0]), plain)) != plain:
        plain = once
    return plain


def _find_command(word: str) -> CommandName | None:
    """Return the command that a word names, or None."""
    first = word.casefold().lstrip("/-").rstrip(COMMAND_MARKS)
    return ALIASES.get(first) or next((known for known in COMMAND_NAMES if known == first), None)
