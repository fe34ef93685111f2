"""Who may use the API: a token with the scope that is needed, a session, or the machine itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from fastapi import Request

from controlwatch.core.model.account import Role, Visitor
from controlwatch.services.access import hash_token
from controlwatch.web.access import AccessGuard, LoginRequired, NotLocal
from controlwatch.web.api.problems import ApiProblem
from controlwatch.web.api.rate_limits import RateLimits

#: What a token may do. A person with a session may do what the role allows.
Scope = Literal["read", "subscribe", "act", "operate"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
#: The role that a scope needs beside it.
SCOPE_ROLES: dict[Scope, Role] = {
    "read": Role.READER,
    "subscribe": Role.OFFICER,
    "act": Role.OFFICER,
    "operate": Role.OPERATOR,
}
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

    def check(self, request: Request, scope: Scope, *, changes: bool) -> Visitor:
        """Return who a request comes from; raises `ApiProblem` where it may not be answered.

        `changes`: it may change something, so that no page of another site may have caused it.
        """
        visitor = self._identify(request)
        request.state.rate_key = find_rate_key(request, visitor)
        request.state.rate_headers = self.rates.spend("requests", request.state.rate_key)
        if visitor.scopes is None and changes and is_of_other_site(request):
            raise ApiProblem(403, "foreign-origin", "A page of another site caused this request.")
        if visitor.scopes is not None and scope not in visitor.scopes:
            challenge = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
            raise ApiProblem(403, "scope-required", f"The token lacks the scope {scope}.", headers=challenge)
        if not visitor.role.includes(SCOPE_ROLES[scope]):
            raise ApiProblem(403, "role-required", f"This needs the role {SCOPE_ROLES[scope]}.")
        return visitor

    def allow(self, scope: Scope) -> Callable[[Request], Visitor]:
        """Return a dependency that lets requests with a scope pass, and gives who they come from."""

        def check_scope(request: Request) -> Visitor:
            return self.check(request, scope, changes=request.method not in CHANGES_NOTHING)

        return check_scope

    def spend_names(self, request: Request, count: int) -> None:
        """Count names that are screened, for whom `allow` let pass. Raises `ApiProblem`."""
        self.rates.spend("names", request.state.rate_key, cost=count)

    def _identify(self, request: Request) -> Visitor:
        address = request.client.host if request.client is not None else ""
        self.rates.require("refusals", address)
        self.rates.spend("address", address)
        try:
            return self.guard.identify(request)
        except LoginRequired:
            self.rates.spend("refusals", address)
            challenge = {"WWW-Authenticate": 'Bearer realm="controlwatch"'}
            detail = "Send a valid token: Authorization: Bearer …"
            raise ApiProblem(401, "token-required", detail, headers=challenge) from None
        except NotLocal:
            raise ApiProblem(403, "not-local", CREATE_ACCOUNT) from None


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
