"""The tools: the questions of the command line, each answered with its quotes and its cautions.

Days are days in Beijing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated

from mcp_types import CallToolResult
from pydantic import Field

from controlwatch.core.asking.typed_numbers import read_typed_number
from controlwatch.core.extraction.text.lexicon import Lexicon, Pattern
from controlwatch.core.law.answers import CategoryStatus, LookupResult, NoticeLine, StatusDifference
from controlwatch.core.law.party_answers import ScreeningResult
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import KeyDate
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.model.typed_text import normalize_typed_text
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.json_values import to_json_value
from controlwatch.core.rendering.law_answers import answer_key_dates, answer_lookup, answer_status
from controlwatch.core.rendering.list_replies import differences_reply, latest_reply
from controlwatch.core.rendering.notice_reply import notice_reply
from controlwatch.core.rendering.replies import law_reply
from controlwatch.core.rendering.screening_reply import screening_reply
from controlwatch.mcp_server.tool_answer import NoticeAnswer, ToolAnswer, build_tool_result
from controlwatch.services.input_types import (
    MAX_CATEGORIES,
    MAX_NAMES,
    IsoDay,
    Name,
    NoticeName,
    SearchText,
)
from controlwatch.services.queries import Queries

#: Days that `upcoming` looks ahead, and that `latest` looks back.
MAX_DAYS_AHEAD, MAX_DAYS_BACK = 3_660, 36_500
#: Notices in one answer.
MAX_NOTICES = 100
#: Characters of the text of a notice in one answer: by default, and at most.
TEXT_LENGTH, MAX_TEXT_LENGTH = 20_000, 500_000

Categories = Annotated[
    list[Name],
    Field(
        default_factory=list,
        max_length=MAX_CATEGORIES,
        description="Only these categories, groups or elements, in any spelling: gallium, 镓, rare-earth.",
    ),
]
OptionalDay = Annotated[
    IsoDay | None, Field(description="The day to answer for, in Beijing, YYYY-MM-DD. Default: today.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeTools:
    """Answers of tools over the queries; a `UsageError` names what was not understood."""

    queries: Queries
    lexicon: Lexicon
    patterns: tuple[Pattern, ...]  #: how people write the numbers of notices
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def latest(
        self,
        days: Annotated[
            int | None,
            Field(
                ge=1, le=MAX_DAYS_BACK, description="Only those published in this number of days to today."
            ),
        ] = None,
        category: Annotated[
            Name | None, Field(description="Only this item category or group, in any spelling.")
        ] = None,
        issuer: Annotated[Name | None, Field(description="Only this issuer: MOFCOM, 海关总署, …")] = None,
        search: Annotated[
            SearchText | None, Field(description="Text that title or body contains, exactly as typed.")
        ] = None,
        *,
        changes_only: Annotated[bool, Field(description="Only changes of the rules.")] = False,
        limit: Annotated[int, Field(ge=1, le=MAX_NOTICES)] = 20,
    ) -> Annotated[CallToolResult, ToolAnswer[list[NoticeLine]]]:
        """List the newest notices."""
        lines = self.queries.latest(
            now=self.clock(),
            days=days,
            category=category,
            issuer=issuer,
            containing=search,
            changes_only=changes_only,
            limit=limit,
        )
        coverage = self.queries.law.find_coverage(on=self._today)
        cautions = self.queries.law.list_cautions(self._today, coverage)
        title = f"{len(lines)} notices, newest first"
        reply = latest_reply(lines, self.lexicon, title=title, coverage=coverage)
        return build_tool_result(lines, replace(reply, cautions=cautions), cautions)

    def show(
        self,
        notice: Annotated[NoticeName, Field(description="Its number in any spelling, or its address.")],
        text_length: Annotated[
            int, Field(ge=0, le=MAX_TEXT_LENGTH, description="Characters of its text to give.")
        ] = TEXT_LENGTH,
    ) -> Annotated[CallToolResult, ToolAnswer[NoticeAnswer]]:
        """Show one notice."""
        record = self.queries.show(self._read_number(notice))
        status = self.queries.find_status(record, on=self._today)
        whole = len(record.text)
        record = replace(record, text=record.text[:text_length])
        limits = status.cautions if status is not None else self.queries.law.list_cautions(self._today)
        cautions = [*record.notice.doubts, *limits]
        if whole > text_length:
            cautions.append(f"only the first {text_length} of {whole} characters of the text are given")
        answer = {
            name: to_json_value(getattr(record, name))
            for name in NoticeAnswer.model_fields
            if name != "status"
        }
        context = CardContext(lexicon=self.lexicon, language="en", today=self._today)
        reply = replace(notice_reply(record, context, status), cautions=tuple(cautions))
        return build_tool_result(answer | {"status": status}, reply, cautions)

    def status(
        self,
        subject: Annotated[
            NoticeName,
            Field(
                description="A notice by number or address, a category or an element: 2024-46, battery, Dy."
            ),
        ],
        on: OptionalDay = None,
    ) -> Annotated[CallToolResult, ToolAnswer[LegalStatus | CategoryStatus]]:
        """Say whether a notice, a category or an element is in force on a day."""
        found = self.queries.law.status(self._read_number(subject), on=on or self._today)
        return build_tool_result(found, law_reply(answer_status(found, self.lexicon)), found.cautions)

    def lookup(
        self,
        query: Annotated[
            Name, Field(description="An HS code, a control code, or a name in Chinese or English.")
        ],
        on: OptionalDay = None,
    ) -> Annotated[CallToolResult, ToolAnswer[LookupResult]]:
        """Say what controls an item on a day."""
        found = self.queries.law.lookup(normalize_typed_text(query) or query, on=on or self._today)
        return build_tool_result(found, law_reply(answer_lookup(found, self.lexicon)), found.cautions)

    def upcoming(
        self,
        categories: Categories,
        days: Annotated[int, Field(ge=1, le=MAX_DAYS_AHEAD, description="How many days ahead.")] = 30,
        on: OptionalDay = None,
    ) -> Annotated[CallToolResult, ToolAnswer[list[KeyDate]]]:
        """List the key dates after a day."""
        first = on or self._today
        found = self.queries.law.upcoming(on=first, days=days, categories=categories)
        coverage = self.queries.law.find_coverage(on=first)
        cautions = self.queries.law.list_cautions(first, coverage)
        answer = answer_key_dates(
            found, self.lexicon, on=first, days=days, cautions=cautions, coverage=coverage
        )
        reply = law_reply(answer)
        return build_tool_result(found, reply, cautions)

    def compare(
        self,
        categories: Categories,
        first: Annotated[IsoDay, Field(description="The earlier day, YYYY-MM-DD.")],
        last: Annotated[IsoDay | None, Field(description="The later day. Default: today.")] = None,
    ) -> Annotated[CallToolResult, ToolAnswer[list[StatusDifference]]]:
        """List the notices whose status differs between two days."""
        until = last or self._today
        found = self.queries.law.compare(first=first, last=until, categories=categories)
        coverage = self.queries.law.find_coverage(on=until)
        cautions = self.queries.law.list_cautions(until, coverage)
        reply = differences_reply(
            found, self.lexicon, first=first, last=until, cautions=cautions, coverage=coverage
        )
        return build_tool_result(found, reply, cautions)

    def entity(
        self,
        names: Annotated[
            list[Name], Field(min_length=1, max_length=MAX_NAMES, description="Names, Chinese or English.")
        ],
        on: OptionalDay = None,
    ) -> Annotated[CallToolResult, ToolAnswer[ScreeningResult]]:
        """Search names among the listed parties."""
        found = self.queries.parties.screen_names(names, on=on or self._today)
        return build_tool_result(found, screening_reply(found), found.cautions)

    @property
    def _today(self) -> date:
        return to_beijing_day(self.clock())

    def _read_number(self, name: str) -> str:
        return read_typed_number(name, self.patterns, self.lexicon)
