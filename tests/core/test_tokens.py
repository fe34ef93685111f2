"""Links in mails: nobody without the secret can make one."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from controlwatch.core.alerting.signed_links import SignedLinks, TokenPurpose, sign_token, verify_token

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = b"thirty-two characters of a secret"
SUBJECTS = st.integers(min_value=1, max_value=2**62)


@given(SUBJECTS, st.sampled_from(get_args(TokenPurpose)))
def test_a_token_names_its_subject_and_needs_no_quoting_in_an_address(
    subject: int, purpose: TokenPurpose
) -> None:
    token = sign_token(SECRET, purpose, subject)
    assert verify_token(SECRET, purpose, token) == subject
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@given(SUBJECTS, st.data())
def test_a_token_with_any_changed_character_is_refused(subject: int, data: st.DataObject) -> None:
    token = sign_token(SECRET, "unsubscribe", subject)
    place = data.draw(st.integers(min_value=0, max_value=len(token) - 1))
    other = data.draw(st.one_of(st.characters(), st.sampled_from("ABCXYZabcxyz0189-_.")))
    assume(other != token[place])
    assert verify_token(SECRET, "unsubscribe", token[:place] + other + token[place + 1 :]) is None


@given(st.text(max_size=80))
def test_what_we_did_not_sign_is_refused_and_never_an_error(text: str) -> None:
    assert verify_token(SECRET, "unsubscribe", text) is None
    assert verify_token(SECRET, "unsubscribe", f"17.{text}") is None


@given(SUBJECTS, SUBJECTS)
def test_a_token_of_one_subscription_does_not_serve_for_another(mine: int, other: int) -> None:
    assume(mine != other)
    mark = sign_token(SECRET, "unsubscribe", mine).partition(".")[2]
    assert verify_token(SECRET, "unsubscribe", f"{other}.{mark}") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda token: f"0{token}",
        lambda token: f"+{token}",
        lambda token: f" {token}",
        lambda token: f"{token}\n",
        lambda token: f"{token}=",
        lambda token: token[:-1],
        lambda token: token.replace("17.", "１７."),
        lambda token: "9" * 5000 + token[2:],
        lambda token: "",
    ],
)
def test_a_token_is_written_in_one_way_only(change: Callable[[str], str]) -> None:
    assert verify_token(SECRET, "unsubscribe", change(sign_token(SECRET, "unsubscribe", 17))) is None


def test_a_token_serves_one_purpose_and_one_secret() -> None:
    token = sign_token(SECRET, "unsubscribe", 17)
    assert verify_token(SECRET, "confirm", token) is None
    assert verify_token(SECRET + b".", "unsubscribe", token) is None
    assert verify_token(b"", "unsubscribe", sign_token(b"", "unsubscribe", 17)) is None


def test_without_an_address_of_ours_or_a_secret_there_are_no_links() -> None:
    assert SignedLinks().build_unsubscribe_url(1) == ""
    assert SignedLinks(public_url="https://a.example").build_confirm_url(1) == ""
    assert "thirty" not in repr(SignedLinks(public_url="https://a.example", secret=SECRET))
    there = SignedLinks(public_url="https://a.example/cw", secret=SECRET)
    assert there.build_confirm_url(7) == f"https://a.example/cw/confirm/{sign_token(SECRET, 'confirm', 7)}"
