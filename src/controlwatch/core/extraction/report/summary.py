"""Two to four sentences in English and Chinese, made from the findings and from nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controlwatch.core.extraction.report.summary_phrases import (
    cautioned,
    counted,
    dates,
    listed,
    named_as,
    subject,
)
from controlwatch.core.model import Direction, Kind, Summary, Verb

if TYPE_CHECKING:
    from controlwatch.core.extraction.report.summary_phrases import Tongue
    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.model import Notice

KINDS: dict[Kind, tuple[str, str]] = {
    Kind.ANNOUNCEMENT: ("an announcement", "公告"),
    Kind.ORDER: ("an order", "令"),
    Kind.NOTICE: ("a circular", "通知"),
    Kind.LAW: ("a law", "法律"),
    Kind.REGULATION: ("a regulation", "法规"),
    Kind.DRAFT: ("a draft for comment", "征求意见稿"),
    Kind.SPOKESPERSON: ("a spokesperson's answer", "发言人答问"),
    Kind.FAQ: ("an official FAQ", "常见问题解答"),
    Kind.GUIDANCE: ("official guidance", "官方指引"),
    Kind.NEWS: ("a press report", "新闻报道"),
    Kind.COMMENTARY: ("a commentary", "评论"),
    Kind.OTHER: ("a document of another kind", "其他文件"),
}
NOTHING: dict[Kind, tuple[str, str]] = {
    Kind.LISTING: ("This page is an index of titles, not a notice.", "本页为目录页，不是文件正文。"),
    Kind.CHALLENGE: ("The site sent a bot check instead of the page.", "网站返回的是反爬验证页，不是文件。"),
    Kind.EMPTY: ("The page has no text.", "页面没有正文。"),
}
MOVES: dict[Direction, tuple[str, str]] = {
    Direction.TIGHTEN: ("tightens control", "收紧"),
    Direction.RELAX: ("relaxes control", "放宽"),
    Direction.SUSPEND: ("suspends control", "暂停"),
    Direction.RESUME: ("resumes control", "恢复"),
}
LISTS: dict[Direction, tuple[str, str]] = {
    Direction.TIGHTEN: ("adds parties to", "将有关实体列入…"),
    Direction.RELAX: ("removes parties or measures from", "取消或调整…所列措施"),
}
ARTICLE = ("United", "European", "Netherlands", "Philippines")
ACTS: dict[Verb, tuple[str, str]] = {
    Verb.SUSPENDS: ("suspends", "暂停"),
    Verb.RESUMES: ("resumes", "恢复"),
    Verb.REPEALS: ("repeals", "废止"),
    Verb.AMENDS: ("amends", "修改"),
    Verb.EXTENDS: ("extends", "延长"),
    Verb.IMPLEMENTS: ("implements", "落实"),
    Verb.CLARIFIES: ("explains", "解释"),
}
MAIN: dict[Direction, Verb] = {Direction.SUSPEND: Verb.SUSPENDS, Direction.RESUME: Verb.RESUMES}


def summary_of(notice: Notice, lexicon: Lexicon) -> Summary:
    """Return the summary of a notice in both languages."""
    return Summary(en=_written(notice, lexicon, "en"), zh=_written(notice, lexicon, "zh"))


def _written(notice: Notice, lexicon: Lexicon, tongue: Tongue) -> str:
    if notice.kind in NOTHING:
        return _pick(NOTHING[notice.kind], tongue)
    opening = _change(notice, lexicon, tongue) if notice.is_change else _other(notice, lexicon, tongue)
    act = _acts(notice, lexicon, tongue) or counted(notice, tongue)
    sentences = [opening, dates(notice, tongue), act, cautioned(notice, tongue)]
    return (" " if tongue == "en" else "").join(sentence for sentence in sentences if sentence)


def _pick(pair: tuple[str, str], tongue: Tongue) -> str:
    return pair[0] if tongue == "en" else pair[1]


def _targets(notice: Notice, verb: Verb, lexicon: Lexicon, tongue: Tongue) -> list[str]:
    """Return what is acted on by a verb, each with its clauses, in the words of the language."""
    clauses: dict[str, list[str]] = {}
    for relation in notice.relations:
        if relation.verb == verb:
            clauses.setdefault(relation.target, []).extend([relation.clause] if relation.clause else [])
    return [named_as(target, parts, lexicon, tongue) for target, parts in clauses.items()]


def _change(notice: Notice, lexicon: Lexicon, tongue: Tongue) -> str:
    """Say who does what to which items, acting on which notices, for which destinations."""
    who, items = subject(notice, lexicon, tongue), _items(notice, lexicon, tongue)
    verb = MAIN.get(notice.direction)
    targets = listed(_targets(notice, verb, lexicon, tongue), tongue) if verb else ""
    if verb and targets:
        act = _pick(ACTS[verb], tongue)
        if tongue == "en":
            return f"{who} {act} {targets}" + (f", affecting {items}" if items else "") + "."
        return f"{who}{act}{targets}" + (f"，涉及{items}" if items else "") + "。"
    return _moved(notice, lexicon, who, items, tongue)


def _moved(notice: Notice, lexicon: Lexicon, who: str, items: str, tongue: Tongue) -> str:
    """Say which way the control of which items moves, and towards whom."""
    lists = [found.id for found in notice.categories if found.id.startswith("entity.")]
    if lists and notice.direction in LISTS:
        names = listed([lexicon.category_name(one, tongue) for one in lists], tongue)
        return _listing(notice, who, names, tongue)
    if items_of(notice) == ["framework_law"]:
        return (
            f"{who} sets the legal framework of export control."
            if tongue == "en"
            else f"{who}规定出口管制基本制度。"
        )
    places = _places(notice, lexicon, tongue)
    moves = MOVES.get(notice.direction)
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


def _listing(notice: Notice, who: str, lists: str, tongue: Tongue) -> str:
    """Say that parties come on a list or leave it."""
    act = _pick(LISTS[notice.direction], tongue)
    if tongue == "en":
        return f"{who} {act} the {lists}."
    return f"{who}{act.replace('…', lists)}。"


def _places(notice: Notice, lexicon: Lexicon, tongue: Tongue) -> str:
    names = [lexicon.place_name(code, tongue) for code in notice.destinations]
    return listed(
        [f"the {name}" if tongue == "en" and name.startswith(ARTICLE) else name for name in names], tongue
    )


def items_of(notice: Notice) -> list[str]:
    """Return the category ids that a summary names; destinations have their own words."""
    return [found.id for found in notice.categories if not found.id.startswith("destination.")]


def _items(notice: Notice, lexicon: Lexicon, tongue: Tongue) -> str:
    return listed([lexicon.category_name(one, tongue) for one in items_of(notice)], tongue)


def _other(notice: Notice, lexicon: Lexicon, tongue: Tongue) -> str:
    """Say what a text that changes nothing is, and what it explains or reports."""
    kind, items = _pick(KINDS[notice.kind], tongue), _items(notice, lexicon, tongue)
    explained = listed(_targets(notice, Verb.CLARIFIES, lexicon, tongue), tongue)
    reported = listed(_targets(notice, Verb.REPORTS, lexicon, tongue), tongue)
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


def _acts(notice: Notice, lexicon: Lexicon, tongue: Tongue) -> str:
    """Say how the notice, or the one reported, acts on others, as far as the opening has not."""
    said = MAIN.get(notice.direction) if notice.is_change else Verb.CLARIFIES
    told = [
        f"{_pick(names, tongue)}{' ' if tongue == 'en' else ''}{listed(targets, tongue)}"
        for verb, names in ACTS.items()
        if verb != said and (targets := _targets(notice, verb, lexicon, tongue))
    ]
    if not told:
        return ""
    if tongue == "en":
        lead = "It also" if said in {r.verb for r in notice.relations} and notice.is_change else "It"
        lead = lead if notice.is_change else "The measure reported"
        return f"{lead} {' and '.join(told)}."
    return f"{'该文件' if notice.is_change else '所报道的措施'}{'，'.join(told)}。"
