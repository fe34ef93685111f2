"""What a tool returns: the answer as the command line prints it as JSON, and a short text of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel, Field

from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model.text_safety import strip_hidden
from controlwatch.core.rendering.json_values import to_json_value
from controlwatch.core.rendering.replies import Reply
from controlwatch.core.rendering.reply_text import render_reply_text

AnswerT = TypeVar("AnswerT")


class ToolAnswer(BaseModel, Generic[AnswerT]):
    """An answer with what limits it."""

    cautions: list[str] = Field(description="Read these before you rely on the answer, and pass them on.")
    answer: AnswerT = Field(description="The same JSON as the command prints with --json.")


class NoticeAnswer(BaseModel):
    """A notice with all that is known of it: the keys of `controlwatch show --json`, and its status."""

    line: dict[str, Any]
    notice: dict[str, Any] = Field(description="What was read, as `controlwatch read --json` prints it.")
    text: str = Field(description="As published; cut where a caution says so.")
    standings: list[dict[str, Any]] = Field(description="The addresses at which it was seen.")
    revisions: list[dict[str, Any]] = Field(description="Its versions, with what changed.")
    annexes: list[dict[str, Any]]
    acts: list[dict[str, Any]] = Field(description="Notices that act on it or report it.")
    status: LegalStatus | None = Field(description="Its status today; null where it sets no rule.")


def build_tool_result(answer: object, reply: Reply, cautions: Iterable[str]) -> CallToolResult:
    """Return an answer as the result of a tool: the structured answer, and a text with the cautions first.

    Invisible characters are removed everywhere: an assistant would read them, and a person not see them.
    """
    said = list(dict.fromkeys(cautions))
    structured = {"cautions": said, "answer": to_json_value(answer)}
    return CallToolResult(
        content=[TextContent(text=render_reply_text(reply))],
        structured_content={name: _strip_hidden_text(value) for name, value in structured.items()},
    )


def _strip_hidden_text(value: object) -> object:
    if isinstance(value, str):
        return strip_hidden(value)
    if isinstance(value, dict):
        return {name: _strip_hidden_text(item) for name, item in value.items()}
    return [_strip_hidden_text(item) for item in value] if isinstance(value, list) else value
