"""What is right in the reading of a case: one judgement of each field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from controlwatch.core.extraction.report.provenance import list_grounds
from controlwatch.core.extraction.text.normalize import collapse_whitespace, fold_text
from tests.evaluation.cases import Case, CaseReading, Labels

#: Kinds that may show the number and the issuers of what they report, or none.
UNNUMBERED_KINDS = frozenset({"news", "commentary", "listing"})
#: The grounds of a field, for the words that were read.
GROUNDS = {
    "is_change": ("is_change", "kind"),
    "reports_change": ("direction", "kind"),
    "categories": ("category",),
    "relations": ("relation",),
    "clauses": ("relation",),
    "deadlines": ("deadline",),
    "hs_codes": ("code",),
    "control_codes": ("code",),
    "destinations": ("destination",),
}
NUMBERED = re.compile(r"(?P<lead>[a-z]+?)(?:-[a-z-]*?)?(?P<order>order)?(?P<number>\d{4}-\d+|(?<=order)\d+)")
LETTER_NUMBER = re.compile(r"\(\d{4}\)\d+号")
QUOTED_FIELDS = ("effective", "deadlines", "categories", "hs_codes", "control_codes", "relations")


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """One field of one case: what was wanted and read, and how much of it is right."""

    case: str
    field: str
    wanted: object
    got: object
    right: float
    false: float = 0
    missed: float = 0
    is_exact: bool
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Judge:
    """Judges the fields of one reading."""

    reading: CaseReading

    @property
    def case(self) -> Case:
        return self.reading.case

    def list_printed(self, field: str, key: str = "code") -> list[object]:
        found = self.reading.printed.get(field)
        entries = found if isinstance(found, list) else []
        return [entry[key] if isinstance(entry, dict) else entry for entry in entries]

    def quote(self, field: str) -> tuple[str, ...]:
        """Return the words that a field was read from."""
        about = GROUNDS.get(field, (field,))
        grounds = list_grounds(self.reading.notice)
        return tuple(ground.quote for ground in grounds if ground.about in about and ground.quote)

    def compare_value(self, field: str, allowed: object, got: object, *, is_right: bool) -> Judgement:
        """Judge a field of one value: right or not."""
        return Judgement(
            case=self.case.name,
            field=field,
            wanted=allowed,
            got=got,
            right=float(is_right),
            missed=float(not is_right),
            is_exact=is_right,
            quotes=self.quote(field),
        )

    def compare_sets(
        self, field: str, wanted: Iterable[object], got: Iterable[object], free: Iterable[object] = ()
    ) -> Judgement:
        """Judge a field of several values. What is free counts neither way."""
        needed = set(wanted)
        found = set(got) - (set(free) - needed)
        return Judgement(
            case=self.case.name,
            field=field,
            wanted=needed,
            got=found,
            right=len(needed & found),
            false=len(found - needed),
            missed=len(needed - found),
            is_exact=needed == found,
            quotes=self.quote(field),
        )


def judge(reading: CaseReading) -> Iterator[Judgement]:
    """Yield the judgement of every field that the case has a label for."""
    ask, case = _Judge(reading), reading.case
    yield from _judge_document(ask)
    if case.is_alert:
        yield from _judge_effect(ask)
    yield _judge_categories(ask)
    yield from _judge_codes(ask)
    yield from _judge_relations(ask)
    if case.is_judged("deadlines"):
        needed = {e["date"] for e in case.list_tables("deadlines") if not e.get("optional")}
        free = {e["date"] for e in case.list_tables("deadlines")} | case.list_optional("deadlines", "date")
        yield ask.compare_sets("deadlines", needed, ask.list_printed("deadlines", "date"), free)
    yield from _judge_entities(ask)
    if case.labels.get("expect_doubts") and False not in case.list_allowed("expect_doubts"):
        doubts = reading.notice.doubts
        yield ask.compare_value("doubts", "a doubt", doubts, is_right=bool(doubts))
    yield _judge_quotes(ask)


def _judge_document(ask: _Judge) -> Iterator[Judgement]:
    """Judge what the document is."""
    case, notice = ask.case, ask.reading.notice
    change, reports = case.labels["is_change"], case.labels["reports_change"]
    yield ask.compare_sets("is_change", {True} & {change}, {True} & {notice.is_change})
    if reports is not None:
        is_right = notice.reports_change == reports
        yield ask.compare_value("reports_change", reports, notice.reports_change, is_right=is_right)
    if case.is_change or case.labels["kind"] not in UNNUMBERED_KINDS:
        number = notice.number.canonical if notice.number else None
        allowed = case.list_allowed("number")
        is_right = fold_number(number) in {fold_number(one) for one in allowed}
        yield ask.compare_value("number", allowed, number, is_right=is_right)
        if case.is_judged("issuers"):
            lists = [codes for codes in case.list_allowed("issuers") if isinstance(codes, list)]
            known = [{str(code).replace("CMC-EDD", "CMC") for code in codes} for codes in lists]
            is_right = set(notice.issuers) in known
            yield ask.compare_value("issuers", known, notice.issuers, is_right=is_right)
    kinds, kind = case.list_allowed("kind"), notice.kind.value
    yield ask.compare_value("kind", kinds, kind, is_right=kind in kinds)
    days, day = case.list_allowed("published"), ask.reading.printed["published"]
    is_right = day in days or (day is None and case.labels.get("published_hint") is not None)
    yield ask.compare_value("published", days, day, is_right=is_right)


def _judge_effect(ask: _Judge) -> Iterator[Judgement]:
    """Judge what a change, or the report of one, says of its effect."""
    case, notice = ask.case, ask.reading.notice
    directions, direction = case.list_allowed("direction"), notice.direction.value
    yield ask.compare_value("direction", directions, direction, is_right=direction in directions)
    if case.is_judged("effective"):
        entries = case.list_tables("effective")
        wanted = {(e["start"], e["until"]) for e in entries}
        got = {
            (str(e.start) if e.start else None, str(e.until) if e.until else None) for e in notice.effective
        }
        is_right = _has_exact_periods(case, got - {(None, None)})
        yield ask.compare_value("effective", wanted, got, is_right=is_right)
    if case.is_judged("destinations"):
        places, free = case.list_values("destinations"), case.list_optional("destinations")
        yield ask.compare_sets("destinations", places, notice.destinations, free)


def _has_exact_periods(case: Case, got: set[tuple[str | None, str | None]]) -> bool:
    """Return whether each period that is labelled was read, and no other."""
    periods = {
        (e["start"], e["until"]): e
        for e in reversed(case.list_tables("effective"))
        if e["start"] or e["until"]
    }
    free = {(e["start"], e["until"]) for e in case.list_tables("effective_optional")}
    left = got - (free - periods.keys())
    for (start, until), entry in reversed(periods.items()):
        starts, ends = [start, *_listed(entry, "start_alt")], [until, *_listed(entry, "until_alt")]
        hit = next(
            (period for period in sorted(left, key=str) if period[0] in starts and period[1] in ends), None
        )
        if hit is None:
            return False
        left.remove(hit)
    return not left


def _listed(entry: Labels, key: str) -> list[object]:
    found = entry.get(key)
    return found if isinstance(found, list) else []


def _judge_categories(ask: _Judge) -> Judgement:
    """Judge the categories, but not those of a destination, and not what older notices add.

    A parent that is read in place of a leaf that is labelled is half right.
    """
    case = ask.case
    wanted = _drop_destinations(case.list_values("categories"))
    free = case.list_optional("categories") | set(case.list_values("categories_resolved"))
    got = _drop_destinations(found.id for found in ask.reading.notice.categories if found.basis != "resolved")
    got -= free - wanted
    left, halves = wanted - got, 0
    for parent in sorted(got - wanted):
        leaf = next((one for one in sorted(left) if one.startswith(f"{parent}.")), None)
        if leaf is not None:
            left.remove(leaf)
            halves += 1
    return Judgement(
        case=case.name,
        field="categories",
        wanted=wanted,
        got=got,
        right=len(wanted & got) + halves / 2,
        false=len(got - wanted) - halves / 2,
        missed=len(left) + halves / 2,
        is_exact=wanted == got,
        quotes=ask.quote("categories"),
    )


def _drop_destinations(ids: Iterable[object]) -> set[object]:
    return {one for one in ids if one != "none" and not str(one).startswith("destination.")}


def _judge_codes(ask: _Judge) -> Iterator[Judgement]:
    """Judge the codes that are covered and those that are left out.

    The bare parent of a sub-item that is labelled does not count as false. An excluded code must not be read as a covered
    one (`exclusions`), and is to be read as an excluded one (`codes_excluded`).
    """
    case = ask.case
    covered: set[object] = set()
    for field in ("hs_codes", "control_codes"):
        got = {fold_code(code) for code in ask.list_printed(field)}
        covered |= got
        if case.is_judged(field):
            wanted = {fold_code(code) for code in case.list_values(field)}
            free = {fold_code(code) for code in case.list_optional(field)}
            parents = {code for code in got if any(leaf.startswith(f"{code}.") for leaf in wanted)}
            yield ask.compare_sets(field, wanted, got, free | parents)
    excluded = {fold_code(code) for code in case.list_values("codes_excluded")}
    if excluded:
        yield ask.compare_sets("exclusions", excluded, excluded - covered)
    read = {fold_code(code) for code in ask.list_printed("codes_excluded")}
    yield ask.compare_sets("codes_excluded", excluded, read & excluded)


def _judge_relations(ask: _Judge) -> Iterator[Judgement]:
    """Judge the acts on numbered documents; a joint announcement goes by its first issuer."""
    case, relations = ask.case, ask.reading.notice.relations
    alternatives = [entries for entries in case.list_values("relations_alt") if isinstance(entries, list)]
    choices = [case.list_tables("relations"), *alternatives]
    got = {key for r in relations if (key := _key_of_act(r.verb.value, r.target))}
    free = {_key_of_act(e["verb"], e["target"]) for e in case.list_tables("relations_optional")}
    judged = []
    for entries in choices:
        keys = {key: e for e in entries if (key := _choose_act(e, got))}
        needed = {key for key, entry in keys.items() if not entry.get("optional")}
        judged.append(ask.compare_sets("relations", needed, got, free | keys.keys()))
    yield next((one for one in judged if one.is_exact), judged[0])
    clauses = {
        (_key_of_act(e["verb"], e["target"]), e["clause"])
        for e in case.list_tables("relations")
        if e.get("clause") and not e.get("optional")
    }
    if clauses:
        read = {(_key_of_act(r.verb.value, r.target), r.clause) for r in relations if r.clause}
        yield ask.compare_sets("clauses", clauses, read)


def _choose_act(entry: Labels, got: set[tuple[str, str]]) -> tuple[str, str] | None:
    """Return the act that a label asks for: of several right ones, that which was read."""
    verbs, targets = (
        [entry["verb"], *_listed(entry, "verb_alt")],
        [entry["target"], *_listed(entry, "target_alt")],
    )
    keys = [_key_of_act(verb, target) for verb in verbs for target in targets]
    return next((key for key in keys if key in got), keys[0])


def _key_of_act(verb: object, target: object) -> tuple[str, str] | None:
    """Return the verb and the identity of its target; None where the target has no number."""
    folded = fold_number(target).replace("《", "").replace("》", "")
    series = NUMBERED.fullmatch(folded)
    if series:
        return str(verb), f"{series['lead']} {series['order'] or ''} {series['number']}"
    return (str(verb), folded) if LETTER_NUMBER.search(folded) else None


def _judge_entities(ask: _Judge) -> Iterator[Judgement]:
    """Judge how many parties are named, and their names."""
    case, parties = ask.case, ask.reading.notice.entities
    if not isinstance(case.labels.get("entities"), list):
        count = case.labels.get("entities_count")
        if count is not None:
            yield ask.compare_value("entities", count, len(parties), is_right=count == len(parties))
        return
    wanted = case.list_values("entities")
    yield ask.compare_value("entities", len(wanted), len(parties), is_right=len(wanted) == len(parties))
    names = {_fold_name(party) for party in wanted}
    yield ask.compare_sets("names", names, {_fold_name({"zh": p.zh, "en": p.en}) for p in parties})


def _fold_name(party: object) -> str:
    name = party.get("zh") or party.get("en") if isinstance(party, dict) else party
    return collapse_whitespace(fold_text(str(name)))


def _judge_quotes(ask: _Judge) -> Judgement:
    """Judge whether every conclusion quotes words that stand in the text."""
    text = collapse_whitespace(ask.reading.text)
    quotes = [ground.quote for ground in list_grounds(ask.reading.notice) if ground.quote]
    for field in QUOTED_FIELDS:
        entries = ask.reading.printed[field]
        for entry in entries if isinstance(entries, list) else []:
            is_open = field == "effective" and not (entry["start"] or entry["until"])
            if not (entry["quote"] or is_open or entry.get("basis") == "resolved"):
                quotes.append("")
    alien = {quote for quote in quotes if not quote or quote not in text}
    wrong = sum(quote in alien for quote in quotes)
    return Judgement(
        case=ask.case.name,
        field="quotes",
        wanted="words of the text",
        got=alien,
        right=len(quotes) - wrong,
        missed=wrong,
        is_exact=not alien,
    )


def fold_number(number: object) -> str:
    """Return a number without white space, kinds of brackets, case and script."""
    folded = fold_text(unicodedata.normalize("NFKC", str(number or ""))).lower()
    folded = re.sub(r"[〕\]）)】]", ")", re.sub(r"[〔\[（(【]", "(", folded))
    return re.sub(r"\s+", "", folded).replace("cmc-edd", "cmc")


def fold_code(code: object) -> str:
    """Return a customs code as its digits, a control code with its item in capitals: 3A901.b.

    >>> fold_code("8507.60.00"), fold_code("3a901.B")
    ('85076000', '3A901.b')
    """
    folded = re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(code)))
    if re.fullmatch(r"[\d.]+", folded):
        return folded.replace(".", "")
    return folded[:5].upper() + folded[5:].lower().rstrip(".")
