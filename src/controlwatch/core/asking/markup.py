"""What Slack makes of text: mentions, links and entities, back to what a person sees."""

from __future__ import annotations

import re
from html import unescape

#: <@U0BOT>, <@U0BOT|controlwatch>, <!here>: not part of what is asked
MENTION = re.compile(r"<[@!][^>|]*(?:\|[^>]*)?>")
#: Slack turns text that looks like a link into one: <http://8507.60|8507.60>, <tel:85076000|85076000>
LINK = re.compile(r"<#?(?:https?://|mailto:|tel:)?([^|<>]*)(?:\|([^<>]*))?>")
ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|nbsp|#39|#34|#x27);")
#: @controlwatch or /controlwatch, typed as text
BOT_NAME = re.compile(r"\s*[@/]?controlwatch\b[\s:,]*", re.IGNORECASE)
APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u2032", "'"))
#: what's, don't: the apostrophe of a contraction, not that of a name.
CONTRACTION = re.compile(
    r"\b(what|who|it|that|there|here|let|how|where|when|i|you|we|they|is|are|do|does|did|has|have|was|were|ca|wo"
    r"|would|china)'(s|d|ll|re|ve|t|m)\b",
    re.IGNORECASE,
)
NEGATION = re.compile(r"\b(is|are|do|does|did|has|have|was|were|ca|wo|would)n'(t)\b", re.IGNORECASE)


def remove_slack_markup(text: str) -> str:
    """Return the text that a person sees in Slack: without mentions, with links as their words.

    >>> remove_slack_markup("<@U0BOT> lookup <http://8507.60|8507.60> R&amp;D")
    '  lookup 8507.60 R&D'
    """
    plain = LINK.sub(lambda link: link[2] or link[1], MENTION.sub(" ", text))
    while (once := ENTITY.sub(lambda entity: unescape(entity[0]), plain)) != plain:
        plain = once
    return plain


def remove_bot_name(text: str) -> str:
    """Return a text without the name of the bot that it begins with."""
    return BOT_NAME.sub("", text, count=1)


def join_contractions(text: str) -> str:
    """Return a text with plain apostrophes, and without those of contractions.

    >>> join_contractions("what’s new, isn't it? Levi's")
    "whats new, isnt it? Levi's"
    """
    plain = text.translate(APOSTROPHES)
    return CONTRACTION.sub(r"\1\2", NEGATION.sub(r"\1n\2", plain))
