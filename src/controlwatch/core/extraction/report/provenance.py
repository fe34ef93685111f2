"""The grounds of every conclusion: its rule, what the rule means, and the words that prove it."""

from __future__ import annotations

from collections.abc import Iterator

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Ground, Notice

#: Meanings of the rules that are code; the rules of the lexicon state their own.
RULE_MEANINGS: dict[str, str] = {
    "kind.empty": "Nothing but a page's frame is left",
    "kind.absent-page": "The title of a page that says that it is not there",
    "kind.frame": "The title of an instrument, and nothing below it but the words of a page",
    "kind.invitation": "The title invites to a meeting or a course",
    "kind.guide": "The title explains how standing rules work",
    "kind.challenge": "A bot check answered instead of the site",
    "kind.listing": "Most lines are titles with their dates",
    "kind.answer": "The title or the opening is a question to an authority and its answer",
    "kind.verbatim": "Whatever its headline, the text is an instrument word for word",
    "kind.report": "A reporter or a commentator speaks, not the issuer",
    "kind.hearsay": "Somebody passes it on who cannot vouch for it",
    "kind.garbled": "The text was decoded in the wrong way, or damaged",
    "kind.foreign": "The title is about a foreign government's act",
    "kind.title": "The title names the form",
    "kind.head": "The lines of its head name issuer, form, number or subject",
    "kind.by-order": "A ministry's rules or decision, promulgated by its numbered order",
    "kind.label": "The page's label for the number names the form",
    "kind.speaks-of-itself": "The text names its own form (本公告), or none",
    "number.title": "The title begins with it",
    "number.end-of-title": "The title ends with it",
    "number.label": "The page prints it as its label",
    "number.head": "It stands on a line of its own below the title",
    "number.above": "The caption above the title gives it",
    "published.promulgation": "The day in the bracket below the title of a law",
    "published.signature": "The day below the signature",
    "published.label": "The day that the page prints as its label",
    "published.dateline": "The dateline of the text",
    "published.page": "The day the page went up",
    "published.lead": "The day with which the first paragraph opens; no other is given",
    "published.given": "The day that was given with the document",
    "change.operative-answer": "The answer itself stops, suspends or extends a measure",
    "change.instrument": "An instrument on a subject that is watched",
    "change.other-authority": "An authority speaks that has no part in the watched regimes",
    "change.corrects": "It corrects a notice of a trade authority",
    "change.acts-on-another": "An instrument that acts on another notice",
    "change.moves-a-control": "An instrument that moves a control, of an item that no category names",
    "change.no-instrument": "No instrument, so it changes nothing itself",
    "change.decides-nothing": "An instrument in form that decides nothing",
    "change.other-business": "An instrument of other business: procurement, personnel, awards, statistics",
    "change.event": "It is on an event, a course or a penalty",
    "change.unknown-issuer": "Neither an authority nor a number is known",
    "change.titled": "Its title names a regime that is watched",
    "kind.correction": "It corrects another document",
    "change.persons": "It is on travellers and crews, not on goods",
    "change.local": "A local authority makes no rule of trade",
    "change.other-law": "A law on another subject",
    "change.other-regime": "An instrument of a regime that is watched beside export control",
    "change.speaks-of-control": "A numbered instrument that decides something and speaks of export control",
    "change.no-watched-subject": "It names nothing that is watched",
    "change.doubtful": "Too much of it contradicts itself to be believed",
    "review.answered-measure": "A spokesperson speaks of a measure from a day on, and it is not concluded on",
    "review.instrument": "An official text that names what is watched, and is not concluded on",
    "review.report-or-instrument": "A report in the words of an instrument",
    "review.passed-on": "Somebody passes on an official text who cannot vouch for it",
    "review.cut": "The source's answer broke off, and the text names what is watched",
    "review.garbled": "A text that names what is watched cannot be read",
    "review.picture": "The whole text was recognised in a picture",
    "review.second-reader": "The second reader takes it for an instrument; the rules do not",
    "direction.repeals-suspension": "The notice that suspended another is repealed",
    "direction.threshold-tighten": "A replaced figure covers more",
    "direction.composed-tighten": "More of a control, or less of a relief from one",
    "direction.composed-relax": "Less of a control, or more of a relief from one",
    "direction.threshold-relax": "A replaced figure covers less",
    "direction.day-moved-suspend": "The first day of a control is put off",
    "direction.day-moved-tighten": "The first day of a control is brought forward",
    "direction.draft": "A draft moves nothing yet",
    "direction.framework-law": "A law or regulation that founds the control",
    "direction.procedure": "It says how licences are asked for and handled, and moves no control",
    "direction.explains": "An explanation clarifies",
    "direction.report-permit": "The report on a new notice speaks of a permit, and of nothing that moves it",
    "direction.rulebook": "It publishes rules by which a control is applied, with what they exempt",
    "direction.catalogue-grows": "The catalogue has more goods than the one before",
    "direction.catalogue-shrinks": "The catalogue has fewer goods than the one before",
    "direction.of-relation": "No sentence moves a control; what it does to another notice does",
    "direction.nothing-moves": "No sentence moves a control",
    "direction.no-change": "What neither makes nor reports a change moves nothing",
    "date.stated": "A day is stated from which it applies",
    "date.stated-for-a-period": "A day is stated, and the end counted from the period",
    "date.same-day": "It applies from the same day as what is stated before",
    "date.same-day-for-a-period": "It applies from the same day, and the end is counted from the period",
    "date.column": "A column of a table gives it",
    "date.answered": "A day answers the question when it applies",
    "date.on-publication": "It applies from publication",
    "date.on-publication-for-a-period": "It applies from publication, and the end is counted from the period",
    "date.counted-from-publication": "It applies a stated time after publication",
    "date.counted-from-publication-for-a-period": "It applies a stated time after publication, for a period",
    "date.only-until": "Only the end is stated",
    "date.not-stated": "No sentence says when it applies",
    "category.term": "The measure names the item or the regime",
    "category.foreign-office": "An office of another government or of Taiwan issued it",
    "category.title": "The title names the regime",
    "category.hint": "The group is named, and no leaf of it",
    "category.lone": "A word that names the item only where nothing else does",
    "category.code": "A code of the item is listed",
    "category.destination": "The rule is for the whole destination",
    "category.foreign-answer": "The question is about another government's measure",
    "category.foreign-title": "The title is about another government's rule",
    "category.foreign-opening": "The opening is about another government's rule",
    "category.resolved": "The notice acted on covers it",
    "register": "The shipped register of known notices says so",
    "code.customs": "Behind a label for customs codes, or in a column of them",
    "code.excluded": "It is named only to be left out",
    "destination.wide": "The rule is for the destination",
    "destination.part": "One provision is for the destination; another binds for all",
    "destination.parties": "Parties in it, or goods from it, are singled out",
    "code.control": "It has the form of a control code and is not of a foreign list",
    "deadline.comments-close": "Comments close",
    "deadline.counted": "It ends a stated time after publication",
    "deadline.transition-ends": "A transition ends",
    "deadline.application-closes": "Applications close",
    "deadline.report-due": "A report is due",
    "relation.implementing": "It says that it carries the notice out",
    "relation.carried-out": "The notice is the basis of rules on how to carry it out",
    "relation.rested-again": "A duty or a fee that had been suspended is levied again",
    "relation.extending-title": "The title says that a term is extended, the text changes its day",
    "relation.prevails": "Where the two differ, it prevails",
    "relation.rate-suspended": "A part of its rate is suspended",
    "relation.stopped-for-a-term": "Its measures stop for a stated time",
    "relation.term-prolonged": "Its term is prolonged, and what did not apply goes on not applying",
    "relation.suspension-runs-out": "Its suspension lasts until a day, and then it applies again",
    "relation.control-lapses": "Its control ends with its term, which is not prolonged",
    "relation.moved-start": "It was to begin on a day, and begins on another",
    "relation.clean-up": "A row of the list of notices that are repealed",
    "relation.list": "The list that it published is changed",
    "relation.for-a-party": "Only what it says of a party ends",
    "relation.explained": "The answer explains it",
    "relation.reported": "The report is about it",
    "relation.made-under": "The text says that it is made under it",
    "relation.part-cell": "A cell of its row says that a part of it ends or is replaced",
    "relation.amends-below": "The lead of a list says that it is changed as follows",
    "relation.prolonged": "Its term ends, and the text prolongs it",
    "relation.stays-suspended": "Its measures stay suspended",
    "relation.delisted": "It listed parties whom the text takes off the list",
    "relation.still-suspended": "What suspended it is prolonged, so that it stays suspended",
    "relation.said-to-rest": "The report says that it rests",
    "relation.suspender-ends": "What it had put to rest rests no longer",
    "relation.lapsed": "Its suspension ends, and the text lets it apply again",
    "relation.title": "A document named by its title alone is acted on",
}


def describe_rule(rule: str, lexicon: Lexicon) -> str:
    """Return what a rule means in one sentence; an unknown one (of an older version) is its own name."""
    known = (found.means for family in lexicon.rules.values() for found in family if found.id == rule)
    return RULE_MEANINGS.get(rule) or next(known, rule)


def collect_meanings(lexicon: Lexicon) -> dict[str, str]:
    """Return the meaning of every rule in one sentence, by its id."""
    return {rule.id: rule.means for family in lexicon.rules.values() for rule in family} | RULE_MEANINGS


def list_grounds(notice: Notice) -> Iterator[Ground]:
    """Yield every conclusion with its rule and its words: the stored grounds, then the findings."""
    yield from notice.grounds
    for day in notice.effective:
        value = " → ".join(str(end) for end in (day.start or day.basis, day.until) if end)
        yield Ground(about="effective", value=value, rule=day.rule, quote=day.quote)
    for deadline in notice.deadlines:
        value = f"{deadline.kind} {deadline.date}"
        yield Ground(about="deadline", value=value, rule=deadline.rule, quote=deadline.quote)
    for category in notice.categories:
        yield Ground(about="category", value=category.id, rule=category.rule, quote=category.quote)
    for code in (*notice.hs_codes, *notice.control_codes):
        yield Ground(about="code", value=code.code, rule=code.rule, quote=code.quote)
    for act in notice.relations:
        value = " ".join(part for part in (act.verb.value, act.target, act.clause) if part)
        yield Ground(about="relation", value=value, rule=act.rule, quote=act.quote)
    for caveat in notice.caveats:
        yield Ground(
            about="caveat",
            value=f"{caveat.kind} {caveat.value}".strip(),
            rule=caveat.rule,
            quote=caveat.quote,
        )
