"""The weekly report for the file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import console, open_question_app, read_language, today


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Ask")(report)


def report(
    *,
    week: Annotated[str, typer.Option(help="The week, as 2026-W48. Default: the last whole one.")] = "",
    pdf: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write to this PDF file. Default: print text.")
    ] = None,
    language: Annotated[str, typer.Option(callback=read_language, help="en or zh")] = "en",
) -> None:
    """Write the report of a week: new rules, dates, open reviews, sources not read, alerts and who acted.

    Exit status 2 when the week cannot be read.

    Example: controlwatch report --week 2026-W48 --pdf week-48.pdf
    """
    from controlwatch.core.rendering.facts import CardContext
    from controlwatch.core.rendering.weekly_report_text import write_weekly_report
    from controlwatch.services.weekly_reports import WeeklyReports, parse_week

    monday = parse_week(week, today=today())
    with open_question_app() as app:
        reports = WeeklyReports(queries=app.queries, alert_log=app.store.actions)
        context = CardContext(lexicon=app.lexicon, language="zh" if language == "zh" else "en", today=today())
        text = write_weekly_report(reports.build_report(monday), context)
    if pdf is not None:
        from controlwatch.adapters.files.pdf_report import write_report_pdf

        write_report_pdf(text, pdf)
        console.print(f"Written: {pdf}", markup=False)
        return
    console.print(Text(text.title, style="bold"))
    for line in (*text.lines, *(f"! {caution}" for caution in text.cautions)):
        console.print(Text(line), soft_wrap=True)
    for section in text.sections:
        console.print(Text(f"\n{section.heading}", style="bold"))
        if not section.entries:
            console.print(Text(section.nothing))
        for entry in section.entries:
            console.print(Text(entry.heading), soft_wrap=True)
            for line in (*entry.lines, *entry.quotes, *filter(None, [entry.url])):
                console.print(Text(f"    {line}", style="bright_black"), soft_wrap=True)
