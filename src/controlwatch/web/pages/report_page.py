"""The weekly report: a page to print, and the same as a PDF."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from fastapi import APIRouter, Request, Response

from controlwatch.adapters.files.pdf_report import write_report_pdf
from controlwatch.core.rendering.weekly_report_text import ReportText, write_weekly_report
from controlwatch.services.weekly_reports import WeeklyReports, parse_week
from controlwatch.web.page_frame import PAGE_HEADERS, PageFrame

#: Entries of a section that the page shows at first.
MAX_ENTRIES = 30


def build_report_routes(frame: PageFrame, reports: WeeklyReports) -> APIRouter:
    """Return the routes of the report."""
    router = APIRouter()

    def write(request: Request, week: str) -> tuple[ReportText, str]:
        context = frame.build_context(request)
        report = reports.build_report(parse_week(week, today=context.today))
        return write_weekly_report(report, context), report.week

    @router.get("/report")
    def show_report(request: Request, week: str = "", all: str = "") -> Response:  # noqa: A002 - in addresses
        """Show the report of a week, by default of the last whole one; of long sections the first entries."""
        text, shown = write(request, week)
        monday = parse_week(shown, today=frame.build_context(request).today)
        before, after = ((monday + timedelta(days)).isocalendar() for days in (-7, 7))
        return frame.render(
            request,
            "report.html",
            text=text,
            week=shown,
            show_all=all == "yes",
            max_entries=MAX_ENTRIES,
            before=f"{before.year}-W{before.week:02}",
            after=f"{after.year}-W{after.week:02}",
        )

    @router.get("/report.pdf")
    def send_report(request: Request, week: str = "") -> Response:
        """Send the report of a week as a PDF."""
        text, shown = write(request, week)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.pdf"
            write_report_pdf(text, path)
            body = path.read_bytes()
        name = f'inline; filename="controlwatch-{shown}.pdf"'
        return Response(
            body, media_type="application/pdf", headers={**PAGE_HEADERS, "Content-Disposition": name}
        )

    return router
