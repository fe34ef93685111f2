"""Wrong usage of the command line: what is wrong in plain words, and an example of what is right."""

from __future__ import annotations

import re
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


class HelpfulGroup(TyperGroup):
    """The commands; wrong usage of one is told with its example."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; explain what is wrong where its words cannot be understood."""
        try:
            return super().invoke(ctx)
        except TyperException as error:
            _explain_usage(error)
            raise


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
