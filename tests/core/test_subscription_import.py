"""What an import changes: the same subscription is recognized, and a second import changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.files.subscription_file import (
    SubscriptionFileError,
    format_subscription_file,
    parse_subscription_file,
)
from controlwatch.core.alerting.subscription_import import get_settings, plan_import
from controlwatch.core.alerting.subscription_targets import parse_target
from controlwatch.core.model import Direction, Subscription
from controlwatch.services.names import Names

NAMES = Names(lexicon=load_lexicon(), watchers=())
ADA = Subscription(channel="email", target="ada@desk.example", categories=("battery",), health=False)
SUBSCRIPTIONS = st.builds(
    Subscription,
    channel=st.just("email"),
    target=st.sampled_from(["ada@desk.example", "bo@desk.example"]),
    categories=st.sampled_from([(), ("battery",), ("battery", "rare_earth")]),
    directions=st.sampled_from([(), (Direction.TIGHTEN,)]),
    hs_prefixes=st.sampled_from([(), ("8507",)]),
    terms=st.sampled_from([(), ('无人机 & "drone"',)]),
    rate=st.sampled_from(["immediate", "daily", "weekly"]),
    at=st.sampled_from([time(8, 30), time(23, 59)]),
    weekday=st.integers(0, 6),
    quiet=st.sampled_from([None, (time(22), time(7))]),
    health=st.booleans(),
    reports=st.booleans(),
    escalate_after=st.integers(0, 10_000),
    escalate_to=st.sampled_from(["", "bo@desk.example"]),
)
LISTS = st.lists(SUBSCRIPTIONS, max_size=6, unique_by=get_settings)


def read(text: str) -> tuple[Subscription, ...]:
    return parse_subscription_file(text, NAMES, parse_target)


def number(items: list[Subscription]) -> list[Subscription]:
    """Return subscriptions as a store knows them."""
    return [replace(item, id=place) for place, item in enumerate(items, start=1)]


@given(LISTS)
def test_a_file_holds_everything_that_was_written_to_it(items: list[Subscription]) -> None:
    assert list(read(format_subscription_file(items))) == items


@given(LISTS, LISTS, st.booleans())
def test_a_second_import_changes_nothing(
    wanted: list[Subscription], active: list[Subscription], end_others: bool
) -> None:
    plan = plan_import(wanted, number(active), end_others=end_others)
    after = [*plan.unchanged, *plan.kept, *(item for item, _ in plan.changed), *plan.added]
    again = plan_import(wanted, number(after), end_others=end_others)
    assert again.is_empty
    assert len(again.unchanged) == len(wanted)


@given(LISTS, LISTS)
def test_every_active_subscription_is_accounted_for_once(
    wanted: list[Subscription], active: list[Subscription]
) -> None:
    plan = plan_import(wanted, number(active))
    found = [*plan.unchanged, *plan.kept, *(before for _, before in plan.changed)]
    assert sorted(item.id for item in found) == list(range(1, len(active) + 1))
    assert plan.ended == ()


def test_other_times_are_a_change_and_what_is_not_in_the_file_stays() -> None:
    before = replace(ADA, id=7, owner="U1", paused="bounced")
    ((after, old),) = plan_import([replace(ADA, rate="daily")], [before]).changed
    assert old == before
    assert (after.id, after.rate, after.owner, after.paused) == (7, "daily", "U1", "bounced")


def test_other_criteria_of_the_only_subscription_of_a_target_are_a_change() -> None:
    plan = plan_import([replace(ADA, categories=("rare_earth",))], [replace(ADA, id=7)])
    assert [after.categories for after, _ in plan.changed] == [("rare_earth",)]


def test_who_has_not_confirmed_is_neither_exported_nor_ended() -> None:
    waiting = replace(ADA, id=7, confirmed=False)
    assert read(format_subscription_file([waiting])) == ()
    assert plan_import([], [waiting], end_others=True).is_empty


BAD = """{
  "format": "controlwatch subscriptions 1",
  "subscriptions": [
    {"channel": "email", "target": "ada@desk.example"},
    {
      "channel": "email",
      "target": "not an address",
      "category": ["battery", "unobtainium"],
      "rate": "hourly"
    },
    {"channel": "slack", "target": "C0123ABCD", "quite": "22:00-07:00"}
  ]
}"""


def test_each_problem_is_named_with_its_line_and_its_key() -> None:
    with pytest.raises(SubscriptionFileError) as refused:
        read(BAD.replace('"hourly"', '"daily"'))
    first, second, third = refused.value.problems
    assert first.startswith("line 7: target: 'not an address' is not an e-mail address")
    assert second.startswith("line 8: category: no category 'unobtainium'")
    assert third.startswith("line 11: quite: ")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (BAD, "line 9: rate: "),
        ("", "line 1: this is not JSON"),
        ("[]", 'begins with "format"'),
        ("null", 'begins with "format"'),
        ('{"format": "other", "subscriptions": []}', 'begins with "format"'),
        (BAD.replace('"C0123ABCD"', '"C0123ABCD",'), "line 11: this is not JSON"),
        (BAD[:150], "this is not JSON"),
        ("[" * 100_000, "this is not a file"),
        ('{"format": "controlwatch subscriptions 1", "subscriptions": {}}', "begins with"),
        ('{"format": "controlwatch subscriptions 1", "subscriptions": [7]}', "line 1: entry: "),
        ('{"format": "controlwatch subscriptions 1", "subscriptions": [], "more": 1}', "more: is not a key"),
        ('{"format": "controlwatch subscriptions 1", "subscriptions": [{"channel": "email"}]}', "target: "),
        (
            '{"format": "controlwatch subscriptions 1", "subscriptions": [{"channel": "console", "channel": "email"}]}',
            "'channel' stands twice",
        ),
    ],
)
def test_a_file_that_is_none_is_refused(text: str, problem: str) -> None:
    with pytest.raises(SubscriptionFileError) as refused:
        read(text)
    assert any(problem in found for found in refused.value.problems), refused.value.problems


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("at", '"25:00"'),
        ("timezone", '"Mars/Olympus"'),
        ("quiet", '"22:00"'),
        ("escalate_after", "-1"),
        ("escalate_after", "true"),
        ("reports", '"yes"'),
        ("weekday", '"someday"'),
        ("term", '[""]'),
        ("hs", '["85x"]'),
        ("category", '"battery"'),
        ("language", '"fr"'),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_its_key(key: str, value: str) -> None:
    entry = f'{{"channel": "email", "target": "ada@desk.example",\n "{key}": {value}}}'
    with pytest.raises(SubscriptionFileError, match=f"line 2: {key}: "):
        read(f'{{"format": "controlwatch subscriptions 1", "subscriptions": [{entry}]}}')


def test_the_same_subscription_twice_is_refused_with_both_lines() -> None:
    text = format_subscription_file([ADA, replace(ADA, rate="daily")]).replace(
        '"rate": "daily"', '"rate": "immediate"'
    )
    with pytest.raises(SubscriptionFileError, match="line 11: the same subscription stands at line 4"):
        read(text)
