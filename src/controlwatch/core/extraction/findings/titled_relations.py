"""What a text does to documents that it names by title alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Relation, Verb

QUOTED_TITLE = re.compile(r"《([^《》\n]{4,60})》")
ENGLISH_LIST = re.compile(
    r"\b(?:Export Control List of Dual-Use Items"
    r"|Dual-Use Items Export Control List)\b[^.;\n]{0,80}?\b(?:is|are|shall be|has been|will be)\s+"
    r"(?:\w+ly )?(?:updated|amended|adjusted|revised)|\b(?:added to|updates? to"
    r"|entries of) the (?:Export Control List of Dual-Use Items|Dual-Use Items Export Control List)",
    re.IGNORECASE,
)  # The Export Control List of Dual-Use Items shall be updated simultaneously
PUBLISHING_REACH = 12  #: characters before a title that say that it is published
MASTER_LIST = "两用物项出口管制清单"


def find_titled_relations(context: ReadingContext) -> Iterator[Relation]:
    """Yield what happens to documents that are named by title alone."""
    get_pattern = context.lexicon.get_pattern
    text, folded, identity = context.text, context.text.folded_text, context.identity
    if identity.is_instrument:
        made_under = (
            get_pattern("relation.implementing-title").search(text.title)
            or get_pattern("relation.legal-basis-title").search(folded)
            or get_pattern("relation.implementation-purpose").search(folded)
        )
        if made_under:
            name = next(group for group in made_under.groups() if group)
            yield _build_title_relation(text, made_under, name, Verb.IMPLEMENTS)
        for hit in get_pattern("relation.repeal-by-title").finditer(folded):
            # A number in front already names the document: 2024年第67号公告（《…目录》）同时废止.
            start = text.find_sentence(hit.start()).start
            if any(start <= m.start and m.end <= hit.start() for m in context.identity.number_mentions):
                continue
            names = [f"{hit[1]}{hit[2] or ''}", *QUOTED_TITLE.findall(hit[0][len(hit[1]) + 2 :])]
            yield from (_build_title_relation(text, hit, name, Verb.REPEALS) for name in names)
        if english := ENGLISH_LIST.search(folded):
            yield _build_title_relation(text, english, MASTER_LIST, Verb.AMENDS)
    if not (identity.is_instrument or identity.is_report):
        return
    for hit in get_pattern("relation.update-by-title").finditer(folded):
        name = next(group for group in hit.groups() if group)
        if get_pattern("relation.list-title").search(name) and not _is_numbered_or_published(
            folded, name, context.lexicon
        ):
            yield _build_title_relation(text, hit, name, Verb.AMENDS)


def _is_numbered_or_published(folded: str, name: str, lexicon: Lexicon) -> bool:
    """Return whether a list is named by its number too, or this very notice publishes it again."""
    get_pattern = lexicon.get_pattern
    for hit in re.finditer(re.escape(f"《{name}》"), folded):
        before, behind = folded[max(0, hit.start() - PUBLISHING_REACH) : hit.start()], folded[hit.end() :]
        if (
            get_pattern("relation.numbered-behind").match(behind)
            or get_pattern("relation.published-behind").match(behind)
            or get_pattern("relation.new-edition-before").search(before)
        ):
            return True
        is_changed = get_pattern("relation.change-behind").match(behind)
        if get_pattern("relation.published-before").search(before) and not is_changed:
            return True
    return False


def _build_title_relation(text: DocumentText, hit: re.Match[str], name: str, verb: Verb) -> Relation:
    rule = "relation.made-under" if verb == Verb.IMPLEMENTS else "relation.title"
    target = " ".join(name.removeprefix("中华人民共和国").split())
    return Relation(verb=verb, target=target, quote=text.quote_around(hit.start(), hit.end()), rule=rule)
