"""Ask a question in your own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import JsonOption, console, now, open_question_app, print_json

if TYPE_CHECKING:
    from controlwatch.core.rendering.replies import Reply


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Ask")(ask)


def ask(
    words: Annotated[
        list[str], typer.Argument(metavar="QUESTION", help="In English or Chinese, with or without quotes.")
    ],
    *,
    json: JsonOption = False,
) -> None:
    """Answer a question in your own words, as the bot in Slack does.

    What is unclear is asked back: the questions that can be answered are listed. With --json: what was
    understood, and the answer.

    Example: controlwatch ask "is 2025-58 in force?"
    """
    from controlwatch.adapters.catalog.vocabulary_loader import load_vocabulary
    from controlwatch.services.answer_question import QuestionResponder

    with open_question_app() as app:
        responder = QuestionResponder(queries=app.queries, vocabulary=load_vocabulary())
        question = responder.understand(" ".join(words), now=now())
        reply = responder.answer(question, now=now())
    if json:
        print_json({"question": question, "command": question.write_command(), "answer": reply})
    else:
        _print_reply(reply)


def _print_reply(reply: Reply) -> None:
    from controlwatch.core.rendering.proof_text import format_proof

    is_chinese = reply.language == "zh"
    console.print(Text(reply.title, style="bold"))
    if reply.note:
        console.print(Text(reply.note))
    for row in reply.rows:
        line = Text(row.heading, style="bold")
        if row.body:
            line.append(f"  {row.body}", style="not bold")
        if row.url:
            line.append(f"  {row.url}", style="not bold bright_black")
        console.print(line)
        if row.quote:
            console.print(Text(f"   {format_proof(row.quote, 200)}", style="italic"))
    for caution in reply.cautions:
        console.print(Text(f"{'注意：' if is_chinese else 'caution: '}{caution}", style="yellow"))
    if asked := [offer.value for offer in reply.offers if offer.does == "ask"]:
        console.print(Text("可以这样问：" if is_chinese else "You can ask:"))
        for question in asked:
            console.print(Text(f'  controlwatch ask "{question}"'))
