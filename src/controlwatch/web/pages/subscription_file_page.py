"""Subscriptions as a file: download, and upload with a preview of what would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from controlwatch.adapters.files.subscription_file import (
    SubscriptionFileError,
    decode_subscription_file,
    format_subscription_file,
    parse_subscription_file,
)
from controlwatch.bootstrap.app import App
from controlwatch.bootstrap.connections import resolve_target
from controlwatch.core.alerting.subscription_import import ImportPlan, plan_import
from controlwatch.core.model.account import Visitor
from controlwatch.core.model.errors import UsageError
from controlwatch.core.rendering.subscription_text import count_import, describe_import
from controlwatch.services.import_subscriptions import import_subscriptions
from controlwatch.web.access import get_visitor
from controlwatch.web.form_guard import get_form, get_text
from controlwatch.web.page_frame import PAGE_HEADERS, PageFrame

#: Bytes of a file that the pages take: the preview sends it back. The command line takes larger ones.
MAX_PAGE_FILE = 500_000
MAX_SHOWN_LINES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionUpload:
    """A file that a person sent, and what to do with it."""

    text: str
    end_others: bool
    is_confirmed: bool


def build_subscription_file_routes(frame: PageFrame, app: App) -> APIRouter:
    """Return the routes of the file, for officers."""
    router, store = APIRouter(), app.store.subscriptions

    @router.get("/subscriptions/export")
    def send_file(request: Request) -> Response:
        """Send every confirmed subscription."""
        body = format_subscription_file(store.list_active())
        headers = {**PAGE_HEADERS, "Content-Disposition": 'attachment; filename="subscriptions.json"'}
        return Response(body, media_type="application/json", headers=headers)

    @router.get("/subscriptions/import")
    def show_form(request: Request) -> Response:
        """Ask for a file."""
        return _show(frame, request)

    @router.post("/subscriptions/import", dependencies=[Depends(frame.forms.check)])
    def import_file(request: Request) -> Response:
        """Show what a file would change; or change it, once that was confirmed."""
        visitor = get_visitor(request)
        try:
            upload = _read_upload(request)
            wanted = parse_subscription_file(
                upload.text,
                app.queries.names,
                lambda channel, target: resolve_target(app.channels, channel, target),
            )
            if not upload.is_confirmed:
                plan = plan_import(wanted, store.list_active(), end_others=upload.end_others)
                _check_rights(plan, visitor)
                return _show(frame, request, plan=plan, upload=upload)
            plan = import_subscriptions(
                store.transaction,
                wanted,
                end_others=upload.end_others,
                owner=visitor.name,
                now=frame.clock(),
                check=lambda found: _check_rights(found, visitor),
            )
        except SubscriptionFileError as error:
            return _show(frame, request, problems=str(error).splitlines(), status_code=422)
        except UsageError as error:
            return _show(frame, request, problems=[str(error)], status_code=422)
        frame.record_action(request, "import", "subscriptions", count_import(plan))
        return RedirectResponse("/subscriptions?done=saved", status_code=303)

    return router


def _show(
    frame: PageFrame,
    request: Request,
    *,
    plan: ImportPlan | None = None,
    upload: SubscriptionUpload | None = None,
    problems: Sequence[str] = (),
    status_code: int = 200,
) -> Response:
    return frame.render(
        request,
        "subscription_file.html",
        status_code=status_code,
        is_empty=plan is not None and plan.is_empty,
        count=count_import(plan) if plan is not None else "",
        lines=list(describe_import(plan))[:MAX_SHOWN_LINES] if plan is not None else [],
        upload=upload,
        problems=problems,
    )


def _read_upload(request: Request) -> SubscriptionUpload:
    form = get_form(request)
    file = form.get("file")
    text = get_text(form, "text", most=MAX_PAGE_FILE)
    if isinstance(file, UploadFile) and file.filename:
        body = file.file.read(MAX_PAGE_FILE + 1)
        if len(body) > MAX_PAGE_FILE:
            raise UsageError(f"the file is larger than {MAX_PAGE_FILE // 1_000} kB: use the command line")
        text = decode_subscription_file(body)
    if not text:
        raise UsageError("choose a file")
    return SubscriptionUpload(
        text=text,
        end_others=get_text(form, "end_others") == "yes",
        is_confirmed=get_text(form, "step") == "save",
    )


def _check_rights(plan: ImportPlan, visitor: Visitor) -> None:
    """Raise `UsageError` where a person may not subscribe an address without asking its owner."""
    if visitor.is_operator:
        return
    for item in (*plan.added, *(after for after, _ in plan.changed)):
        if item.channel == "email" and item.target.casefold() != visitor.email.casefold():
            raise UsageError(
                f"only an operator subscribes the address of another person, {item.target}, without asking it"
            )
