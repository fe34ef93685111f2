"""People in the store: who a request comes from, and what no change can take away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from controlwatch.adapters.storage import SqlStore
from controlwatch.core.model.account import (
    SESSION_IDLE,
    SESSION_LIFETIME,
    USE_INTERVAL,
    Account,
    Actor,
    AuditFilter,
    NewAccount,
    Passkey,
    Role,
)

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DONE = Actor(who="test", address="192.0.2.7").describe_action(NOW, "role changed", "somebody")

Create = Callable[..., Account]


@pytest.fixture
def create(store: SqlStore) -> Create:
    def create_person(name: str, role: Role = Role.READER, **more: str) -> Account:
        new = NewAccount(name=name, role=role, **{"password_hash": "$argon2id$x", **more})  # type: ignore[arg-type]
        created = store.people.create_account(new, now=NOW, action=DONE)
        assert created is not None
        return created

    return create_person


def begin(store: SqlStore, account: Account, token: str = "a" * 64, **more: str) -> None:
    store.accounts.add_session(account.id, token, agent="Firefox", now=NOW, action=DONE, **more)


def is_open(store: SqlStore, now: datetime, token: str = "a" * 64) -> bool:
    return store.accounts.find_session_visitor(token, now=now) is not None


def test_a_name_and_a_person_of_a_provider_exist_once(store: SqlStore, create: Create) -> None:
    create("li", provider="https://login.example 1")
    assert store.people.create_account(NewAccount(name="li", role=Role.READER), now=NOW, action=DONE) is None
    other = NewAccount(name="wang", role=Role.READER, provider="https://login.example 1")
    assert store.people.create_account(other, now=NOW, action=DONE) is None
    assert [one.name for one in store.people.list_accounts()] == ["li"]


def test_people_are_listed_in_parts_without_gap(store: SqlStore, create: Create) -> None:
    names = [f"person {number}" for number in range(7)]
    for name in names:
        create(name)
    found: list[str] = []
    while part := store.people.list_accounts(after=found[-1] if found else "", limit=3):
        found += [one.name for one in part]
    assert found == names


def test_a_session_that_is_not_used_ends_and_one_that_is_used_goes_on(
    store: SqlStore, create: Create
) -> None:
    begin(store, create("li"))
    begin(store, create("wang"), "b" * 64)
    later = NOW + SESSION_IDLE - SECOND
    assert is_open(store, later, "a" * 64)
    assert is_open(store, later + SESSION_IDLE - SECOND, "a" * 64)
    assert not is_open(store, NOW + SESSION_IDLE, "b" * 64)


def test_a_session_ends_in_any_case_however_often_it_is_used(store: SqlStore, create: Create) -> None:
    begin(store, create("li"))
    now = NOW
    while now < NOW + SESSION_LIFETIME:
        assert is_open(store, now)
        now += SESSION_IDLE / 2
    assert not is_open(store, now)


def test_a_use_within_minutes_of_the_last_writes_nothing(store: SqlStore, create: Create) -> None:
    account = create("li")
    begin(store, account)
    assert is_open(store, NOW + USE_INTERVAL - SECOND)
    assert store.accounts.list_sessions(account.id, now=NOW)[0].used_at == NOW
    assert is_open(store, NOW + USE_INTERVAL)
    assert store.accounts.list_sessions(account.id, now=NOW)[0].used_at == NOW + USE_INTERVAL


def test_a_new_session_ends_the_one_that_the_browser_had(store: SqlStore, create: Create) -> None:
    account = create("li")
    begin(store, account)
    begin(store, account, "b" * 64, replaces="a" * 64)
    assert not is_open(store, NOW, "a" * 64)
    assert is_open(store, NOW, "b" * 64)


def test_sessions_are_ended_by_their_own_person_only(store: SqlStore, create: Create) -> None:
    account, other = create("li"), create("wang")
    begin(store, account)
    [session] = store.accounts.list_sessions(account.id, now=NOW)
    assert store.accounts.end_sessions(other.id, [session.id], now=NOW, action=DONE) == 0
    assert is_open(store, NOW)
    assert store.accounts.end_sessions(account.id, [session.id], now=NOW, action=DONE) == 1
    assert not is_open(store, NOW)


@pytest.mark.parametrize(
    ("role", "scopes", "allowed", "as_role"),
    [
        (Role.OPERATOR, ["read"], {"read"}, Role.READER),
        (Role.OPERATOR, ["read", "operate"], {"read", "operate"}, Role.OPERATOR),
        (Role.OFFICER, ["act"], {"act"}, Role.OFFICER),
        (Role.READER, ["read", "subscribe", "act", "operate"], {"read"}, Role.READER),
    ],
)
def test_a_token_does_what_its_scopes_say_as_far_as_the_role_of_its_owner_goes(
    store: SqlStore, create: Create, role: Role, scopes: list[str], allowed: set[str], as_role: Role
) -> None:
    account = create("li", role)
    store.accounts.add_token(
        account.id, "t" * 64, name="erp", scopes=scopes, now=NOW, expires_at=None, action=DONE
    )
    visitor = store.accounts.find_token_visitor("t" * 64, now=NOW)
    assert visitor is not None
    assert (visitor.scopes, visitor.role) == (allowed, as_role)


def test_a_token_ends_at_its_time_or_when_it_is_revoked(store: SqlStore, create: Create) -> None:
    account = create("li")
    for token, end in (("t" * 64, NOW + SECOND), ("u" * 64, None)):
        store.accounts.add_token(
            account.id, token, name="erp", scopes=["read"], now=NOW, expires_at=end, action=DONE
        )
    assert store.accounts.find_token_visitor("t" * 64, now=NOW) is not None
    assert store.accounts.find_token_visitor("t" * 64, now=NOW + SECOND) is None
    [other] = store.accounts.list_tokens(account.id, now=NOW + SECOND)
    assert store.accounts.end_token(account.id, other.id, now=NOW, action=DONE)
    assert store.accounts.find_token_visitor("u" * 64, now=NOW) is None
    assert not store.accounts.end_token(account.id, other.id, now=NOW, action=DONE)


def test_a_disabled_person_has_no_session_and_no_token_before_and_after(
    store: SqlStore, create: Create
) -> None:
    account = create("li")
    begin(store, account)
    store.accounts.add_token(
        account.id, "t" * 64, name="erp", scopes=["read"], now=NOW, expires_at=None, action=DONE
    )
    assert store.people.disable(account.id, now=NOW, action=DONE) == "done"
    assert not is_open(store, NOW)
    assert store.people.enable(account.id, action=DONE)
    assert not is_open(store, NOW)
    assert store.accounts.find_token_visitor("t" * 64, now=NOW) is None


def test_the_last_operator_who_can_log_in_stays_one(store: SqlStore, create: Create) -> None:
    first = create("li", Role.OPERATOR)
    new = NewAccount(name="invited", role=Role.OPERATOR)  # without any way to log in yet
    invited = store.people.create_account(new, now=NOW, action=DONE)
    assert invited is not None
    assert store.people.set_role(first.id, Role.READER, action=DONE) == "last-operator"
    assert store.people.disable(first.id, now=NOW, action=DONE) == "last-operator"
    create("wang", Role.OPERATOR)
    assert store.people.set_role(first.id, Role.READER, action=DONE) == "done"
    assert store.people.disable(first.id + 99, now=NOW, action=DONE) == "unknown"


def test_a_password_is_set_over_the_one_that_was_read_only(store: SqlStore, create: Create) -> None:
    account = create("li")
    begin(store, account)
    change = store.people.set_password_hash
    assert not change(account.id, "new", now=NOW, action=DONE, expected="another")
    assert is_open(store, NOW)
    assert change(account.id, "new", now=NOW, action=DONE, expected="$argon2id$x")
    assert not is_open(store, NOW)
    store.people.replace_password_hash(account.id, "$argon2id$x", "late")
    assert store.people.find_password_hash(account.id) == "new"


def test_one_use_of_a_passkey_counts_once(store: SqlStore, create: Create) -> None:
    account = create("li")
    made = Passkey(
        id=0,
        account_id=account.id,
        credential="c",
        public_key="k",
        sign_count=1,
        name="laptop",
        created_at=NOW,
    )
    assert store.people.add_passkey(made, action=DONE)
    assert not store.people.add_passkey(made, action=DONE)
    known = store.people.find_passkey("c")
    assert known is not None
    assert store.people.use_passkey(known, 2, now=NOW)
    assert not store.people.use_passkey(known, 2, now=NOW)
    other = create("wang")
    assert not store.people.remove_passkey(other.id, known.id, action=DONE)
    assert store.people.remove_passkey(account.id, known.id, action=DONE)


def test_the_log_is_read_by_who_what_and_day_without_gap(store: SqlStore) -> None:
    for number in range(5):
        actor = Actor(who="li" if number % 2 else "wang", address="2001:db8::7")
        action = actor.describe_action(NOW + timedelta(days=number), "login", f"{number}", "稀土 <b>")
        store.audit.add_action(action)
    pages: list[str] = []
    before = None
    while found := store.audit.list_entries(AuditFilter(), before=before, limit=2):
        pages += [entry.action.subject for entry in found]
        before = found[-1].id
    assert pages == ["4", "3", "2", "1", "0"]
    assert [one.action.subject for one in store.audit.list_entries(AuditFilter(who="li"))] == ["3", "1"]
    days = AuditFilter(begin=NOW + timedelta(days=1), end=NOW + timedelta(days=3))
    assert [one.action.subject for one in store.audit.list_entries(days)] == ["2", "1"]
    assert store.audit.list_entries(AuditFilter(what="logout")) == ()
