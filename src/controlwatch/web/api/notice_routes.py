"""Notices: the list, one of them, its versions and its evidence; item categories."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from controlwatch.bootstrap.app import App
from controlwatch.core.asking.category_names import CategoryLine
from controlwatch.core.extraction.report.reading_json import list_evidence
from controlwatch.core.law.answers import (
    ActLine,
    AnnexLine,
    NoticeLine,
    NoticeLocation,
    NoticeRecord,
    Revision,
)
from controlwatch.core.law.notice_filter import NoticeFilter, parse_list_position
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import Direction
from controlwatch.core.model.errors import UnclearName, UsageError
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.services.input_types import IsoDay, Name, NoticeName, SearchText
from controlwatch.web.api.cursors import (
    FORBID_OTHERS,
    PAGE_SIZE,
    Cursor,
    Page,
    PageSize,
    read_cursor,
    refuse_cursor,
    write_cursor,
)
from controlwatch.web.api.json_answers import render_json
from controlwatch.web.api.problems import ApiProblem
from controlwatch.web.evidence_file import send_evidence_file

_NOTICE_NAME: TypeAdapter[str] = TypeAdapter(NoticeName)


class NoticeListQuery(BaseModel):
    """Which notices to list. A parameter that is not one of these is refused, and never overlooked."""

    model_config = FORBID_OTHERS

    category: Name | None = Field(None, description="An item category or group, in any spelling.")
    issuer: Name | None = Field(None, description="An issuer: MOFCOM, 海关总署.")
    direction: Direction | None = None
    destination: Name | None = Field(None, description="A destination by ISO code or name: US, 日本.")
    first: IsoDay | None = Field(None, alias="from", description="Published on this day in Beijing or later.")
    last: IsoDay | None = Field(None, alias="to", description="Published on this day in Beijing or before.")
    text: SearchText | None = Field(None, description="In title or text, exactly as typed.")
    changes_only: Annotated[bool, Field(description="Only changes of the rules.")] = False
    limit: PageSize = PAGE_SIZE
    cursor: Cursor = None


class NoticeResource(BaseModel):
    """A notice with what is known of it: as `controlwatch show --json` without its versions."""

    line: NoticeLine
    notice: dict[str, Any] = Field(description="What was read, as `controlwatch read --json` prints it.")
    text: str = Field(description="As extracted from the page and its annexes.")
    standings: list[NoticeLocation] = Field(description="The addresses at which it was seen.")
    annexes: list[AnnexLine]
    acts: list[ActLine] = Field(description="Notices that act on it or report it.")
    status: LegalStatus | None = Field(description="Its status today; null where it sets no rule.")


class StoredBytes(BaseModel):
    """Bytes from a source that are kept."""

    url: str
    fetched_at: datetime
    status: int
    sha256: str
    size: int


class ProvenConclusion(BaseModel):
    """A conclusion with the rule by which it was drawn and the words that prove it."""

    about: str
    value: str
    rule: str
    means: str
    quote: str


class EvidenceResource(BaseModel):
    """What proves a notice; `evidence.zip` beside it can be checked without this program."""

    key: str
    conclusions: list[ProvenConclusion]
    copies: list[StoredBytes] = Field(description="Bytes as sent, oldest first.")
    head: str = Field(description="The head of the chain of custody: its number and its hash.")


class VersionList(BaseModel):
    """The versions of a notice, oldest first."""

    items: list[Revision]


class CategoryList(BaseModel):
    """Item categories, each group before its categories."""

    items: list[CategoryLine]


class CategoryQuery(BaseModel):
    """Which categories to list."""

    model_config = FORBID_OTHERS

    search: Name | None = Field(None, description="A name or a word of it, in Chinese or English.")


def read_key(key: Annotated[str, Path(description="The key, number or address, percent-encoded.")]) -> str:
    """Return the key of a path, decoded: an address as key has slashes. Raises `ApiProblem`."""
    try:
        return _NOTICE_NAME.validate_python(unquote(key, errors="strict"))
    except (UnicodeDecodeError, ValidationError):
        raise ApiProblem(404, "unknown-notice", "A key is a number or an address.") from None


NoticeKey = Annotated[str, Depends(read_key)]


def build_notice_routes(app: App) -> APIRouter:
    """Return the routes that read notices."""
    router, queries = APIRouter(tags=["notices"]), app.queries

    def find_record(key: str) -> NoticeRecord:
        try:
            return queries.show(key)
        except UsageError as error:
            raise refuse_notice(error) from None

    @router.get("/notices", response_model=Page[NoticeLine])
    def list_notices(request: Request, asked: Annotated[NoticeListQuery, Query()]) -> Response:
        """List notices, newest published first; those without a stated day come last.

        A notice that is added meanwhile shifts no page: none is left out, and none is given twice.
        """
        chosen = build_filter(asked, app)
        of_list = f"notices?{chosen.to_query()}"
        before = None
        if asked.cursor is not None:
            try:
                before = parse_list_position(read_cursor(asked.cursor, of_list))
            except UsageError:
                raise refuse_cursor() from None
        found = queries.list_notices(chosen, before=before, limit=asked.limit + 1)
        items = found[: asked.limit]
        more = write_cursor(items[-1].position.to_text(), of_list) if len(found) > asked.limit else None
        return render_json(request, {"items": items, "next": more})

    @router.get("/notices/{key}", response_model=NoticeResource)
    def get_notice(request: Request, key: NoticeKey) -> Response:
        """Return one notice with its text and its status today."""
        record = find_record(key)
        status = queries.find_status(record, on=to_beijing_day(datetime.now(UTC)))
        names = [name for name in NoticeResource.model_fields if name != "status"]
        return render_json(request, {name: getattr(record, name) for name in names} | {"status": status})

    @router.get("/notices/{key}/versions", response_model=VersionList)
    def list_versions(request: Request, key: NoticeKey) -> Response:
        """List the versions of a notice, each with what differs from the one before."""
        return render_json(request, {"items": find_record(key).revisions})

    @router.get("/notices/{key}/evidence", response_model=EvidenceResource)
    def get_evidence(request: Request, key: NoticeKey) -> Response:
        """Return what proves a notice: conclusions with their sentences, and the bytes that are kept."""
        record, dossier = find_record(key), queries.find_dossier(key)
        copies = [
            {name: getattr(entry, name) for name in StoredBytes.model_fields} for entry in dossier.snapshots
        ]
        evidence = {
            "key": record.line.key,
            "conclusions": list_evidence(record.notice, app.lexicon),
            "copies": copies,
            "head": str(dossier.head),
        }
        return render_json(request, evidence)

    @router.get(
        "/notices/{key}/evidence.zip",
        response_class=Response,
        responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
    )
    def get_evidence_file(key: NoticeKey) -> Response:
        """Return what proves a notice as a file that can be checked without this program."""
        find_record(key)
        return send_evidence_file(app, queries.find_dossier(key), on=to_beijing_day(datetime.now(UTC)))

    @router.get("/categories", response_model=CategoryList)
    def list_categories(request: Request, asked: Annotated[CategoryQuery, Query()]) -> Response:
        """List item categories with the numbers of their notices and subscriptions."""
        return render_json(request, {"items": queries.list_categories(asked.search or "")})

    return router


def build_filter(asked: NoticeListQuery, app: App) -> NoticeFilter:
    """Return the filter that a request means; raises `UsageError` for unknown names."""
    names = app.queries.names
    if asked.first is not None and asked.last is not None and asked.last < asked.first:
        raise UsageError(f"the period ends before it begins: from {asked.first} to {asked.last}")
    plain = NoticeFilter(
        direction=asked.direction,
        first=asked.first,
        last=asked.last,
        text=asked.text or "",
        changes_only=asked.changes_only,
    )
    return replace(
        plain,
        category=names.find_category(asked.category) if asked.category else None,
        issuer=names.find_issuer(asked.issuer) if asked.issuer else None,
        destination=names.find_destination(asked.destination) if asked.destination else None,
    )


def refuse_notice(error: UsageError) -> ApiProblem:
    """Return the error for a notice that is not known, with the nearest numbers."""
    near = error.candidates if isinstance(error, UnclearName) else ()
    return ApiProblem(404, "unknown-notice", str(error), candidates=near)


def build_notice_path(key: str) -> str:
    """Return the path of a notice: a key that is an address is one part of it.

    >>> build_notice_path("MOFCOM 2025-61"), build_notice_path("https://a.example/1")
    ('/api/v1/notices/MOFCOM%202025-61', '/api/v1/notices/https%3A%2F%2Fa.example%2F1')
    """
    return f"/api/v1/notices/{quote(key, safe='')}"
