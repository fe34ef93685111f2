"""Ask: latest, show, history."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import (
    ExplainLanguageOption,
    ExplainOption,
    JsonOption,
    NoticeArgument,
    build_cell,
    build_table,
    choose_explain_language,
    console,
    limit_days,
    now,
    open_question_app,
    print_json,
    read_typed,
    today,
)
from controlwatch.cli.completion import complete_category, complete_subject
from controlwatch.cli.law_view import STATE_STYLES, print_cautions
from controlwatch.core.model import describe_judgement
from controlwatch.core.model.text_safety import strip_hidden, to_one_line
from controlwatch.core.model.timezones import format_beijing_time
from controlwatch.core.rendering.day_text import add_known_day, format_date, spell_dates
from controlwatch.core.rendering.palette import TONE_COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.table import Table

    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.law.answers import NoticeLine, NoticeRecord
    from controlwatch.core.law.coverage import Coverage
    from controlwatch.core.law.status import LegalStatus

#: Days that `latest` looks back: a century.
MAX_DAYS_BACK = 36_500
#: Columns of the kind of measure and of the destinations.
MAX_MEASURE_WIDTH = 22
#: What the acts of other notices on a notice are called from its own side.
ACT_NAMES = {
    "suspends": "suspended by",
    "resumes": "resumed by",
    "repeals": "repealed by",
    "amends": "amended by",
    "implements": "implemented by",
    "extends": "extended by",
    "clarifies": "clarified by",
    "reports": "reported by",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (latest, show, history):
        app.command(rich_help_panel="Ask")(command)


def latest(
    *,
    days: Annotated[
        int | None,
        typer.Option(
            callback=limit_days(MAX_DAYS_BACK),
            help="Only notices published in this number of days up to today, in Beijing; those whose day is "
            "not stated, by when they were first seen.",
        ),
    ] = None,
    category: Annotated[
        str | None,
        typer.Option(
            help="A category or group in any spelling: battery, rare-earth, 镓, …",
            autocompletion=complete_category,
        ),
    ] = None,
    issuer: Annotated[str | None, typer.Option(help="An issuer: MOFCOM, 海关总署, …")] = None,
    search: Annotated[
        str | None, typer.Option(help="Text that the title or the body must contain, such as 稀土.")
    ] = None,
    changes: Annotated[bool, typer.Option("--changes", help="Only changes of the rules.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The most notices to list.")] = 20,
    json: JsonOption = False,
) -> None:
    """List the newest notices: kind of measure, destinations, items, effective dates, title and link.

    Example: controlwatch latest --category rare_earth --changes
    """
    with open_question_app() as app:
        lines = app.queries.latest(
            now=now(),
            days=days,
            category=category,
            issuer=issuer,
            containing=search,
            changes_only=changes,
            limit=limit,
        )
        # That nothing was seen says little about days on which nobody looked.
        coverage = app.queries.law.find_coverage()
        limits = app.queries.law.list_cautions(today(), coverage) if days is not None or not lines else ()
    if json:
        print_json(lines)
        return
    _print_unknown(coverage)
    if lines:
        console.print(_build_latest_table(lines, app.lexicon))
    else:
        console.print("No known notices match. To see whether a poll has run: controlwatch watchers")
    print_cautions(limits)


def show(
    notice: NoticeArgument,
    *,
    explain: ExplainOption = False,
    language: ExplainLanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Show a notice: its findings with the sentences that prove them, its addresses, annexes and versions.

    Exit status 2 when the notice is not known.

    Example: controlwatch show 2025-61 --explain
    """
    explained_in = choose_explain_language(language, explain=explain, as_json=json)
    with open_question_app() as app:
        record = app.queries.show(notice)
        if json:
            from controlwatch.core.rendering.json_values import to_json_value

            printed = {item.name: to_json_value(getattr(record, item.name)) for item in fields(record)}
            if explain:
                from controlwatch.core.extraction.report.reading_json import list_evidence

                printed["evidence"] = list_evidence(record.notice, app.lexicon)
            print_json(printed)
        elif explain:
            from controlwatch.cli.explain_view import print_explanation

            text = f"{record.notice.title}\n{record.text}"
            print_explanation(console, text, record.notice, app.lexicon, language=explained_in)
        else:
            _print_record(record, app.lexicon, app.queries.find_status(record, on=today()))


def history(
    subject: Annotated[
        str,
        typer.Argument(
            help="A category (battery.liion), a group (rare_earth) or a number.",
            callback=read_typed,
            autocompletion=complete_subject,
        ),
    ],
    *,
    json: JsonOption = False,
) -> None:
    """List every change of a category, a group or a notice, oldest first.

    Example: controlwatch history battery.liion
    """
    with open_question_app() as app:
        steps = app.queries.law.history(subject)
        coverage = app.queries.law.find_coverage()
    if json:
        print_json(steps)
        return
    _print_unknown(coverage)
    from controlwatch.core.rendering.list_replies import describe_step
    from controlwatch.core.rendering.proof_text import format_proof

    drawn = build_table("Date", "What", "Number", "Title", "Proof")
    for step in steps:
        drawn.add_row(
            format_date(step.date) if step.date else "not stated",
            Text(to_one_line(describe_step(step), 200), style=TONE_COLOURS.get(step.direction, "")),
            build_cell(step.number, 80),
            build_cell(step.title, 80),
            Text(format_proof(step.quote, 120)),
        )
    console.print(drawn if steps else f"No change of {subject} is known yet.")


def _print_unknown(coverage: Coverage) -> None:
    """Print since when it is unknown what was published, where the sources have a gap."""
    from controlwatch.core.rendering.list_replies import describe_unknown

    if unknown := describe_unknown(coverage):
        console.print(Text(f"{unknown}.", style="yellow"))


def _build_latest_table(lines: Iterable[NoticeLine], lexicon: Lexicon) -> Table:
    from controlwatch.core.rendering.category_text import name_categories
    from controlwatch.core.rendering.list_replies import describe_measure, format_stated
    from controlwatch.core.rendering.proof_text import format_proof

    drawn = build_table()
    drawn.add_column("Published", no_wrap=True)
    drawn.add_column("Measure", overflow="fold", max_width=MAX_MEASURE_WIDTH)
    drawn.add_column("Items, destinations, title and link", overflow="fold", ratio=1)
    for line in lines:
        measure = describe_attention(line) if line.review else describe_measure(line)
        dates = [
            f"\nfrom {format_date(found.start) if found.start else 'a day not stated'}"
            + (f" to {format_date(found.until)}" if found.until else "")
            for found in line.effective
        ]
        about = build_cell(name_categories(line.categories, lexicon), 200)
        for words in dict.fromkeys(filter(None, (line.title_en, line.title))):
            about.append(f"{chr(10) if about else ''}{to_one_line(words, 160)}")
        for reason in line.review:
            proof = format_proof(reason.quote, 120)
            about.append(f"\n{to_one_line(reason.reason, 200)} {proof}", style="yellow")
        if line.judgement is not None:
            about.append(f"\n{to_one_line(describe_judgement(line.judgement), 300)}", style="yellow")
        if line.url:
            about.append(f"\n{to_one_line(line.url, 300)}", style="bright_black")
        drawn.add_row(
            build_cell(format_stated(line.published)).append(f"\n{to_one_line(line.number or '', 80)}"),
            Text(measure, style=_choose_style(line)).append(
                "".join(f"\n{day}" for day in dates), style="default"
            ),
            about,
        )
    return drawn


def describe_attention(line: NoticeLine) -> str:
    """Return the direction of a change, or what else a notice is."""
    if line.attention == "review":
        return f"needs review {line.review_id or ''}".rstrip()
    if line.is_change:
        return line.direction if line.judgement is None or line.direction != "neutral" else "judged a change"
    return "no change" if line.official else "report"


def _choose_style(line: NoticeLine) -> str:
    if line.attention == "review":
        return "yellow"
    return TONE_COLOURS.get(line.direction, "") if line.is_change else "bright_black"


def _print_record(record: NoticeRecord, lexicon: Lexicon, status: LegalStatus | None) -> None:
    from controlwatch.core.law.register import DOUBT_PREFIX
    from controlwatch.core.rendering.list_replies import format_stated
    from controlwatch.core.rendering.proof_text import format_proof

    line, notice = record.line, record.notice
    word = describe_attention(line) if line.review_id else line.direction
    heading = f"{line.number or 'no number'} · {word}"
    console.print(Text(heading, style=f"bold {TONE_COLOURS.get(line.direction, '')}"))
    console.print(Text(to_one_line(line.title, 400), style="bold"))
    if status is not None:
        _print_status(status)
    # What was not concluded on has no summary: it would say that the text changes nothing.
    summaries = dict.fromkeys((spell_dates(notice.summary.en), spell_dates(notice.summary.zh, "zh")))
    summaries.pop(notice.title, None)  # printed above
    for text in summaries if line.review_id is None else ():
        console.print(Text(strip_hidden(text)))
    drawn = build_table()
    drawn.add_column("Finding", no_wrap=True)
    drawn.add_column("Value", overflow="fold", ratio=2)
    drawn.add_column("Proof", overflow="fold", ratio=3)
    before = ""
    for name, value, proof in _list_findings(record, lexicon):
        # One sentence often proves several findings; it is printed at the first.
        repeated = proof and proof == before
        drawn.add_row(name, build_cell(value, 400), Text("〃" if repeated else format_proof(proof)))
        before = proof
    console.print(drawn)
    if line.judgement is not None:
        console.print(Text(to_one_line(describe_judgement(line.judgement), 500), style="yellow"))
    for doubt in notice.doubts:
        console.print(
            Text(
                to_one_line(f"needs review: {spell_dates(doubt.removeprefix(DOUBT_PREFIX))}", 500),
                style="yellow",
            )
        )
    for location in record.standings:
        warning = "  text differs from that at the notice's own address!" if location.differs else ""
        style = "yellow" if warning else "bright_black"
        console.print(Text(f"{location.url}  ({location.watcher}){warning}", style=style))
    for annex in record.annexes:
        doubt = f"  {annex.doubt}" if annex.doubt else ""
        style = "yellow" if doubt else "bright_black"
        console.print(Text(f"annex: {annex.name}  {annex.url}{doubt}", style=style))
    for act in record.acts:
        proof = format_proof(act.quote, 160)
        console.print(
            Text(
                f"{ACT_NAMES[act.verb]} {act.number or act.key} ({format_stated(act.published)}): "
                f"{act.title} {proof}"
            )
        )
    for revision in record.revisions[1:]:
        made_at = spell_dates(format_beijing_time(revision.made_at))
        console.print(Text(f"{revision.kind} {made_at}  {revision.url}", style="bold"))
        for moved in revision.moved:
            console.print(Text(f"  {spell_dates(moved)}"))
        if revision.redline:
            from controlwatch.adapters.channels.console import render_redline

            console.print(render_redline(revision.redline))


def _print_status(status: LegalStatus) -> None:
    from controlwatch.core.rendering.proof_text import format_proof
    from controlwatch.core.rendering.state_text import (
        explain_announced,
        format_state,
        list_date_corrections,
    )

    state = format_state(status.state, status.until, status.announced, then=status.then)
    words = f"{add_known_day(format_date(status.on), status.coverage)}: {state}"
    console.print(Text(words, style=f"bold {STATE_STYLES[status.state]}"))
    for announced in status.announced:
        console.print(Text(explain_announced(announced), style="yellow"))
    for sentence, quote in list_date_corrections(status):
        console.print(Text(f"{sentence} {format_proof(quote)}", style="yellow"))


def _list_findings(record: NoticeRecord, lexicon: Lexicon) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the value and the proving sentence of each finding."""
    from controlwatch.core.extraction.findings.date_corrections import list_own_dates
    from controlwatch.core.extraction.mentions.clauses import name_clause
    from controlwatch.core.rendering.facts import CardContext
    from controlwatch.core.rendering.moved_dates import list_move_lines

    notice, line = record.notice, record.line
    if line.attention == "review":
        yield "kind", f"{notice.kind.value}, needs review: controlwatch review {line.review_id or ''}", ""
    else:
        yield "kind", f"{notice.kind.value}, {'a change' if line.is_change else 'no change'} of the rules", ""
    for reason in line.review:
        yield "review", reason.reason, reason.quote
    for category_id in notice.possible_categories if line.review else ():
        yield "may affect", _name_with_id(category_id, lexicon), ""
    yield "published", format_date(line.published) if line.published else "not stated", ""
    for move in list_move_lines(notice, CardContext(lexicon=lexicon, language="en", today=today())):
        yield move.word, move.value, move.quote
    for found in list_own_dates(notice, lexicon):
        span = format_date(found.start) if found.start else "not stated"
        span += f" until {format_date(found.until)}" if found.until else ""
        scope = "" if found.scope == "all" else f"{name_clause(found.scope)}, "
        yield "effective", f"{span} ({scope}{found.basis})", found.quote
    for deadline in notice.deadlines:
        yield deadline.kind, format_date(deadline.date), deadline.quote
    for category in notice.categories:
        yield "items", f"{_name_with_id(category.id, lexicon)} ({category.basis})", category.quote
    for name, codes in (("HS code", notice.hs_codes), ("control code", notice.control_codes)):
        for code in codes:
            yield name, code.code, code.quote
    for relation in notice.relations:
        value = f"{relation.verb.value} {relation.target} {name_clause(relation.clause or '')}".rstrip()
        yield "relation", value, relation.quote


def _name_with_id(category_id: str, lexicon: Lexicon) -> str:
    """Return the name of a category, and the id by which it can be typed."""
    return f"{lexicon.get_category_name(category_id, 'en')}, {category_id}"
