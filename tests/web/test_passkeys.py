"""Passkeys over real HTTP: one answer to one challenge, from one site, by the owner of the device."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from controlwatch.core.model.account import Role
from controlwatch.web.access import SESSION_COOKIE
from tests.browser.conftest import Site, served
from tests.people import FormClient, create_account, find_alert
from tests.web.authenticator import PRESENT, VERIFIED, SoftwarePasskey, to_text

REFUSED = "This passkey was not accepted. Try again, or log in in another way."


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("state")) as opened:
        create_account(opened.app, "chief", Role.OPERATOR)
        yield Site(opened.app, opened.url.replace("127.0.0.1", "localhost"))


@pytest.fixture
def owner(site: Site) -> Iterator[FormClient]:
    """A browser in which a person of their own is logged in."""
    name = f"owner-{len(site.app.store.people.list_accounts())}"
    create_account(site.app, name)
    with FormClient(base_url=site.url) as opened:
        opened.log_in(name)
        yield opened


@pytest.fixture
def guest(site: Site) -> Iterator[FormClient]:
    with FormClient(base_url=site.url) as opened:
        yield opened


def add_passkey(owner: FormClient, passkey: SoftwarePasskey) -> str:
    """Add a passkey to the account; return the error that the page shows, or ""."""
    options = owner.send_form("/account/passkeys/options", "/account").json()
    answer = passkey.answer_registration(options["challenge"])
    return find_alert(owner.send_form("/account/passkeys", "/account", answer=answer, name="laptop"))


def ask_challenge(guest: FormClient) -> str:
    options = guest.send_form("/login/passkey/options").json()
    assert options["userVerification"] == "required"
    return str(options["challenge"])


def test_a_passkey_logs_its_owner_in_without_name_and_password(
    site: Site, owner: FormClient, guest: FormClient
) -> None:
    passkey = SoftwarePasskey(site.url)
    assert add_passkey(owner, passkey) == ""
    answer = passkey.answer_login(ask_challenge(guest))
    assert guest.send_form("/login/passkey", answer=answer).status_code == 303
    assert guest.get("/").status_code == 200


def test_an_answer_counts_once(site: Site, owner: FormClient, guest: FormClient) -> None:
    passkey = SoftwarePasskey(site.url)
    add_passkey(owner, passkey)
    answer = passkey.answer_login(ask_challenge(guest))
    kept = dict(guest.cookies)
    guest.send_form("/login/passkey", answer=answer)
    with FormClient(base_url=site.url, cookies=kept) as thief:
        said = find_alert(thief.send_form("/login/passkey", answer=answer))
        assert said == "This login was begun too long ago, or in another browser. Try again."


def test_an_answer_counts_in_the_browser_that_was_asked(
    site: Site, owner: FormClient, guest: FormClient
) -> None:
    passkey = SoftwarePasskey(site.url)
    add_passkey(owner, passkey)
    answer = passkey.answer_login(ask_challenge(guest))
    with FormClient(base_url=site.url) as thief:
        for prepare in (lambda: None, lambda: ask_challenge(thief)):
            prepare()
            assert thief.send_form("/login/passkey", answer=answer).status_code in {400, 401}
            assert SESSION_COOKIE not in thief.cookies


def forget_verification(passkey: SoftwarePasskey) -> None:
    passkey.flags = PRESENT


def leave_absent(passkey: SoftwarePasskey) -> None:
    passkey.flags = VERIFIED


def move_to_another_site(passkey: SoftwarePasskey) -> None:
    passkey.origin = "https://watch.example.evil.example"


def move_to_another_rp(passkey: SoftwarePasskey) -> None:
    passkey.rp_id = "evil.example"


def lose_the_key(passkey: SoftwarePasskey) -> None:
    passkey.key = ec.generate_private_key(ec.SECP256R1())


def be_a_copy(passkey: SoftwarePasskey) -> None:
    """Count less than the device that was seen last."""
    passkey.sign_count -= 1


def be_unknown(passkey: SoftwarePasskey) -> None:
    passkey.credential = b"unknown"


@pytest.mark.parametrize(
    "spoil",
    [
        forget_verification,
        leave_absent,
        move_to_another_site,
        move_to_another_rp,
        lose_the_key,
        be_a_copy,
        be_unknown,
    ],
)
def test_an_answer_that_is_wrong_in_one_part_is_refused(
    site: Site, owner: FormClient, guest: FormClient, spoil: Callable[[SoftwarePasskey], None]
) -> None:
    passkey = SoftwarePasskey(site.url, sign_count=6)
    add_passkey(owner, passkey)
    guest.send_form("/login/passkey", answer=passkey.answer_login(ask_challenge(guest)))
    guest.cookies.clear()
    spoil(passkey)
    answer = guest.send_form("/login/passkey", answer=passkey.answer_login(ask_challenge(guest)))
    assert (answer.status_code, find_alert(answer)) == (401, REFUSED)
    assert SESSION_COOKIE not in guest.cookies


@pytest.mark.parametrize(
    "spoil", [forget_verification, leave_absent, move_to_another_site, move_to_another_rp]
)
def test_a_new_passkey_must_be_of_this_site_and_its_owner_verified(
    site: Site, owner: FormClient, spoil: Callable[[SoftwarePasskey], None]
) -> None:
    passkey = SoftwarePasskey(site.url)
    spoil(passkey)
    assert add_passkey(owner, passkey) == REFUSED
    assert "You have no passkey." in owner.get("/account").text


def test_a_passkey_of_a_disabled_person_is_refused(site: Site, owner: FormClient, guest: FormClient) -> None:
    passkey = SoftwarePasskey(site.url)
    add_passkey(owner, passkey)
    found = site.app.store.people.find_passkey(to_text(passkey.credential))
    assert found is not None
    with FormClient(base_url=site.url) as chief:
        chief.log_in("chief")
        chief.send_form(f"/people/{found.account_id}/disable", f"/people/{found.account_id}")
    answer = guest.send_form("/login/passkey", answer=passkey.answer_login(ask_challenge(guest)))
    assert find_alert(answer) == REFUSED


def test_the_passkey_of_somebody_else_cannot_be_added_again(site: Site, owner: FormClient) -> None:
    passkey = SoftwarePasskey(site.url)
    add_passkey(owner, passkey)
    with FormClient(base_url=site.url) as chief:
        chief.log_in("chief")
        assert add_passkey(chief, passkey) == "This passkey is known already."


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{}",
        "[]",
        "null",
        "7",
        "{",
        '{"id": 7}',
        '{"id": "x"}',
        "[" * 5_000,
        '{"id": "' + "x" * 9_000 + '"}',
        "\x00",
    ],
)
def test_garbage_instead_of_an_answer_is_refused(owner: FormClient, guest: FormClient, answer: str) -> None:
    ask_challenge(guest)
    assert find_alert(guest.send_form("/login/passkey", answer=answer)) == REFUSED
    owner.send_form("/account/passkeys/options", "/account")
    assert find_alert(owner.send_form("/account/passkeys", "/account", answer=answer)) == REFUSED


def test_at_a_bare_address_no_passkey_is_offered(site: Site) -> None:
    with FormClient(base_url=site.url.replace("localhost", "127.0.0.1")) as client:
        assert "passkey" not in client.get("/login").text
        assert client.send_form("/login/passkey/options").status_code == 404
        assert client.send_form("/login/passkey", answer="{}").status_code == 400
