"""Does a text change the rules itself, does it report a change, or neither?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controlwatch.core.extraction.identity.kind import INSTRUMENT_KINDS, REPORT_KINDS
from controlwatch.core.extraction.mentions.issuers import find_issuers
from controlwatch.core.extraction.mentions.phrases import contains_phrase, is_about_foreign_act
from controlwatch.core.model import Direction, NoticeKind, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controlwatch.core.extraction.findings.directions import DirectionSignal
    from controlwatch.core.extraction.mentions.numbers import NumberMention
    from controlwatch.core.extraction.text.document_text import DocumentText
    from controlwatch.core.extraction.text.lexicon import Category, Lexicon
    from controlwatch.core.model import Relation

START_DAY = re.compile(
    r"自[^。；\n]{2,24}起|(?:starting|effective|beginning|from)\s+(?:on\s+"
    r"|from\s+)?(?:\w+ \d{1,2}, \d{4}|\d{1,2} \w+ \d{4}|\d{4}-\d)",
    re.IGNORECASE,
)  # 自2025年11月10日起
ADJUSTMENT_WORDS = re.compile(
    r"(?:决定|如下)[^。；\n]{0,24}(?:调整|措施)|作[^。；\n]{0,8}调整|as follows", re.IGNORECASE
)  # 中方作如下调整：
SUSPENSION_WORDS = re.compile(
    r"暂停|停止|恢复|取消|延长|\bsuspend|\blifted|\bdiscontinu|\bresum", re.IGNORECASE
)
PUBLISHING_WORDS = re.compile(
    r"公告|宣布|发布|决定|公布|更新|列入|纳入|\bissued?\b|\bannounc|\bsaid\b|\bsuspend|\badd(?:s|ed"
    r"|ing)\b|\breleased?\b|export controls? .{0,80}by the Ministry",
    re.IGNORECASE,
)  # 商务部发布…公告
CHINA_WORDS = re.compile(r"\bBeijing\b|\bChina\b|我国|中国|Китай")
DECISION_WORDS = re.compile(
    r"公告如下|通知如下|生效|解除|放宽|停止|撤销|移出|调出|严禁|允许|决定|不得|无需|应当|公布|发布|实施|施行|执行|废止|暂停|恢复|取消|不再|免于|调整|列入|禁止|加征"
    r"|shall|decided|hereby|as follows|prohibited|suspended|controlled|may not|\beffect|promulgat|impose",
    re.IGNORECASE,
)
CONTROL_TITLE = re.compile(r"出口管制(?!局)|出口许可|许可证管理|实施(?:临时)?管制")
CONTROL_WORDS = re.compile(
    r"出口管制|两用物项|出口许可|export (?:control|curb|licen|restriction)", re.IGNORECASE
)
#: An item is not enough: the text must speak of trade in it, or of the list that rules it.
TRADE_WORDS = re.compile(
    r"出口管制|两用物项|许可证|许可证件|进出口|禁止出口|限制出口|临时管制|监控化学品|易制毒|出口(?:的|上述|下列|前|列|经营)"
    r"|总量控制|指标|关税|退税|\bexport|\bdual-use|\blicen[cs]",
    re.IGNORECASE,
)
#: A city's police or a county's government makes no trade rule.
LOCAL_AUTHORITY = re.compile(
    r"^[\u4e00-\u9fff]{1,12}(?:省|市|县|区|州|旗|盟)[\u4e00-\u9fff]{0,12}(?:局|厅|政府|委员会|管委会|办公室|支队|大队)"
)  # 某某市公安局关于…的通告
#: A law or regulation is watched where it founds or rules a control.
CONTROL_LAW_CATEGORIES = ("framework_law", "licence.", "entity.", "list.", "rare_earth.quota")
CONTROL_SUBJECTS = re.compile(
    r"管制|两用物项|出口|进口|输入|进境|许可证|关税|清单|名单|反制|export|import|dual-use|tariff|licen[cs]e",
    re.IGNORECASE,
)  # what a sentence must speak of to move a control that no category names
ACTING_VERBS = frozenset({Verb.SUSPENDS, Verb.RESUMES, Verb.REPEALS, Verb.AMENDS, Verb.EXTENDS})


def is_operative_answer(
    text: DocumentText, kind: NoticeKind, found: Iterable[NumberMention], lexicon: Lexicon
) -> bool:
    """Tell whether a spokesperson's answer itself stops or suspends a numbered measure from a given day."""
    if kind != NoticeKind.SPOKESPERSON or not any(True for _ in found):
        return False
    ours = [
        words
        for span in text.sentences
        if not contains_phrase(lexicon, "intent", words := text.get_words(span))
        and not is_about_foreign_act(lexicon, words)
    ]
    return any(
        START_DAY.search(words)
        and (
            SUSPENSION_WORDS.search(words)
            or (ADJUSTMENT_WORDS.search(words) and any(map(SUSPENSION_WORDS.search, ours[i : i + 4])))
        )
        for i, words in enumerate(ours)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeInputs:
    """What is known of a text when it is asked whether it changes the rules."""

    text: DocumentText
    lexicon: Lexicon
    kind: NoticeKind
    categories: tuple[str, ...]
    relations: tuple[Relation, ...]
    signals: tuple[DirectionSignal, ...]
    issuers: tuple[str, ...]
    is_operative: bool
    has_own_number: bool

    @property
    def named_categories(self) -> tuple[Category, ...]:
        """The categories that the text names."""
        return tuple(found for i in self.categories if (found := self.lexicon.find_category(i)) is not None)


def _is_without_decision(case: ChangeInputs) -> bool:
    """Tell whether no word of deciding stands in a text, and none of its sentences does anything."""
    acts = any(not signal.weak for signal in case.signals) or any(
        act.verb in ACTING_VERBS for act in case.relations
    )
    return not acts and DECISION_WORDS.search(case.text.folded_text) is None


def _is_other_law(case: ChangeInputs) -> bool:
    rules = case.kind in {NoticeKind.LAW, NoticeKind.REGULATION}
    return rules and not any(one.startswith(CONTROL_LAW_CATEGORIES) for one in case.categories)


def _is_other_regime(case: ChangeInputs) -> bool:
    """A trade-remedy or procurement instrument may name goods; its regime decides."""
    return any(not found.change and found.kind == "instrument" for found in case.named_categories)


def _is_other_business(case: ChangeInputs) -> bool:
    title = case.text.title
    return contains_phrase(case.lexicon, "other_business", title) and not CONTROL_TITLE.search(title)


def _is_watched_subject(case: ChangeInputs) -> bool:
    """A regime or a list is enough; an item only where the text speaks of trade in it."""
    watched = [found for found in case.named_categories if found.change]
    return any(found.kind != "item" for found in watched) or (
        bool(watched) and TRADE_WORDS.search(case.text.folded_text) is not None
    )


def _has_control_move(case: ChangeInputs) -> bool:
    return any(
        not signal.weak and CONTROL_SUBJECTS.search(case.text.get_words(signal.span))
        for signal in case.signals
    )


#: Asked in this order; the first that applies answers.
CHANGE_QUESTIONS: tuple[tuple[str, bool, Callable[[ChangeInputs], bool]], ...] = (
    ("change.operative-answer", True, lambda case: case.is_operative),
    ("change.no-instrument", False, lambda case: case.kind not in INSTRUMENT_KINDS),
    ("change.decides-nothing", False, _is_without_decision),
    ("change.other-law", False, _is_other_law),
    ("change.other-regime", False, _is_other_regime),
    ("change.local", False, lambda case: not case.issuers and bool(LOCAL_AUTHORITY.match(case.text.title))),
    ("change.other-business", False, _is_other_business),
    ("change.instrument", True, _is_watched_subject),
    ("change.acts-on-another", True, lambda case: any(act.verb in ACTING_VERBS for act in case.relations)),
    ("change.moves-a-control", True, _has_control_move),
    (
        "change.speaks-of-control",
        True,
        lambda case: case.has_own_number and bool(CONTROL_WORDS.search(case.text.folded_text)),
    ),
)


def decide_change(case: ChangeInputs) -> tuple[bool, str]:
    """Tell whether a text is an instrument, or an operative statement, that changes the rules we watch.

    Returns the answer and the id of the rule that gave it.
    """
    return next(
        ((answer, rule) for rule, answer, applies in CHANGE_QUESTIONS if applies(case)),
        (False, "change.no-watched-subject"),
    )


def is_change_report(
    text: DocumentText,
    kind: NoticeKind,
    lexicon: Lexicon,
    categories: Iterable[str],
    found: Iterable[NumberMention],
    direction: Direction,
) -> bool:
    """Tell whether a text that is no instrument reports or explains one of the Chinese side."""
    ids = set(categories)
    if ids & {"foreign_controls", "enforcement"} or kind in {
        NoticeKind.DRAFT,
        NoticeKind.FAQ,
        NoticeKind.GUIDANCE,
    }:
        return False
    if kind == NoticeKind.SPOKESPERSON:
        return any(True for _ in found) or _is_listing_answer(text, lexicon)
    if kind not in REPORT_KINDS or direction in {Direction.NEUTRAL, Direction.CLARIFY}:
        return False
    numbered = any(mention.number.issuers for mention in found)
    if not any(_is_change_category(lexicon, i) for i in ids):
        # An item that no category names: the number and the words of control must tell.
        return numbered and CONTROL_WORDS.search(text.folded_text) is not None
    return numbered or any(True for _ in found) or _has_acting_authority(text, lexicon)


def _is_change_category(lexicon: Lexicon, category: str) -> bool:
    found = lexicon.find_category(category)
    return found is not None and found.change


def _has_acting_authority(text: DocumentText, lexicon: Lexicon) -> bool:
    """Tell whether a sentence has a Chinese authority act."""
    for span in text.sentences:
        words = text.get_words(span)
        if (
            PUBLISHING_WORDS.search(words)
            and (find_issuers(words, lexicon) or CHINA_WORDS.search(words))
            and not contains_phrase(lexicon, "draft", words)
        ):
            return True
    return False


def _is_listing_answer(text: DocumentText, lexicon: Lexicon) -> bool:
    """An answer about parties that the ministry has just listed (就将…列入…答记者问)."""
    return re.search(r"就将[^，。]{2,40}列入", text.title) is not None and not contains_phrase(
        lexicon, "foreign_act", text.title
    )
