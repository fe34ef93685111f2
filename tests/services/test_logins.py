"""Who may log in, and how: by password, at a provider, with a link; and what the log says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher as Argon2

from controlwatch.adapters.identity.attempt_limits import ADDRESS_LIMIT, NAME_LIMIT, LoginAttempts
from controlwatch.adapters.identity.password_hashes import Argon2Hasher
from controlwatch.adapters.storage import SqlStore
from controlwatch.core.model.account import (
    AUDIT_KINDS,
    Account,
    Actor,
    AuditAction,
    AuditFilter,
    Passkey,
    Role,
    normalize_account_name,
)
from controlwatch.services import account_refusals as refusals
from controlwatch.services.access import hash_token
from controlwatch.services.account_refusals import AccountRefusal
from controlwatch.services.accounts import MAX_TOKENS, People
from controlwatch.services.audit import AuditLog
from controlwatch.services.logins import Client, Logins, ProviderIdentity
from tests.known import fresh
from tests.people import PASSWORD

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
BY, CLIENT = Actor(who="test"), Client(address="192.0.2.7", agent="Firefox")
IDENTITY = ProviderIdentity(issuer="https://login.example", subject="17", name="Li.Wei")
HASHER = Argon2Hasher(memory_kib=64, passes=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore.open(f"sqlite:///{fresh(tmp_path / 'store.db')}")
    yield opened
    opened.close()


@pytest.fixture
def people(store: SqlStore) -> People:
    return People(
        records=store.people, sessions=store.accounts, audit=store.audit, hasher=HASHER, secret=b"s" * 32
    )


class Clock:
    """A clock that goes on when a test says so, for the library that counts attempts too."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def time(self) -> float:
        return self.seconds

    def let_pass(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("limits.storage.memory.time", clock)
    return clock


@pytest.fixture
def logins(store: SqlStore, clock: Clock) -> Logins:
    return Logins(
        people=store.people,
        sessions=store.accounts,
        audit=store.audit,
        hasher=HASHER,
        limiter=LoginAttempts(clock=clock.time),
    )


def create(people: People, name: str = "li.wei", role: Role = Role.READER) -> Account:
    return people.create_person(name, role=role, password=PASSWORD, by=BY, now=NOW)


def list_log(store: SqlStore, what: str = "") -> list[AuditAction]:
    return [entry.action for entry in store.audit.list_entries(AuditFilter(what=what), limit=100)]


def refuse(act: Callable[[], object]) -> str:
    with pytest.raises(AccountRefusal) as caught:
        act()
    return caught.value.text


@pytest.mark.parametrize("typed", ["li.wei", " LI.WEI ", "ｌｉ．ｗｅｉ"])
def test_a_name_is_the_same_however_it_is_typed(
    people: People, logins: Logins, store: SqlStore, typed: str
) -> None:
    account = create(people)
    token = logins.log_in_by_password(typed, PASSWORD, client=CLIENT, now=NOW)
    visitor = store.accounts.find_session_visitor(hash_token(token), now=NOW)
    assert visitor is not None
    assert visitor.account_id == account.id


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a\nb",
        "<b>",
        "a" * 65,
        "a" * 10_000,
        "\u202etxt",
        "../x",
        "a  b",
        "a/b",
        "a\x00",
        "-a",
        "=1+1",
    ],
)
def test_a_name_that_could_act_or_deceive_is_refused(people: People, name: str) -> None:
    assert refuse(lambda: create(people, name)) == refusals.BAD_NAME


@pytest.mark.parametrize("name", ["王芳", "o'brien", "anna-lena_2", "li wei", "li@firm.example"])
def test_names_of_people_are_taken(people: People, name: str) -> None:
    assert create(people, name).name == normalize_account_name(name) == name


def test_unknown_wrong_disabled_and_without_password_are_refused_in_the_same_words(
    people: People, logins: Logins, store: SqlStore
) -> None:
    create(people)
    gone = create(people, "gone")
    people.disable_person(gone, by=BY, now=NOW)
    people.create_person("invited", role=Role.READER, by=BY, now=NOW)
    for name in ("li.wei", "nobody", "gone", "invited", "<b>"):
        typed = "another password" if name == "li.wei" else PASSWORD
        said = refuse(lambda: logins.log_in_by_password(name, typed, client=CLIENT, now=NOW))  # noqa: B023
        assert said == refusals.WRONG_LOGIN
    failed = list_log(store, "login failed")
    assert [action.who for action in reversed(failed)] == ["li.wei", "", "gone", "invited", ""]
    assert not any("nobody" in f"{action}" for action in failed)  # it may be a password in the wrong field


def test_a_password_is_stored_again_when_its_parameters_are_of_the_past(
    people: People, logins: Logins, store: SqlStore
) -> None:
    account = create(people)
    old = Argon2(time_cost=1, memory_cost=32, parallelism=1).hash(PASSWORD)
    store.people.replace_password_hash(account.id, store.people.find_password_hash(account.id) or "", old)
    logins.log_in_by_password("li.wei", PASSWORD, client=CLIENT, now=NOW)
    renewed = store.people.find_password_hash(account.id)
    assert renewed not in {None, old}
    logins.log_in_by_password("li.wei", PASSWORD, client=CLIENT, now=NOW)
    assert store.people.find_password_hash(account.id) == renewed


def test_a_password_counts_in_every_spelling_of_its_characters(people: People, logins: Logins) -> None:
    people.create_person("anna", role=Role.READER, password="cafe\u0301 au lait 12", by=BY, now=NOW)
    assert logins.log_in_by_password("anna", "caf\u00e9 au lait 12", client=CLIENT, now=NOW)


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaaaaaaa", "xx li.wei 2026", "p" * 257])
def test_a_password_that_is_easy_to_guess_or_endless_is_refused(people: People, password: str) -> None:
    def attempt() -> None:
        people.create_person("li.wei", role=Role.READER, password=password, by=BY, now=NOW)

    assert refuse(attempt) in {refusals.BAD_LENGTH, refusals.TOO_EASY}


def test_after_too_many_attempts_a_name_waits_until_the_first_is_a_quarter_of_an_hour_old(
    people: People, logins: Logins, clock: Clock
) -> None:
    create(people)

    def attempt(number: int, password: str = "a wrong password") -> str:
        client = Client(address=f"198.51.100.{number}")  # from many addresses
        return logins.log_in_by_password("li.wei", password, client=client, now=NOW)

    for number in range(NAME_LIMIT.amount):
        assert refuse(lambda: attempt(number)) == refusals.WRONG_LOGIN  # noqa: B023
        clock.let_pass(1)
    with pytest.raises(AccountRefusal, match="Try again in 15 minutes"):
        attempt(99, PASSWORD)
    clock.let_pass(10 * 60)
    with pytest.raises(AccountRefusal, match="Try again in 5 minutes"):
        attempt(99, PASSWORD)
    clock.let_pass(5 * 60)
    assert attempt(99, PASSWORD)


def test_an_address_waits_whatever_names_it_tries(people: People, logins: Logins, clock: Clock) -> None:
    create(people)
    client = Client(address="2001:db8::1")
    for number in range(ADDRESS_LIMIT.amount):
        refuse(lambda: logins.log_in_by_password(f"n{number}", "wrong", client=client, now=NOW))  # noqa: B023
    near = Client(address="2001:db8::ffff:2")  # the same network
    said = refuse(lambda: logins.log_in_by_password("li.wei", PASSWORD, client=near, now=NOW))
    assert said == refusals.TOO_MANY_ATTEMPTS
    assert logins.log_in_by_password("li.wei", PASSWORD, client=CLIENT, now=NOW)
    clock.let_pass(15 * 60 + 1)
    assert logins.log_in_by_password("li.wei", PASSWORD, client=near, now=NOW)


def test_who_knows_the_password_has_the_attempts_forgotten(
    people: People, logins: Logins, clock: Clock
) -> None:
    create(people)
    for _ in range(3):
        for _ in range(NAME_LIMIT.amount - 1):
            refuse(lambda: logins.log_in_by_password("li.wei", "wrong", client=CLIENT, now=NOW))
        client = Client(address="192.0.2.8")
        assert logins.log_in_by_password("li.wei", PASSWORD, client=client, now=NOW)


def test_a_link_sets_a_password_once(people: People, logins: Logins) -> None:
    account = people.create_person("li.wei", role=Role.READER, by=BY, now=NOW)
    link = people.build_password_link(account, now=NOW)
    people.set_password_by_link(link, PASSWORD, address="", now=NOW + timedelta(days=3))
    assert logins.log_in_by_password("li.wei", PASSWORD, client=CLIENT, now=NOW)
    again = refuse(lambda: people.set_password_by_link(link, "a different one 12", address="", now=NOW))
    assert again == refusals.BAD_LINK


@pytest.mark.parametrize("reason", ["late", "password", "disabled", "forged", "other secret"])
def test_a_link_ends(people: People, store: SqlStore, reason: str) -> None:
    account, now = create(people), NOW
    link = people.build_password_link(account, now=NOW)
    if reason == "late":
        now += timedelta(days=4)
    elif reason == "password":
        people.set_password(account, "a new pass phrase", by=BY, now=NOW)
    elif reason == "disabled":
        people.disable_person(account, by=BY, now=NOW)
    elif reason == "forged":
        link = link.replace(f"{account.id}.", f"{create(people, 'wang').id}.", 1)
    else:
        link = People(
            records=store.people, sessions=store.accounts, audit=store.audit, hasher=HASHER, secret=b"t" * 32
        ).build_password_link(account, now=NOW)
    assert refuse(lambda: people.find_link_owner(link, now=now)) == refusals.BAD_LINK


def log_in_at_provider(logins: Logins, identity: ProviderIdentity) -> None:
    logins.log_in_by_provider(identity, language="en", client=CLIENT, now=NOW)


def test_nobody_is_the_first_person_by_a_provider(logins: Logins) -> None:
    assert refuse(lambda: log_in_at_provider(logins, IDENTITY)) == refusals.FIRST_ACCOUNT_MISSING


def test_a_person_of_a_provider_is_known_by_issuer_and_subject_only(
    people: People, logins: Logins, store: SqlStore
) -> None:
    """Neither the name nor the address of the operator gives anybody the operator's account."""
    operator = people.create_person(
        "li.wei", role=Role.OPERATOR, email="li@firm.example", password=PASSWORD, by=BY, now=NOW
    )
    same_words = ProviderIdentity(
        issuer="https://login.example", subject="17", name="li.wei", email="li@firm.example"
    )
    log_in_at_provider(logins, same_words)
    log_in_at_provider(logins, same_words)
    log_in_at_provider(logins, ProviderIdentity(issuer="https://other.example", subject="17", name="li.wei"))
    found = {one.name: one for one in store.people.list_accounts()}
    assert set(found) == {"li.wei", "li.wei-2", "li.wei-3"}
    assert found["li.wei"] == operator
    assert {found[name].role for name in ("li.wei-2", "li.wei-3")} == {Role.READER}


def test_the_role_that_a_provider_states_counts_from_the_next_login(
    people: People, logins: Logins, store: SqlStore
) -> None:
    create(people, "chief", Role.OPERATOR)
    for role in (Role.OFFICER, Role.READER, None):
        log_in_at_provider(
            logins, ProviderIdentity(issuer="https://login.example", subject="17", name="li", role=role)
        )
        found = store.people.find_account_by_name("li")
        assert found is not None
        assert found.role is (role or Role.READER)


def test_a_disabled_person_of_a_provider_stays_outside(
    people: People, logins: Logins, store: SqlStore
) -> None:
    create(people, "chief", Role.OPERATOR)
    log_in_at_provider(logins, IDENTITY)
    account = people.find_person("li.wei")
    people.disable_person(account, by=BY, now=NOW)
    assert refuse(lambda: log_in_at_provider(logins, IDENTITY)) == refusals.PERSON_DISABLED


def test_a_token_has_no_scope_beyond_the_role_and_there_are_not_endless_ones(people: People) -> None:
    account = create(people, role=Role.OFFICER)

    def make(*scopes: str) -> str:
        return people.create_token(account, "erp", set(scopes), lifetime=None, by=BY, now=NOW)

    assert refuse(lambda: make("read", "operate")) == refusals.NO_SCOPE
    assert refuse(lambda: make("root")) == refusals.NO_SCOPE
    assert refuse(make) == refusals.NO_SCOPE
    made = {make("read", "act") for _ in range(MAX_TOKENS)}
    assert len(made) == MAX_TOKENS
    assert refuse(lambda: make("read")) == refusals.TOO_MANY_TOKENS


def test_the_only_way_in_is_not_removed(people: People, store: SqlStore) -> None:
    account = people.create_person("li.wei", role=Role.READER, by=BY, now=NOW)
    action = BY.describe_action(NOW, "passkey added")
    for credential in ("laptop", "phone"):
        made = Passkey(
            id=0,
            account_id=account.id,
            credential=credential,
            public_key="k",
            sign_count=0,
            name="",
            created_at=NOW,
        )
        store.people.add_passkey(made, action=action)
    first, second = store.people.list_passkeys(account.id)

    def remove(passkey: Passkey) -> None:
        people.remove_passkey(people.find_person("li.wei"), passkey.id, by=BY, now=NOW)

    remove(first)
    assert refuse(lambda: remove(second)) == refusals.LAST_WAY_IN
    people.set_password(account, PASSWORD, by=BY, now=NOW)
    remove(second)
    assert store.people.list_passkeys(account.id) == ()


def test_everything_that_is_done_to_people_is_in_the_log(
    people: People, logins: Logins, store: SqlStore
) -> None:
    chief, account = create(people, "chief", Role.OPERATOR), create(people)
    logins.log_in_by_password("li.wei", PASSWORD, client=CLIENT, now=NOW)
    [session] = store.accounts.list_sessions(account.id, now=NOW)
    people.change_role(account, Role.OFFICER, by=BY, now=NOW)
    people.change_email(account, "li@firm.example", by=BY, now=NOW)
    people.change_language(account, "zh", by=BY, now=NOW)
    people.create_token(account, "erp", {"read"}, lifetime=None, by=BY, now=NOW)
    [token] = store.accounts.list_tokens(account.id, now=NOW)
    people.revoke_token(account, token.id, by=BY, now=NOW)
    logins.revoke_sessions(account, [session.id], by=BY, now=NOW)
    people.set_password(account, "another pass phrase", by=BY, now=NOW)
    people.disable_person(account, by=BY, now=NOW)
    people.enable_person(account, by=BY, now=NOW)
    AuditLog(store.audit, lambda: NOW).record_action("chief", "pause", "subscription 3", "until\nJune", "::1")
    done = [action.what for action in reversed(list_log(store))]
    assert done == [
        *("person created", "person created", "login", "role changed", "person changed", "person changed"),
        *("token created", "token revoked", "session revoked", "password set", "person disabled"),
        *("person enabled", "pause"),
    ]
    assert set(done) <= set(AUDIT_KINDS)
    newest = list_log(store)[0]
    assert (newest.who, newest.subject, newest.detail) == (chief.name, "subscription 3", "until June")
    assert not any(PASSWORD in f"{action}" or "cw_" in f"{action}" for action in list_log(store))
