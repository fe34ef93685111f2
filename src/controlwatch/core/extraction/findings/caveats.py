"""What must not be overlooked: thresholds, exemptions, reach beyond the border, goods under way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon, RuleMatch, RuleMatcher, matcher_for
from controlwatch.core.extraction.text.masking import is_excluded, mask_cited_titles
from controlwatch.core.model import Caveat

STRETCH_LENGTH = 2000  #: characters searched at a time
MAX_PER_KIND = 6  #: caveats of one kind; a control list has hundreds of thresholds
#: The sign of a bound, and the words that set it, the longer ones first.
BOUNDS = (
    ("caveat.at-least", "≥"),
    ("caveat.at-most", "≤"),
    ("caveat.more-than", ">"),
    ("caveat.less-than", "<"),
)
TRAILING_BOUND = re.compile(r"\s*\bor (?:more|less|above|below)\b.*$", re.IGNORECASE)


def find_caveats(context: ReadingContext) -> tuple[Caveat, ...]:
    """Return the sentences that limit or widen what a notice seems to say, each kind in order."""
    text, lexicon = context.text, context.lexicon
    words = mask_cited_titles(text.folded_text, lexicon)
    found: list[Caveat] = []
    for kind in dict.fromkeys(rule.of for rule in lexicon.rules["caveat"]):
        kept: dict[str, Caveat] = {}
        for start, match in _match_stretches(words, text, matcher_for(lexicon, "caveat", kind)):
            if kind == "threshold" and is_excluded(text.folded_text, start, context.lexicon):
                continue
            end = start + match.end - match.start
            value = format_threshold(words[start:end], lexicon) if kind == "threshold" else ""
            quote = text.quote_around(start, end)
            kept.setdefault(value or quote, Caveat(kind=kind, quote=quote, value=value, rule=match.rule.id))
            if len(kept) == MAX_PER_KIND:
                break
        found += kept.values()
    return tuple(found)


def _match_stretches(words: str, text: DocumentText, rules: RuleMatcher) -> Iterator[tuple[int, RuleMatch]]:
    """Yield the matches with their offsets, stretch by stretch: the caller may stop before the end."""
    start = text.title_end
    while start < text.related_links_start:
        line_end = words.find(
            "\n", min(start + STRETCH_LENGTH, text.related_links_start), text.related_links_start
        )
        end = min(line_end if line_end >= 0 else text.related_links_start, start + 2 * STRETCH_LENGTH)
        yield from ((start + match.start, match) for match in rules.find_all(words[start:end]))
        start = end + 1


def format_threshold(words: str, lexicon: Lexicon) -> str:
    """Return a threshold as bound and figure; the words themselves where they have another form.

    >>> format_threshold("大于等于300Wh/kg", lexicon), format_threshold("not exceeding 1.2 kg", lexicon)
    ('≥300Wh/kg', '≤1.2kg')
    """
    bound = next((sign for name, sign in BOUNDS if lexicon.get_pattern(name).search(words)), None)
    figure = lexicon.get_pattern("caveat.figure").search(TRAILING_BOUND.sub("", words))
    if bound is None or figure is None:
        return words.strip()
    return bound + re.sub(r"\s+", "", figure[0]).rstrip("，。；、")
