"""Who may use the API: a token with the scope that is needed, a session, or the machine itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from controlwatch.core.model.account import SCOPES, Visitor
from controlwatch.core.model.errors import StoreLost
from controlwatch.services.access import hash_token
from controlwatch.web.access import AccessGuard, LoginRequired, NotLocal, get_client_address, get_visitor
from controlwatch.web.api.problems import ApiProblem, describe_store_failure, render_problem
from controlwatch.web.api.rate_limits import RateLimits

#: What a token may do. A person with a session may do what the role allows.
Scope = Literal["read", "subscribe", "act", "operate"]
#: Who a request comes from, behind a dependency of `ApiGuard.allow`.
ApiVisitor = Annotated[Visitor, Depends(get_visitor)]
CHANGES_NOTHING = frozenset({"GET", "HEAD", "OPTIONS"})
CREATE_ACCOUNT = (
    "No account exists yet, so the API is served only to the machine that controlwatch runs on. To open it "
    "to others, create the first account there: controlwatch users add NAME --role operator"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiGuard:
    """Lets requests pass that have a scope, as long as they are not too many."""

    guard: AccessGuard
    rates: RateLimits

    def identify(self, request: Request) -> Visitor:
        """Return who a request comes from, and count it; raises `ApiProblem`.

        The visitor, and the headers that say how many requests are left, are in `request.state` afterwards.
        """
        address = get_client_address(request)
        self.rates.require("refusals", address)
        self.rates.spend("address", address)
        try:
            visitor = self.guard.identify(request)
        except LoginRequired:
            self.rates.spend("refusals", address)
            challenge = {"WWW-Authenticate": 'Bearer realm="controlwatch"'}
            detail = "Send a valid token: Authorization: Bearer …"
            raise ApiProblem(401, "token-required", detail, headers=challenge) from None
        except NotLocal:
            raise ApiProblem(403, "not-local", CREATE_ACCOUNT) from None
        request.state.visitor = visitor
        request.state.rate_key = find_rate_key(request, visitor)
        request.state.rate_headers = self.rates.spend("requests", request.state.rate_key)
        if visitor.scopes is None and request.method not in CHANGES_NOTHING and is_of_other_site(request):
            raise ApiProblem(403, "foreign-origin", "A page of another site caused this request.")
        return visitor

    def allow(self, scope: Scope) -> Callable[[Request], None]:
        """Return a dependency that lets identified requests with a scope pass."""

        def check_scope(request: Request) -> None:
            check_visitor(get_visitor(request), scope)

        return check_scope

    def spend_names(self, request: Request, count: int) -> None:
        """Count names that are screened by an identified request. Raises `ApiProblem`."""
        self.rates.spend("names", request.state.rate_key, cost=count)


class GuardedApp:
    """Identifies each request before anything of it is read, and says how many more may come."""

    def __init__(self, app: ASGIApp, guard: ApiGuard, *, scope: Scope | None = None) -> None:
        self._app = app
        self._guard = guard
        self._scope = scope  #: that every request needs; None: the application checks it

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it as problem details."""
        request = Request(scope)
        request.state.rate_headers = {}

        async def send_with_rates(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in request.state.rate_headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            visitor = await run_in_threadpool(self._guard.identify, request)
            if self._scope is not None:
                check_visitor(visitor, self._scope)
        except ApiProblem as problem:
            await render_problem(problem)(scope, receive, send_with_rates)
        except (SQLAlchemyError, StoreLost) as error:
            await render_problem(describe_store_failure(error, ""))(scope, receive, send_with_rates)
        else:
            await self._app(scope, receive, send_with_rates)


def check_visitor(visitor: Visitor, scope: Scope) -> None:
    """Raise `ApiProblem` where a token lacks a scope, or its person the role for it."""
    if visitor.scopes is not None and scope not in visitor.scopes:
        challenge = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
        raise ApiProblem(403, "scope-required", f"The token lacks the scope {scope}.", headers=challenge)
    if not visitor.role.includes(SCOPES[scope]):
        raise ApiProblem(403, "role-required", f"This needs the role {SCOPES[scope]}.")


def find_rate_key(request: Request, visitor: Visitor) -> str:
    """Return whose requests are counted together: those of a token, a person, or the machine itself."""
    if visitor.scopes is not None:
        return hash_token(request.headers.get("authorization", "").partition(" ")[2].strip())
    return f"account {visitor.account_id}" if visitor.account_id is not None else "local"


def is_of_other_site(request: Request) -> bool:
    """Return whether a browser says that a page of another site caused a request."""
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return True
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")
