"""Exports as files: CSV is sent as its rows are read; a workbook is written to a file first."""

from __future__ import annotations

import io
import shutil
import tempfile
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from starlette.background import BackgroundTask

from controlwatch.adapters.files.spreadsheet_writer import write_csv, write_workbook
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.export_subject import EXPORT_SUBJECTS, ExportSubject
from controlwatch.core.rendering.export_rows import ExportRow
from controlwatch.services.exports import Exports
from controlwatch.services.queries import Queries
from controlwatch.web.page_frame import PAGE_HEADERS
from controlwatch.web.pages.entity_page import WORKBOOK_TYPE

CSV_TYPE = "text/csv; charset=utf-8"
ROWS_AT_ONCE = 200
#: Spreadsheets read Chinese in CSV as UTF-8 only behind it.
BYTE_ORDER_MARK = "\ufeff"


def build_export_routes(queries: Queries, exports: Exports) -> APIRouter:
    """Return the routes of exports; their filter is that of the list of notices."""
    router, writing = APIRouter(), threading.Lock()

    @router.get("/export/{name}.csv")
    def send_csv(name: str, request: Request) -> Response:
        """Send a table as CSV."""
        table = exports.build_table(_find_subject(name), queries.parse_filter(request.query_params))
        return StreamingResponse(
            _write_chunks(table), media_type=CSV_TYPE, headers=_build_headers(f"{name}.csv")
        )

    @router.get("/export/{name}.xlsx")
    def send_workbook(name: str, request: Request) -> Response:
        """Send a table as a workbook."""
        table = exports.build_table(_find_subject(name), queries.parse_filter(request.query_params))
        if not writing.acquire(blocking=False):
            raise UsageError("another workbook is being written; try again when it is done")
        try:
            folder = Path(tempfile.mkdtemp())
            write_workbook({name.capitalize(): table}, folder / "export.xlsx")
        finally:
            writing.release()
        return FileResponse(
            folder / "export.xlsx",
            media_type=WORKBOOK_TYPE,
            headers=_build_headers(f"{name}.xlsx"),
            background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True),
        )

    return router


def _find_subject(name: str) -> ExportSubject:
    for subject in EXPORT_SUBJECTS:
        if subject == name:
            return subject
    raise UsageError(f"{name[:40]!r} cannot be exported; choose one of {', '.join(EXPORT_SUBJECTS)}")


def _write_chunks(table: Iterator[ExportRow]) -> Iterator[bytes]:
    mark = BYTE_ORDER_MARK
    while rows := list(islice(table, ROWS_AT_ONCE)):
        out = io.StringIO(newline="")
        write_csv(rows, out)
        yield f"{mark}{out.getvalue()}".encode()
        mark = ""


def _build_headers(name: str) -> dict[str, str]:
    return {**PAGE_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
