"""How a notice acts on others: it suspends, resumes, repeals, amends, extends, clarifies or reports them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from controlwatch.core.extraction.findings.later_verbs import find_later_verb
from controlwatch.core.extraction.findings.relation_verbs import (
    LIST_LEAD,
    find_acting_verb,
    find_further_verbs,
    find_reciting_number,
    is_recalled,
    match_clause_verb,
    match_lapse,
)
from controlwatch.core.extraction.findings.titled_relations import find_titled_relations
from controlwatch.core.extraction.findings.verb_words import ACTING_VERBS, VerbMatch
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.numbers import NumberMention
from controlwatch.core.extraction.text.document_text import DocumentText, Sentence
from controlwatch.core.extraction.text.lexicon import NO_CONCLUSION, Lexicon
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.model import NoticeKind, Relation, Verb

TABLE_ROW = re.compile(r"[\t|][^\t|\n]*[\t|]")
EXPLAINING_KINDS = frozenset({NoticeKind.SPOKESPERSON, NoticeKind.FAQ, NoticeKind.GUIDANCE})
NEW_YEAR_MONTHS = 2  #: in which a report may be about a notice of the last year
ACCORDING_TO = re.compile(
    r"\b[Aa]ccording to (?:(?:its|the|an?|two|three) )?(?:joint )?(?:[Aa]nnouncement|[Nn]otice|[Oo]rder)s?\b"
)
ENGLISH_CLAUSE = re.compile(
    r"\b((?:first|second|third|fourth|\d+(?:st|nd|rd|th)) (?:clause|paragraph|article|section)"
    r"|(?:paragraph|clause|section|item|article)s? \d+(?:(?:,| and|, and) \d+)*(?: of Article \w+)?) of\s*$",
    re.IGNORECASE,
)
ORIGIN_REACH = 60  #: characters behind a number that say that it published a list
ISSUING_REACH_IN_ENGLISH = 24
ACCORDING_REACH = 32  #: characters before a number in which a report says that it rests on it
ISSUING_REACH = 16  #: characters before a number in which a report says that it was issued
LEFT_ALONE_REACH = 36  #: characters beside a number in which words say that it goes on
LEFT_ALONE_REACH_IN_ENGLISH = 140
SUBJECT_REACH = 150  #: characters behind a number in which a report says who issued it, and what it does
ACTING_REACH = 60  #: characters between the number that acts and the one acted on
#: The bracket only says where a list was published: 《…目录》（2023年第57号公告公布）.
LIST_ORIGIN = re.compile(r"《[^《》\n]{4,60}》（[^（）\n]{0,80}$")
GENERAL_RULE = "relation.amends-below"  #: the lead of a list that says below what is done
CLAUSE_REACH = 4000  #: characters in which the changed clauses follow


def find_relations(context: ReadingContext, *, is_operative: bool) -> tuple[Relation, ...]:
    """Return how a text relates to other documents, one relation for each verb, target and clause.

    `is_operative` means that a spokesperson's answer itself acts, like an instrument.
    """
    is_acting = is_operative or context.identity.is_instrument
    own, mentions = context.identity.own_number, context.identity.number_mentions
    raw: list[Relation] = []
    for i, mention in enumerate(mentions):
        is_own = own is not None and mention.number.key == own.number.key
        is_promulgation = mention.number.series == "Order" and "NPCSC" in mention.number.issuers
        if not (is_own or is_promulgation) and not _is_only_named(context, mention, mentions[i + 1 :]):
            raw += _build_relations(context, mention, is_acting=is_acting)
    if is_acting:
        raw = _settle_suspensions(context, raw)
    raw += find_titled_relations(context)
    return _keep_exact(raw, context.text.title)


def _is_only_named(context: ReadingContext, mention: NumberMention, later: Sequence[NumberMention]) -> bool:
    """Return whether a number acts on a later one, is part of a name, or only says where a list is from."""
    get_pattern, folded = context.lexicon.get_pattern, context.text.folded_text
    start, end = mention.start, mention.end
    near = (other.start for other in later if 0 <= other.start - end <= ACTING_REACH)
    if any(get_pattern("relation.acting-number").match(folded[end:at]) for at in near):
        return True
    if get_pattern("relation.number-in-name").search(folded[max(0, start - 100) : start]):
        return True
    if get_pattern("relation.prevails").search(context.text.find_sentence(start).words):
        return False
    is_origin = _find_list_origin(context, mention) and get_pattern("relation.publishing-number").match(
        folded[end : end + ORIGIN_REACH]
    )
    return bool(is_origin) and not _is_of_changed_list(context, mention)


def _build_relations(
    context: ReadingContext, mention: NumberMention, *, is_acting: bool
) -> Iterator[Relation]:
    """Yield what a text does to the document with a number: in whole, to its clauses, or in two ways."""
    text, target, get_pattern = context.text, mention.number.canonical, context.lexicon.get_pattern
    if is_acting and _is_of_changed_list(context, mention):
        verb, rule = str(Verb.AMENDS), "relation.list"
    else:
        verb, rule = _find_verb(context, mention, is_acting=is_acting) or (NO_CONCLUSION, "")
    if verb == NO_CONCLUSION:
        return
    words = text.find_sentence(mention.start).words
    is_general = verb == Verb.AMENDS and rule != "relation.for-a-party" and LIST_LEAD.search(words)
    if is_general and not get_pattern("relation.in-part").search(words):
        rule = GENERAL_RULE
    yield from _state_clauses(context, mention, Verb(verb), rule)
    if is_acting and verb in {Verb.SUSPENDS, Verb.AMENDS, Verb.EXTENDS}:
        for (further, further_rule), sentence in find_further_verbs(context, mention):
            if further != verb:
                quote = text.quote_around(sentence.start, sentence.start)
                yield Relation(verb=Verb(further), target=target, quote=quote, rule=further_rule)


def _state_clauses(
    context: ReadingContext, mention: NumberMention, verb: Verb, rule: str
) -> Iterator[Relation]:
    """Yield one relation for each clause of the target that the text names, else one for the whole."""
    quote = context.text.quote_around(mention.start, mention.end)
    for clause in _find_clauses(context.text, mention, verb, context.lexicon) or (None,):
        yield Relation(verb=verb, target=mention.number.canonical, quote=quote, clause=clause, rule=rule)


def _settle_suspensions(context: ReadingContext, raw: list[Relation]) -> list[Relation]:
    """Return the relations with what an older notice had suspended, where its term is prolonged.

    Of 第55号已由第70号公告暂停实施, 将暂停期限延长一年, the seventieth is extended; the other rests.
    """
    goes_on = context.lexicon.get_pattern("relation.suspension-goes-on").search(context.text.folded_text)
    is_suspending = any(relation.verb == Verb.SUSPENDS for relation in raw)
    # 继续暂停前述措施: what was named before, whose number no sentence repeats
    is_suspending |= goes_on is not None and goes_on[0].endswith(("前述", "上述"))
    for sentence in context.text.sentences:
        if not context.lexicon.get_pattern("relation.rests").search(sentence.words):
            continue
        if (suspender := find_reciting_number(context, sentence)) is None:
            continue
        own = context.identity.own_number
        resting = [
            mention
            for mention in context.identity.number_mentions
            if sentence.start <= mention.start < sentence.end
            and mention.number.key not in {suspender.number.key, own.number.key if own else None}
        ]
        targets = {mention.number.canonical for mention in resting}
        extended = {relation.target for relation in raw if relation.verb == Verb.EXTENDS}
        is_told = sentence.start >= context.text.title_end and goes_on and is_suspending
        if not extended & {suspender.number.canonical, *targets} and not is_told:
            continue
        raw = [r for r in raw if r.verb != Verb.EXTENDS or r.target not in targets]
        rule, quote = "relation.prolonged", context.text.quote_around(sentence.start, sentence.start)
        raw.append(Relation(verb=Verb.EXTENDS, target=suspender.number.canonical, quote=quote, rule=rule))
        settled = {relation.target for relation in raw}
        for mention in (found for found in resting if found.number.canonical not in settled):
            raw += _state_clauses(context, mention, Verb.SUSPENDS, "relation.still-suspended")
    return raw


def _keep_exact(raw: list[Relation], title: str) -> tuple[Relation, ...]:
    """Return the relations without those that another states more exactly."""
    claused = {(relation.verb, relation.target) for relation in raw if relation.clause}
    kept: dict[tuple[Verb, str, str | None], Relation] = {}
    for relation in raw:
        if relation.clause or (relation.verb, relation.target) not in claused:
            kept.setdefault((relation.verb, relation.target, relation.clause), relation)
    # A title, or the lead of a list, names in general what is said exactly: 关于调整…的公告, …暂停实施.
    exact = {relation.target for relation in kept.values() if relation.verb in ACTING_VERBS - {Verb.AMENDS}}
    titled = " ".join(title.split())
    kept = {
        key: relation
        for key, relation in kept.items()
        if relation.verb != Verb.AMENDS
        or relation.target not in exact
        or (relation.quote not in titled and relation.rule != GENERAL_RULE)
    }
    # One that is prolonged is not suspended again, and one that is suspended does not end.
    for stronger, weaker in ((Verb.EXTENDS, Verb.SUSPENDS), (Verb.SUSPENDS, Verb.REPEALS)):
        done = {relation.target for relation in kept.values() if relation.verb == stronger}
        kept = {key: r for key, r in kept.items() if r.verb != weaker or r.target not in done}
    rest = {r.target for r in kept.values() if r.rule != "relation.others-stay"}
    kept = {key: r for key, r in kept.items() if r.rule != "relation.others-stay" or r.target not in rest}
    # A target that is acted on is not only reported or explained.
    weak = {Verb.REPORTS, Verb.CLARIFIES}
    acted_on = {relation.target for relation in kept.values() if relation.verb not in weak}
    return tuple(r for r in kept.values() if r.verb not in weak or r.target not in acted_on)


def _find_list_origin(context: ReadingContext, mention: NumberMention) -> re.Match[str] | None:
    """Return the name of the list in whose bracket a number stands."""
    return LIST_ORIGIN.search(context.text.folded_text[max(0, mention.start - 160) : mention.start])


def _is_of_changed_list(context: ReadingContext, mention: NumberMention) -> bool:
    """Return whether a number in a bracket first published a list that this text changes."""
    get_pattern, folded = context.lexicon.get_pattern, context.text.folded_text
    origin = _find_list_origin(context, mention)
    behind = folded[mention.end : mention.end + ORIGIN_REACH]
    is_first = origin and get_pattern("relation.first-publishing").match(behind)
    if origin is None or not is_first or get_pattern("relation.basis-behind").match(behind):
        return False
    listed = origin[0].partition("》")[0].lstrip("《")
    changed = get_pattern("relation.update-by-title").finditer(folded)
    return any(listed == name for hit in changed for name in hit.groups() if name)


def _find_verb(context: ReadingContext, mention: NumberMention, *, is_acting: bool) -> VerbMatch | None:
    """Return what a text does to a document that it names by number."""
    text, kind = context.text, context.identity.kind
    sentence = text.find_sentence(mention.start)
    if is_acting:
        return find_acting_verb(context, mention, sentence) or _find_verb_of_told(context, mention)
    if kind in EXPLAINING_KINDS and not context.identity.passes_on:
        is_asked = context.lexicon.get_pattern("change.asked-whether").search(sentence.words) is not None
        is_cited = is_asked or _is_cited_order(context, mention) or _is_left_alone(context, mention)
        return None if is_cited else (Verb.CLARIFIES, "relation.explained")
    before = text.folded_text[max(0, mention.start - ISSUING_REACH) : mention.start]
    if context.lexicon.get_pattern("relation.older-basis").search(before):
        return None
    is_told = context.identity.is_report and not context.is_background(mention.start)
    return _find_reported_verb(context, mention, sentence) if is_told else None


def _find_verb_of_told(context: ReadingContext, mention: NumberMention) -> VerbMatch | None:
    """Return that a spokesperson who says what was decided tells of the notice that sets it out."""
    folded = context.text.folded_text
    before = folded[max(0, mention.start - ISSUING_REACH_IN_ENGLISH) : mention.start]
    is_told = context.identity.kind == NoticeKind.SPOKESPERSON and context.lexicon.get_pattern(
        "relation.decision-set-out"
    ).search(before)
    return (Verb.REPORTS, "relation.reported") if is_told else None


def _find_reported_verb(
    context: ReadingContext, mention: NumberMention, sentence: Sentence
) -> VerbMatch | None:
    """Return what a report says of a number: it was issued, it acts on the number, or only recalls it."""
    is_past, is_issued = is_recalled(context, sentence, mention), _is_issued(context, mention)
    if (
        is_past and is_issued
    ):  # what its sentence recalls behind it is of another: measures they had announced
        upto = replace(sentence, words=sentence.words[: mention.end - sentence.start])
        is_past = is_recalled(context, upto, mention)
    is_newest = _is_newest(context, mention) and not _is_left_alone(context, mention)
    if is_newest and not is_issued and _is_said_to_rest(context, mention):
        goes_on = match_clause_verb(
            context, mention, sentence
        )  # the suspension of No. 61 will not be extended
        is_over = goes_on is not None and goes_on[0] in {Verb.EXTENDS, Verb.RESUMES}
        return goes_on if is_over else (Verb.SUSPENDS, "relation.said-to-rest")
    if is_issued or is_newest:
        return None if is_issued and is_past else (Verb.REPORTS, "relation.reported")
    if is_past or _is_left_alone(context, mention):
        return None
    if (
        mention.number.series
        and mention.number.issuers == ("State Council",)
        and context.lexicon.get_pattern("relation.law-before").search(
            context.text.folded_text[max(0, mention.start - ACTING_REACH) : mention.start]
        )
    ):
        return None  # the Regulations (State Council Decree No. 792) let a party apply
    match = match_lapse(context.text, sentence, context.lexicon) or match_clause_verb(
        context, mention, sentence
    )
    is_stopped = context.lexicon.get_pattern("relation.stopped-for-a-term").search(sentence.words)
    if match and match[0] == Verb.REPEALS and is_stopped:
        return Verb.SUSPENDS, "relation.stopped-for-a-term"
    if match and match[0] == Verb.AMENDS:  # … was adjusted. Its paragraph 2 is suspended.
        later = find_later_verb(context, mention, sentence)
        match = later if later and later[0] == Verb.SUSPENDS else match
    return match if match is None or match[0] != Verb.REPORTS else None


def _is_said_to_rest(context: ReadingContext, mention: NumberMention) -> bool:
    """Return whether a report says of a number that its notice rests: the pause covers No. 31."""
    get_pattern, folded = context.lexicon.get_pattern, context.text.folded_text
    behind = get_pattern("relation.rests-behind").match(folded[mention.end : mention.end + ACTING_REACH * 2])
    before = get_pattern("relation.rest-of-before").search(
        folded[max(0, mention.start - ACTING_REACH) : mention.start]
    )
    return behind is not None or before is not None


def _is_cited_order(context: ReadingContext, mention: NumberMention) -> bool:
    """Return whether a number is cited: to be consulted, or an older order, as procedure."""
    before = context.text.folded_text[max(0, mention.start - ACTING_REACH) : mention.start]
    if context.lexicon.get_pattern("relation.consulted-before").search(before):
        return True
    told, year = context.identity.publication_day, mention.number.year
    is_new = told is not None and year is not None and told.year <= year
    sentence = context.text.find_sentence(mention.start)
    is_new |= context.lexicon.get_pattern("relation.recently-issued").search(sentence.words) is not None
    return mention.number.series == "Order" and not is_new


def _is_left_alone(context: ReadingContext, mention: NumberMention) -> bool:
    """Return whether the clauses around a number say of its notice only that it goes on as it is."""
    sentence = context.text.find_sentence(mention.start)
    is_chinese = HAN.search(sentence.words)
    reach = LEFT_ALONE_REACH if is_chinese else LEFT_ALONE_REACH_IN_ENGLISH
    low, high = mention.start - reach, mention.end + reach
    words = context.text.folded_text[max(sentence.start, low) : min(sentence.end, high)]
    return context.lexicon.get_pattern("relation.goes-on").search(words) is not None


def _is_issued(context: ReadingContext, mention: NumberMention) -> bool:
    """Return whether a report says of a number that it was issued, or what it decides."""
    get_pattern = context.lexicon.get_pattern
    text = context.text
    if get_pattern("relation.object-of-act").search(
        text.folded_text[max(0, mention.start - 12) : mention.start]
    ):
        return False
    is_chinese = HAN.search(text.folded_text[mention.start : mention.end])
    reach = ISSUING_REACH if is_chinese else ISSUING_REACH_IN_ENGLISH
    others = (other.end for other in context.identity.number_mentions if other.end <= mention.start)
    near = text.folded_text[max(0, mention.start - reach, max(others, default=0)) : mention.end]
    row = text.find_sentence(mention.start)
    return bool(
        get_pattern("relation.through-before").match(row.words[: mention.start - row.start])
        or (
            get_pattern("relation.cell-before").search(text.folded_text[row.start : mention.start])
            and TABLE_ROW.search(row.words)
        )
        or get_pattern("relation.issuing").search(near)
        or ACCORDING_TO.search(near)
        or (
            get_pattern("relation.according-to").search(
                text.folded_text[max(0, mention.start - ACCORDING_REACH) : mention.start]
            )
            and context.told_on is not None
            and mention.number.year == context.told_on.year
        )
        or get_pattern("relation.issuing-title").search(
            text.folded_text[max(0, mention.start - 90) : mention.start]
        )
        or (
            get_pattern("relation.reported-subject").match(
                text.folded_text[mention.end : mention.end + SUBJECT_REACH]
            )
        )
    )


def _is_newest(context: ReadingContext, mention: NumberMention) -> bool:
    """Return whether a report names no newer number of the same issuer, and none of a later year."""
    own = mention.number
    series = [
        (m.number.year, m.number.n or 0)
        for m in context.identity.number_mentions
        if m.number.year and not m.number.letter and m.number.issuers[:1] == own.issuers[:1]
    ]
    years = [m.number.year for m in context.identity.number_mentions if m.number.year]
    told = context.told_on
    if told and own.year and own.year < (told.year - 1 if told.month <= NEW_YEAR_MONTHS else told.year):
        return False
    if own.letter:
        return context.lexicon.get_pattern("relation.authority-letter").match(own.letter) is not None
    return bool(own.year) and own.year == max(years) and (own.year, own.n) == max(series)


def _find_clauses(text: DocumentText, mention: NumberMention, verb: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the clauses of the target that are named behind its number, or in the list that changes them."""
    get_pattern = lexicon.get_pattern
    folded, end = text.folded_text, mention.end
    if behind := get_pattern("relation.clause-behind").match(folded[end : end + 120]):
        return tuple(get_pattern("relation.clause-joint").split(behind[2]))
    if before := ENGLISH_CLAUSE.search(folded[max(0, mention.start - 40) : mention.start]):
        return (before[1],)
    if verb != Verb.AMENDS or not get_pattern("relation.changes-follow").search(
        text.find_sentence(end).words
    ):
        return ()
    following = get_pattern("relation.next-number").search(folded, end, end + CLAUSE_REACH)
    changed = get_pattern("relation.changed-clause").finditer(
        folded, end, following.start() if following else end + CLAUSE_REACH
    )
    return tuple(dict.fromkeys(hit[1] for hit in changed))
