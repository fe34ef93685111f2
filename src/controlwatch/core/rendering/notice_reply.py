"""A notice as an answer in a chat: its status, then what it says, each with the sentence that proves it."""

from __future__ import annotations

from collections.abc import Iterator

from controlwatch.core.extraction.findings.date_corrections import list_own_dates
from controlwatch.core.law.answers import NoticeRecord
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.rendering.category_text import name_categories
from controlwatch.core.rendering.day_text import add_known_day, spell_dates
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.list_replies import describe_measure
from controlwatch.core.rendering.moved_dates import list_move_lines
from controlwatch.core.rendering.palette import MARKS
from controlwatch.core.rendering.replies import Reply, ReplyRow
from controlwatch.core.rendering.state_text import explain_announced, format_state, list_date_corrections
from controlwatch.core.rendering.wording import list_languages


def notice_reply(record: NoticeRecord, context: CardContext, status: LegalStatus | None = None) -> Reply:
    """Return the status of a notice, then what it says, each conclusion with the sentence that proves it."""
    line = record.line
    return Reply(
        title=f"{line.number or line.kind} · {describe_measure(line, context.language)}",
        note=line.title,
        rows=(
            *(_list_status_rows(status, context) if status is not None else ()),
            *_list_summary_rows(record, context),
            *_list_review_rows(record, context),
            *_list_finding_rows(record, context),
            *(
                ReplyRow(heading=context.pick_one("published at", "发布于"), body=standing.url)
                for standing in record.standings
            ),
        ),
        cautions=context.translate_doubts(record.notice.doubts),
        language=context.language,
    )


def _list_status_rows(status: LegalStatus, context: CardContext) -> Iterator[ReplyRow]:
    language = context.language
    words = format_state(status.state, status.until, status.announced, then=status.then, language=language)
    on = context.format_date(status.on)
    when = add_known_day(context.pick_one(f"on {on}", on), status.coverage, language)
    yield ReplyRow(
        heading=f"{MARKS[status.state]} {words}" + context.pick_one(f" ({when})", f"（{when}）"),
        body=" ".join(explain_announced(item, language=language) for item in status.announced),
    )
    for sentence, quote in list_date_corrections(status, language):
        yield ReplyRow(heading=sentence, quote=quote)


def _list_summary_rows(record: NoticeRecord, context: CardContext) -> Iterator[ReplyRow]:
    """Yield the summary; what was not concluded on has none: it would say that the text changes nothing."""
    if record.line.review_id is not None:
        yield ReplyRow(heading=describe_measure(record.line, context.language))
        return
    for language in list_languages(context.language):
        if text := spell_dates(getattr(record.notice.summary, language), language):
            yield ReplyRow(heading=text)


def _list_review_rows(record: NoticeRecord, context: CardContext) -> Iterator[ReplyRow]:
    for reason in record.line.review:
        (body,) = context.translate_doubts((reason.reason,))
        yield ReplyRow(heading=context.pick_one("needs review", "待人工判定"), body=body, quote=reason.quote)
    possible = record.notice.possible_categories
    if record.line.review and possible:
        names = name_categories(possible, context.lexicon, context.language)
        yield ReplyRow(heading=context.pick_one("may affect", "可能涉及"), body=names)


def _list_finding_rows(record: NoticeRecord, context: CardContext) -> Iterator[ReplyRow]:
    notice = record.notice
    effective = context.pick_one("effective", "生效")
    for line in list_move_lines(notice, context):
        yield ReplyRow(heading=effective, body=line.value, quote=line.quote)
    for found in list_own_dates(notice, context.lexicon):
        not_stated = context.pick_one("not stated", "未载明")
        body = context.format_date(found.start) if found.start else not_stated
        if found.until is not None:
            until = context.format_date(found.until)
            body += context.pick_one(f" until {until}", f"，至{until}")
        if part := context.name_scope(found.scope):
            body += context.pick_one(f" ({part})", f"（{part}）")
        yield ReplyRow(heading=effective, body=body, quote=context.translate_proof(found.quote))
    ids = [found.id for found in notice.categories]
    if items := name_categories(ids, context.lexicon, context.language):
        yield ReplyRow(heading=context.pick_one("items", "物项"), body=items)
    for relation in notice.relations:
        body = " ".join(filter(None, (relation.target, context.name_scope(relation.clause or ""))))
        yield ReplyRow(
            heading=context.find_word(relation.verb.value),
            body=body,
            quote=context.translate_proof(relation.quote),
        )
