"""A provider of OpenID Connect: the authorization code flow with PKCE, state, nonce and a verified token."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from controlwatch.adapters.limits.bounded_http import BoundedHttpClient, HttpAnswer
from controlwatch.core.model.account import Role
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.services.logins import ProviderIdentity, ProviderRefused, ProviderUnreachable

TIMEOUT = 10.0  #: seconds for each exchange as a whole
METADATA_LIFETIME = 3_600.0  #: seconds for which the provider's addresses and keys are kept
KEY_INTERVAL = 60.0  #: seconds at least between two requests for keys that a token made necessary
FAILURE_LIFETIME = 15.0  #: seconds for which a provider that could not be asked is not asked again
LEEWAY = 60  #: seconds by which the clocks may differ
#: Signatures with the provider's own key; never one with a secret that both sides know, or none.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
#: What the libraries raise for an answer that is damaged, beside their own errors.
DAMAGED = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderClient:
    """How this installation is known to a provider."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    role_claim: str = ""  #: of the token that states roles; parts.within.it; "": it states none
    roles: Mapping[str, Role] = field(default_factory=dict)  #: role by the value of that claim

    @property
    def host(self) -> str:
        """How the provider is called where people read of it."""
        return urlsplit(self.issuer).hostname or self.issuer


@dataclass(slots=True)
class _Discovered:
    """What a provider says of itself."""

    metadata: Mapping[str, Any]
    keys: Mapping[str, Any]
    until: float  #: by the monotonic clock
    keys_at: float


class OpenIdProvider:
    """Leads people to a provider, and verifies whom it sends back. Safe to use from several threads."""

    def __init__(self, client: ProviderClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.client = client
        self._http = BoundedHttpClient(seconds=TIMEOUT)
        self._clock = clock
        self._guard = threading.Lock()
        self._known: _Discovered | None = None
        self._failed: tuple[float, str] = (float("-inf"), "")  #: until when, and why, it is not asked

    def build_login_url(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Return the address at which a person logs in; raises `ProviderUnreachable`."""
        known = self._discover()
        client = self._build_client(known, redirect_uri)
        url, _ = client.create_authorization_url(
            known.metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
        )
        return str(url)

    def identify(
        self, code: str, *, redirect_uri: str, nonce: str, verifier: str, issuer: str | None = None
    ) -> ProviderIdentity:
        """Return who came back with a code; `issuer` is what the address of the return states (RFC 9207).

        Raises `ProviderRefused` where it is not proven, `ProviderUnreachable`.
        """
        if issuer is not None and issuer != self.client.issuer:
            raise ProviderRefused("another provider sent the person back")
        known = self._discover()
        client = self._build_client(known, redirect_uri)
        try:
            token = client.fetch_token(
                known.metadata["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                redirect_uri=redirect_uri,
            )
        except OAuth2Error as error:
            raise ProviderRefused(to_one_line(f"the code was refused: {error.error}", 160)) from error
        except (httpx.HTTPError, *DAMAGED) as error:
            raise ProviderUnreachable("its answer to the code cannot be used") from error
        written = token.get("id_token")
        if not isinstance(written, str):
            raise ProviderRefused("the answer holds no id_token")
        return self._to_identity(self._verify_token(written, known, nonce, token.get("access_token")))

    def _verify_token(
        self, written: str, known: _Discovered, nonce: str, access_token: object
    ) -> Mapping[str, Any]:
        """Return the claims of a token: its signature, issuer, audience, times and nonce are verified."""
        try:
            token = self._decode_token(written, known)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": self.client.issuer},
                    "aud": {"essential": True, "value": self.client.client_id},
                    "sub": {"essential": True},
                    "exp": {"essential": True},
                },
                {"nonce": nonce, "client_id": self.client.client_id, "access_token": access_token},
            )
            claims.validate(leeway=LEEWAY)
        except (JoseError, *DAMAGED) as error:
            raise ProviderRefused(to_one_line(f"the id_token is not valid: {error}", 160)) from error
        return dict(claims)

    def _decode_token(self, written: str, known: _Discovered) -> jwt.Token:
        """Return a token whose signature is the provider's; keys are asked for again where none fits."""
        try:
            return jwt.decode(written, KeySet.import_key_set(dict(known.keys)), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        except (JoseError, *DAMAGED):
            if self._clock() - known.keys_at < KEY_INTERVAL:
                raise
            with self._guard:
                known.keys, known.keys_at = self._request_json(known.metadata["jwks_uri"]), self._clock()
            return jwt.decode(written, KeySet.import_key_set(dict(known.keys)), algorithms=ALGORITHMS)  # type: ignore[arg-type]

    def _to_identity(self, claims: Mapping[str, Any]) -> ProviderIdentity:
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise ProviderRefused("the id_token names no subject")
        name = next((claims[key] for key in ("preferred_username", "name") if claims.get(key)), "")
        return ProviderIdentity(
            issuer=self.client.issuer,
            subject=subject,
            name=str(name)[:200],
            email=str(claims.get("email", ""))[:254] if claims.get("email_verified") is True else "",
            role=choose_role(claims, self.client),
        )

    def _build_client(self, known: _Discovered, redirect_uri: str) -> OAuth2Client:
        methods = known.metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        way = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        return OAuth2Client(
            _FormSession(self._http),
            client_id=self.client.client_id,
            client_secret=self.client.client_secret or None,
            token_endpoint_auth_method=way if self.client.client_secret else "none",
            scope="openid profile email",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    def _discover(self) -> _Discovered:
        """Return what the provider says of itself, asked for once an hour; raises `ProviderUnreachable`."""
        with self._guard:
            now = self._clock()
            if self._known is not None and now < self._known.until:
                return self._known
            until, reason = self._failed
            if now < until:
                raise ProviderUnreachable(reason)
            try:
                metadata = self._request_metadata()
                keys = self._request_json(metadata["jwks_uri"])
            except ProviderUnreachable as error:
                self._failed = self._clock() + FAILURE_LIFETIME, str(error)
                raise
            self._known = _Discovered(metadata, keys, until=now + METADATA_LIFETIME, keys_at=now)
            return self._known

    def _request_metadata(self) -> Mapping[str, Any]:
        issuer = self.client.issuer
        metadata = self._request_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if metadata.get("issuer") != issuer:
            raise ProviderUnreachable("it calls itself by another name than CONTROLWATCH_OIDC_ISSUER")
        for name in ENDPOINTS:
            if urlsplit(str(metadata.get(name, ""))).scheme not in {"https", urlsplit(issuer).scheme}:
                raise ProviderUnreachable(f"it states no {name} that can be used")
        return metadata

    def _request_json(self, url: str) -> Mapping[str, Any]:
        try:
            answer = self._http.send("GET", url, headers={"Accept": "application/json"})
            found = json.loads(answer.body) if answer.is_success else None
        except (httpx.HTTPError, httpx.InvalidURL, *DAMAGED) as error:
            raise ProviderUnreachable(f"{type(error).__name__} at {self.client.host}") from error
        if not isinstance(found, dict):
            raise ProviderUnreachable(f"{self.client.host} answered {answer.status} instead of JSON")
        return found


@dataclass(frozen=True, slots=True)
class _FormSession:
    """Posts the forms of authlib's client over our bounded transport."""

    http: BoundedHttpClient

    def post(self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> Any:
        """Post a form, and return the answer as authlib reads it."""
        target, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return _FormAnswer(self.http.send("POST", target, body=body.encode(), headers=sent))


@dataclass(frozen=True, slots=True)
class _FormAnswer:
    """An answer as authlib reads it."""

    answer: HttpAnswer

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self.answer.status

    def json(self) -> Any:
        """Return the parsed body; raises ValueError."""
        return json.loads(self.answer.body)

    def raise_for_status(self) -> None:
        """Raise `httpx.HTTPError` unless the status is 2xx."""
        if not self.answer.is_success:
            raise httpx.HTTPError(f"status {self.answer.status}")


def choose_role(claims: Mapping[str, Any], client: ProviderClient) -> Role | None:
    """Return the highest role that the claim of roles states, reader where it states none that is known here.

    None where roles are not the provider's matter. `realm_access.roles` is the claim within another.
    """
    if not client.role_claim:
        return None
    found: Any = claims.get(client.role_claim)
    if found is None:
        found = claims
        for part in client.role_claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    values = found if isinstance(found, list) else [found]
    roles = [client.roles[value] for value in values if isinstance(value, str) and value in client.roles]
    return max(roles, key=list(Role).index, default=Role.READER)
