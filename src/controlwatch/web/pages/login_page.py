"""Log in and out: the page, and the ways by password, by passkey and at a provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from controlwatch.adapters.identity.openid_provider import OpenIdProvider
from controlwatch.adapters.identity.webauthn_passkeys import PasskeySite, WebauthnVerifier
from controlwatch.services import account_refusals as refusals
from controlwatch.services.account_refusals import AccountRefusal
from controlwatch.services.accounts import MAX_PASSWORD, People
from controlwatch.services.logins import Client, Logins, ProviderRefused, ProviderUnreachable
from controlwatch.web.access import AccessError, AccessGuard, get_client_address, to_local_path
from controlwatch.web.form_guard import get_form, get_text
from controlwatch.web.login_states import LoginState, LoginStates
from controlwatch.web.page_frame import PAGE_HEADERS, PageFrame
from controlwatch.web.site_address import SiteAddress

#: Where a provider sends people back to: registered there.
RETURN_PATH = "/login/provider/return"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPages:
    """The pages that are open to everybody."""

    frame: PageFrame
    guard: AccessGuard
    logins: Logins
    people: People
    states: LoginStates
    site: SiteAddress
    provider: OpenIdProvider | None

    def build_routes(self) -> APIRouter:
        """Return the routes of logging in and out, and of links to set a password."""
        router = APIRouter(include_in_schema=False)
        checked = [Depends(self.frame.forms.check)]
        router.add_api_route("/login", self.show_login, methods=["GET"])
        router.add_api_route("/login", self.log_in, methods=["POST"], dependencies=checked)
        router.add_api_route("/logout", self.log_out, methods=["POST"], dependencies=checked)
        for path, answer in (
            ("/login/passkey/options", self.send_passkey_options),
            ("/login/passkey", self.log_in_by_passkey),
        ):
            router.add_api_route(path, answer, methods=["POST"], dependencies=checked)
        if self.provider is not None:
            router.add_api_route("/login/provider", self.lead_to_provider, methods=["GET"])
            router.add_api_route(RETURN_PATH, self.return_from_provider, methods=["GET"])
        router.add_api_route("/password/{token}", self.show_password_link, methods=["GET"])
        router.add_api_route("/password/{token}", self.set_password, methods=["POST"], dependencies=checked)
        return router

    def show_login(self, request: Request) -> Response:
        """Show the ways to log in."""
        if not self.logins.sessions.has_accounts():
            return self._render(request, error=AccountRefusal(refusals.FIRST_ACCOUNT_MISSING), status=403)
        done = "password" if request.query_params.get("done") == "password" else ""
        return self._render(request, next_path=request.query_params.get("next", "/"), done=done)

    def log_in(self, request: Request) -> Response:
        """Log in by password."""
        form, now = get_form(request), self.frame.clock()
        name, next_path = get_text(form, "name", most=300), get_text(form, "next", most=2_001)
        password = read_password(request, "password")
        return self._try_login(
            request,
            next_path,
            lambda: self.logins.log_in_by_password(
                name, password, client=self._describe_client(request), now=now
            ),
        )

    def log_out(self, request: Request) -> Response:
        """End the session of this browser; without one, nothing happens."""
        try:
            visitor = self.guard.identify(request)
        except AccessError:
            visitor = None
        if visitor is not None:
            address = get_client_address(request)
            self.logins.log_out(visitor, address=address, now=self.frame.clock())
        response = RedirectResponse("/login", status_code=303)
        self.site.forget_session_cookie(request, response)
        return response

    def send_passkey_options(self, request: Request) -> Response:
        """Send what the browser needs to ask for a passkey."""
        site = self.site.find_passkey_site(request)
        if site is None:
            return Response("{}", status_code=404, media_type="application/json")
        state = self.states.begin_login(to_local_path(get_text(get_form(request), "next", most=2_001)))
        response = Response(
            site.build_login_options(state.challenge), media_type="application/json", headers=PAGE_HEADERS
        )
        self.states.keep_in_browser(request, response, "passkey", state, self.frame.clock())
        return response

    def log_in_by_passkey(self, request: Request) -> Response:
        """Log in by what the browser proves with a passkey."""
        now, answer = self.frame.clock(), get_text(get_form(request), "answer", most=30_000)
        try:
            site = get_passkey_site(request, self.site)
            state = self.states.finish_login(request, "passkey", now)
        except AccountRefusal as error:
            return self._render(request, error=error, status=400)
        verifier = WebauthnVerifier(site=site, challenge=state.challenge)
        return self._try_login(
            request,
            state.next_path,
            lambda: self.logins.log_in_by_passkey(
                answer, verifier, client=self._describe_client(request), now=now
            ),
        )

    def lead_to_provider(self, request: Request) -> Response:
        """Send the browser to the provider."""
        provider = self.get_provider()
        state = self.states.begin_login(to_local_path(request.query_params.get("next", "/")))
        try:
            url = provider.build_login_url(
                redirect_uri=self.site.find_base_url(request) + RETURN_PATH,
                state=state.value,
                nonce=state.derive_value("nonce"),
                verifier=state.derive_value("verifier"),
            )
        except ProviderUnreachable as error:
            return self._refuse_provider(request, refusals.PROVIDER_UNREACHABLE, error, state.next_path)
        response = RedirectResponse(url, status_code=303)
        self.states.keep_in_browser(request, response, "provider", state, self.frame.clock())
        return response

    def return_from_provider(self, request: Request) -> Response:
        """Log in whom the provider sends back."""
        provider, now = self.get_provider(), self.frame.clock()
        client = self._describe_client(request)
        try:
            self.logins.check_attempts("", client)
            state = self.states.finish_login(request, "provider", now)
        except AccountRefusal as error:
            return self._render(request, error=error, status=choose_status(error, 400))
        try:
            identity = provider.identify(
                get_returned_code(request, state),
                redirect_uri=self.site.find_base_url(request) + RETURN_PATH,
                nonce=state.derive_value("nonce"),
                verifier=state.derive_value("verifier"),
                issuer=request.query_params.get("iss"),
            )
        except ProviderRefused as error:
            self.logins.record_failure(f"provider: {error}", client=client, now=now)
            return self._refuse_provider(request, refusals.PROVIDER_REFUSED, error, state.next_path)
        except ProviderUnreachable as error:
            return self._refuse_provider(request, refusals.PROVIDER_UNREACHABLE, error, state.next_path)
        language = self.frame.choose_language(request)
        return self._try_login(
            request,
            state.next_path,
            lambda: self.logins.log_in_by_provider(identity, language=language, client=client, now=now),
        )

    def show_password_link(self, request: Request, token: str) -> Response:
        """Show the form to set a password."""
        try:
            account = self.people.find_link_owner(token, now=self.frame.clock())
        except AccountRefusal as error:
            return self._render_password(request, error=error, status=404)
        return self._render_password(request, name=account.name)

    def set_password(self, request: Request, token: str) -> Response:
        """Set the password of the person whom a link is for, and lead to the login."""
        now, name = self.frame.clock(), ""
        try:
            name = self.people.find_link_owner(token, now=now).name
            address = get_client_address(request)
            self.people.set_password_by_link(token, read_new_password(request), address=address, now=now)
        except AccountRefusal as error:
            return self._render_password(request, name=name, error=error, status=400)
        return RedirectResponse("/login?done=password", status_code=303)

    def get_provider(self) -> OpenIdProvider:
        """Return the provider, without which its routes do not exist."""
        if self.provider is None:
            raise LookupError("no provider is set up")
        return self.provider

    def _try_login(self, request: Request, next_path: str, log_in: Callable[[], str]) -> Response:
        """Give the browser the token of its new session, or show why there is none."""
        try:
            token = log_in()
        except AccountRefusal as error:
            return self._render(request, next_path=next_path, error=error, status=choose_status(error, 401))
        response = RedirectResponse(to_local_path(next_path), status_code=303)
        self.site.set_session_cookie(request, response, token)
        for purpose in ("passkey", "provider"):
            self.states.forget_in_browser(request, response, purpose)
        return response

    def _refuse_provider(self, request: Request, text: str, error: Exception, next_path: str) -> Response:
        log.warning("a login at the provider was not completed", reason=str(error))
        shown = AccountRefusal(text, provider=self.get_provider().client.host)
        return self._render(request, next_path=next_path, error=shown, status=502)

    def _describe_client(self, request: Request) -> Client:
        return Client(
            address=get_client_address(request),
            agent=request.headers.get("user-agent", ""),
            session_token=self.guard.find_session_token(request),
        )

    def _render(
        self,
        request: Request,
        *,
        next_path: str = "/",
        error: AccountRefusal | None = None,
        done: str = "",
        status: int = 200,
    ) -> Response:
        response = self.frame.render(
            request,
            "login.html",
            next_path=to_local_path(next_path),
            error=self.frame.explain_refusal(request, error) if error else "",
            has_accounts=self.logins.sessions.has_accounts(),
            has_passkeys=self.site.find_passkey_site(request) is not None,
            provider=self.provider.client.host if self.provider is not None else "",
            done=done,
            status_code=status,
        )
        if error is not None and "minutes" in error.values:
            response.headers["Retry-After"] = str(int(str(error.values["minutes"])) * 60)
        return response

    def _render_password(
        self, request: Request, *, name: str = "", error: AccountRefusal | None = None, status: int = 200
    ) -> Response:
        shown = self.frame.explain_refusal(request, error) if error else ""
        return self.frame.render(request, "password.html", name=name, error=shown, status_code=status)


def choose_status(error: AccountRefusal, status: int) -> int:
    """Return the HTTP status of a refusal: 429 where there were too many attempts."""
    return 429 if error.text == refusals.TOO_MANY_ATTEMPTS else status


def get_passkey_site(request: Request, site: SiteAddress) -> PasskeySite:
    """Return the site of passkeys; raises `AccountRefusal` where browsers refuse them."""
    found = site.find_passkey_site(request)
    if found is None:
        raise AccountRefusal(refusals.BAD_PASSKEY)
    return found


def get_returned_code(request: Request, state: LoginState) -> str:
    """Return the code with which a provider sends a browser back; raises `ProviderRefused`."""
    query = request.query_params
    if query.get("state") != state.value:
        raise ProviderRefused("the state is not the one of this browser")
    if not query.get("code"):
        raise ProviderRefused(f"it sent no code: {query.get('error', '')[:80]}")
    return query["code"]


def read_password(request: Request, name: str) -> str:
    """Return a password of a form, with its white space; one character more than allowed at most."""
    value = get_form(request).get(name)
    return value[: MAX_PASSWORD + 1] if isinstance(value, str) else ""


def read_new_password(request: Request) -> str:
    """Return a new password that was typed twice; raises `AccountRefusal` where the two differ."""
    first, second = (read_password(request, name) for name in ("new_password", "again"))
    if first != second:
        raise AccountRefusal(refusals.PASSWORDS_DIFFER)
    return first
