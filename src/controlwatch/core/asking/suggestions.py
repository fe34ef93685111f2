"""Questions that can be answered, near to one that is not understood."""

from __future__ import annotations

from rapidfuzz import fuzz, process

from controlwatch.core.asking.category_names import find_named_category, suggest_categories
from controlwatch.core.asking.question import ALL_KINDS, Question
from controlwatch.core.asking.vocabulary import Vocabulary, fold_asked
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import HAN

SUGGESTIONS = 2
#: A text of more words is hardly a name.
MAX_NAME_WORDS, MAX_NAME_LENGTH = 6, 60


def suggest_questions(question: Question, vocabulary: Vocabulary, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the two questions nearest to a text that is not understood.

    They are about the item that it names; about its words where it may be a name; else the most similar
    examples of its language.
    """
    named = find_named_category(question.text.lower(), lexicon, kinds=ALL_KINDS)
    if named is not None:
        return f"lookup {named.name}", f"status {named.name}"
    found = tuple(f"lookup {name}" for name in suggest_categories(question.subject, lexicon)[:1])
    words = question.subject.split()
    if words and len(words) <= MAX_NAME_WORDS and len(question.subject) <= MAX_NAME_LENGTH:
        found = (*found, f"entity {question.subject}")
    is_chinese = question.language == "zh"
    examples = [
        example
        for intent in vocabulary.intents
        for example in intent.questions
        if (HAN.search(example) is not None) is is_chinese
    ]
    nearest = process.extract(
        fold_asked(question.text),
        examples,
        scorer=fuzz.token_set_ratio,
        processor=fold_asked,
        limit=SUGGESTIONS,
    )
    return (*found, *(example for example, _, _ in nearest))[:SUGGESTIONS]
