"""The pages of people put together: who may open which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter

from controlwatch.adapters.identity.openid_provider import OpenIdProvider, ProviderClient
from controlwatch.bootstrap.app import App
from controlwatch.bootstrap.connections import load_signing_secret
from controlwatch.bootstrap.people import build_account_use_cases
from controlwatch.core.model.account import Role
from controlwatch.settings import Settings
from controlwatch.web.access import AccessGuard
from controlwatch.web.login_states import LoginStates
from controlwatch.web.page_frame import PageFrame
from controlwatch.web.pages.account_page import AccountPages
from controlwatch.web.pages.audit_page import AuditPages
from controlwatch.web.pages.login_page import LoginPages
from controlwatch.web.pages.people_page import PeoplePages
from controlwatch.web.site_address import SiteAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRoutes:
    """The routes of people: those open to everybody, and the others by the role that opens them."""

    public: APIRouter
    guarded: Mapping[Role, APIRouter]


def build_account_routes(app: App, frame: PageFrame, guard: AccessGuard) -> AccountRoutes:
    """Return the routes of people."""
    secret, site = load_signing_secret(app.settings), SiteAddress(app.settings.public_url)
    cases, states = build_account_use_cases(app.settings, app.store), LoginStates(secret, site)
    people, logins = cases.people, cases.logins
    login = LoginPages(
        frame=frame,
        guard=guard,
        logins=logins,
        people=people,
        states=states,
        site=site,
        provider=build_provider(app.settings),
    )
    account = AccountPages(frame=frame, logins=logins, people=people, states=states, site=site, secret=secret)
    operator = APIRouter()
    operator.include_router(PeoplePages(frame=frame, logins=logins, people=people, site=site).build_routes())
    operator.include_router(AuditPages(frame, app.store.audit).build_routes())
    return AccountRoutes(
        public=login.build_routes(),
        guarded={Role.READER: account.build_routes(), Role.OPERATOR: operator},
    )


def build_provider(settings: Settings) -> OpenIdProvider | None:
    """Return the provider of OpenID Connect; None where none is set up."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    secret = settings.oidc_client_secret
    return OpenIdProvider(
        ProviderClient(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=secret.get_secret_value() if secret is not None else "",
            role_claim=settings.oidc_role_claim or "",
            roles=settings.provider_roles,
        )
    )
