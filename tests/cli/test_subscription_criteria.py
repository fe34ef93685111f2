"""Each criterion of the one list reaches the command, the bot, the form, the store and the description."""

from __future__ import annotations

from datetime import date

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.storage.base import SUBSCRIPTION
from controlwatch.core.alerting.subscription_criteria import CRITERIA, Criterion, set_criteria
from controlwatch.core.model import Subscription
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.subscription_text import describe_criteria
from controlwatch.services.names import Names
from controlwatch.slack.form_view import build_form, get_block_id
from controlwatch.slack.subscription_words import parse_subscription
from tests.cli.test_docs import commands

VALUES = {
    "categories": "battery",
    "issuers": "MOFCOM",
    "directions": "tighten",
    "destinations": "US",
    "hs_prefixes": "8507",
    "terms": "drone",
}
EACH = pytest.mark.parametrize("criterion", CRITERIA, ids=[item.field for item in CRITERIA])
LEXICON = load_lexicon()
NAMES = Names(lexicon=LEXICON, watchers=())


def limited(criterion: Criterion) -> Subscription:
    value = criterion.parse(VALUES[criterion.field], NAMES)
    return set_criteria(Subscription(channel="slack", target="U1"), {criterion.field: [value]})


@EACH
def test_a_criterion_is_an_option_a_field_of_the_form_and_a_column(criterion: Criterion) -> None:
    assert f"--{criterion.option}" in {name for item in commands()["subscribe"].params for name in item.opts}
    context = CardContext(lexicon=LEXICON, language="both", today=date(2026, 10, 1))
    form = build_form(limited(criterion), context, manager=False, metadata="", more=True)
    (block,) = (block for block in form["blocks"] if block["block_id"] == get_block_id(criterion))
    assert any(name.startswith("initial_") for name in block["element"])
    assert criterion.field in SUBSCRIPTION.c


@EACH
def test_a_criterion_is_described(criterion: Criterion) -> None:
    assert VALUES[criterion.field] in describe_criteria(limited(criterion))


@pytest.mark.parametrize("criterion", [item for item in CRITERIA if item.field != "terms"])
def test_the_bot_recognizes_a_word_as_a_value_of_one_criterion(criterion: Criterion) -> None:
    word = VALUES[criterion.field]
    assert [item.field for item in CRITERIA if item.recognize(word, NAMES)] == [criterion.field]
    assert criterion.get_values(parse_subscription([word], "C1", "U1", NAMES)) == (word,)
