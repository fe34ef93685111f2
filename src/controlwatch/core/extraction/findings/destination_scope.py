"""Whether a destination is that of the whole measure, or only of one provision beside a general rule."""

from __future__ import annotations

from controlwatch.core.extraction.mentions.places import PlaceHit
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon


def is_of_one_provision(place: PlaceHit, text: DocumentText, lexicon: Lexicon) -> bool:
    """Return whether one numbered provision names the place, and another binds for every destination.

    一、出口附表所列物项应当申请许可。二、向美国军事用户出口的，不予许可。
    """
    forms = next((one.zh + one.en for one in lexicon.places if one.code == place.code), ())
    item = lexicon.get_pattern("destination.item")
    general = lexicon.get_pattern("destination.general-duty")
    if any(form in text.title for form in forms):
        return False
    own = next((s for s in text.sentences if s.start <= place.start < s.end), None)
    if own is None or own.start < text.title_end or not item.match(own.words):
        return False
    return any(
        item.match(sentence.words)
        and general.search(sentence.words)
        and not any(form in sentence.words for form in forms)
        for sentence in text.sentences
        if sentence is not own and sentence.start >= text.title_end
    )
