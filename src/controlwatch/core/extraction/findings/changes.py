"""Does a text change the rules itself, does it report a change, or neither?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controlwatch.core.extraction.identity.kind import INSTRUMENTS, REPORTS
from controlwatch.core.extraction.mentions.issuers import named
from controlwatch.core.extraction.mentions.phrases import says, speaks_abroad
from controlwatch.core.model import Direction, Kind, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controlwatch.core.extraction.findings.directions import Signal
    from controlwatch.core.extraction.mentions.numbers import Mention
    from controlwatch.core.extraction.text.document_text import Text
    from controlwatch.core.extraction.text.lexicon import Category, Lexicon
    from controlwatch.core.model import Relation

STARTS = re.compile(
    r"自[^。；\n]{2,24}起|(?:starting|effective|beginning|from)\s+(?:on\s+"
    r"|from\s+)?(?:\w+ \d{1,2}, \d{4}|\d{1,2} \w+ \d{4}|\d{4}-\d)",
    re.IGNORECASE,
)  # 自2025年11月10日起
ADJUSTS = re.compile(
    r"(?:决定|如下)[^。；\n]{0,24}(?:调整|措施)|作[^。；\n]{0,8}调整|as follows", re.IGNORECASE
)  # 中方作如下调整：
STOPS = re.compile(r"暂停|停止|恢复|取消|延长|\bsuspend|\blifted|\bdiscontinu|\bresum", re.IGNORECASE)
ACTS = re.compile(
    r"公告|宣布|发布|决定|公布|更新|列入|纳入|\bissued?\b|\bannounc|\bsaid\b|\bsuspend|\badd(?:s|ed"
    r"|ing)\b|\breleased?\b|export controls? .{0,80}by the Ministry",
    re.IGNORECASE,
)  # 商务部发布…公告
BEIJING = re.compile(r"\bBeijing\b|\bChina\b|我国|中国|Китай")
DECIDES = re.compile(
    r"公告如下|通知如下|生效|解除|放宽|停止|撤销|移出|调出|严禁|允许|决定|不得|无需|应当|公布|发布|实施|施行|执行|废止|暂停|恢复|取消|不再|免于|调整|列入|禁止|加征"
    r"|shall|decided|hereby|as follows|prohibited|suspended|controlled|may not|\beffect|promulgat|impose",
    re.IGNORECASE,
)
RULED_TITLE = re.compile(r"出口管制(?!局)|出口许可|许可证管理|实施(?:临时)?管制")
CONTROL = re.compile(r"出口管制|两用物项|出口许可|export (?:control|curb|licen|restriction)", re.IGNORECASE)
#: An item is not enough: the text must speak of trade in it, or of the list that rules it.
TRADED = re.compile(
    r"出口管制|两用物项|许可证|许可证件|进出口|禁止出口|限制出口|临时管制|监控化学品|易制毒|出口(?:的|上述|下列|前|列|经营)"
    r"|总量控制|指标|关税|退税|\bexport|\bdual-use|\blicen[cs]",
    re.IGNORECASE,
)
#: A city's police or a county's government makes no trade rule.
LOCAL = re.compile(
    r"^[\u4e00-\u9fff]{1,12}(?:省|市|县|区|州|旗|盟)[\u4e00-\u9fff]{0,12}(?:局|厅|政府|委员会|管委会|办公室|支队|大队)"
)  # 某某市公安局关于…的通告
#: A law or regulation is watched where it founds or rules a control.
LEGAL = ("framework_law", "licence.", "entity.", "list.", "rare_earth.quota")
CONTROLS = re.compile(
    r"管制|两用物项|出口|进口|输入|进境|许可证|关税|清单|名单|反制|export|import|dual-use|tariff|licen[cs]e",
    re.IGNORECASE,
)  # what a sentence must speak of to move a control that no category names
ACTING = frozenset({Verb.SUSPENDS, Verb.RESUMES, Verb.REPEALS, Verb.AMENDS, Verb.EXTENDS})


def operative_answer(text: Text, kind: Kind, found: Iterable[Mention], lexicon: Lexicon) -> bool:
    """Tell whether a spokesperson's answer itself stops or suspends a numbered measure from a given day."""
    if kind != Kind.SPOKESPERSON or not any(True for _ in found):
        return False
    ours = [
        words
        for span in text.sentences
        if not says(lexicon, "intent", words := text.at(span)) and not speaks_abroad(lexicon, words)
    ]
    return any(
        STARTS.search(words)
        and (STOPS.search(words) or (ADJUSTS.search(words) and any(map(STOPS.search, ours[i : i + 4]))))
        for i, words in enumerate(ours)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known of a text when it is asked whether it changes the rules."""

    text: Text
    lexicon: Lexicon
    kind: Kind
    categories: tuple[str, ...]
    relations: tuple[Relation, ...]
    moved: tuple[Signal, ...]
    issuers: tuple[str, ...]
    operative: bool
    numbered: bool

    @property
    def regimes(self) -> tuple[Category, ...]:
        """The categories that the text names."""
        return tuple(found for i in self.categories if (found := self.lexicon.category(i)) is not None)


def _decides_nothing(case: Case) -> bool:
    """Tell whether no word of deciding stands in a text, and none of its sentences does anything."""
    acts = any(not signal.weak for signal in case.moved) or any(act.verb in ACTING for act in case.relations)
    return not acts and DECIDES.search(case.text.folded) is None


def _other_law(case: Case) -> bool:
    rules = case.kind in {Kind.LAW, Kind.REGULATION}
    return rules and not any(one.startswith(LEGAL) for one in case.categories)


def _other_regime(case: Case) -> bool:
    """A trade-remedy or procurement instrument may name goods; its regime decides."""
    return any(not found.change and found.kind == "instrument" for found in case.regimes)


def _other_business(case: Case) -> bool:
    title = case.text.title
    return says(case.lexicon, "other_business", title) and not RULED_TITLE.search(title)


def _on_a_watched_subject(case: Case) -> bool:
    """A regime or a list is enough; an item only where the text speaks of trade in it."""
    watched = [found for found in case.regimes if found.change]
    return any(found.kind != "item" for found in watched) or (
        bool(watched) and TRADED.search(case.text.folded) is not None
    )


def _moves_a_control(case: Case) -> bool:
    return any(not signal.weak and CONTROLS.search(case.text.at(signal.span)) for signal in case.moved)


#: Asked in this order; the first that applies answers.
QUESTIONS: tuple[tuple[str, bool, Callable[[Case], bool]], ...] = (
    ("change.operative-answer", True, lambda case: case.operative),
    ("change.no-instrument", False, lambda case: case.kind not in INSTRUMENTS),
    ("change.decides-nothing", False, _decides_nothing),
    ("change.other-law", False, _other_law),
    ("change.other-regime", False, _other_regime),
    ("change.local", False, lambda case: not case.issuers and bool(LOCAL.match(case.text.title))),
    ("change.other-business", False, _other_business),
    ("change.instrument", True, _on_a_watched_subject),
    ("change.acts-on-another", True, lambda case: any(act.verb in ACTING for act in case.relations)),
    ("change.moves-a-control", True, _moves_a_control),
    ("change.speaks-of-control", True, lambda case: case.numbered and bool(CONTROL.search(case.text.folded))),
)


def is_change(case: Case) -> tuple[bool, str]:
    """Tell whether a text is an instrument, or an operative statement, that changes the rules we watch.

    Returns the answer and the id of the rule that gave it.
    """
    return next(
        ((answer, rule) for rule, answer, applies in QUESTIONS if applies(case)),
        (False, "change.no-watched-subject"),
    )


def reports_change(
    text: Text,
    kind: Kind,
    lexicon: Lexicon,
    categories: Iterable[str],
    found: Iterable[Mention],
    direction: Direction,
) -> bool:
    """Tell whether a text that is no instrument reports or explains one of the Chinese side."""
    ids = set(categories)
    if ids & {"foreign_controls", "enforcement"} or kind in {Kind.DRAFT, Kind.FAQ, Kind.GUIDANCE}:
        return False
    if kind == Kind.SPOKESPERSON:
        return any(True for _ in found) or _answers_listing(text, lexicon)
    if kind not in REPORTS or direction in {Direction.NEUTRAL, Direction.CLARIFY}:
        return False
    numbered = any(mention.number.issuers for mention in found)
    if not any(_changes(lexicon, i) for i in ids):
        # An item that no category names: the number and the words of control must tell.
        return numbered and CONTROL.search(text.folded) is not None
    return numbered or any(True for _ in found) or _tells(text, lexicon)


def _changes(lexicon: Lexicon, category: str) -> bool:
    found = lexicon.category(category)
    return found is not None and found.change


def _tells(text: Text, lexicon: Lexicon) -> bool:
    """Tell whether a sentence has a Chinese authority act."""
    for span in text.sentences:
        words = text.at(span)
        if (
            ACTS.search(words)
            and (named(words, lexicon) or BEIJING.search(words))
            and not says(lexicon, "draft", words)
        ):
            return True
    return False


def _answers_listing(text: Text, lexicon: Lexicon) -> bool:
    """An answer about parties that the ministry has just listed (就将…列入…答记者问)."""
    return re.search(r"就将[^，。]{2,40}列入", text.title) is not None and not says(
        lexicon, "foreign_act", text.title
    )
