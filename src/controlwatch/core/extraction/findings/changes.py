"""Whether a text changes the rules itself, reports a change, or does neither."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from controlwatch.core.extraction.findings.directions import DirectionSignal
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.identity.kind import INSTRUMENT_KINDS, REPORT_KINDS
from controlwatch.core.extraction.mentions.issuers import find_issuers
from controlwatch.core.extraction.mentions.terms import contains_phrase, is_about_foreign_act
from controlwatch.core.extraction.text.lexicon import Category
from controlwatch.core.model import Direction, NoticeKind, Relation, Verb

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
#: An item is not enough: the text must speak of trade in it, or of a list that controls it.
TRADE_WORDS = re.compile(
    r"出口管制|两用物项|许可证|许可证件|进出口|禁止出口|限制出口|临时管制|监控化学品|易制毒|出口(?:的|上述|下列|前|列|经营)"
    r"|总量控制|指标|关税|退税|\bexport|\bdual-use|\blicen[cs]",
    re.IGNORECASE,
)
#: A city's police or a county's government does not make rules of trade.
LOCAL_AUTHORITY = re.compile(
    r"^[\u4e00-\u9fff]{1,12}(?:省|市|县|区|州|旗|盟)[\u4e00-\u9fff]{0,12}(?:局|厅|政府|委员会|管委会|办公室|支队|大队)"
)  # 某某市公安局关于…的通告
#: A law or regulation is watched where it founds or governs a control.
CONTROL_LAW_CATEGORIES = ("framework_law", "licence.", "entity.", "list.", "rare_earth.quota")
CONTROL_SUBJECTS = re.compile(
    r"管制|两用物项|出口|进口|输入|进境|许可证|关税|清单|名单|反制|export|import|dual-use|tariff|licen[cs]e",
    re.IGNORECASE,
)  # words of a sentence that moves a control which no category names
LISTING_ANSWER = re.compile(
    r"就将[^，。]{2,40}列入"
)  # 就将…列入…答记者问: parties just listed by the ministry
ACTING_VERBS = frozenset({Verb.SUSPENDS, Verb.RESUMES, Verb.REPEALS, Verb.AMENDS, Verb.EXTENDS})


def is_operative_answer(context: ReadingContext) -> bool:
    """Return whether a spokesperson's answer itself stops or suspends a numbered measure from a given day."""
    lexicon = context.lexicon
    if context.identity.kind != NoticeKind.SPOKESPERSON or not context.identity.number_mentions:
        return False
    acting = [
        sentence.words
        for sentence in context.text.sentences
        if not contains_phrase(lexicon, "intent", sentence.words)
        and not is_about_foreign_act(lexicon, sentence.words)
    ]
    return any(
        START_DAY.search(words)
        and (
            SUSPENSION_WORDS.search(words)
            or (ADJUSTMENT_WORDS.search(words) and any(map(SUSPENSION_WORDS.search, acting[i : i + 4])))
        )
        for i, words in enumerate(acting)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeInputs:
    """What decides whether a text changes the rules."""

    context: ReadingContext
    category_ids: frozenset[str]
    categories: tuple[Category, ...]  #: of those ids
    relations: tuple[Relation, ...]
    signals: tuple[DirectionSignal, ...]
    is_operative: bool  #: a spokesperson's answer that itself stops or suspends a measure

    @property
    def acts_on_another(self) -> bool:
        """Whether it suspends, resumes, repeals, amends or extends another notice."""
        return any(relation.verb in ACTING_VERBS for relation in self.relations)


#: Asked in this order; the first that applies answers.
CHANGE_QUESTIONS: tuple[tuple[str, bool, Callable[[ChangeInputs], bool]], ...] = (
    ("change.operative-answer", True, lambda case: case.is_operative),
    ("change.no-instrument", False, lambda case: case.context.identity.kind not in INSTRUMENT_KINDS),
    (
        "change.decides-nothing",
        False,
        lambda case: (
            not case.acts_on_another
            and all(signal.weak for signal in case.signals)
            and not DECISION_WORDS.search(case.context.text.folded_text)
        ),
    ),
    (
        "change.other-law",
        False,
        lambda case: (
            case.context.identity.kind in {NoticeKind.LAW, NoticeKind.REGULATION}
            and not any(category.startswith(CONTROL_LAW_CATEGORIES) for category in case.category_ids)
        ),
    ),
    (
        # A trade-remedy or procurement instrument may name goods; its regime decides.
        "change.other-regime",
        False,
        lambda case: any(not found.change and found.kind == "instrument" for found in case.categories),
    ),
    (
        "change.local",
        False,
        lambda case: (
            not case.context.identity.issuers and bool(LOCAL_AUTHORITY.match(case.context.text.title))
        ),
    ),
    (
        "change.other-business",
        False,
        lambda case: (
            case.context.identity.is_other_business and not CONTROL_TITLE.search(case.context.text.title)
        ),
    ),
    (
        # A watched regime or list is enough; an item only where the text speaks of trade in it.
        "change.instrument",
        True,
        lambda case: any(
            found.change and (found.kind != "item" or TRADE_WORDS.search(case.context.text.folded_text))
            for found in case.categories
        ),
    ),
    ("change.acts-on-another", True, lambda case: case.acts_on_another),
    (
        "change.moves-a-control",
        True,
        lambda case: any(
            not signal.weak and CONTROL_SUBJECTS.search(signal.sentence.words) for signal in case.signals
        ),
    ),
    (
        "change.speaks-of-control",
        True,
        lambda case: (
            case.context.identity.own_number is not None
            and bool(CONTROL_WORDS.search(case.context.text.folded_text))
        ),
    ),
)


def decide_change(case: ChangeInputs) -> tuple[bool, str]:
    """Return whether a text is an instrument, or an operative statement, that changes the watched rules.

    The second value is the id of the rule that gave the answer.
    """
    return next(
        ((answer, rule) for rule, answer, applies in CHANGE_QUESTIONS if applies(case)),
        (False, "change.no-watched-subject"),
    )


def is_change_report(case: ChangeInputs, direction: Direction) -> bool:
    """Return whether a text that is not an instrument reports or explains one of the Chinese side."""
    text, lexicon, kind = case.context.text, case.context.lexicon, case.context.identity.kind
    numbers = case.context.identity.number_mentions
    if case.category_ids & {"foreign_controls", "enforcement"}:
        return False
    if kind == NoticeKind.SPOKESPERSON:
        listed = LISTING_ANSWER.search(text.title)
        return bool(numbers or (listed and not contains_phrase(lexicon, "foreign_act", text.title)))
    if kind not in REPORT_KINDS or direction in {Direction.NEUTRAL, Direction.CLARIFY}:
        return False
    if not any(category.change for category in case.categories):
        # An item that no category names: the number and the words of control must tell.
        has_issuer = any(mention.number.issuers for mention in numbers)
        return has_issuer and CONTROL_WORDS.search(text.folded_text) is not None
    # Without a number, a sentence must have a Chinese authority act.
    return bool(numbers) or any(
        PUBLISHING_WORDS.search(sentence.words)
        and (find_issuers(sentence.words, lexicon) or CHINA_WORDS.search(sentence.words))
        and not contains_phrase(lexicon, "draft", sentence.words)
        for sentence in text.sentences
    )
