"""How the command line takes words: a name of several words without quotation marks, and wrong usage.

Wrong usage is told in plain words, with an example of what is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

from typer.core import TyperGroup
from typer.exceptions import TyperException

#: The last line of the help of each command.
EXAMPLE = re.compile(r"Example(?:, [^:]*)?: (.*\bcontrolwatch .+)")
#: Messages of the parser of options → what they mean.
PLAIN_MESSAGES: tuple[tuple[str, str], ...] = (
    (r"Input should be a valid integer.*", "write a whole number, such as 7"),
    (r"Input should be a valid number.*", "write a number, such as 2.5"),
    (r"Value error, (.*)", r"\1"),
)


#: Commands whose one argument can be several words: `status MOFCOM 2025-61`, `entity Shield AI`.
PHRASE_COMMANDS = frozenset({"status", "lookup", "show", "history", "evidence", "entity", "categories"})


class HelpfulGroup(TyperGroup):
    """The commands; wrong usage of one is told with its example."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command and its words; several words that are one argument are joined."""
        name, command, rest = super().resolve_command(ctx, args)
        joined = join_words(rest, command.params) if name in PHRASE_COMMANDS and command else rest
        return name, command, joined

    def invoke(self, ctx: Any) -> Any:
        """Run a command; explain what is wrong where its words cannot be understood."""
        try:
            return super().invoke(ctx)
        except TyperException as error:
            _explain_usage(error)
            raise


def join_words(words: list[str], parameters: Iterable[Any]) -> list[str]:
    """Return the words of a command with those that are not options joined to one argument."""
    with_value = {
        name
        for parameter in parameters
        for name in parameter.opts
        if name.startswith("-") and not parameter.is_flag
    }
    options: list[str] = []
    phrase: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            phrase += left
        elif word.startswith("-") and word != "-":
            options += [word, *islice(left, 1)] if word in with_value else [word]
        else:
            phrase.append(word)
    return [*options, "--", " ".join(phrase)] if phrase else options


def _explain_usage(error: TyperException) -> None:
    """Put the message of a wrong usage in plain words, and add the example of the command to it."""
    message, context = getattr(error, "message", None), getattr(error, "ctx", None)
    if message is None or context is None:
        return
    for pattern, plain in PLAIN_MESSAGES:
        message = re.sub(pattern, plain, message)
    example, names = EXAMPLE.search(context.command.help or ""), getattr(context.command, "commands", {})
    hint = f"For example: {example[1].strip()}" if example is not None else ""
    if not hint and names:
        hint = f"Its commands: {', '.join(names)}"
    if hint and "Did you mean" not in message and not getattr(error, "possibilities", None):
        stop = "" if not message or message.endswith((".", "?")) else "."
        message = f"{message}{stop} {hint}".strip()
    error.message = message
