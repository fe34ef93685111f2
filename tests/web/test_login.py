"""Once an account exists: who gets in, with what, and where it leads. Over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from controlwatch.adapters.identity.attempt_limits import NAME_LIMIT
from controlwatch.core.alerting.signed_links import sign_token
from controlwatch.core.model.account import AUDIT_KINDS, SESSION_IDLE, SESSION_LIFETIME, Role
from controlwatch.core.rendering.wording import find_word
from controlwatch.services import account_refusals
from controlwatch.services.access import hash_token
from controlwatch.web.access import SECURE_SESSION_COOKIE, SESSION_COOKIE
from controlwatch.web.page_frame import load_translations
from controlwatch.web.pages import account_page, people_page
from controlwatch.web.pages.alert_page import LOGGED_AS, OFFERED_ACTIONS
from controlwatch.web.pages.page_routes import PROGRAM_PATHS
from controlwatch.web.site import build_web_app
from tests.browser.conftest import Site, served
from tests.people import BY, FIELD, PASSWORD, FormClient, create_account, find_alert
from tests.web.test_links import READER

SECRET = "a-secret-of-at-least-thirty-two-characters"
#: What is open to everybody: logging in, health and metrics. Links in mails, feeds and calendars have a token.
OPEN = ("/login", "/static/", "/healthz", "/metrics", "/slack/events")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("state"), secret=SECRET) as opened:
        create_account(opened.app, "chief", Role.OPERATOR)
        create_account(opened.app, "officer", Role.OFFICER)
        create_account(opened.app, "reader")
        yield opened


@pytest.fixture
def client(site: Site) -> Iterator[FormClient]:
    with FormClient(base_url=site.url) as opened:
        yield opened


def list_routes(site: Site) -> list[tuple[str, str]]:
    """Return method and path of everything that the application answers."""
    contexts = iter_route_contexts(build_web_app(site.app, None).routes)
    return [(method, one.path) for one in contexts for method in sorted(one.methods or ())]


def test_every_page_needs_a_login_but_those_that_are_open(site: Site, client: FormClient) -> None:
    guarded = [
        (method, path)
        for method, path in list_routes(site)
        if not path.startswith((*OPEN, "/logout")) and "{token}" not in path
    ]
    assert {"/", "/account", "/people", "/people/{number}", "/audit"} <= {path for _, path in guarded}
    for method, path in guarded:
        answer = client.request(method, re.sub(r"\{[^}]+\}", "1", path))
        if path.startswith(PROGRAM_PATHS):
            assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"
            continue
        assert answer.status_code == 303, f"{method} {path}: {answer.status_code}"
        assert answer.headers["location"].startswith("/login?next=")


def test_an_address_with_a_token_that_nobody_signed_shows_nothing(site: Site, client: FormClient) -> None:
    paths = {path for _, path in list_routes(site) if "{token}" in path}
    assert len(paths) > 5
    for path in paths:
        for token in ("1.20991231." + "A" * 43, "1", "x" * 43):
            answer = client.get(path.replace("{token}", token))
            assert answer.status_code in {404, 405}, path


def test_health_and_signed_links_stay_open(tmp_path: Path) -> None:
    """A link in a mail does what it is for, without a login, and nothing more."""
    with (
        served(tmp_path, secret=SECRET, public_url="https://watch.example") as site,
        httpx.Client(base_url=site.url, headers={"Host": "watch.example"}) as reader,
    ):
        create_account(site.app, "chief", Role.OPERATOR)
        number = site.app.store.subscriptions.subscribe(READER, datetime.now(UTC))
        assert reader.get("/healthz").status_code in {200, 503}
        for purpose in ("unsubscribe", "confirm", "resubscribe", "acknowledge"):
            link = f"/{purpose}/{sign_token(SECRET.encode(), purpose, number)}"  # type: ignore[arg-type]
            assert "<button" in reader.get(link).text
        ended = reader.post(f"/unsubscribe/{sign_token(SECRET.encode(), 'unsubscribe', number)}")
        assert ended.status_code == 200
        assert not ended.cookies
        assert site.app.store.subscriptions.find_state(number) == "ended"
        link = f"/password/{sign_token(SECRET.encode(), 'password', 1)}"  # the secret of links alone is not enough
        assert reader.get(link).status_code == 404


def test_a_login_leads_to_the_page_that_was_asked_for(client: FormClient) -> None:
    asked = client.get("/audit", params={"who": "li & wang"})
    login = client.get(asked.headers["location"])
    [wanted] = re.findall(r'name="next" value="([^"]*)"', login.text)
    answer = client.log_in("chief", next=wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, "/audit?who=li+%26+wang")
    assert client.get(answer.headers["location"]).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        "https://a.example/", "//a.example", "/\\a.example", "\\\\a.example", "/\t/a.example", "/\n/a.example",
        "javascript:alert(1)", "a.example", "", "/login", "/logout", "http:///a.example", "/a\x00b",
    ],
)  # fmt: skip
def test_a_login_leads_to_a_page_of_this_site_only(client: FormClient, wanted: str) -> None:
    answer = client.log_in("reader", next=wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_session_is_a_cookie_that_no_script_and_no_other_site_gets(client: FormClient) -> None:
    cookie = client.log_in("reader").headers["set-cookie"]
    assert cookie.startswith(f"{SESSION_COOKIE}=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(re.split(r"[;,] ", cookie))


def test_with_https_a_session_is_bound_to_the_host_and_other_cookies_count_for_nothing(
    tmp_path: Path,
) -> None:
    with (
        served(tmp_path, public_url="https://watch.example") as site,
        FormClient(base_url=site.url, headers={"Host": "watch.example"}) as client,
    ):
        create_account(site.app, "reader")
        cookie = client.log_in("reader").headers["set-cookie"]
        assert cookie.startswith(f"{SECURE_SESSION_COOKIE}=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(re.split(r"[;,] ", cookie))
        token = cookie.partition("=")[2].partition(";")[0]
        seen = {
            name: httpx.get(f"{site.url}/", headers={"Cookie": f"{name}={token}"}).status_code
            for name in (SECURE_SESSION_COOKIE, SESSION_COOKIE)
        }
        assert seen == {SECURE_SESSION_COOKIE: 200, SESSION_COOKIE: 303}


def test_each_login_is_a_new_session_and_ends_the_one_before(client: FormClient) -> None:
    chosen = "chosen-by-somebody-else"
    client.cookies.set(SESSION_COOKIE, chosen, domain=client.base_url.host, path="/")
    client.log_in("reader")
    first = client.cookies[SESSION_COOKIE]
    client.log_in("reader")
    second = client.cookies[SESSION_COOKIE]
    assert len({chosen, first, second}) == 3
    old = httpx.get(f"{client.base_url}/", cookies={SESSION_COOKIE: first})
    assert old.status_code == 303


@pytest.mark.parametrize("how", ["logout", "revoked", "disabled", "password"])
def test_a_session_that_ended_opens_nothing(site: Site, client: FormClient, how: str) -> None:
    account = create_account(site.app, f"left-{how}")
    client.log_in(account.name)
    kept = client.cookies[SESSION_COOKIE]
    assert client.get("/").status_code == 200
    if how == "logout":
        client.send_form("/logout", "/account")
    else:
        with FormClient(base_url=client.base_url) as chief:
            chief.log_in("chief")
            page = f"/people/{account.id}"
            if how == "revoked":
                assert chief.send_form(f"{page}/sessions/revoke", page).status_code == 303
            elif how == "disabled":
                assert chief.send_form(f"{page}/disable", page).status_code == 303
            else:
                link = read_secret(chief.send_form(f"{page}/link", page))
                chief.send_form(link, link, new_password="a new pass phrase", again="a new pass phrase")
    assert httpx.get(f"{site.url}/", cookies={SESSION_COOKIE: kept}).status_code == 303


def read_secret(page: httpx.Response) -> str:
    """Return the path of the link that a page shows once."""
    [url] = re.findall(r'class="secret" value="([^"]+)"', page.text)
    return httpx.URL(url).raw_path.decode()


@pytest.mark.parametrize("age", [SESSION_IDLE, SESSION_LIFETIME])
def test_a_session_that_is_too_old_opens_nothing(site: Site, age: timedelta) -> None:
    account, token = create_account(site.app, f"old-{age.days}"), f"token-{age}"
    begun = datetime.now(UTC) - age
    action = BY.describe_action(begun, "login")
    site.app.store.accounts.add_session(account.id, hash_token(token), agent="", now=begun, action=action)
    answer = httpx.get(f"{site.url}/", headers={"Cookie": f"{SESSION_COOKIE}={token}"})
    assert answer.status_code == 303


@pytest.mark.parametrize("token", ["x", "x" * 43, "%00", "'; --", "é" * 40, "cw_" + "x" * 43, "x" * 8_000])
def test_a_cookie_or_a_token_that_was_never_given_opens_nothing(site: Site, token: str) -> None:
    raw = token.encode("latin-1", "replace")
    for headers in (
        {b"Cookie": f"{SESSION_COOKIE}=".encode() + raw},
        {b"Authorization": b"Bearer " + raw},
        {b"Authorization": b"Basic " + raw},
    ):
        answer = httpx.get(f"{site.url}/people", headers=headers)  # type: ignore[arg-type]
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fpeople")


def test_a_form_of_another_site_changes_nothing(site: Site, client: FormClient) -> None:
    client.log_in("chief")
    field = FIELD.search(client.get("/people").text)
    assert field is not None
    good = {"form_token": field[1], "name": "intruder", "role": "operator"}
    with FormClient(base_url=site.url) as other:
        foreign = FIELD.search(other.get("/login").text)
    assert foreign is not None
    for data, headers in (
        ({**good, "form_token": ""}, {}),
        ({**good, "form_token": "0" * 64}, {}),
        ({**good, "form_token": foreign[1]}, {}),  # what the page sent to another browser
        (good, {"Sec-Fetch-Site": "cross-site"}),
        (good, {"Sec-Fetch-Site": "same-site"}),
    ):
        assert client.post("/people", data=data, headers=headers).status_code == 403
    assert site.app.store.people.find_account_by_name("intruder") is None
    assert client.post("/people", data=good).status_code == 200
    assert site.app.store.people.find_account_by_name("intruder") is not None


def test_every_form_of_these_pages_refuses_to_be_sent_without_its_token(
    site: Site, client: FormClient
) -> None:
    client.log_in("chief")
    parts = ("/account", "/people", "/login", "/logout", "/password")
    paths = [path for method, path in list_routes(site) if method == "POST" and path.startswith(parts)]
    assert len(paths) > 15
    for path in paths:
        answer = client.post(re.sub(r"\{[^}]+\}", "1", path), data={"name": "x"})
        assert answer.status_code == 403, path


@pytest.mark.parametrize(("name", "opened"), [("reader", False), ("officer", False), ("chief", True)])
def test_people_and_the_log_are_for_operators(client: FormClient, name: str, *, opened: bool) -> None:
    client.log_in(name)
    for path in ("/people", "/people/1", "/audit"):
        assert client.get(path).status_code == (200 if opened else 403)
    assert ("/people" in client.get("/").text) == opened


def test_too_many_attempts_are_told_to_wait_in_the_language_of_the_page(site: Site) -> None:
    create_account(site.app, "attacked")
    with FormClient(base_url=site.url) as client:
        for _ in range(NAME_LIMIT.amount):
            answer = client.log_in("attacked", "a wrong password")
            assert (answer.status_code, find_alert(answer)) == (401, "Name or password is wrong.")
        answer = client.log_in("attacked")
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "900"
        assert find_alert(answer) == "Too many attempts to log in. Try again in 15 minutes."
        token = FIELD.search(answer.text)
        assert token is not None
        data = {"name": "attacked", "password": PASSWORD, "form_token": token[1]}
        assert (
            find_alert(client.post("/login?lang=zh", data=data)) == "登录尝试次数过多。请在 15 分钟后重试。"
        )


def test_what_is_not_known_and_what_is_wrong_look_the_same(site: Site) -> None:
    create_account(site.app, "known")
    pages = []
    for name in ("known", "unknown"):
        with FormClient(base_url=site.url) as client:
            answer = client.log_in(name, "a wrong password")
            pages.append((answer.status_code, FIELD.sub("", answer.text), sorted(answer.headers)))
    assert pages[0] == pages[1]


def test_a_new_person_sets_a_password_by_a_link_that_works_once(site: Site, client: FormClient) -> None:
    client.log_in("chief")
    created = client.send_form("/people", "/people", name="Wang.Fang", role="officer", email="w@firm.example")
    link = read_secret(created)
    with FormClient(base_url=site.url) as guest:
        fields = {"new_password": PASSWORD, "again": PASSWORD}
        differing = guest.send_form(link, link, new_password=PASSWORD, again="another")
        assert find_alert(differing) == "The two passwords differ."
        assert guest.send_form(link, link, **fields).headers["location"] == "/login?done=password"
        assert guest.get(link).status_code == 404
        assert guest.log_in("wang.fang").status_code == 303
    found = site.app.store.people.find_account_by_name("wang.fang")
    assert found is not None
    assert (found.role, found.email) == (Role.OFFICER, "w@firm.example")


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}",
    "\u202egnp.exe",
    "稀土" * 500,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_is_refused_or_shown_as_text(
    site: Site, client: FormClient, text: str
) -> None:
    client.log_in("chief")
    number = site.app.store.people.list_accounts()[0].id
    pages = [
        client.send_form("/login", name=text, password=text, next=text),
        client.send_form("/people", "/people", name=text, email=text, role=text),
        client.send_form(f"/people/{number}/email", "/people", email=text),
        client.send_form(f"/people/{number}/role", "/people", role=text),
        client.send_form("/account/tokens", "/account", token_name=text, scope="read", days=text),
        client.send_form("/account/tokens", "/account", token_name="x", scope=text),
        client.send_form("/account/password", "/account", password=text, new_password=text, again=text),
        client.send_form("/account/passkeys", "/account", answer=text, name=text),
        client.get("/login", params={"next": text, "done": text, "lang": text}),
        client.get("/audit", params={"who": text, "what": text, "from": text, "to": text, "before": text}),
        client.get("/account"),
    ]
    for page in pages:
        assert page.status_code < 500
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert ">49<" not in page.text
        assert "\u202e" not in page.text


def test_the_name_of_a_browser_is_shown_as_text(site: Site) -> None:
    with FormClient(base_url=site.url, headers={"User-Agent": "<b>Firefox</b>" + "x" * 5_000}) as client:
        client.log_in("reader")
        shown = client.get("/account").text
        assert "&lt;b&gt;Firefox" in shown
        assert len(shown) < 20_000


def test_a_token_reads_pages_as_its_scopes_allow_and_sends_no_form(site: Site, client: FormClient) -> None:
    client.log_in("chief")
    page = client.send_form("/account/tokens", "/account", token_name="erp", scope="read", days="30")
    [token] = re.findall(r'class="secret" value="(cw_[^"]+)"', page.text)
    assert token not in client.get("/account").text
    headers = {"Authorization": f"Bearer {token}"}
    with FormClient(base_url=site.url, headers=headers) as program:
        assert program.get("/").status_code == 200
        assert program.get("/people").status_code == 403  # the person may, the token may not
        assert program.get("/account").status_code == 303
        assert program.send_form("/people", "/login", name="x").status_code == 303
    for number in re.findall(r"/account/tokens/(\d+)/revoke", client.get("/account").text):
        client.send_form(f"/account/tokens/{number}/revoke", "/account")
    assert httpx.get(f"{site.url}/", headers=headers).status_code == 303


def test_the_state_holds_no_password_session_or_token(site: Site, client: FormClient) -> None:
    client.log_in("chief")
    page = client.send_form("/account/tokens", "/account", token_name="backup", scope="read", days="30")
    [token] = re.findall(r'class="secret" value="(cw_[^"]+)"', page.text)
    kept = b"".join(path.read_bytes() for path in site.app.settings.state_dir.glob("controlwatch.db*"))
    assert hash_token(token).encode() in kept
    for secret in (token, client.cookies[SESSION_COOKIE], PASSWORD):
        assert secret.encode() not in kept


def test_the_log_shows_who_did_what_from_where_and_pages_on(site: Site, client: FormClient) -> None:
    client.log_in("chief")
    for _ in range(60):
        site.app.store.audit.add_action(BY.describe_action(datetime.now(UTC), "pause", "subscription 3"))
    first = client.get("/audit", params={"who": "test", "what": "pause"})
    assert first.text.count("subscription 3") == 50
    [older] = re.findall(r'href="(/audit\?[^"]+)" rel="next"', first.text)
    assert client.get(older.replace("&amp;", "&")).text.count("subscription 3") == 10
    assert "127.0.0.1" in client.get("/audit", params={"who": "chief", "what": "login"}).text


def test_before_the_first_account_a_login_says_how_it_is_made(tmp_path: Path) -> None:
    with served(tmp_path) as empty, FormClient(base_url=empty.url) as client:
        answer = client.get("/login")
        assert answer.status_code == 403
        assert "controlwatch users add" in find_alert(answer)
        created = client.send_form("/people", "/people", name="intruder", role="operator")
        assert created.status_code == 400
        assert not empty.app.store.accounts.has_accounts()


def test_every_refusal_and_every_kind_of_action_has_its_chinese() -> None:
    texts = {value for name, value in vars(account_refusals).items() if name.isupper()}
    texts |= {*account_page.DONE.values(), *people_page.DONE.values()}
    assert len(texts) > 30
    assert sorted(texts - set(load_translations())) == []
    assert [kind for kind in AUDIT_KINDS if find_word(f"did-{kind}", "zh") == f"did-{kind}"] == []


def test_what_pages_record_is_a_kind_of_action_that_the_log_can_be_filtered_by() -> None:
    web = Path(str(resources.files("controlwatch.web")))
    code = "".join(path.read_text("utf-8") for path in web.rglob("*.py"))
    recorded = set(re.findall(r'record_action\(\s*request,\s*"([^"]+)"', code))
    assert len(recorded) > 3
    assert recorded <= set(AUDIT_KINDS)
    assert {LOGGED_AS.get(what, what) for what in OFFERED_ACTIONS.values()} <= set(AUDIT_KINDS)


def test_news_is_what_came_after_the_person_marked_it_as_read(client: FormClient, site: Site) -> None:
    client.log_in("reader")
    before = datetime.now(UTC)
    client.send_form("/today/read", "/")
    found = site.app.store.people.find_account_by_name("reader")
    assert found is not None
    assert found.looked_at is not None
    assert found.looked_at >= before
