"""Whether a text changes the rules itself, reports a change, or does neither."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from controlwatch.core.extraction.findings.directions import DirectionSignal
from controlwatch.core.extraction.findings.verb_words import ACTING_VERBS
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.terms import contains_phrase, is_about_foreign_act
from controlwatch.core.extraction.text.lexicon import Category, Lexicon
from controlwatch.core.model import NoticeKind, Relation, Verb

#: A law or regulation is watched where it founds or governs a control.
CONTROL_LAW_CATEGORIES = ("framework_law", "licence.", "entity.", "list.", "rare_earth.quota")
TERM_VERBS = frozenset({Verb.SUSPENDS, Verb.RESUMES, Verb.EXTENDS})
TRADE_AUTHORITIES = ("MOFCOM", "GACC", "SCTC", "UEL")
#: Authorities whose notices are on trade, or on measures against parties.
TRADE_ISSUERS = frozenset(
    {"MOFCOM", "GACC", "SCTC", "UELWM", "UEL", "MFA", "SCA", "CMC", "SASTIND", "CAEA", "NNCC", "COSTIND"}
)
NEAR_TITLE = 160  #: characters below a title that still say what a document is
OPENING = 2500  #: characters in which a trade authority says what its notice is on
SHORT_OPENING = 700  #: as above, for other authorities


def is_operative_answer(context: ReadingContext) -> bool:
    """Return whether a spokesperson's answer itself decides something from a given day.

    It stops or suspends the measure of a number or against listed parties, or says that it was decided now.
    """
    lexicon = context.lexicon
    if context.identity.kind != NoticeKind.SPOKESPERSON:
        return False
    acting = [
        words
        for sentence in context.text.sentences
        if (words := _drop_intents(lexicon, sentence.words))
        and not is_about_foreign_act(lexicon, words)
        and not lexicon.get_pattern("change.issued-already").search(words)
    ]
    if any(map(lexicon.get_pattern("change.decided-now").search, acting)):
        return True
    listed = lexicon.get_pattern("place.list-of-parties").search(context.text.folded_text)
    if not (context.identity.number_mentions or listed):
        return False
    return any(
        lexicon.get_pattern("change.start-day").search(words)
        and (
            lexicon.get_pattern("change.suspension").search(words)
            or (
                lexicon.get_pattern("change.adjustment").search(words)
                and any(map(lexicon.get_pattern("change.suspension").search, acting[i : i + 4]))
            )
        )
        for i, words in enumerate(acting)
    )


def _drop_intents(lexicon: Lexicon, words: str) -> str:
    """Return a sentence without the clauses that only announce something for later (，并将研究细化方案)."""
    decided = lexicon.get_pattern("change.said-to-do")  # announced that China would suspend: no intent
    clauses = [
        clause
        for clause in words.split("，")
        if not contains_phrase(lexicon, "intent", decided.sub(" ", clause))
    ]
    return "，".join(clauses)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeInputs:
    """What decides whether a text changes the rules."""

    context: ReadingContext
    category_ids: frozenset[str]
    categories: tuple[Category, ...]  #: of those ids
    relations: tuple[Relation, ...]
    signals: tuple[DirectionSignal, ...]
    is_operative: bool  #: a spokesperson's answer that itself stops or suspends a measure

    @property
    def is_on_regime(self) -> bool:
        """Whether the title, or the opening of the text, names a regime that is watched.

        An authority whose business is another one must name it beyond doubt.
        """
        lexicon, text, issuers = self.context.lexicon, self.context.text, self.context.identity.issuers
        if lexicon.get_pattern("change.regime").search(text.title):
            return True
        is_trade = any(code in TRADE_ISSUERS for code in issuers)
        name, reach = ("change.regime", OPENING) if is_trade else ("change.strong-regime", SHORT_OPENING)
        regime = lexicon.get_pattern(name)
        return any(
            regime.search(sentence.words) and not is_about_foreign_act(lexicon, sentence.words)
            for sentence in text.sentences
            if text.title_end <= sentence.start < min(text.title_end + reach, text.related_links_start)
        )

    @property
    def titles_regime(self) -> bool:
        """Whether the title of a trade authority names a regime that is watched."""
        regime = self.context.lexicon.get_pattern("change.regime")
        is_trade = any(code in TRADE_ISSUERS for code in self.context.identity.issuers)
        return is_trade and regime.search(self.context.text.title) is not None

    @property
    def is_local(self) -> bool:
        """Whether a local authority speaks."""
        title = self.context.text.title
        names = ("change.local-authority", "change.local-customs")
        return any(self.context.lexicon.get_pattern(name).match(title) for name in names)

    @property
    def is_law(self) -> bool:
        """Whether it is a law or a regulation, which its subject admitted already."""
        return self.context.identity.kind in {NoticeKind.LAW, NoticeKind.REGULATION}

    @property
    def has_unknown_issuer(self) -> bool:
        """Whether no authority and no number of its own is known, and the title does not tell either."""
        identity = self.context.identity
        if self.corrects_another:
            return False
        if self.context.lexicon.get_pattern("change.strong-regime").search(self.context.text.title):
            return False
        return not (identity.issuers or identity.own_number or self.is_law)

    @property
    def is_of_other_authority(self) -> bool:
        """Whether an authority without a part in the watched regimes speaks, and its title names none."""
        text, lexicon = self.context.text, self.context.lexicon
        other = lexicon.get_pattern("change.other-authority").match(text.title.strip())
        return other is not None and not lexicon.get_pattern("change.regime").search(text.title)

    @property
    def is_on_persons(self) -> bool:
        """Whether it is on travellers and crews, not on goods."""
        text = self.context.text
        persons = self.context.lexicon.get_pattern("change.persons")
        return persons.search(text.title) is not None

    @property
    def suspends_another(self) -> bool:
        """Whether it suspends, resumes or extends the measures of another notice of a trade authority.

        A repeal or an amendment counts too, where the text does not say what the other notice is on.
        """
        text, get_pattern = self.context.text, self.context.lexicon.get_pattern
        is_described = (
            get_pattern("change.description").search(text.folded_text) is not None
            or get_pattern("change.subject").search(text.title) is not None
        )
        verbs = TERM_VERBS if is_described else ACTING_VERBS
        return any(
            relation.verb in verbs and relation.target.startswith(TRADE_AUTHORITIES)
            for relation in self.relations
        )

    @property
    def corrects_another(self) -> bool:
        """Whether its title says that it corrects a notice of a trade authority."""
        amends = any(
            relation.verb == Verb.AMENDS and relation.target.startswith(TRADE_AUTHORITIES)
            for relation in self.relations
        )
        correcting = self.context.lexicon.get_pattern("change.correcting-title")
        return amends and correcting.search(self.context.text.title) is not None

    @property
    def acts_on_another(self) -> bool:
        """Whether it suspends, resumes, repeals, amends or extends another notice."""
        return any(relation.verb in ACTING_VERBS for relation in self.relations)


#: Asked in this order; the first that applies answers.
CHANGE_QUESTIONS: tuple[tuple[str, bool, Callable[[ChangeInputs], bool]], ...] = (
    ("change.operative-answer", True, lambda case: case.is_operative),
    ("change.no-instrument", False, lambda case: not case.context.identity.is_instrument),
    (
        "change.decides-nothing",
        False,
        lambda case: (
            not case.acts_on_another
            and all(signal.weak for signal in case.signals)
            and not case.context.lexicon.get_pattern("change.decision").search(case.context.text.folded_text)
        ),
    ),
    (
        "change.other-law",
        False,
        lambda case: (
            case.context.identity.kind in {NoticeKind.LAW, NoticeKind.REGULATION}
            and not any(category.startswith(CONTROL_LAW_CATEGORIES) for category in case.category_ids)
        ),
    ),
    (
        # A trade-remedy or procurement instrument may name goods; its regime decides.
        "change.other-regime",
        False,
        lambda case: any(not found.change and found.kind == "instrument" for found in case.categories),
    ),
    ("change.local", False, lambda case: case.is_local),
    (
        "change.event",
        False,
        lambda case: (
            case.context.lexicon.get_pattern("change.event").search(case.context.text.title) is not None
            or case.context.lexicon.get_pattern("change.norms").search(
                case.context.text.folded_text[: case.context.text.title_end + NEAR_TITLE]
            )
            is not None
            or case.context.lexicon.get_pattern("change.penalty").search(
                case.context.text.folded_text[: case.context.text.title_end + NEAR_TITLE]
            )
            is not None
        ),
    ),
    ("change.unknown-issuer", False, lambda case: case.has_unknown_issuer),
    ("change.other-authority", False, lambda case: case.is_of_other_authority),
    (
        "change.other-business",
        False,
        lambda case: (
            case.context.identity.is_other_business
            and not case.context.lexicon.get_pattern("change.control-title").search(case.context.text.title)
        ),
    ),
    (
        "change.persons",
        False,
        lambda case: (
            case.is_on_persons
            and not case.context.lexicon.get_pattern("change.control").search(case.context.text.folded_text)
        ),
    ),
    ("change.corrects", True, lambda case: case.corrects_another),
    # It puts a known measure to rest, or wakes it; the words of the regime are in the other notice.
    ("change.acts-on-another", True, lambda case: case.suspends_another),
    ("change.no-watched-subject", False, lambda case: not (case.is_law or case.is_on_regime)),
    (
        # A watched regime or list is enough; an item only where the text speaks of trade in it.
        "change.instrument",
        True,
        lambda case: any(
            found.change
            and (
                found.kind != "item"
                or case.context.lexicon.get_pattern("change.trade").search(case.context.text.folded_text)
            )
            for found in case.categories
        ),
    ),
    ("change.acts-on-another", True, lambda case: case.acts_on_another),
    ("change.moves-a-control", True, lambda case: any(not signal.weak for signal in case.signals)),
    ("change.titled", True, lambda case: case.titles_regime),
    (
        "change.speaks-of-control",
        True,
        lambda case: (
            case.context.identity.own_number is not None
            and bool(case.context.lexicon.get_pattern("change.control").search(case.context.text.folded_text))
        ),
    ),
)


def decide_change(case: ChangeInputs) -> tuple[bool, str]:
    """Return whether a text is an instrument, or an operative statement, that changes the watched rules.

    The second value is the id of the rule that gave the answer.
    """
    return next(
        ((answer, rule) for rule, answer, applies in CHANGE_QUESTIONS if applies(case)),
        (False, "change.no-watched-subject"),
    )
