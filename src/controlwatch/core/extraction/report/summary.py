"""Two to four sentences in English and Chinese, made from the findings and from nothing else."""

from __future__ import annotations

from controlwatch.core.extraction.report.summary_phrases import (
    SummaryLanguage,
    describe_actor,
    describe_cautions,
    describe_counts,
    describe_dates,
    join_names,
    name_target,
)
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Direction, Notice, NoticeKind, Summary, Verb

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
NON_DOCUMENT_TEXTS: dict[NoticeKind, tuple[str, str]] = {
    NoticeKind.LISTING: ("This page is an index of titles, not a notice.", "本页为目录页，不是文件正文。"),
    NoticeKind.CHALLENGE: (
        "The site sent a bot check instead of the page.",
        "网站返回的是反爬验证页，不是文件。",
    ),
    NoticeKind.EMPTY: ("The page has no text.", "页面没有正文。"),
}
DIRECTION_PHRASES: dict[Direction, tuple[str, str]] = {
    Direction.TIGHTEN: ("tightens control", "收紧"),
    Direction.RELAX: ("relaxes control", "放宽"),
    Direction.SUSPEND: ("suspends control", "暂停"),
    Direction.RESUME: ("resumes control", "恢复"),
}
LISTING_PHRASES: dict[Direction, tuple[str, str]] = {
    Direction.TIGHTEN: ("adds parties to", "将有关实体列入…"),
    Direction.RELAX: ("removes parties or measures from", "取消或调整…所列措施"),
}
ARTICLE_PREFIXES = ("United", "European", "Netherlands", "Philippines")
VERB_PHRASES: dict[Verb, tuple[str, str]] = {
    Verb.SUSPENDS: ("suspends", "暂停"),
    Verb.RESUMES: ("resumes", "恢复"),
    Verb.REPEALS: ("repeals", "废止"),
    Verb.AMENDS: ("amends", "修改"),
    Verb.EXTENDS: ("extends", "延长"),
    Verb.IMPLEMENTS: ("implements", "落实"),
    Verb.CLARIFIES: ("explains", "解释"),
}
MAIN_VERBS: dict[Direction, Verb] = {Direction.SUSPEND: Verb.SUSPENDS, Direction.RESUME: Verb.RESUMES}


def build_summary(notice: Notice, lexicon: Lexicon) -> Summary:
    """Return the summary of a notice in both languages."""
    return Summary(en=_write_summary(notice, lexicon, "en"), zh=_write_summary(notice, lexicon, "zh"))


def _write_summary(notice: Notice, lexicon: Lexicon, tongue: SummaryLanguage) -> str:
    if notice.kind in NON_DOCUMENT_TEXTS:
        return _pick_language(NON_DOCUMENT_TEXTS[notice.kind], tongue)
    opening = (
        _describe_change(notice, lexicon, tongue)
        if notice.is_change
        else _describe_other(notice, lexicon, tongue)
    )
    act = _describe_acts(notice, lexicon, tongue) or describe_counts(notice, tongue)
    sentences = [opening, describe_dates(notice, tongue), act, describe_cautions(notice, tongue)]
    return (" " if tongue == "en" else "").join(sentence for sentence in sentences if sentence)


def _pick_language(pair: tuple[str, str], tongue: SummaryLanguage) -> str:
    return pair[0] if tongue == "en" else pair[1]


def _list_targets(notice: Notice, verb: Verb, lexicon: Lexicon, tongue: SummaryLanguage) -> list[str]:
    """Return what is acted on by a verb, each with its clauses, in the words of the language."""
    clauses: dict[str, list[str]] = {}
    for relation in notice.relations:
        if relation.verb == verb:
            clauses.setdefault(relation.target, []).extend([relation.clause] if relation.clause else [])
    return [name_target(target, parts, lexicon, tongue) for target, parts in clauses.items()]


def _describe_change(notice: Notice, lexicon: Lexicon, tongue: SummaryLanguage) -> str:
    """Say who does what to which items, acting on which notices, for which destinations."""
    who, items = describe_actor(notice, lexicon, tongue), _join_items(notice, lexicon, tongue)
    verb = MAIN_VERBS.get(notice.direction)
    targets = join_names(_list_targets(notice, verb, lexicon, tongue), tongue) if verb else ""
    if verb and targets:
        act = _pick_language(VERB_PHRASES[verb], tongue)
        if tongue == "en":
            return f"{who} {act} {targets}" + (f", affecting {items}" if items else "") + "."
        return f"{who}{act}{targets}" + (f"，涉及{items}" if items else "") + "。"
    return _describe_move(notice, lexicon, who, items, tongue)


def _describe_move(notice: Notice, lexicon: Lexicon, who: str, items: str, tongue: SummaryLanguage) -> str:
    """Say which way the control of which items moves, and towards whom."""
    lists = [found.id for found in notice.categories if found.id.startswith("entity.")]
    if lists and notice.direction in LISTING_PHRASES:
        names = join_names([lexicon.get_category_name(one, tongue) for one in lists], tongue)
        return _describe_listing(notice, who, names, tongue)
    if list_item_ids(notice) == ["framework_law"]:
        return (
            f"{who} sets the legal framework of export control."
            if tongue == "en"
            else f"{who}规定出口管制基本制度。"
        )
    places = _join_places(notice, lexicon, tongue)
    moves = DIRECTION_PHRASES.get(notice.direction)
    if tongue == "en":
        act = (
            f"{moves[0]}{f' of {items}' if items else ''}"
            if moves
            else f"sets rules{f' on {items}' if items else ''}"
        )
        return f"{who} {act}" + (f" for {places}" if places else "") + "."
    act = (
        f"{moves[1]}{f'对{items}的' if items else ''}管制"
        if moves
        else f"{f'就{items}' if items else ''}作出规定"
    )
    return f"{who}{act}" + (f"，针对{places}" if places else "") + "。"


def _describe_listing(notice: Notice, who: str, lists: str, tongue: SummaryLanguage) -> str:
    """Say that parties come on a list or leave it."""
    act = _pick_language(LISTING_PHRASES[notice.direction], tongue)
    if tongue == "en":
        return f"{who} {act} the {lists}."
    return f"{who}{act.replace('…', lists)}。"


def _join_places(notice: Notice, lexicon: Lexicon, tongue: SummaryLanguage) -> str:
    names = [lexicon.get_place_name(code, tongue) for code in notice.destinations]
    return join_names(
        [f"the {name}" if tongue == "en" and name.startswith(ARTICLE_PREFIXES) else name for name in names],
        tongue,
    )


def list_item_ids(notice: Notice) -> list[str]:
    """Return the category ids that a summary names; destinations have their own words."""
    return [found.id for found in notice.categories if not found.id.startswith("destination.")]


def _join_items(notice: Notice, lexicon: Lexicon, tongue: SummaryLanguage) -> str:
    return join_names([lexicon.get_category_name(one, tongue) for one in list_item_ids(notice)], tongue)


def _describe_other(notice: Notice, lexicon: Lexicon, tongue: SummaryLanguage) -> str:
    """Say what a text that changes nothing is, and what it explains or reports."""
    kind, items = _pick_language(KIND_NAMES[notice.kind], tongue), _join_items(notice, lexicon, tongue)
    explained = join_names(_list_targets(notice, Verb.CLARIFIES, lexicon, tongue), tongue)
    reported = join_names(_list_targets(notice, Verb.REPORTS, lexicon, tongue), tongue)
    if tongue == "en":
        about = f" about {items}" if items else ""
        if explained:
            named = f"{explained} ({items})" if items else explained
            return f"This is {kind} that explains {named}; it changes no rule itself."
        if reported:
            return f"This is {kind} on {reported}{about}; it is not the official text."
        rest = "; it is not the official text." if notice.reports_change else "; it changes no rule itself."
        return f"This is {kind}{about}{rest}"
    about = f"，涉及{items}" if items else ""
    if explained:
        return f"本文为{kind}，解释{explained}{about}，本身不改变规则。"
    if reported:
        return f"本文为{kind}，报道{reported}{about}，并非正式文本。"
    return f"本文为{kind}{about}，" + ("并非正式文本。" if notice.reports_change else "本身不改变规则。")


def _describe_acts(notice: Notice, lexicon: Lexicon, tongue: SummaryLanguage) -> str:
    """Say how the notice, or the one reported, acts on others, as far as the opening has not."""
    said = MAIN_VERBS.get(notice.direction) if notice.is_change else Verb.CLARIFIES
    told = [
        f"{_pick_language(names, tongue)}{' ' if tongue == 'en' else ''}{join_names(targets, tongue)}"
        for verb, names in VERB_PHRASES.items()
        if verb != said and (targets := _list_targets(notice, verb, lexicon, tongue))
    ]
    if not told:
        return ""
    if tongue == "en":
        lead = "It also" if said in {r.verb for r in notice.relations} and notice.is_change else "It"
        lead = lead if notice.is_change else "The measure reported"
        return f"{lead} {' and '.join(told)}."
    return f"{'该文件' if notice.is_change else '所报道的措施'}{'，'.join(told)}。"
