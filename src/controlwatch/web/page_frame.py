"""The frame of every page: templates, the language of the reader, formats of days and names, headers."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from importlib import resources
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import WatcherLine
from controlwatch.core.model.account import PageLanguage, Visitor
from controlwatch.core.model.text_safety import strip_hidden, to_one_line, to_safe_link
from controlwatch.core.model.timezones import BEIJING, to_beijing_day
from controlwatch.core.rendering.cautions_zh import translate_caution
from controlwatch.core.rendering.day_text import spell_dates
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.problems_zh import explain_problem
from controlwatch.core.rendering.proof_text import format_proof, name_database
from controlwatch.core.rendering.replies import describe_source_problem
from controlwatch.core.rendering.sentences_zh import translate_fact
from controlwatch.core.rendering.state_text import format_state
from controlwatch.core.rendering.wording import find_word
from controlwatch.services.account_refusals import AccountRefusal
from controlwatch.services.audit import AuditLog
from controlwatch.web.access import get_actor
from controlwatch.web.form_guard import TOKEN_FIELD, FormGuard

LANGUAGE_COOKIE = "controlwatch_language"
YEAR_SECONDS = 365 * 24 * 3600
#: Pages load their own styles and scripts only, and cannot be framed.
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
STATIC_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


#: The number of a row, and of the row behind which a list goes on; databases refuse larger ones.
RowNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
RowPosition = Annotated[int, Query(ge=0, le=2**31 - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationItem:
    """A page that every other page leads to."""

    path: str
    label: str  #: English; translated where it is shown
    for_operators: bool = False


NAVIGATION = (
    NavigationItem(path="/", label="Today"),
    NavigationItem(path="/notices", label="Notices"),
    NavigationItem(path="/items", label="Items"),
    NavigationItem(path="/calendar", label="Calendar"),
    NavigationItem(path="/entities", label="Entities"),
    NavigationItem(path="/subscriptions", label="Subscriptions"),
    NavigationItem(path="/alerts", label="Alerts"),
    NavigationItem(path="/sources", label="Sources"),
    NavigationItem(path="/operations", label="Operations", for_operators=True),
)


def load_translations() -> dict[str, str]:
    """Return the Chinese of every English text on the pages."""
    file = resources.files("controlwatch") / "data" / "web" / "zh.toml"
    table: dict[str, str] = tomllib.loads(file.read_text(encoding="utf-8"))
    return table


def load_static_files() -> dict[str, bytes]:
    """Return the styles and scripts of the pages by their names."""
    folder = resources.files("controlwatch.web") / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if "." in file.name}


@dataclass(frozen=True)
class PageFrame:
    """Renders pages. Everything from the net is escaped, and freed of hidden characters by a filter."""

    lexicon: Lexicon
    forms: FormGuard
    audit: AuditLog
    translations: Mapping[str, str] = field(default_factory=load_translations)
    static: Mapping[str, bytes] = field(default_factory=load_static_files)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def choose_language(self, request: Request) -> PageLanguage:
        """Return the language of a page: as asked, as chosen before, the person's, the browser's."""
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        wishes = (
            request.query_params.get("lang"),
            request.cookies.get(LANGUAGE_COOKIE),
            visitor.language if visitor is not None else None,
        )
        for wish in wishes:
            if wish in {"en", "zh"}:
                return wish  # type: ignore[return-value]
        return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"

    def translate(self, request: Request, text: str, **values: object) -> str:
        """Return a text in the language of a page; `{name}` stands for a value."""
        chosen = self.translations.get(text, text) if self.choose_language(request) == "zh" else text
        return chosen.format(**values) if values else chosen

    def explain_refusal(self, request: Request, error: AccountRefusal) -> str:
        """Return why something about people is refused, in the language of a page."""
        return self.translate(request, error.text, **error.values)

    def build_context(self, request: Request) -> CardContext:
        """Return how names and days are written on a page."""
        language, today = self.choose_language(request), to_beijing_day(self.clock())
        return CardContext(lexicon=self.lexicon, language=language, today=today)

    def render(self, request: Request, template: str, *, status_code: int = 200, **values: Any) -> Response:
        """Return a page. A template gets `page`, what all of them need, beside its own values."""
        language = self.choose_language(request)
        page = PageContext(frame=self, request=request, language=language, now=self.clock())
        body = self._environment.get_template(template).render(
            page=page, _=page.translate, _n=page.translate_count, **values
        )
        response = HTMLResponse(body, status_code=status_code, headers=PAGE_HEADERS)
        if request.query_params.get("lang") in {"en", "zh"}:
            response.set_cookie(
                LANGUAGE_COOKIE, language, max_age=YEAR_SECONDS, samesite="lax", httponly=True
            )
        self.forms.set_cookie(request, response)
        return response

    def record_action(self, request: Request, what: str, subject: str, detail: str = "") -> None:
        """Record that the visitor of a page did something: `what` is one of `AUDIT_KINDS`."""
        by = get_actor(request)
        self.audit.record_action(by.who, what, subject, detail, by.address)

    def build_static_routes(self) -> APIRouter:
        """Return the route of styles and scripts; their addresses change with their content."""
        router = APIRouter()

        @router.get("/static/{name}", include_in_schema=False)
        def send_static(name: str) -> Response:
            """Send a style sheet or a script."""
            body = self.static.get(name)
            if body is None:
                return Response("unknown file", status_code=404, media_type="text/plain")
            headers = {"Cache-Control": f"public, max-age={YEAR_SECONDS}, immutable"}
            return Response(body, media_type=STATIC_TYPES[name.rpartition(".")[2]], headers=headers)

        return router

    def find_static_url(self, name: str) -> str:
        """Return the address of a style sheet or a script, with a part of its digest."""
        return f"/static/{name}?v={hashlib.sha256(self.static[name]).hexdigest()[:12]}"

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            loader=PackageLoader("controlwatch.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters |= {
            "clean": strip_hidden,
            "line": lambda value: to_one_line(str(value), 2_000),
            "day": _format_day,
            "instant": _format_instant,
            "category": _name_category,
            "word": _find_word,
            "state": _format_state,
            "proof": _format_proof,
            "sentence": _translate_sentence,
            "problem": _explain_problem,
            "failure": _describe_failure,
            "link": lambda value: to_safe_link(value) or "",
            "notice_path": build_notice_path,
        }
        return environment


@dataclass(frozen=True, kw_only=True)
class PageContext:
    """What the templates need of one request."""

    frame: PageFrame
    request: Request
    language: PageLanguage
    now: datetime

    @property
    def visitor(self) -> Visitor | None:
        """Who looks at the page; None on the page to log in."""
        found: Visitor | None = getattr(self.request.state, "visitor", None)
        return found

    @property
    def today(self) -> date:
        """The day in Beijing."""
        return to_beijing_day(self.now)

    @property
    def path(self) -> str:
        """The path of the page."""
        return self.request.url.path

    @property
    def navigation(self) -> tuple[NavigationItem, ...]:
        """The pages that this person may open."""
        visitor = self.visitor
        return tuple(
            item
            for item in NAVIGATION
            if visitor is not None and (visitor.is_operator or not item.for_operators)
        )

    @property
    def form_token(self) -> Markup:
        """The hidden field of every form that changes something."""
        token = self.frame.forms.build_token(self.request)
        return Markup('<input type="hidden" name="{}" value="{}">').format(TOKEN_FIELD, token)

    @cached_property
    def card_context(self) -> CardContext:
        """How names and days are written."""
        return self.frame.build_context(self.request)

    def translate(self, text: str, **values: object) -> str:
        """Return a text in the language of the page."""
        return self.frame.translate(self.request, text, **values)

    def translate_count(self, count: int, one: str, many: str) -> str:
        """Return a text about one thing, or about `{count}` things, in the language of the page."""
        return self.translate(one) if count == 1 else self.translate(many, count=count)

    def static(self, name: str) -> str:
        """Return the address of a style sheet or a script."""
        return self.frame.find_static_url(name)

    def build_path(self, **changed: object) -> str:
        """Return the address of this page with some parameters changed, or left out where they are None."""
        kept = {name: value for name, value in self.request.query_params.multi_items() if name not in changed}
        query = urlencode({**kept, **{name: value for name, value in changed.items() if value is not None}})
        path = quote(self.request.url.path)
        return f"{path}?{query}" if query else path


def build_notice_path(key: str) -> str:
    """Return the address of the page of a notice, by its key.

    >>> build_notice_path("MOFCOM 2025-61")
    '/notices/MOFCOM%202025-61'
    """
    return f"/notices/{quote(key, safe='')}"


@pass_context
def _format_day(context: Context, value: date | datetime | None) -> str:
    page: PageContext = context["page"]
    if value is None:
        return page.translate("not stated")
    return page.card_context.format_date(to_beijing_day(value) if isinstance(value, datetime) else value)


@pass_context
def _format_instant(context: Context, value: datetime | None) -> str:
    page: PageContext = context["page"]
    if value is None:
        return page.translate("never")
    return f"{page.card_context.format_date(to_beijing_day(value))} {value.astimezone(BEIJING):%H:%M}"


@pass_context
def _name_category(context: Context, value: str) -> str:
    page: PageContext = context["page"]
    return page.card_context.name_category(value)


@pass_context
def _find_word(context: Context, value: str) -> str:
    page: PageContext = context["page"]
    return find_word(value, page.language)


@pass_context
def _format_proof(context: Context, value: str) -> str:
    page: PageContext = context["page"]
    return format_proof(translate_fact(value) if page.language == "zh" else value, 1_000)


@pass_context
def _translate_sentence(context: Context, value: str) -> str:
    """Return a caution, a note or a doubt in the language of the page, on one line."""
    page: PageContext = context["page"]
    words = translate_caution(value) if page.language == "zh" else spell_dates(name_database(value))
    return to_one_line(words, 2_000)


@pass_context
def _explain_problem(context: Context, value: str) -> str:
    """Return why something cannot be done, in the language of the page, on one line."""
    page: PageContext = context["page"]
    return to_one_line(explain_problem(str(value), page.language), 2_000)


@pass_context
def _describe_failure(context: Context, value: WatcherLine) -> str:
    """Return what is wrong with a source, in the language of the page, on one line."""
    page: PageContext = context["page"]
    return to_one_line(describe_source_problem(value, page.language), 2_000)


@pass_context
def _format_state(context: Context, value: Any) -> str:
    """Return the state of a legal status, its last day and what was announced about it."""
    page: PageContext = context["page"]
    then = getattr(value, "then", None)  # a party and a provision have none
    return format_state(value.state, value.until, value.announced, then=then, language=page.language)
