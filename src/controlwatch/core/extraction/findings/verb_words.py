"""The verbs that words say of a notice: of one clause, and of a whole sentence."""

from __future__ import annotations

from controlwatch.core.extraction.text.lexicon import Lexicon, compile_family, lower_letters
from controlwatch.core.model import Verb

VerbMatch = tuple[str, str]  #: what is done (a verb, or "nothing"), and the id of the rule that says so
ACTING_VERBS = frozenset({Verb.SUSPENDS, Verb.RESUMES, Verb.REPEALS, Verb.AMENDS, Verb.EXTENDS})
#: What the words of a whole sentence do to the notices that it names.
SENTENCE_VERBS = (
    ("relation.prevails", Verb.AMENDS),
    ("relation.term-prolonged", Verb.EXTENDS),
    ("relation.suspension-runs-out", Verb.RESUMES),
    ("relation.control-lapses", Verb.REPEALS),
    ("relation.moved-start", Verb.AMENDS),
    ("relation.rested-again", Verb.RESUMES),
    ("relation.rate-suspended", Verb.SUSPENDS),
    ("relation.stopped-for-a-term", Verb.SUSPENDS),
    ("relation.annexes-end", Verb.AMENDS),
)


def match_sentence_verb(words: str, lexicon: Lexicon) -> VerbMatch | None:
    """Return what a sentence as a whole does to the notices that it names."""
    found = (pair for pair in SENTENCE_VERBS if lexicon.get_pattern(pair[0]).search(words))
    return next(((verb, pattern) for pattern, verb in found), None)


def match_first_verb(words: str, lexicon: Lexicon) -> VerbMatch | None:
    """Return the verb of the first rule that the words match, or None."""
    lowered = lower_letters(words)
    rules = (rule for rule, pattern in compile_family(lexicon, "relation") if pattern.search(lowered))
    return next(((rule.of, rule.id) for rule in rules), None)


def limit_to_party(match: VerbMatch, words: str, lexicon: Lexicon) -> VerbMatch:
    """Return the verb of a sentence; what ends for one party, or in one part, only amends the notice."""
    if (
        match[0] == Verb.REPEALS
        and lexicon.get_pattern("relation.for-a-party").search(words)
        and not lexicon.get_pattern("relation.ends-whole").search(words)
    ):
        return Verb.AMENDS, "relation.for-a-party"
    return match
