"""Read a document into a notice: which document it is, what it does, and the days and codes it states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from controlwatch.core.extraction.findings.acted_titles import find_acted_titles
from controlwatch.core.extraction.findings.categories import (
    add_code_categories,
    drop_items,
    find_categories,
    keep_subjects,
)
from controlwatch.core.extraction.findings.caveats import find_caveats
from controlwatch.core.extraction.findings.change_reports import is_change_report
from controlwatch.core.extraction.findings.changes import (
    ChangeInputs,
    decide_change,
    is_operative_answer,
)
from controlwatch.core.extraction.findings.codes import NoticeCodes, find_codes
from controlwatch.core.extraction.findings.date_corrections import add_corrected_dates
from controlwatch.core.extraction.findings.deadlines import find_deadlines
from controlwatch.core.extraction.findings.destination_scope import is_of_one_provision
from controlwatch.core.extraction.findings.directions import (
    DirectionFinding,
    DirectionInputs,
    DirectionSignal,
    choose_direction,
    find_parts,
    find_permit,
    find_signals,
    read_title,
    relate_direction,
    weigh_catalogue,
)
from controlwatch.core.extraction.findings.effective import find_effective_dates, is_asked_about
from controlwatch.core.extraction.findings.entities import find_entities, find_stated_count
from controlwatch.core.extraction.findings.relations import find_relations
from controlwatch.core.extraction.findings.review import (
    ReviewInputs,
    find_review_reasons,
    list_possible_categories,
    question_picture,
)
from controlwatch.core.extraction.identity.identity import (
    ReadingContext,
    explain_identity,
    identify_document,
)
from controlwatch.core.extraction.identity.kind import INSTRUMENT_KINDS, REPORT_KINDS
from controlwatch.core.extraction.identity.passages import leaves_alone
from controlwatch.core.extraction.identity.preface import find_opening
from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.extraction.mentions.places import PlaceHit, find_place_hits
from controlwatch.core.extraction.report.doubts import list_doubts, list_kind_doubts
from controlwatch.core.extraction.report.summary import build_summary
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon, lower_letters
from controlwatch.core.extraction.text.normalize import detect_language
from controlwatch.core.model import (
    CategoryFinding,
    Direction,
    Document,
    Ground,
    Notice,
    NoticeKind,
    Relation,
    Verb,
)

NON_DOCUMENT_KINDS = frozenset({NoticeKind.EMPTY, NoticeKind.CHALLENGE, NoticeKind.LISTING})
#: What explains the rules as they stand speaks of their codes; other texts that change none only name codes.
EXPLAINING_KINDS = frozenset({NoticeKind.FAQ, NoticeKind.GUIDANCE})
#: Regimes on goods from somewhere, which are not rules on where exports may go.
ORIGIN_REGIMES = frozenset({"foreign_controls", "trade_remedy"})
#: Rules by which an instrument is not about the items that it names.
OTHER_BUSINESS_RULES = frozenset({"change.other-business", "change.local"})
#: Rules by which an instrument is left for a person to judge.
OPEN_RULES = frozenset({"change.no-watched-subject", "change.unknown-issuer", "change.decides-nothing"})
INHERITING_VERBS = frozenset({Verb.SUSPENDS, Verb.RESUMES, Verb.REPEALS, Verb.EXTENDS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a document does: whether it changes the rules, which way, for what and where."""

    is_change: bool
    change_rule: str  #: the rule that decided whether it changes the rules
    reports_change: bool
    direction: DirectionFinding
    categories: tuple[CategoryFinding, ...]
    relations: tuple[Relation, ...]
    places: tuple[PlaceHit, ...]
    signals: tuple[DirectionSignal, ...]

    def limit_to_subject(self, context: ReadingContext) -> Assessment:
        """Return the assessment without what a text only mentions: categories, places, a direction."""
        kind, reports, direction = context.identity.kind, self.reports_change, self.direction
        categories, places = self.categories, self.places
        ids = {found.id for found in categories}
        if self.change_rule in OTHER_BUSINESS_RULES:
            categories = drop_items(categories, context.lexicon)
        elif kind == NoticeKind.OTHER and context.identity.is_other_business:
            categories = ()
        elif context.identity.is_instrument and not (self.is_change or reports):
            categories = drop_items(categories, context.lexicon)
        elif (context.identity.is_report or kind == NoticeKind.OTHER) and not reports:
            categories = keep_subjects(categories, context)
        if not reports and (ids & ORIGIN_REGIMES or kind == NoticeKind.OTHER):
            places = ()
        if not self.is_change and (not reports or kind == NoticeKind.SPOKESPERSON):
            # It moves nothing; and an answer on a foreign rule does not explain one of China's.
            explains = direction.direction == Direction.CLARIFY
            is_on_notice = any(mention.number.issuers for mention in context.identity.number_mentions)
            has_subject = (
                (bool(ids) or is_on_notice) and not ids & {"foreign_controls"} and ids != {"enforcement"}
            )
            if reports and not explains:
                direction = DirectionFinding(direction=Direction.CLARIFY, rule="direction.explains")
            elif not reports and not (explains and has_subject):
                direction = DirectionFinding(direction=Direction.NEUTRAL, rule="direction.no-change")
        relations = self.relations
        is_open = context.identity.is_instrument and self.change_rule in OPEN_RULES
        if not (self.is_change or reports or is_open):
            relations = tuple(found for found in relations if found.verb == Verb.CLARIFIES)
        return replace(self, categories=categories, places=places, direction=direction, relations=relations)

    def list_grounds(self, text: DocumentText, codes: NoticeCodes, lexicon: Lexicon) -> list[Ground]:
        """Return the grounds of change, direction, destinations and codes left out."""
        direction = self.direction
        sentence = direction.sentence
        words = text.quote_around(sentence.start, sentence.start) if sentence else ""
        return [
            Ground(
                about="is_change",
                value=str(self.is_change).lower(),
                rule=self.change_rule,
                quote=words if self.is_change else "",
            ),
            Ground(about="direction", value=direction.direction.value, rule=direction.rule, quote=words),
            *(
                Ground(
                    about="destination",
                    value=place.code,
                    rule=_name_place_rule(place, text, lexicon),
                    quote=text.quote_around(place.start, place.end),
                )
                for place in self.places
            ),
            *(
                Ground(about="code left out", value=code.code, rule=code.rule, quote=code.quote)
                for code in codes.excluded_codes
            ),
        ]


def _name_place_rule(place: PlaceHit, text: DocumentText, lexicon: Lexicon) -> str:
    if not place.whole_destination:
        return "destination.parties"
    return "destination.part" if is_of_one_provision(place, text, lexicon) else "destination.wide"


def read_notice(document: Document, lexicon: Lexicon, *, published: date | None = None) -> Notice:
    """Return what a document says. `published` is used where neither text nor page states the day."""
    opening = find_opening(DocumentText.from_parts(document.title, document.text), lexicon)
    text = opening.text
    identity = identify_document(document, opening, lexicon, published)
    notice = Notice(
        title=document.title,
        language=detect_language(text.original),
        kind=identity.kind,
        published=identity.publication_day,
        doubts=(*document.doubts, *list_kind_doubts(identity)),
        grounds=tuple(explain_identity(text, identity)),
    )
    if identity.kind not in NON_DOCUMENT_KINDS:
        context = ReadingContext(text=text, lexicon=lexicon, identity=identity)
        whole = _assess_document(context)
        assessment = whole.limit_to_subject(context)
        notice = _add_findings(notice, context, assessment)
        notice = _add_review(notice, context, whole, is_cut=document.is_cut)
        if document.is_picture:
            notice = question_picture(notice, text.original)
        doubts = list_doubts(notice, document, context, find_stated_count(text, lexicon))
        notice = replace(notice, doubts=(*document.doubts, *doubts))
    return replace(notice, summary=build_summary(notice, lexicon))


def _assess_document(context: ReadingContext) -> Assessment:
    """Return what a document does, from what it is and what its sentences say."""
    kind, lexicon = context.identity.kind, context.lexicon
    places = find_place_hits(
        context.text,
        lexicon,
        is_beside=partial(_is_beside_news, context),
        titles=find_acted_titles(context),
    )
    categories = find_categories(context, places)
    ids = frozenset(found.id for found in categories)
    is_operative = is_operative_answer(context)
    relations = find_relations(context, is_operative=is_operative)
    if context.identity.is_report and "foreign_controls" in ids:
        relations = ()  # the numbers are another government's
    is_framework = "framework_law" in ids
    # A law that founds a control moves it as a whole.
    is_founding = is_framework and kind in {NoticeKind.LAW, NoticeKind.REGULATION}
    signals = () if is_founding else find_signals(context)
    if is_operative:  # what the question recalls is not what the answer decides
        signals = tuple(s for s in signals if not is_asked_about(context, s.sentence)) or signals
    case = ChangeInputs(
        context=context,
        category_ids=ids,
        categories=tuple(category for i in ids if (category := lexicon.find_category(i))),
        relations=relations,
        signals=signals,
        is_operative=is_operative,
    )
    is_change, change_rule = decide_change(case)
    is_on_licences = bool(ids) and all(category.startswith("licence.") for category in ids)
    get_pattern, catalogue = lexicon.get_pattern, weigh_catalogue(context)
    is_procedure = is_on_licences and (
        get_pattern("change.procedure-title").search(context.text.title)
        or get_pattern("direction.promulgated-rules").search(context.text.folded_text)
    )
    keeps_scope = get_pattern("direction.same-scope").search(context.text.folded_text)
    direction = choose_direction(
        DirectionInputs(
            kind=kind,
            is_instrument=context.identity.is_instrument,
            is_report=context.identity.is_report,
            signals=signals,
            stops_in_title=get_pattern("direction.stopping-title").search(lower_letters(context.text.title))
            is not None,
            is_rulebook=get_pattern("direction.rulebook-title").search(context.text.title) is not None,
            is_vague_headline=get_pattern("direction.vague-headline").search(context.text.title) is not None,
            permit=find_permit(context),
            related=relate_direction(relations, lexicon, context.text.folded_text),
            title=catalogue or read_title(context),
            is_operative=is_operative,
            is_framework=is_framework,
            is_procedural=catalogue is None and bool(is_procedure or keeps_scope),
        )
    )
    return Assessment(
        is_change=is_change,
        change_rule=change_rule,
        reports_change=is_change or is_change_report(case, direction.direction),
        direction=direction,
        categories=categories,
        relations=relations,
        places=places,
        signals=signals,
    )


def _is_beside_news(context: ReadingContext, offset: int) -> bool:
    """Return whether a report only recalls or supposes what it names there, or leaves it as it is."""
    sentence = context.text.find_sentence(offset)
    is_left = leaves_alone(sentence.words, offset - sentence.start, context.lexicon)
    is_beside = is_left or context.is_background(offset) or context.is_beside_news(sentence.words)
    return context.identity.is_report and is_beside


def _add_findings(notice: Notice, context: ReadingContext, assessment: Assessment) -> Notice:
    """Return the notice with what the document does, and when, to whom and to which codes."""
    text, identity = context.text, context.identity
    own, reports = identity.own_number, assessment.reports_change
    ids = [found.id for found in assessment.categories]
    is_foreign = "foreign_controls" in ids
    # Deadlines are those of instruments and drafts on trade, and of reports about them.
    sets_deadlines = notice.kind in INSTRUMENT_KINDS | REPORT_KINDS | {NoticeKind.DRAFT} or reports
    is_on_trade = not (identity.is_other_business or is_foreign)
    anchor = identity.publication_day
    # Codes of foreign lists do not count, nor those of what a report only recalls.
    beside = context.is_background if reports else lambda _at: False
    codes = NoticeCodes() if is_foreign else find_codes(text, context.lexicon, is_beside=beside)
    effective = find_effective_dates(context, is_own=assessment.is_change) if reports else ()
    in_force = next((found.start for found in effective if found.start), None)
    return replace(
        notice,
        number=own.number if own else None,
        number_raw=own.raw if own else None,
        follows=identity.list_followed(text),
        issuers=identity.issuers,
        is_change=assessment.is_change,
        reports_change=reports,
        direction=assessment.direction.direction,
        effective=effective,
        deadlines=find_deadlines(
            text, context.lexicon, anchor=anchor, in_force=in_force, is_beside=context.is_background
        )
        if sets_deadlines and is_on_trade
        else (),
        categories=add_code_categories(assessment.categories, codes.control_codes, context.lexicon)
        if reports
        else assessment.categories,
        destinations=tuple(place.code for place in assessment.places),
        entities=find_entities(context, ids, assessment.signals) if reports else (),
        parts=find_parts(assessment.signals, assessment.direction.direction, context.lexicon)
        if assessment.is_change
        else (),
        relations=add_corrected_dates(assessment.relations, effective, context.lexicon, title=text.title),
        hs_codes=codes.hs_codes,
        control_codes=codes.control_codes,
        codes_excluded=tuple(found.code for found in codes.excluded_codes),
        caveats=find_caveats(context) if reports else (),
        grounds=(*notice.grounds, *assessment.list_grounds(text, codes, context.lexicon)),
    )


def _add_review(notice: Notice, context: ReadingContext, assessment: Assessment, *, is_cut: bool) -> Notice:
    """Return the notice with why a person should look, where the rules did not conclude on it."""
    ids = (found.id for found in assessment.categories)
    categories = tuple(category for i in ids if (category := context.lexicon.find_category(i)))
    case = ReviewInputs(
        context=context,
        is_change=notice.is_change,
        reports_change=notice.reports_change,
        change_rule=assessment.change_rule,
        categories=categories,
        relations=assessment.relations,
        has_codes=bool(notice.hs_codes or notice.control_codes),
        is_cut=is_cut,
    )
    reasons = find_review_reasons(case)
    possible = list_possible_categories(categories) if reasons else ()
    grounds = (
        Ground(about="review", value=found.reason, rule=found.rule, quote=found.quote) for found in reasons
    )
    return replace(notice, review=reasons, possible_categories=possible, grounds=(*notice.grounds, *grounds))


def resolve_categories(notice: Notice, known: Mapping[str, tuple[str, ...]], lexicon: Lexicon) -> Notice:
    """Return the notice with the categories of the notices that it suspends, resumes, repeals or extends.

    `known` maps `DocumentNumber.key` of older notices to their category ids. Nothing changes where
    the notice names items itself: its own words weigh more than its targets'.
    """
    named = [category for own in notice.categories if (category := lexicon.find_category(own.id))]
    if any(category.kind == "item" for category in named):
        return notice
    stated = {own.id for own in notice.categories}
    inherited: dict[str, CategoryFinding] = {}
    for relation in notice.relations:
        if relation.verb not in INHERITING_VERBS:
            continue
        number = parse_number(relation.target, lexicon)
        for category_id in known.get(number.key if number else relation.target, ()):
            if category_id not in stated:
                finding = CategoryFinding(
                    id=category_id, basis="resolved", quote=relation.quote, rule="category.resolved"
                )
                inherited.setdefault(category_id, finding)
    if not inherited:
        return notice
    richer = replace(notice, categories=(*notice.categories, *inherited.values()))
    return replace(richer, summary=build_summary(richer, lexicon))
