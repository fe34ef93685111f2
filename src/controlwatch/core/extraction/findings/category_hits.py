"""Where a text names categories, each word with how much it can be trusted there."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.identity.kind import INSTRUMENT_KINDS
from controlwatch.core.extraction.mentions.terms import (
    TermStrength,
    contains_phrase,
    find_term_hits,
    is_about_foreign_act,
)
from controlwatch.core.extraction.text.document_text import DocumentText, Sentence
from controlwatch.core.extraction.text.lexicon import Category, Lexicon
from controlwatch.core.extraction.text.masking import mask_non_measure
from controlwatch.core.model import NoticeKind

TITLE_ZONE = 140  #: characters of a title in which title terms are trusted; a longer "title" is a paragraph
HEAD_ZONE = 500  #: characters of a head of several lines
MAX_HITS = 300  #: of one category: an annex of ten thousand rows is not weighed row by row
PARTY_WORDS = re.compile(
    r"\b(?:entit|compan|firm|contractor|supplier|manufacturer|part(?:y|ies)|organi[sz]ation|importer|GmbH\b"
    r"|end[- ]user|Inc\b|Ltd\b|LLC\b"
    r"|(?:add|put|plac|list|enter)\w* (?:it|us|them|(?-i:[A-Z]\w+)) (?:to|on|in)\b"
    r"|(?-i:[A-Z]\w+(?: [A-Z]\w+)+) (?:has|have|had|was|were|is|are) (?:been )?"
    r"(?:added|put|placed|listed|removed|taken|struck)\b"
    r"|we (?:were|have been) (?:added|put|placed|listed)\b)",
    re.IGNORECASE,
)
CAPITAL_BEFORE = re.compile(r"(?<![.:] )\b[A-Z][\w’-]+ $")
CAPITAL_BEHIND = re.compile(r"^\w* [A-Z][\w’-]+")
GOODS_LICENCE = "licence.goods"
#: Regimes whose words also stand in the names of parties: Jin-Hai Shipbuilding.
NAMED_TRADES = frozenset({"shipping"})
#: Goods whose export licence is not that for dual-use items.
LICENSED_GOODS = frozenset({"vehicles", "chemicals.gases"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryHit:
    """A category named at a place, and how much the word can be trusted."""

    category: Category
    strength: TermStrength
    start: int
    end: int
    in_title: bool
    sentence: Sentence  #: that names it; the whole title, where that does

    @property
    def is_item(self) -> bool:
        """Whether the category is an item, as opposed to a regime, a list or a scope."""
        return self.category.kind == "item"

    @property
    def is_control_matter(self) -> bool:
        """Whether the category is a matter of rules, as opposed to its group's everyday business."""
        return not self.is_item or self.category.change

    @property
    def needs_goods_licence(self) -> bool:
        """Whether the category is of goods whose export licence is not that for dual-use items."""
        return self.category.part_of == GOODS_LICENCE or self.category.id in LICENSED_GOODS

    def is_list_of_parties(self, text: DocumentText) -> bool:
        """Return whether a hit is not an English "export control list" of goods: that of parties says so."""
        return (
            not text.folded_text[self.start].isascii()
            or self.category.id != "entity.control_list"
            or PARTY_WORDS.search(self.sentence.words) is not None
        )

    def _is_in_name(self, lexicon: Lexicon) -> bool:
        """Return whether a hit is part of the name of a party that its sentence lists, or of a company."""
        at = self.start - self.sentence.start
        names = (
            *lexicon.get_pattern("category.parties").finditer(self.sentence.words),
            *lexicon.get_pattern("category.company").finditer(self.sentence.words),
        )
        return any(name.start() <= at < name.end() for name in names)

    def is_proper_name(self, text: DocumentText) -> bool:
        """Return whether a word in English is part of a capitalised name: Pelham Drones and Tarn Optics."""
        before, behind = text.folded_text[: self.start][-24:], text.folded_text[self.end :][:24]
        can_name = self.is_item or self.category.id in NAMED_TRADES
        is_capital = can_name and text.folded_text[self.start].isupper()
        return is_capital and bool(CAPITAL_BEFORE.search(before) or CAPITAL_BEHIND.match(behind))

    def describes_party(self, context: ReadingContext) -> bool:
        """Return whether an item only says what a party makes: drone maker Ironbridge."""
        behind = context.text.folded_text[self.end : self.end + 24]
        return self.is_item and context.lexicon.get_pattern("category.maker-behind").match(behind) is not None

    def is_incidental(self, context: ReadingContext) -> bool:
        """Return whether a hit of the body is in a name, a mere mention, a foreign act or the past."""
        lexicon, sentence, folded = context.lexicon, self.sentence, context.text.folded_text
        words = sentence.words
        if self.category.id.startswith("entity."):
            listing, power = (
                lexicon.get_pattern("category.listing"),
                lexicon.get_pattern("category.listing-power"),
            )
            lists = listing.search(words) is not None and power.search(words) is None
            if not lists or not self.is_list_of_parties(context.text):
                return True
        elif (
            lexicon.get_pattern("category.entity-line").search(words)
            and len(words) < 120
            and not lexicon.get_pattern("category.items").search(words)
        ):
            return True
        if not self.category.id.startswith("entity.") and self._is_in_name(lexicon):
            return True
        if lexicon.get_pattern("category.left-alone").search(words) and self.category.id.startswith(
            "entity."
        ):
            return True
        at = self.start - sentence.start
        reasons = lexicon.get_pattern("category.done-to-china").finditer(words)
        if any(reason.start() <= at < reason.end() for reason in reasons):
            return True
        near = folded[max(sentence.start, self.start - 80) : min(sentence.end, self.end + 80)]
        near = lexicon.get_pattern("category.not-as-before").sub("", near)
        return (
            is_about_foreign_act(lexicon, words[: self.start - sentence.start])
            or is_about_foreign_act(lexicon, words)
            or contains_phrase(lexicon, "background", words[:60])
            or contains_phrase(lexicon, "background", near)
        )


def find_category_hits(context: ReadingContext) -> list[CategoryHit]:
    """Return the terms of the title, then those of the body, the first `MAX_HITS` of each category."""
    text, lexicon, kind = context.text, context.lexicon, context.identity.kind
    zone = min(text.title_end, HEAD_ZONE if text.has_head else TITLE_ZONE)
    # A paragraph in the place of a title cites laws like any body.
    headline = text.folded_text if text.title_end <= zone else mask_non_measure(text.folded_text, lexicon)
    terms = [(hit, True) for hit in find_term_hits(headline[:zone], lexicon)]
    # A law names every field that it governs; only its title says what it is about.
    is_law = kind in {NoticeKind.LAW, NoticeKind.REGULATION}
    rules_title = lexicon.get_pattern("category.rules-title")
    is_rules = kind in INSTRUMENT_KINDS | {NoticeKind.DRAFT} and rules_title.search(text.title)
    if not is_law and not is_rules:
        body = find_term_hits(mask_non_measure(text.folded_text, lexicon), lexicon)
        terms += [(hit, False) for hit in body if hit.start >= zone]
    is_instrument = context.identity.is_instrument
    counts: Counter[str] = Counter()
    hits: list[CategoryHit] = []
    for hit, in_title in terms:
        for category, printed in hit.meanings:
            is_body_word = printed == "title" and not in_title and category.kind == "item" and is_instrument
            strength: TermStrength = "lone" if is_body_word else printed
            if strength == "counter" or (strength == "title" and not in_title):
                continue
            counts[category.id] += 1
            if counts[category.id] <= MAX_HITS:
                sentence = Sentence(0, zone, text.title) if in_title else text.find_sentence(hit.start)
                hits.append(
                    CategoryHit(
                        category=category,
                        strength=strength,
                        start=hit.start,
                        end=hit.end,
                        in_title=in_title,
                        sentence=sentence,
                    )
                )
    return hits
