"""Log in at a provider of OpenID Connect: a real one on loopback, and one that lies."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from controlwatch.core.model.account import Role
from controlwatch.testing.sites import Answer, Asked, Sites
from controlwatch.web.access import SESSION_COOKIE
from tests.browser.conftest import Site, served
from tests.people import FormClient, create_account, find_alert

PEOPLE = (
    oidc_provider_mock.User(
        sub="17",
        claims={
            "preferred_username": "Li.Wei",
            "email": "li@firm.example",
            "email_verified": True,
            "groups": ["desk"],
        },
    ),
    oidc_provider_mock.User(
        sub="18",
        claims={"preferred_username": "chief", "email": "chief@firm.example", "groups": ["all", "it=ops"]},
    ),
    oidc_provider_mock.User(sub="<script>alert(1)</script>", claims={"preferred_username": "\u202e<b>x</b>"}),
)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The issuer of a real provider with some people."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with oidc_provider_mock.run_server_in_thread(user_claims=PEOPLE) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def site(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(
        tmp_path_factory.mktemp("state"),
        oidc_issuer=provider,
        oidc_client_id="controlwatch",
        oidc_client_secret="a secret of the client",
        oidc_role_claim="groups",
        oidc_roles="officer = desk\noperator = it=ops",
    ) as opened:
        create_account(opened.app, "chief", Role.OPERATOR)
        yield opened


@pytest.fixture
def client(site: Site) -> Iterator[FormClient]:
    with FormClient(base_url=site.url) as opened:
        yield opened


def come_back(client: FormClient, subject: str, next_path: str = "/") -> str:
    """Return the address to which the provider sends a person back who logs in there."""
    sent = client.get("/login/provider", params={"next": next_path})
    answer = httpx.post(sent.headers["location"], data={"sub": subject})
    return str(answer.headers["location"])


def test_a_person_of_the_provider_gets_the_role_of_their_claim_and_the_page_they_asked_for(
    site: Site, client: FormClient
) -> None:
    assert "/login/provider?next=/audit" in client.get("/login?next=/audit").text
    answer = client.get(come_back(client, "17", "/account?x=1"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?x=1")
    assert "li.wei" in client.get("/account").text
    found = site.app.store.people.find_account_by_name("li.wei")
    assert found is not None
    assert (found.role, found.email) == (Role.OFFICER, "li@firm.example")


def test_the_same_name_at_the_provider_is_another_person(site: Site, client: FormClient) -> None:
    before = site.app.store.people.find_account_by_name("chief")
    for _ in range(2):
        assert client.get(come_back(client, "18")).status_code == 303
    found = {one.name: one for one in site.app.store.people.list_accounts()}
    assert found["chief"] == before
    assert found["chief-2"].role is Role.OPERATOR
    assert found["chief-2"].email == ""  # the provider has not verified it
    assert "chief-3" not in found


def test_a_hostile_name_at_the_provider_becomes_a_harmless_one(site: Site, client: FormClient) -> None:
    assert client.get(come_back(client, "<script>alert(1)</script>")).status_code == 303
    assert site.app.store.people.find_account_by_name("person") is not None
    assert "<script>alert" not in client.get("/account").text


@pytest.mark.parametrize(
    "how", ["twice", "another browser", "another state", "no code", "denied", "other issuer"]
)
def test_a_return_that_this_browser_did_not_begin_or_that_was_used_logs_nobody_in(
    site: Site, client: FormClient, how: str
) -> None:
    url, asker = come_back(client, "17"), client
    other = FormClient(base_url=site.url)
    if how == "twice":
        assert client.get(url).status_code == 303
        asker.send_form("/logout", "/account")
    elif how == "another browser":
        asker = other
    elif how == "another state":
        url = url.replace("state=", "state=x")
    elif how == "no code":
        url = url.replace("code=", "other=")
    elif how == "denied":
        url = url.replace("code=", "error=access_denied&other=")
    else:
        url += "&iss=https%3A%2F%2Fevil.example"
    answer = asker.get(url)
    assert answer.status_code in {400, 502}
    assert find_alert(answer)
    assert SESSION_COOKIE not in asker.cookies
    assert asker.get("/").status_code == 303
    other.close()


def test_a_provider_that_cannot_be_asked_is_named_and_the_password_still_works(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with (
        Sites() as nothing,
        served(
            tmp_path_factory.mktemp("state"), oidc_issuer=nothing.origin, oidc_client_id="controlwatch"
        ) as site,
        FormClient(base_url=site.url) as client,
    ):
        create_account(site.app, "chief", Role.OPERATOR)
        answer = client.get("/login/provider")
        assert answer.status_code == 502
        assert "127.0.0.1 cannot be used at the moment" in find_alert(answer)
        asked = len(nothing.asked)
        client.get("/login/provider")
        assert len(nothing.asked) == asked  # it is left alone for a while
        assert client.log_in("chief").status_code == 303


class Liar:
    """A provider whose tokens are as a test wants them; it checks PKCE, and remembers what it was sent."""

    def __init__(self, sites: Sites) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.issuer = sites.origin
        self.sign: Any = self.sign_as_usual
        self.changed: dict[str, Any] = {}
        self.asked: dict[str, str] = {}
        discovery = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        for path, reply in (
            ("/.well-known/openid-configuration", lambda _: self.send_json(discovery)),
            ("/keys", lambda _: self.send_json({"keys": [self.key.as_dict(private=False)]})),
            ("/token", self.send_token),
        ):
            sites.put(f"{self.issuer}{path}", reply)

    def send_json(self, value: object, status: int = 200) -> Answer:
        return Answer(body=json.dumps(value).encode(), content_type="application/json", status=status)

    def send_token(self, asked: Asked) -> Answer:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if digest.decode().rstrip("=") != self.asked["code_challenge"]:
            return self.send_json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": "17", "aud": "controlwatch", "exp": now + 300, "iat": now,
            "nonce": self.asked["nonce"], "preferred_username": "li",
        }  # fmt: skip
        claims = {name: value for name, value in {**claims, **self.changed}.items() if value is not None}
        return self.send_json({"access_token": "a", "token_type": "Bearer", "id_token": self.sign(claims)})

    def sign_as_usual(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)

    def sign_with_another_key(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, RSAKey.generate_key(2048))

    def sign_with_the_public_key(self, claims: dict[str, Any]) -> str:
        """Sign with what everybody knows, as if it were a shared secret."""
        return jwt.encode(
            {"alg": "HS256", "kid": "1"}, claims, OctKey.import_key(self.key.as_pem(private=False))
        )

    def sign_with_the_client_secret(self, claims: dict[str, Any]) -> str:
        return jwt.encode(
            {"alg": "HS256", "kid": "1"}, claims, OctKey.import_key(b"a secret of the client" * 2)
        )

    def sign_not_at_all(self, claims: dict[str, Any]) -> str:
        parts = ({"alg": "none"}, claims)
        return (
            ".".join(
                base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
            )
            + "."
        )

    def send_garbage(self, claims: dict[str, Any]) -> Any:
        del claims
        return {"a": ["token"]}


@pytest.fixture(scope="module")
def liar_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Liar, Site]]:
    with Sites() as sites:
        liar = Liar(sites)
        with served(
            tmp_path_factory.mktemp("state"), oidc_issuer=liar.issuer, oidc_client_id="controlwatch"
        ) as site:
            create_account(site.app, "chief", Role.OPERATOR)
            yield liar, site


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://login.example"}, {"iss": None},
        {"aud": "another client"}, {"aud": None}, {"aud": ["controlwatch", "another"], "azp": "another"},
        {"exp": 1}, {"exp": None}, {"nonce": "another"}, {"nonce": None},
        {"sub": ""}, {"sub": None}, {"sub": 17}, {"sub": "x" * 256},
        {"iat": int(time.time()) + 9_000},
    ],
)  # fmt: skip
def test_a_token_that_is_not_for_this_login_is_refused(
    liar_site: tuple[Liar, Site], changed: dict[str, Any]
) -> None:
    liar, site = liar_site
    liar.sign, liar.changed = liar.sign_as_usual, changed
    assert log_in_at(liar, site) == 502


@pytest.mark.parametrize(
    "way",
    [
        "sign_with_another_key",
        "sign_with_the_public_key",
        "sign_with_the_client_secret",
        "sign_not_at_all",
        "send_garbage",
    ],
)
def test_a_token_that_the_provider_did_not_sign_is_refused(liar_site: tuple[Liar, Site], way: str) -> None:
    liar, site = liar_site
    liar.sign, liar.changed = getattr(liar, way), {}
    assert log_in_at(liar, site) == 502


def test_a_token_as_it_should_be_is_taken_and_nobody_is_more_than_reader_by_default(
    liar_site: tuple[Liar, Site],
) -> None:
    liar, site = liar_site
    liar.sign, liar.changed = liar.sign_as_usual, {"groups": ["operator"], "role": "operator"}
    assert log_in_at(liar, site) == 303
    found = site.app.store.people.find_account_by_name("li")
    assert found is not None
    assert found.role is Role.READER


def log_in_at(liar: Liar, site: Site) -> int:
    """Return the status of a login at the liar."""
    with FormClient(base_url=site.url) as client:
        sent = client.get("/login/provider")
        liar.asked = {
            name: values[0] for name, values in parse_qs(urlsplit(sent.headers["location"]).query).items()
        }
        assert liar.asked["code_challenge_method"] == "S256"
        query = {"code": "c", "state": liar.asked["state"]}
        return client.get("/login/provider/return", params=query).status_code
