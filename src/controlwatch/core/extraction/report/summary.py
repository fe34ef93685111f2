"""Two to four sentences in English and in Chinese, made from the findings and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as calendar_date
from typing import Literal

from controlwatch.core.extraction.findings.date_corrections import list_moves, list_own_dates
from controlwatch.core.extraction.mentions.clauses import name_clause
from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.extraction.report.measures import choose_measure, list_whole_destinations
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import (
    Direction,
    DocumentNumber,
    Notice,
    NoticeKind,
    Summary,
    Verb,
)

SummaryLanguage = Literal["en", "zh"]
MAX_NAMES = 6  #: names or numbers spelled out in one sentence
MAX_SPELLED_CODES = 3  #: codes spelled out behind their count
MAX_THRESHOLDS = 3  #: thresholds spelled out
SMALL_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
#: Each phrase in English and in Chinese.
Phrase = tuple[str, str]
KIND_NAMES: dict[NoticeKind, tuple[str, str]] = {
    NoticeKind.ANNOUNCEMENT: ("an announcement", "公告"),
    NoticeKind.ORDER: ("an order", "令"),
    NoticeKind.NOTICE: ("a circular", "通知"),
    NoticeKind.LAW: ("a law", "法律"),
    NoticeKind.REGULATION: ("a regulation", "法规"),
    NoticeKind.DRAFT: ("a draft for comment", "征求意见稿"),
    NoticeKind.SPOKESPERSON: ("a spokesperson's answer", "发言人答问"),
    NoticeKind.FAQ: ("an official FAQ", "常见问题解答"),
    NoticeKind.GUIDANCE: ("official guidance", "官方指引"),
    NoticeKind.NEWS: ("a press report", "新闻报道"),
    NoticeKind.COMMENTARY: ("a commentary", "评论"),
    NoticeKind.OTHER: ("a document of another kind", "其他文件"),
}
#: Which date of a notice is moved.
DATE_NAMES: dict[str, Phrase] = {
    "takes effect": ("effective date", "生效日期"),
    "ends": ("end date", "截止日期"),
}
NON_DOCUMENT_TEXTS: dict[NoticeKind, tuple[str, str]] = {
    NoticeKind.LISTING: ("This page is an index of titles, not a notice.", "本页为目录页，不是文件正文。"),
    NoticeKind.CHALLENGE: (
        "The site sent a bot check instead of the page.",
        "网站返回的是反爬验证页，不是文件。",
    ),
    NoticeKind.EMPTY: ("The page has no text.", "页面没有正文。"),
}
ARTICLE_PREFIXES = ("United", "European", "Netherlands", "Philippines")
MAIN_VERBS: dict[Direction, Verb] = {Direction.SUSPEND: Verb.SUSPENDS, Direction.RESUME: Verb.RESUMES}


@dataclass(frozen=True, slots=True)
class SummaryContext:
    """What a summary is written from, and in which language."""

    notice: Notice
    lexicon: Lexicon
    language: SummaryLanguage

    def get_phrase(self, section: str, key: str) -> Phrase | None:
        """Return a phrase of the lexicon in both languages, or None."""
        return self.lexicon.summary_phrases[section].get(key)

    def pick(self, phrase: Phrase) -> str:
        """Return a phrase in the language."""
        return phrase[0] if self.language == "en" else phrase[1]

    def join(self, names: list[str]) -> str:
        """Return names as a person lists them: a, b and c; a long list is cut and counted."""
        shown, more = names[:MAX_NAMES], len(names) - MAX_NAMES
        if self.language == "zh":
            return "、".join(shown) + (f"等{len(names)}项" if more > 0 else "")
        if more > 0:
            return f"{', '.join(shown)} and {more} more"
        return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)

    def join_categories(self, ids: list[str]) -> str:
        """Return the names of categories."""
        return self.join([self.lexicon.get_category_name(category_id, self.language) for category_id in ids])

    def join_places(self, codes: Iterable[str]) -> str:
        """Return the names of places, in English with the article that some have."""
        names = [self.lexicon.get_place_name(code, self.language) for code in codes]
        if self.language == "en":
            names = [f"the {name}" if name.startswith(ARTICLE_PREFIXES) else name for name in names]
        return self.join(names)

    def list_targets(self, verb: Verb) -> list[str]:
        """Return what is acted on by a verb, with its clauses: 商务部公告2025年第12号第一条."""
        clauses: dict[str, list[str]] = {}
        for relation in self.notice.relations:
            if relation.verb == verb:
                clauses.setdefault(relation.target, []).extend([relation.clause] if relation.clause else [])
        if self.language == "en":
            return [
                name_in_english(target, self.lexicon)
                + (f" ({', '.join(map(name_clause, parts))})" if parts else "")
                for target, parts in clauses.items()
            ]
        names: list[str] = []
        for target, parts in clauses.items():
            name = name_in_chinese(target, self.lexicon) or f"《{target}》"
            names.append(f"{name}{'、'.join(parts)}")
        return names


def name_in_english(target: str, lexicon: Lexicon) -> str:
    """Return what a notice acts on in English: a number as it is, a list or a catalogue by its English name.

    A title without an English name stays as it is.
    """
    titled = (item for item in lexicon.categories if target == item.zh or target in item.title_terms)
    return next((f"the {item.en}" for item in titled), target)


def name_in_chinese(canonical: str, lexicon: Lexicon) -> str:
    """Return the number of a notice as it is printed: 商务部公告2025年第58号; "" where it is not a number."""
    number = parse_number(canonical, lexicon)
    if number is None or number.letter:
        return canonical if number else ""
    who = "、".join(lexicon.get_issuer_name(code, "zh") for code in number.issuers)
    form = KIND_NAMES[NoticeKind.ORDER if number.series else NoticeKind.ANNOUNCEMENT][1]
    if number.issuers == ("UEL",):
        who = "不可靠实体清单工作机制"
    return f"{who}{form}{_format_chinese_number(number)}"


def build_summary(notice: Notice, lexicon: Lexicon) -> Summary:
    """Return the summary of a notice in both languages."""
    return Summary(
        en=_write_summary(SummaryContext(notice, lexicon, "en")),
        zh=_write_summary(SummaryContext(notice, lexicon, "zh")),
    )


def _write_summary(context: SummaryContext) -> str:
    notice = context.notice
    if notice.kind in NON_DOCUMENT_TEXTS:
        return context.pick(NON_DOCUMENT_TEXTS[notice.kind])
    # Destinations have their own words.
    ids = [found.id for found in notice.categories if not found.id.startswith("destination.")]
    opening = _describe_change(context, ids) if notice.is_change else _describe_other(context, ids)
    acts = _describe_acts(context) or _describe_counts(context)
    sentences = [opening, _describe_dates(context), acts, _describe_cautions(context)]
    return context.pick((" ", "")).join(sentence for sentence in sentences if sentence)


def _describe_change(context: SummaryContext, ids: list[str]) -> str:
    """State who does what to which items, acting on which notices, for which destinations."""
    notice, pick, items = context.notice, context.pick, context.join_categories(ids)
    who = _describe_actor(context)
    if choose_measure(notice, context.lexicon) == "moved-day":
        return f"{who}{pick((' ', ''))}{_describe_moves(context, items)}{pick(('.', '。'))}"
    verb = MAIN_VERBS.get(notice.direction)
    acts = context.get_phrase("verbs", verb) if verb else None
    if verb and acts and (targets := context.join(context.list_targets(verb))):
        en = f"{who} {acts[0]} {targets}{f', affecting {items}' if items else ''}."
        return pick((en, f"{who}{acts[1]}{targets}{f'，涉及{items}' if items else ''}。"))
    lists = [found.id for found in notice.categories if found.id.startswith("entity.")]
    if lists and (phrase := context.get_phrase("listings", notice.direction)):
        joined = context.join_categories(lists)
        return pick((f"{who} {phrase[0]} the {joined}.", f"{who}{phrase[1].replace('…', joined)}。"))
    if ids == ["framework_law"]:
        return pick((f"{who} sets the legal framework of export control.", f"{who}规定出口管制基本制度。"))
    whole = list_whole_destinations(notice)
    special = context.join_places([code for code in notice.destinations if code not in whole])
    more = (
        pick((f" One provision is for {special} only.", f"其中一项规定仅针对{special}。")) if special else ""
    )
    return f"{who}{pick((' ', ''))}{_describe_measure(context, items)}{pick(('.', '。'))}{more}"


def _describe_measure(context: SummaryContext, items: str) -> str:
    """State what is done to which items, for which destinations or origins."""
    notice, pick = context.notice, context.pick
    places = context.join_places(list_whole_destinations(notice))
    phrase = context.get_phrase("measures", choose_measure(notice, context.lexicon))
    if phrase is None:
        on, to = (f" on {items}" if items else "", f" for {places}" if places else "")
        about = f"就{items}" if items else ""
        return pick((f"sets rules{on}{to}", f"{about}作出规定{f'，针对{places}' if places else ''}"))
    return pick(phrase).format(
        **{
            "items": items or pick(("goods", "有关物项")),
            "to": f" for {places}" if places else "",
            "from": f" on goods from {places}" if places else "",
            "ships": f" on ships linked to {places}" if places else "",
            "对": "对",
            "针对": f"，针对{places}" if places else "",
            "来自": f"，涉及{places}" if places else "",
        }
    )


def _describe_moves(context: SummaryContext, items: str) -> str:
    """State which dates of other notices are moved, and which items they are about."""
    moves = []
    for relation, move in list_moves(context.notice, context.lexicon):
        name, name_zh = (
            ("effective date", "生效日期") if move.event == "takes effect" else ("end", "截止日期")
        )
        number = name_in_chinese(relation.target, context.lexicon) or relation.target
        old, old_zh = (f" from {move.old}", f"由{move.old}") if move.old is not None else ("", "")
        moves.append(
            context.pick(
                (
                    f"moves the {name} of {relation.target}{old} to {move.new}",
                    f"将{number}的{name_zh}{old_zh}改为{move.new}",
                )
            )
        )
    about = context.pick((f", affecting {items}", f"，涉及{items}")) if items else ""
    return context.join(moves) + about


def _describe_actor(context: SummaryContext) -> str:
    """Return who acts: MOFCOM and GACC Announcement 2026-40, or the issuers where no number is known."""
    notice, number, pick = context.notice, context.notice.number, context.pick
    names = list(notice.issuers)
    if context.language == "zh":
        names = [context.lexicon.get_issuer_name(code, "zh") for code in notice.issuers]
    who = context.join(names)
    if number is None:
        noun = {NoticeKind.LAW: "law", NoticeKind.REGULATION: "regulation"}.get(notice.kind, "notice")
        named, unnamed = (f"A {noun} of {who}", f"{who}文件"), (f"The {noun}", "该文件")
        if notice.kind == NoticeKind.SPOKESPERSON:
            named = (f"{who}, by its spokesperson,", f"{who}（经新闻发言人宣布）")
            unnamed = ("The spokesperson", "新闻发言人")
        return pick(named if who else unnamed)
    if number.letter:
        return pick((f"{who} notice {number.letter}".strip(), number.letter))
    figure = f"{number.year}-{number.n}" if number.year else f"{number.n}"
    form = KIND_NAMES[NoticeKind.ORDER if number.series else NoticeKind.ANNOUNCEMENT][1]
    english = f"{who} {number.series or 'Announcement'} {figure}"
    return pick((english, f"{who}{form}{_format_chinese_number(number)}"))


def _format_chinese_number(number: DocumentNumber) -> str:
    if number.issuers == ("UEL",):
        return f"〔{number.year}〕{number.n}号"
    return f"{number.year}年第{number.n}号" if number.year else f"第{number.n}号"


def _describe_other(context: SummaryContext, ids: list[str]) -> str:
    """State what a text that changes nothing is, and what it explains or reports."""
    kind, items = context.pick(KIND_NAMES[context.notice.kind]), context.join_categories(ids)
    if context.language == "en" and len(ids) == 1 and ids[0].startswith("entity."):
        items = f"the {items}"
    explained = context.join(context.list_targets(Verb.CLARIFIES))
    reported = context.join(context.list_targets(Verb.REPORTS))
    about = context.pick((f" about {items}", f"，涉及{items}")) if items else ""
    if explained:
        named = f"{explained} ({items})" if items else explained
        en = f"This is {kind} that explains {named}; it changes no rule itself."
        return context.pick((en, f"本文为{kind}，解释{explained}{about}，本身不改变规则。"))
    if reported:
        en = f"This is {kind} on {reported}{about}; it is not the official text."
        return context.pick((en, f"本文为{kind}，报道{reported}{about}，并非正式文本。"))
    rest = ("it changes no rule itself", "本身不改变规则")
    if context.notice.reports_change:
        rest = ("it is not the official text", "并非正式文本")
    return context.pick((f"This is {kind}{about}; {rest[0]}.", f"本文为{kind}{about}，{rest[1]}。"))


def _describe_acts(context: SummaryContext) -> str:
    """State how the notice, or the one reported, acts on others, unless the opening has stated it."""
    notice = context.notice
    opening_verb = MAIN_VERBS.get(notice.direction) if notice.is_change else Verb.CLARIFIES
    if notice.is_change and choose_measure(notice, context.lexicon) == "moved-day":
        opening_verb = Verb.AMENDS
    acts = [
        f"{context.pick(phrase)}{context.pick((' ', ''))}{context.join(targets)}"
        for verb, phrase in context.lexicon.summary_phrases["verbs"].items()
        if verb != opening_verb and (targets := context.list_targets(Verb(verb)))
    ]
    if not acts:
        return ""
    if context.language == "zh":
        return f"{'该文件' if notice.is_change else '所报道的措施'}{'，'.join(acts)}。"
    is_further = any(relation.verb == opening_verb for relation in notice.relations)
    lead = ("It also" if is_further else "It") if notice.is_change else "The measure reported"
    return f"{lead} {' and '.join(acts)}."


def _describe_counts(context: SummaryContext) -> str:
    """State how many codes and parties are named, with the codes spelled out where there are few."""
    notice, is_english = context.notice, context.language == "en"
    rows = (
        ([found.code for found in notice.control_codes], "control code", "个管制编码"),
        ([found.code for found in notice.hs_codes], "HS code", "个海关商品编号"),
        ([""] * len(notice.entities), "party", "个实体"),
    )
    counts: list[str] = []
    for codes, noun, measure in rows:
        if not codes:
            continue
        spelled = context.pick((", ", "、")).join(codes)
        are_few = codes[0] and len(codes) <= MAX_SPELLED_CODES
        if is_english:
            figure = SMALL_NUMBERS[len(codes)] if len(codes) < len(SMALL_NUMBERS) else str(len(codes))
            plural = noun if len(codes) == 1 else "parties" if noun == "party" else f"{noun}s"
            counts.append(f"{figure} {plural}{f' ({spelled})' if are_few else ''}")
        else:
            counts.append(f"{len(codes)}{measure}{f'（{spelled}）' if are_few else ''}")
    if not counts:
        return ""
    return f"It names {context.join(counts)}." if is_english else f"列明{'、'.join(counts)}。"


def _describe_cautions(context: SummaryContext) -> str:
    """State what must not be overlooked, the thresholds with their figures."""
    notice, is_english = context.notice, context.language == "en"
    cautions: list[str] = []
    names = context.lexicon.summary_phrases["cautions"]
    for kind in dict.fromkeys(caveat.kind for caveat in notice.caveats if caveat.kind in names):
        name = context.pick(names[kind])
        values = [caveat.value for caveat in notice.caveats if caveat.kind == kind and caveat.value]
        shown, is_cut = values[:MAX_THRESHOLDS], len(values) > MAX_THRESHOLDS
        if is_english and values:
            name = f"{name} ({', '.join(shown)}{' and others' if is_cut else ''})"
        elif values:
            name = f"{name}（{'、'.join(shown)}{'等' if is_cut else ''}）"
        cautions.append(name)
    if not cautions or not notice.is_change:
        return ""
    return (
        f"Conditions and exceptions: {'; '.join(cautions)}."
        if is_english
        else f"条件与例外：{'；'.join(cautions)}。"
    )


def _describe_dates(context: SummaryContext) -> str:
    """State when it takes effect and until when; of a change, also that it does not say."""
    notice, pick = context.notice, context.pick
    own = list_own_dates(notice, context.lexicon)
    if not own:
        return ""
    dates: list[str] = []
    for found in sorted(own, key=lambda span: span.start or calendar_date.max):
        if not (found.start or found.until or found.quote):
            continue
        scope = pick((f" ({name_clause(found.scope)})", f"（{found.scope}）")) if found.scope != "all" else ""
        clock = f"{pick((' at ', ' '))}{found.time:%H:%M}" if found.time else ""
        until = pick((f" until {found.until}", f"至{found.until}")) if found.until else pick(("", "施行"))
        lead = "from" if found.until else "on"
        if found.start:
            date = pick((f"{lead} {found.start}{clock}{until}", f"自{found.start}{clock}起{until}"))
        elif found.basis == "on-publication":
            en = f"{lead} publication{until}, but the day of publication is not stated"
            date = pick((en, f"自公布之日起（公布日期未载明）{until}"))
        else:
            date = pick((f"{until.strip()}, from a day that is not stated", f"（起始日期未载明）{until}"))
        dates.append(f"{date}{scope}")
    if not dates:
        return pick(("The notice does not state when it takes effect.", "文件未载明生效日期。"))
    lead = pick(("It takes effect ", ""))
    if not notice.is_change:
        lead = pick(("The measure reported takes effect ", "所报道的措施"))
    if notice.direction == Direction.SUSPEND and own[0].until is not None:
        lead = pick(("The suspension runs ", "暂停期"))
    return pick((f"{lead}{'; '.join(dates)}.", f"{lead}{'；'.join(dates)}。"))
