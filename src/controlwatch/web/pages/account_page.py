"""The page of one's own account: language, password, passkeys, sessions, tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from controlwatch.adapters.identity.webauthn_passkeys import WebauthnVerifier
from controlwatch.core.model.account import Account, PageLanguage, list_allowed_scopes
from controlwatch.services import account_refusals as refusals
from controlwatch.services.account_records import PasskeyRefused
from controlwatch.services.account_refusals import AccountRefusal
from controlwatch.services.accounts import People
from controlwatch.services.logins import Logins
from controlwatch.web.access import LoginRequired, get_actor, get_visitor
from controlwatch.web.form_guard import get_form, get_text
from controlwatch.web.login_states import LoginStates
from controlwatch.web.page_frame import LANGUAGE_COOKIE, PAGE_HEADERS, YEAR_SECONDS, PageFrame, RowNumber
from controlwatch.web.pages.login_page import get_passkey_site, read_new_password, read_password
from controlwatch.web.site_address import SiteAddress

#: A number of a row in an address.
#: Days after which a token ends, as the form offers them; "": it has no end.
TOKEN_DAYS = {"30": 30, "90": 90, "365": 365}
#: What was done, as the page says it; the address of the page names it.
DONE = {
    "language": "The language is changed.",
    "password": "The password is changed. Your other sessions have ended.",
    "passkey": "The passkey is added.",
    "passkey-removed": "The passkey is removed.",
    "sessions": "The session has ended.",
    "token-revoked": "The token is revoked.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPages:
    """The page of one's own account, and what it sends. Tokens of the API do not open it."""

    frame: PageFrame
    logins: Logins
    people: People
    states: LoginStates
    site: SiteAddress
    secret: bytes = field(repr=False)

    def build_routes(self) -> APIRouter:
        """Return the routes of the account."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/account", self.show_account, methods=["GET"])
        checked = [Depends(self.frame.forms.check)]
        for path, answer in (
            ("/account/language", self.change_language),
            ("/account/password", self.change_password),
            ("/account/passkeys", self.add_passkey),
            ("/account/passkeys/options", self.send_passkey_options),
            ("/account/passkeys/{number}/remove", self.remove_passkey),
            ("/account/sessions/{number}/revoke", self.revoke_session),
            ("/account/sessions/revoke", self.revoke_other_sessions),
            ("/account/tokens", self.create_token),
            ("/account/tokens/{number}/revoke", self.revoke_token),
        ):
            router.add_api_route(path, answer, methods=["POST"], dependencies=checked)
        return router

    def show_account(self, request: Request) -> Response:
        """Show one's own account."""
        return self._render(request, done=DONE.get(request.query_params.get("done", ""), ""))

    def change_language(self, request: Request) -> Response:
        """Change the language of the pages, of this browser too."""
        language: PageLanguage = "zh" if get_text(get_form(request), "language") == "zh" else "en"
        account, now = self._find_own(request), self.frame.clock()
        self.people.change_language(account, language, by=get_actor(request), now=now)
        response = self._lead_back("language")
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_SECONDS, samesite="lax", httponly=True)
        return response

    def change_password(self, request: Request) -> Response:
        """Change the password, which takes the old one; other sessions end."""

        def change() -> None:
            self.people.change_own_password(
                self._find_own(request),
                read_password(request, "password"),
                read_new_password(request),
                by=get_actor(request),
                now=self.frame.clock(),
                keep_session=get_visitor(request).session_id,
            )

        return self._try(request, "password", change)

    def send_passkey_options(self, request: Request) -> Response:
        """Send what the browser needs to make a passkey."""
        account, site = self._find_own(request), self.site.find_passkey_site(request)
        if site is None:
            return Response("{}", status_code=404, media_type="application/json")
        state = self.states.begin_login("/account")
        known = self.people.records.list_passkeys(account.id)
        options = site.build_registration_options(state.challenge, account, known, secret=self.secret)
        response = Response(options, media_type="application/json", headers=PAGE_HEADERS)
        self.states.keep_in_browser(request, response, "new-passkey", state, self.frame.clock())
        return response

    def add_passkey(self, request: Request) -> Response:
        """Add the passkey that the browser has made."""

        def add() -> None:
            form, now, account = get_form(request), self.frame.clock(), self._find_own(request)
            site = get_passkey_site(request, self.site)
            state = self.states.finish_login(request, "new-passkey", now)
            verifier = WebauthnVerifier(site=site, challenge=state.challenge)
            self.people.add_passkey(
                account,
                get_text(form, "answer", most=30_000),
                verifier,
                name=get_text(form, "name", most=100),
                by=get_actor(request),
                now=now,
            )

        return self._try(request, "passkey", add)

    def remove_passkey(self, request: Request, number: RowNumber) -> Response:
        """Remove a passkey."""

        def remove() -> None:
            account, now = self._find_own(request), self.frame.clock()
            self.people.remove_passkey(account, number, by=get_actor(request), now=now)

        return self._try(request, "passkey-removed", remove)

    def revoke_session(self, request: Request, number: RowNumber) -> Response:
        """End one of one's own sessions."""
        account, now = self._find_own(request), self.frame.clock()
        self.logins.revoke_sessions(account, [number], by=get_actor(request), now=now)
        return self._lead_back("sessions")

    def revoke_other_sessions(self, request: Request) -> Response:
        """End one's own sessions but this one."""
        account, now = self._find_own(request), self.frame.clock()
        own = get_visitor(request).session_id
        others = [
            session.id
            for session in self.logins.sessions.list_sessions(account.id, now=now)
            if session.id != own
        ]
        self.logins.revoke_sessions(account, others, by=get_actor(request), now=now)
        return self._lead_back("sessions")

    def create_token(self, request: Request) -> Response:
        """Create a token of the API, and show it this once."""
        form, now, account = get_form(request), self.frame.clock(), self._find_own(request)
        days = TOKEN_DAYS.get(get_text(form, "days"))
        try:
            token = self.people.create_token(
                account,
                get_text(form, "token_name", most=100),
                {value for value in form.getlist("scope") if isinstance(value, str)},
                lifetime=timedelta(days=days) if days is not None else None,
                by=get_actor(request),
                now=now,
            )
        except AccountRefusal as error:
            return self._render(request, error=error, status=400)
        return self._render(request, token=token)

    def revoke_token(self, request: Request, number: RowNumber) -> Response:
        """End a token of the API."""
        account, now = self._find_own(request), self.frame.clock()
        self.people.revoke_token(account, number, by=get_actor(request), now=now)
        return self._lead_back("token-revoked")

    def _find_own(self, request: Request) -> Account:
        """Return the account of the person at the browser; raises `LoginRequired` without a session."""
        visitor = get_visitor(request)
        own = visitor.account_id if visitor.session_id is not None else None
        account = self.people.records.find_account(own) if own is not None else None
        if account is None:
            raise LoginRequired
        return account

    def _try(self, request: Request, done: str, change: Callable[[], None]) -> Response:
        """Make a change and lead back to the page, or show why it was not made."""
        try:
            change()
        except AccountRefusal as error:
            return self._render(request, error=error, status=400)
        except PasskeyRefused:
            return self._render(request, error=AccountRefusal(refusals.BAD_PASSKEY), status=400)
        return self._lead_back(done)

    def _lead_back(self, done: str) -> Response:
        return RedirectResponse(f"/account?done={done}", status_code=303)

    def _render(
        self,
        request: Request,
        *,
        error: AccountRefusal | None = None,
        done: str = "",
        token: str = "",
        status: int = 200,
    ) -> Response:
        account, now = self._find_own(request), self.frame.clock()
        return self.frame.render(
            request,
            "account.html",
            account=account,
            error=self.frame.explain_refusal(request, error) if error else "",
            done=self.frame.translate(request, done) if done else "",
            token=token,
            passkeys=self.people.records.list_passkeys(account.id),
            has_passkeys=self.site.find_passkey_site(request) is not None,
            sessions=self.logins.sessions.list_sessions(account.id, now=now),
            tokens=self.logins.sessions.list_tokens(account.id, now=now),
            scopes=list_allowed_scopes(account.role),
            status_code=status,
        )
