"""The pages of people, for operators: who has a login, what they may do, their sessions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from controlwatch.core.model.account import MAX_NAME_LENGTH, Account, Role, Visitor
from controlwatch.services import account_refusals as refusals
from controlwatch.services.account_refusals import AccountRefusal
from controlwatch.services.accounts import LINK_LIFETIME, People
from controlwatch.services.logins import Logins
from controlwatch.web.access import get_actor, get_visitor
from controlwatch.web.form_guard import get_form, get_text
from controlwatch.web.page_frame import PageFrame, RowNumber
from controlwatch.web.site_address import SiteAddress

PAGE_SIZE = 100
#: What was done, as the page says it; the address of the page names it.
DONE = {
    "role": "The role is changed.",
    "email": "The e-mail address is changed.",
    "disabled": "The account is disabled; its sessions and tokens have ended.",
    "enabled": "The account is enabled.",
    "sessions": "The sessions have ended.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePages:
    """The list of people, and a page of each."""

    frame: PageFrame
    logins: Logins
    people: People
    site: SiteAddress

    def build_routes(self) -> APIRouter:
        """Return the routes of people, for operators."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/people", self.show_people, methods=["GET"])
        router.add_api_route("/people/{number}", self.show_person, methods=["GET"])
        checked = [Depends(self.frame.forms.check)]
        for path, answer in (
            ("/people", self.create_person),
            ("/people/{number}/role", self.change_role),
            ("/people/{number}/email", self.change_email),
            ("/people/{number}/link", self.build_link),
            ("/people/{number}/disable", self.disable_person),
            ("/people/{number}/enable", self.enable_person),
            ("/people/{number}/sessions/revoke", self.revoke_sessions),
        ):
            router.add_api_route(path, answer, methods=["POST"], dependencies=checked)
        return router

    def show_people(self, request: Request) -> Response:
        """Show all people, and the form to create one."""
        return self._render_list(request)

    def create_person(self, request: Request) -> Response:
        """Create a person, and show the link by which they set their password this once."""
        form, now = get_form(request), self.frame.clock()
        try:
            check_has_account(get_visitor(request))
            created = self.people.create_person(
                get_text(form, "name", most=300),
                role=read_role(get_text(form, "role")),
                email=get_text(form, "email"),
                language=self.frame.choose_language(request),
                by=get_actor(request),
                now=now,
            )
        except AccountRefusal as error:
            return self._render_list(request, error=error, typed=get_text(form, "name", most=300))
        return self._render_person(request, created, link=self._build_url(request, created))

    def show_person(self, request: Request, number: RowNumber) -> Response:
        """Show a person."""
        account = self.people.records.find_account(number)
        if account is None:
            return self._render_unknown(request)
        done = DONE.get(request.query_params.get("done", ""), "")
        return self._render_person(request, account, done=done)

    def change_role(self, request: Request, number: RowNumber) -> Response:
        """Give a person another role."""
        role, now = read_role(get_text(get_form(request), "role")), self.frame.clock()
        return self._change(
            request,
            number,
            "role",
            lambda account: self.people.change_role(account, role, by=get_actor(request), now=now),
        )

    def change_email(self, request: Request, number: RowNumber) -> Response:
        """Change the address of a person's own mail subscriptions."""
        email, now = get_text(get_form(request), "email"), self.frame.clock()
        return self._change(
            request,
            number,
            "email",
            lambda account: self.people.change_email(account, email, by=get_actor(request), now=now),
        )

    def disable_person(self, request: Request, number: RowNumber) -> Response:
        """Let a person log in no longer."""
        now = self.frame.clock()
        return self._change(
            request,
            number,
            "disabled",
            lambda account: self.people.disable_person(account, by=get_actor(request), now=now),
        )

    def enable_person(self, request: Request, number: RowNumber) -> Response:
        """Let a person log in again."""
        now = self.frame.clock()
        return self._change(
            request,
            number,
            "enabled",
            lambda account: self.people.enable_person(account, by=get_actor(request), now=now),
        )

    def revoke_sessions(self, request: Request, number: RowNumber) -> Response:
        """End the sessions of a person: the one that the form names, or all."""
        now, chosen = self.frame.clock(), get_text(get_form(request), "session")

        def revoke(account: Account) -> None:
            found = self.logins.sessions.list_sessions(account.id, now=now)
            ids = [session.id for session in found if chosen in {"", str(session.id)}]
            self.logins.revoke_sessions(account, ids, by=get_actor(request), now=now)

        return self._change(request, number, "sessions", revoke)

    def build_link(self, request: Request, number: RowNumber) -> Response:
        """Show a link by which a person sets a password."""
        account = self.people.records.find_account(number)
        if account is None:
            return self._render_unknown(request)
        self.people.record_link(account, by=get_actor(request), now=self.frame.clock())
        return self._render_person(request, account, link=self._build_url(request, account))

    def _build_url(self, request: Request, account: Account) -> str:
        token = self.people.build_password_link(account, now=self.frame.clock())
        return f"{self.site.find_base_url(request)}/password/{token}"

    def _change(
        self, request: Request, number: int, done: str, change: Callable[[Account], None]
    ) -> Response:
        """Make a change to a person and lead back to their page, or show why it was not made."""
        account = self.people.records.find_account(number)
        if account is None:
            return self._render_unknown(request)
        try:
            change(account)
        except AccountRefusal as error:
            return self._render_person(request, account, error=error)
        return RedirectResponse(f"/people/{number}?done={done}", status_code=303)

    def _render_list(
        self, request: Request, *, error: AccountRefusal | None = None, typed: str = ""
    ) -> Response:
        after = request.query_params.get("after", "")[:MAX_NAME_LENGTH]
        found = self.people.records.list_accounts(after=after, limit=PAGE_SIZE + 1)
        return self.frame.render(
            request,
            "people.html",
            people=found[:PAGE_SIZE],
            last=found[PAGE_SIZE - 1].name if len(found) > PAGE_SIZE else None,
            is_first=not after,
            roles=list(Role),
            error=self.frame.explain_refusal(request, error) if error else "",
            typed=typed,
            status_code=400 if error else 200,
        )

    def _render_person(
        self,
        request: Request,
        account: Account,
        *,
        error: AccountRefusal | None = None,
        done: str = "",
        link: str = "",
    ) -> Response:
        now = self.frame.clock()
        return self.frame.render(
            request,
            "person.html",
            account=account,
            roles=list(Role),
            sessions=self.logins.sessions.list_sessions(account.id, now=now),
            tokens=self.logins.sessions.list_tokens(account.id, now=now),
            error=self.frame.explain_refusal(request, error) if error else "",
            done=self.frame.translate(request, done) if done else "",
            link=link,
            link_days=LINK_LIFETIME.days,
            status_code=400 if error else 200,
        )

    def _render_unknown(self, request: Request) -> Response:
        text = self.frame.translate(request, refusals.UNKNOWN_PERSON)
        heading = self.frame.translate(request, "Not found")
        return self.frame.render(
            request, "message.html", heading=heading, paragraphs=(text,), link=None, status_code=404
        )


def check_has_account(visitor: Visitor) -> None:
    """Raise `AccountRefusal` for the machine itself: the page would lock it out of its own pages."""
    if visitor.account_id is None:
        raise AccountRefusal(refusals.FIRST_ACCOUNT_MISSING)


def read_role(text: str) -> Role:
    """Return the role that a form names; the least one where it names none."""
    return Role(text) if text in set(Role) else Role.READER
