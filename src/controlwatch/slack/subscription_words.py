"""A subscription from words: battery US tighten daily me."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from controlwatch.core.alerting.subscription_criteria import CRITERIA, CriterionNames, set_criteria
from controlwatch.core.asking.category_names import is_category_name
from controlwatch.core.model import Language, Rate, Subscription

RATES: dict[str, Rate] = {
    "immediate": "immediate",
    "daily": "daily",
    "weekly": "weekly",
    "每日": "daily",
    "每周": "weekly",
}
LANGUAGES: dict[str, Language] = {"en": "en", "english": "en", "zh": "zh", "中文": "zh", "both": "both"}
#: Words without a meaning for the subscription.
FILLERS = frozenset({"to", "for", "and", "here", "the", "hs", "this", "channel"})
#: The longest name of a category that is joined without quotes.
MAX_NAME_WORDS = 4
SELF_WORDS = frozenset({"me", "我"})


def parse_subscription(
    words: Iterable[str],
    channel: str,
    user: str,
    names: CriterionNames,
    *,
    language: Language = "both",
) -> Subscription:
    """Return the subscription that words describe: for the channel or, with `me`, for the user.

    Values of the criteria, a rate, a language and `outlook`, in any order; `language` is the one without a
    word for it. Raises `UsageError` naming the word that is not understood.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    rate: Rate = "immediate"
    target, outlook = channel, False
    for word in _join_names([word.strip(",;") for word in words], names):
        plain = word.casefold()
        if plain in FILLERS:
            continue
        if plain in SELF_WORDS:
            target = user
        elif plain == "outlook":
            outlook = True
        elif plain in RATES:
            rate = RATES[plain]
        elif plain in LANGUAGES:
            language = LANGUAGES[plain]
        else:
            field, value = _parse_criterion(word, names)
            found[field].append(value)
    subscription = Subscription(channel="slack", target=target, rate=rate, language=language, outlook=outlook)
    return set_criteria(subscription, found)


def _join_names(words: list[str], names: CriterionNames) -> Iterator[str]:
    """Yield words, with those that are the name of one category together: rare earth."""
    while words:
        length = next(
            (
                length
                for length in range(min(MAX_NAME_WORDS, len(words)), 1, -1)
                if is_category_name(" ".join(words[:length]), names.lexicon)
            ),
            1,
        )
        yield " ".join(words[:length])
        words = words[length:]


def _parse_criterion(word: str, names: CriterionNames) -> tuple[str, str]:
    """Return the field and the value that a word means; a word of no criterion must name an item."""
    for criterion in CRITERIA:
        if (value := criterion.recognize(word, names)) is not None:
            return criterion.field, value
    return "categories", names.find_category(word)
