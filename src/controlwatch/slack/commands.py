"""What people type at the bot → a command and its words: forgiving of case, spaces and Chinese."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, get_args

from controlwatch.core.model.errors import UsageError

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
}
#: What each is for, with an example; printed by help.
HELP: dict[CommandName, tuple[str, str]] = {
    "latest": ("the newest notices", "latest battery · latest MOFCOM · latest 7"),
    "show": ("what a notice says, with the proof", "show 2025-61"),
    "status": ("is it in force, and why", "status MOFCOM 2024-46 2026-11-28 · status rare_earth"),
    "upcoming": ("what takes effect, ends or closes", "upcoming 60"),
    "lookup": ("what controls an item", "lookup 8507.60 · lookup 3A001 · lookup 石墨"),
    "history": ("how a control came to be", "history battery.liion"),
    "entity": ("is a party of this name listed", "entity Shield AI"),
    "subscribe": ("hear of changes here", "subscribe battery rare_earth daily · subscribe me US tighten now"),
    "unsubscribe": ("end a subscription", "unsubscribe 3"),
    "subscriptions": ("what this channel and you are subscribed to", "subscriptions"),
    "watchers": ("how the sources fare", "watchers"),
    "why": ("why an alert about a notice came here", "why 2025-58"),
}
MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")  # <@U0BOT>, <@U0BOT|controlwatch>
AUTO_LINK = re.compile(r"<(?:https?://)([^|>]+)(?:\|[^>]*)?>")  # Slack makes links of what looks like one


@dataclass(frozen=True, slots=True, kw_only=True)
class BotCommand:
    """What is asked of the bot."""

    name: CommandName
    words: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The words after the command, as one."""
        return " ".join(self.words)


def parse_command(text: str) -> BotCommand:
    """Read what a person typed.

    Without a command, words are looked up, and a number is shown. Raises `UsageError` on nothing at all.

    >>> parse_command("  STATUS　2025-61 "), parse_command("石墨").name, parse_command("<@U0BOT> help").name
    (Command(name='status', words=('2025-61',)), 'lookup', 'help')
    """
    clean = AUTO_LINK.sub(r"\1", MENTION.sub(" ", unicodedata.normalize("NFKC", text)))
    words = clean.strip().lstrip("/").split()
    if not words:
        return BotCommand(name="help")
    first = words[0].casefold().rstrip(":")
    name = ALIASES.get(first) or next((known for known in COMMAND_NAMES if known == first), None)
    if name is not None:
        return BotCommand(name=name, words=tuple(words[1:]))
    if re.search(r"\d{4}\D{0,3}\d+", clean) and not re.fullmatch(r"[\d.\s]+", clean):
        return BotCommand(name="show", words=tuple(words))
    if len(clean) > 200:
        raise UsageError("that is too long for a question; try: help")
    return BotCommand(name="lookup", words=tuple(words))
