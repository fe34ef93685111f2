"""Listed parties: a search by name, the screening of a list of names, and every listing."""

from __future__ import annotations

import io
import tempfile
import threading
from pathlib import Path

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import UploadFile

from controlwatch.adapters.files.name_lists import NameList, read_name_list
from controlwatch.adapters.files.spreadsheet_writer import write_csv, write_workbook
from controlwatch.core.law.party_answers import ScreeningResult
from controlwatch.core.model.errors import UsageError
from controlwatch.core.rendering.day_text import add_known_day
from controlwatch.core.rendering.screening_rows import (
    COLUMNS,
    LIMIT_COLUMNS,
    build_limit_rows,
    build_screening_rows,
)
from controlwatch.services.queries import Queries
from controlwatch.web.form_guard import get_form, get_text
from controlwatch.web.page_frame import PAGE_HEADERS, PageFrame
from controlwatch.web.pages.notice_page import parse_day

MAX_NAMES, MAX_SHOWN_NAMES, LISTINGS_PER_PART = 50_000, 200, 40
MAX_TYPED = 200_000
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def build_entity_routes(frame: PageFrame, queries: Queries) -> APIRouter:
    """Return the routes of the listed parties."""
    router, screening = APIRouter(), threading.Lock()

    @router.get("/entities")
    def search_entities(request: Request, q: str = "", on: str = "", part: int = 1) -> Response:
        """Search by name, and show the listings."""
        context = frame.build_context(request)
        day = parse_day(on) or context.today
        found = queries.parties.find_parties(q[:200], on=day) if q.strip() else None
        listings = queries.parties.summarize_listings(on=day)
        part = max(1, min(part, 1 + len(listings) // LISTINGS_PER_PART))
        shown = part * LISTINGS_PER_PART
        return frame.render(
            request,
            "entities.html",
            query=q,
            found=found,
            on=day,
            on_day=add_known_day(
                context.format_date(day), found.coverage if found else None, context.language
            ),
            listings=listings[shown - LISTINGS_PER_PART : shown],
            part=part,
            shown=shown,
            more=len(listings) > shown,
        )

    @router.post("/entities/screening", dependencies=[Depends(frame.forms.check)])
    def screen_entities(request: Request) -> Response:
        """Screen the names of a file, or those typed."""
        listed = _read_names(request)
        if len(listed.names) > MAX_NAMES:
            raise UsageError(f"{len(listed.names)} names are too many at once; the limit is {MAX_NAMES}")
        if not screening.acquire(blocking=False):
            raise UsageError("another screening is running; try again when it has ended")
        try:
            result = queries.parties.screen_names(listed.names, on=frame.build_context(request).today)
        finally:
            screening.release()
        match get_text(get_form(request), "format"):
            case "csv":
                return _send_file("screening.csv", "text/csv; charset=utf-8", _write_csv(result))
            case "xlsx":
                return _send_file("screening.xlsx", WORKBOOK_TYPE, _write_workbook(result))
        hits = [item for item in result.names if item.matches]
        shown = result.names if len(result.names) <= MAX_SHOWN_NAMES else hits[:MAX_SHOWN_NAMES]
        return frame.render(
            request,
            "screening.html",
            result=result,
            hits=len(hits),
            shown=shown,
            source=listed.column,
        )

    return router


def _read_names(request: Request) -> NameList:
    """Return the names of the uploaded file, or those typed; raises `UsageError` where there are none."""
    form = get_form(request)
    upload = form.get("file")
    if isinstance(upload, UploadFile) and upload.filename:
        suffix = Path(upload.filename).suffix.lower()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"names{suffix if suffix in {'.csv', '.tsv'} else '.txt'}"
            path.write_bytes(upload.file.read())
            return read_name_list(path)
    typed = get_text(form, "names", most=MAX_TYPED + 1)
    if len(typed) > MAX_TYPED:
        raise UsageError(f"more than {MAX_TYPED} characters were typed; send the names as a file")
    names = tuple(filter(None, map(str.strip, typed.splitlines())))
    if not names:
        raise UsageError("no name to screen was found; choose a file, or write one name on each line")
    return NameList(names=names, column="")


def _write_csv(result: ScreeningResult) -> bytes:
    out = io.StringIO(newline="")
    write_csv((COLUMNS, *build_screening_rows(result)), out)
    return out.getvalue().encode("utf-8-sig")


def _write_workbook(result: ScreeningResult) -> bytes:
    sheets = {
        "Matches": (COLUMNS, *build_screening_rows(result)),
        "Limits": (LIMIT_COLUMNS, *build_limit_rows(result)),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "screening.xlsx"
        write_workbook(sheets, path)
        return path.read_bytes()


def _send_file(name: str, media_type: str, body: bytes) -> Response:
    headers = {**PAGE_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=media_type, headers=headers)
