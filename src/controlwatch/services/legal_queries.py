"""Questions of law: the status of a notice or an item on a day, upcoming dates, differences between days.

Days are days in Beijing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches

from controlwatch.core.asking.category_names import suggest_categories
from controlwatch.core.law.answers import (
    CategoryStatus,
    CodeMention,
    ControlHit,
    HistoryStep,
    LookupResult,
    RegisterLine,
    ReviewLine,
    StatusDifference,
)
from controlwatch.core.law.coverage import Coverage, build_coverage
from controlwatch.core.law.elements import Element
from controlwatch.core.law.graph import LegalGraph, LegalState
from controlwatch.core.law.history import build_history, build_newest_history
from controlwatch.core.law.key_dates import find_key_dates
from controlwatch.core.law.lookup import (
    STATE_RANK,
    ParsedQuery,
    find_controls,
    find_element_controls,
    is_control,
    list_lookup_cautions,
    list_sibling_notes,
    parse_query,
    sort_live_controls,
)
from controlwatch.core.law.status import LegalStatus, compute_status
from controlwatch.core.law.timeline import Timeline, build_timeline
from controlwatch.core.model import DESTINATION_PREFIX, KeyDate, covers_category, to_notice_key
from controlwatch.core.model.errors import UnclearName, UsageError
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.services.legal_sources import (
    HistorySource,
    LegalSource,
    Recall,
    RegisterSource,
    ReviewSource,
    load_now,
)
from controlwatch.services.names import Names
from controlwatch.services.source_states import SourceStates
from controlwatch.services.subjects import ChosenSubjects, SubjectResolver

#: Before this day the register knows single notices only.
REGISTER_BEGINS = date(2020, 1, 1)


#: The caution of an answer that rests on some of the notices that touch a category.
ONLY_NEWEST = (
    "only the newest {count} notices are looked at here: older ones may apply too; see the list of notices"
)
#: Notices of a timeline; the newest ones.
MAX_TIMELINE_ROWS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundControls:
    """What the law alone says to a lookup on a day: no limit of our knowledge is in it."""

    issuers: frozenset[str]  #: of the notices that were looked at
    hits: tuple[ControlHit, ...]
    touched: tuple[str, ...]  #: the categories that the query means, and those of all controls
    cautions: tuple[str, ...]
    element: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalQueries:
    """Answers questions of law, each with the cautions that limit it."""

    names: Names
    law: LegalSource
    register: RegisterSource
    history_source: HistorySource
    reviews: ReviewSource
    sources: SourceStates
    subjects: SubjectResolver
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    recall: Recall = load_now  #: of what the law alone says, until the store learns something new

    def status(self, name: str, *, on: date) -> LegalStatus | CategoryStatus:
        """Return the status of a notice (by number or address), an item category or an element on a day."""
        subject = self.subjects.find_subject(name)
        if isinstance(subject, Element):
            return self._find_element_status(subject, on)
        if subject is not None:
            return self._find_category_status(subject, on)
        return self.find_notice_status(self.names.to_key(name), name=name, on=on)

    def find_notice_status(self, key: str, *, name: str, on: date) -> LegalStatus:
        """Return the status of the notice of a key on a day; `name` is what it was asked by."""
        graph = self.law.load_graph([key])
        review = self.reviews.find_by_notice(key) if key not in graph.instruments else None
        if key not in graph.instruments and review is None and not graph.acts_by_target.get(key):
            raise self.build_unknown_error(name, key)
        status = compute_status(graph, key, on)
        coverage = self.find_coverage(graph, on=on)
        cautions = (*status.cautions, *self.list_cautions(on, coverage))
        if review is not None:
            number, title = review.number or review.title, review.title
            cautions = (_caution_about_review(review), *cautions)
            status = replace(status, number=number, title=title)
        return replace(status, cautions=cautions, coverage=coverage)

    def lookup(self, query: str, *, on: date, newest: int | None = None) -> LookupResult:
        """Return what controls an HS code, a control code or an item on a day, by which notice and clause.

        With `newest`, at most this number of the notices that touch a category are looked at: the newest ones
        of that day. Where there are more, a caution says so.
        """
        found = self.recall(("lookup", query, on, newest), lambda: self._find_controls(query, on, newest))
        coverage = self._cover_issuers(found.issuers, on)
        cautions = (
            *found.cautions,
            *self._list_review_cautions(found.touched),
            *self.list_cautions(on, coverage),
        )
        return LookupResult(
            query=query,
            on=on,
            hits=found.hits,
            cautions=tuple(dict.fromkeys(cautions)),
            coverage=coverage,
            element=found.element,
            notes=found.notes,
        )

    def _find_controls(self, query: str, on: date, newest: int | None) -> FoundControls:
        lexicon, parsed = self.names.lexicon, parse_query(query)
        elements, categories = self.subjects.find_lookup_subjects(query, parsed)
        mentions, is_part = self._find_mentions(parsed, categories, by=on, newest=newest)
        if not mentions and not categories and not elements:
            raise self._build_no_match_error(query, parsed)
        notices = {element: self.subjects.elements.find_notices(element) for element in elements}
        of_elements = {key for own in notices.values() for key in own}
        rest = [mention for mention in mentions if mention.code or mention.key not in of_elements]
        if parsed.kind == "term" and elements:
            concerns = self.subjects.elements.concerns
            rest = [mention for mention in rest if concerns(elements[0], mention.key, categories)]
        keys = {*of_elements, *(mention.key for mention in rest)}
        graph = self.law.load_graph(keys).restrict_to(on)
        statuses = {
            key: compute_status(graph, key, on, chained=False) for key in keys if key in graph.instruments
        }
        hits = [hit for one in elements for hit in find_element_controls(graph, one, notices[one], statuses)]
        hits += find_controls(graph, rest, statuses, lexicon, wanted=categories)
        controls = tuple(dict.fromkeys(hits))
        live = sort_live_controls(controls)
        asked = elements if parsed.kind == "term" else ()
        remarks = [self.subjects.elements.build_remarks(one, notices[one], on=on) for one in asked]
        by_number = {status.number: status for status in statuses.values()}
        cautions = (
            *((ONLY_NEWEST.format(count=newest),) if is_part else ()),
            *list_lookup_cautions(parsed, controls),
            *(caution for remark in remarks for caution in remark.cautions),
            *(caution for hit in live for caution in by_number[hit.number].cautions),
        )
        return FoundControls(
            issuers=_collect_issuers(graph),
            hits=live,
            touched=tuple(dict.fromkeys((*categories, *(control.category for control in controls)))),
            cautions=tuple(dict.fromkeys(cautions)),
            element=asked[0].label if asked else "",
            notes=(*(note for remark in remarks for note in remark.notes), *self._see_also(parsed)),
        )

    def timeline(
        self, query: str, *, today: date, most: int = MAX_TIMELINE_ROWS, newest: int | None = None
    ) -> Timeline:
        """Return the periods of state of the newest notices that control, or did, what `lookup` finds.

        With `newest`, as many notices are looked at as `lookup` looks at; older ones are not counted.
        """
        return self.recall(
            ("timeline", query, today, most, newest),
            lambda: self._draw_timeline(query, today, most, newest),
        )

    def _draw_timeline(self, query: str, today: date, most: int, newest: int | None) -> Timeline:
        parsed = parse_query(query)
        elements, categories = self.subjects.find_lookup_subjects(query, parsed)
        keys = {key for element in elements for key in self.subjects.elements.find_notices(element)}
        mentions, _ = self._find_mentions(parsed, categories, by=today, newest=newest)
        keys |= {mention.key for mention in mentions}
        graph = self.law.load_graph(keys)
        controls = (key for key in keys if key in graph.instruments and is_control(graph.instruments[key]))
        return build_timeline(graph, controls, today=today, most=most)

    def notice_timeline(self, key: str, *, today: date) -> Timeline:
        """Return the periods of state of one notice; none where it is not an instrument that is known."""
        return build_timeline(self.law.load_graph([key]), [key], today=today, most=1)

    def upcoming(self, *, on: date, days: int = 30, categories: Iterable[str] = ()) -> tuple[KeyDate, ...]:
        """Return what takes effect, ends or closes from a day on, as far as it was known by then."""
        last = on + timedelta(days=max(0, min(days, (date.max - on).days - 1)))
        chosen = self.subjects.choose_subjects(categories)
        graph = self.law.load_graph(self.law.list_keys_changed_between(on, last))
        return tuple(
            key_date
            for key_date in find_key_dates(graph, on, last, known_on=on)
            if chosen is None or chosen.covers(key_date)
        )

    def list_key_dates(
        self, first: date, last: date, *, categories: Iterable[str] = ()
    ) -> tuple[KeyDate, ...]:
        """Return the key dates between two days, both included, by everything that is known now."""
        chosen = self.subjects.choose_subjects(categories)
        graph = self.law.load_graph(self.law.list_keys_changed_between(first, last))
        found = find_key_dates(graph, first, last)
        return tuple(key_date for key_date in found if chosen is None or chosen.covers(key_date))

    def compare(
        self, *, first: date, last: date, categories: Iterable[str] = ()
    ) -> tuple[StatusDifference, ...]:
        """Return the notices whose status on the last day differs from that on the first."""
        if last < first:
            raise UsageError(f"{last} comes before {first}: compare from the earlier day to the later")
        chosen = self.subjects.choose_subjects(categories)
        # What ended on the first day is over on the next.
        graph = self.law.load_graph(self.law.list_keys_changed_between(first, last))
        return tuple(_compare_days(graph, first, last, chosen))

    def history(
        self, name: str, *, newest: int | None = None, newest_notices: int | None = None
    ) -> tuple[HistoryStep, ...]:
        """Return every step in the history of a category, an element or a notice, oldest first.

        With `newest`, at least as many of the newest steps, where there are any more, and perhaps older ones;
        with `newest_notices`, those of the newest notices that touch a category.
        """
        return self.recall(
            ("history", name, newest, newest_notices),
            lambda: self._collect_history(name, newest, newest_notices),
        )

    def _collect_history(
        self, name: str, newest: int | None, newest_notices: int | None
    ) -> tuple[HistoryStep, ...]:
        subject = self.subjects.find_subject(name)
        if isinstance(subject, Element):
            keys = tuple(self.subjects.elements.find_notices(subject))
            if not keys:
                group = subject.categories[0].partition(".")[0]
                raise UsageError(f"{subject.label}: no notice known here controls it by name; see {group}")
        elif subject:
            keys = self._list_touching(subject, to_beijing_day(self.clock()), newest_notices)
        else:
            keys = (self.names.to_key(name),)
        graph = self.law.load_graph(keys)
        is_known = keys and (keys[0] in graph.instruments or self.reviews.find_by_notice(keys[0]) is not None)
        if subject is None and not is_known:
            raise self.build_unknown_error(name, keys[0])
        remarks = self.history_source.list_history_remarks(keys)
        if newest is not None:
            return build_newest_history(graph, keys, remarks, newest)
        return build_history(graph, keys, remarks)

    def list_registered(self, *, disagreements: bool = False) -> tuple[RegisterLine, ...]:
        """Return the register, oldest first; or only the entries that observed pages disagree with."""
        entries = self.register.list_entries()
        return tuple(line for line in entries if line.disagreements) if disagreements else entries

    def select_known(self, numbers: Iterable[str]) -> frozenset[str]:
        """Return those of some numbers whose notices are known here."""
        keys = {number: to_notice_key(number) for number in numbers}
        instruments = self.law.load_graph(keys.values()).instruments if keys else {}
        return frozenset(number for number, key in keys.items() if key in instruments)

    def find_coverage(self, graph: LegalGraph | None = None, *, on: date | None = None) -> Coverage:
        """Return what an answer rests on: the sources of the issuers of its notices, all without a graph.

        `on`: the day in Beijing that is asked about, today by default.
        """
        return self._cover_issuers(frozenset() if graph is None else _collect_issuers(graph), on)

    def _cover_issuers(self, issuers: frozenset[str], on: date | None) -> Coverage:
        now = self.clock()
        coverage = build_coverage(
            self.sources.load(now=now),
            issuers=issuers,
            database_until=self.register.find_date(),
            first_listed=self.law.find_first_listed_days(),
        )
        return coverage.limit_to(on or to_beijing_day(now), now=now)

    def find_destinations(self, numbers: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the codes of the destinations that notices are limited to, by number; none: no limit."""
        keys = {to_notice_key(number): number for number in numbers}
        instruments = self.law.load_graph(keys).instruments
        return {
            number: tuple(
                name.removeprefix(DESTINATION_PREFIX).upper()
                for name in instruments[key].categories
                if name.startswith(DESTINATION_PREFIX)
            )
            for key, number in keys.items()
            if key in instruments
        }

    def list_cautions(self, on: date, coverage: Coverage | None = None) -> tuple[str, ...]:
        """Return where our knowledge of a day ends."""
        covered = coverage or self.find_coverage(on=on)
        early = f"before {REGISTER_BEGINS} only single notices are known here" if on < REGISTER_BEGINS else ""
        return tuple(filter(None, (*covered.list_cautions(on, now=self.clock()), early)))

    def build_unknown_error(self, wanted: str, key: str) -> UsageError:
        """Return the error for an unknown number, with the known ones near it."""
        near = self.history_source.suggest_numbers(key)
        nearest = f"nearest: {', '.join(near)}" if near else ""
        hint = nearest or "write its number, such as 2025-61, or its address"
        return UnclearName(f"no notice {wanted!r} is known here; {hint}", candidates=near)

    def _find_element_status(self, element: Element, on: date) -> CategoryStatus:
        """Return the status of an element by the notices that control it."""
        keys = tuple(self.subjects.elements.find_notices(element))
        remarks = self.subjects.elements.build_remarks(element, keys, on=on)
        found = self._compute_subject_status(element.categories[0], keys, on)
        return replace(
            found,
            element=element.label,
            notes=remarks.notes,
            cautions=(*remarks.cautions, *found.cautions),
        )

    def _find_category_status(self, category: str, on: date) -> CategoryStatus:
        return self._compute_subject_status(category, self.law.list_keys_touching(category), on)

    def _compute_subject_status(self, category: str, keys: tuple[str, ...], on: date) -> CategoryStatus:
        """Return the status of a category, or of an element in it, by the notices of these keys."""
        graph = self.law.load_graph(keys).restrict_to(on)
        statuses = [
            compute_status(graph, key, on)
            for key in keys
            if (instrument := graph.instruments.get(key)) is not None and is_control(instrument)
        ]
        statuses.sort(key=lambda status: (STATE_RANK.index(status.state), status.number))
        cautions = dict.fromkeys(caution for status in statuses for caution in status.cautions)
        coverage = self.find_coverage(graph, on=on)
        return CategoryStatus(
            category=category,
            on=on,
            state=statuses[0].state if statuses else LegalState.UNKNOWN,
            notices=tuple(statuses),
            cautions=(*cautions, *self._list_review_cautions([category]), *self.list_cautions(on, coverage)),
            coverage=coverage,
        )

    def _list_review_cautions(self, categories: Iterable[str]) -> list[str]:
        """Return a caution for each document that may touch these categories, and waits for a person."""
        chosen = frozenset(categories)
        return [
            _caution_about_review(line)
            for line in self.reviews.list_reviews()
            if any(
                covers_category(one, item) or covers_category(item, one)
                for one in chosen
                for item in line.possible_categories
            )
        ]

    def _find_mentions(
        self, query: ParsedQuery, categories: tuple[str, ...], *, by: date, newest: int | None
    ) -> tuple[tuple[CodeMention, ...], bool]:
        """Return where a code is named, then the other notices that touch the categories that are meant.

        And whether these are only the newest ones by a day.
        """
        coded = self.law.find_code_mentions(query.kind, query.value) if query.kind != "term" else ()
        named = {mention.key for mention in coded}
        # A group covers its leaves: they need not be asked for beside it.
        groups = [
            name
            for name in categories
            if not any(other != name and covers_category(other, name) for other in categories)
        ]
        touching = [self._list_touching(name, by, newest) for name in groups]
        is_part = newest is not None and any(len(keys) > newest for keys in touching)
        keys = dict.fromkeys(key for own in touching for key in own[:newest])
        others = (CodeMention(key=key, code="", quote="") for key in keys if key not in named)
        return (*coded, *others), is_part

    def _list_touching(self, category: str, by: date, newest: int | None) -> tuple[str, ...]:
        """Return the keys of the changes that touch a category: all, or one more than the newest ones."""
        if newest is None:
            return self.law.list_keys_touching(category)
        return self.law.list_newest_keys_touching(category, by=by, most=newest + 1)

    def _see_also(self, query: ParsedQuery) -> tuple[str, ...]:
        return list_sibling_notes(query, lambda code: bool(self.law.find_code_mentions("control", code)))

    def _build_no_match_error(self, words: str, query: ParsedQuery) -> UsageError:
        if query.kind == "term":
            near: Sequence[str] = suggest_categories(words, self.names.lexicon)
            hint = f"nearest: {', '.join(near)}" if near else "write a name, an HS code or a control code"
            message = f"no item {words!r} is known here; {hint}"
            return UnclearName(message, candidates=tuple(near))
        similar = self.law.suggest_codes(query.kind, query.value)
        near = get_close_matches(query.value, similar, n=3, cutoff=0.5)
        name = "HS" if query.kind == "hs" else "control"
        also = "".join(f". {sentence.rstrip('.')}" for sentence in self._see_also(query))
        return UnclearName(
            f"no change known here names the {name} code {words!r}; nearest: {', '.join(near) or 'none'}. "
            f"That does not prove that nothing controls it{also}",
            candidates=tuple(near),
        )


def _collect_issuers(graph: LegalGraph) -> frozenset[str]:
    return frozenset(issuer for instrument in graph.instruments.values() for issuer in instrument.issuers)


def _caution_about_review(line: ReviewLine) -> str:
    """Return the sentence that a document is not counted, because the reader did not conclude on it."""
    if line.judgement is not None:
        word = "a change" if line.judgement.verdict == "change" else "no change"
        return f"a person judged it {word}, its dates were not read, it is not counted here: {line.title}"
    reasons = "; ".join(reason.reason.rstrip(".") for reason in line.reasons)
    return f"needs review (controlwatch review {line.id}), not counted here: {line.title}: {reasons}"


def _compare_days(
    graph: LegalGraph, first: date, last: date, chosen: ChosenSubjects | None
) -> Iterator[StatusDifference]:
    then, now = graph.restrict_to(first), graph.restrict_to(last)
    for key, instrument in now.instruments.items():
        if not instrument.enacts or (chosen is not None and not chosen.covers(instrument)):
            continue
        before, after = compute_status(then, key, first), compute_status(now, key, last)
        parts = [(part.scope, part.state) for part in before.clauses]
        if before.state is after.state and parts == [(part.scope, part.state) for part in after.clauses]:
            continue
        yield StatusDifference(
            number=instrument.number,
            title=instrument.title,
            categories=instrument.categories,
            before=before.state,
            after=after.state,
            until=after.until,
            because=tuple(step for step in after.chain if first <= step.date <= last),
            announced=after.announced,
        )
