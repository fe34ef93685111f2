"""Whether a text changes the rules itself, reports a change, or does neither."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from controlwatch.core.extraction.findings.directions import DirectionSignal
from controlwatch.core.extraction.findings.relation_verbs import ACTING_VERBS
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.terms import contains_phrase, is_about_foreign_act
from controlwatch.core.extraction.text.lexicon import Category, Lexicon
from controlwatch.core.model import NoticeKind, Relation, Verb

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
TERM_VERBS = frozenset({Verb.SUSPENDS, Verb.RESUMES, Verb.EXTENDS})
#: Authorities whose numbered notices are on trade, unless they say otherwise.
DESCRIPTION = re.compile(r"《[^》\n]{4,}》|[（(](?:关于|公布|对)[^）)\n]{4,}[）)]")
TRADE_AUTHORITIES = ("MOFCOM", "GACC", "SCTC", "UEL")
#: Authorities whose notices are on trade, or on measures against parties.
TRADE_ISSUERS = frozenset(
    {"MOFCOM", "GACC", "SCTC", "UELWM", "UEL", "MFA", "SCA", "CMC", "SASTIND", "CAEA", "NNCC", "COSTIND"}
)
SUBJECT = re.compile(r"关于(?!废止|停止|暂停|恢复|终止|延长|修改|调整)")
CORRECTING_TITLE = re.compile(r"更\s*正|勘误|\b[Cc]orrect|\b[Cc]orrigend|\b[Ee]rrat")
PENALTY = re.compile(r"处罚决定书|行政处罚|挂牌出让")
NEAR_TITLE = 160  #: characters below a title that still say what a document is
OPENING = 2500  #: characters in which a trade authority says what its notice is on
SHORT_OPENING = 700  #: as above, for other authorities


def is_operative_answer(context: ReadingContext) -> bool:
    """Return whether a spokesperson's answer itself stops or suspends a numbered measure from a given day."""
    lexicon = context.lexicon
    if context.identity.kind != NoticeKind.SPOKESPERSON:
        return False
    listed = lexicon.get_pattern("place.list-of-parties").search(context.text.folded_text)
    if not (context.identity.number_mentions or listed):
        return False
    acting = [
        words
        for sentence in context.text.sentences
        if (words := _drop_intents(lexicon, sentence.words)) and not is_about_foreign_act(lexicon, words)
    ]
    return any(
        START_DAY.search(words)
        and (
            SUSPENSION_WORDS.search(words)
            or (ADJUSTMENT_WORDS.search(words) and any(map(SUSPENSION_WORDS.search, acting[i : i + 4])))
        )
        for i, words in enumerate(acting)
    )


def _drop_intents(lexicon: Lexicon, words: str) -> str:
    """Return a sentence without the clauses that only announce something for later (，并将研究细化方案)."""
    clauses = [clause for clause in words.split("，") if not contains_phrase(lexicon, "intent", clause)]
    return "，".join(clauses)


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
    def is_on_regime(self) -> bool:
        """Whether the title, or the opening of the text, names a regime that is watched.

        An authority whose business is another one must name it beyond doubt.
        """
        lexicon, text, issuers = self.context.lexicon, self.context.text, self.context.identity.issuers
        if lexicon.get_pattern("change.regime").search(text.title):
            return True
        is_trade = any(code in TRADE_ISSUERS for code in issuers)
        name, reach = ("change.regime", OPENING) if is_trade else ("change.strong-regime", SHORT_OPENING)
        regime = lexicon.get_pattern(name)
        return any(
            regime.search(sentence.words) and not is_about_foreign_act(lexicon, sentence.words)
            for sentence in text.sentences
            if text.title_end <= sentence.start < min(text.title_end + reach, text.related_links_start)
        )

    @property
    def titles_regime(self) -> bool:
        """Whether the title of a trade authority names a regime that is watched."""
        regime = self.context.lexicon.get_pattern("change.regime")
        is_trade = any(code in TRADE_ISSUERS for code in self.context.identity.issuers)
        return is_trade and regime.search(self.context.text.title) is not None

    @property
    def is_local(self) -> bool:
        """Whether a local authority speaks."""
        title = self.context.text.title
        local_customs = self.context.lexicon.get_pattern("change.local-customs")
        return bool(LOCAL_AUTHORITY.match(title) or local_customs.match(title))

    @property
    def is_law(self) -> bool:
        """Whether it is a law or a regulation, which its subject admitted already."""
        return self.context.identity.kind in {NoticeKind.LAW, NoticeKind.REGULATION}

    @property
    def has_unknown_issuer(self) -> bool:
        """Whether no authority and no number of its own is known, and the title does not tell either."""
        identity = self.context.identity
        if self.corrects_another:
            return False
        if self.context.lexicon.get_pattern("change.strong-regime").search(self.context.text.title):
            return False
        return not (identity.issuers or identity.own_number or self.is_law)

    @property
    def is_of_other_authority(self) -> bool:
        """Whether an authority without a part in the watched regimes speaks, and its title names none."""
        text, lexicon = self.context.text, self.context.lexicon
        other = lexicon.get_pattern("change.other-authority").match(text.title.strip())
        return other is not None and not lexicon.get_pattern("change.regime").search(text.title)

    @property
    def is_on_persons(self) -> bool:
        """Whether it is on travellers and crews, not on goods."""
        text = self.context.text
        persons = self.context.lexicon.get_pattern("change.persons")
        return persons.search(text.title) is not None

    @property
    def suspends_another(self) -> bool:
        """Whether it suspends, resumes or extends the measures of another notice of a trade authority.

        A repeal or an amendment counts too, where the text does not say what the other notice is on.
        """
        is_described = DESCRIPTION.search(self.context.text.folded_text) is not None
        is_described = is_described or SUBJECT.search(self.context.text.title) is not None
        verbs = TERM_VERBS if is_described else ACTING_VERBS
        return any(
            relation.verb in verbs and relation.target.startswith(TRADE_AUTHORITIES)
            for relation in self.relations
        )

    @property
    def corrects_another(self) -> bool:
        """Whether its title says that it corrects a notice of a trade authority."""
        amends = any(
            relation.verb == Verb.AMENDS and relation.target.startswith(TRADE_AUTHORITIES)
            for relation in self.relations
        )
        return amends and CORRECTING_TITLE.search(self.context.text.title) is not None

    @property
    def acts_on_another(self) -> bool:
        """Whether it suspends, resumes, repeals, amends or extends another notice."""
        return any(relation.verb in ACTING_VERBS for relation in self.relations)


#: Asked in this order; the first that applies answers.
CHANGE_QUESTIONS: tuple[tuple[str, bool, Callable[[ChangeInputs], bool]], ...] = (
    ("change.operative-answer", True, lambda case: case.is_operative),
    ("change.no-instrument", False, lambda case: not case.context.identity.is_instrument),
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
    ("change.local", False, lambda case: case.is_local),
    (
        "change.event",
        False,
        lambda case: (
            case.context.lexicon.get_pattern("change.event").search(case.context.text.title) is not None
            or case.context.lexicon.get_pattern("change.norms").search(
                case.context.text.folded_text[: case.context.text.title_end + NEAR_TITLE]
            )
            is not None
            or PENALTY.search(case.context.text.folded_text[: case.context.text.title_end + NEAR_TITLE])
            is not None
        ),
    ),
    ("change.unknown-issuer", False, lambda case: case.has_unknown_issuer),
    ("change.other-authority", False, lambda case: case.is_of_other_authority),
    (
        "change.other-business",
        False,
        lambda case: (
            case.context.identity.is_other_business and not CONTROL_TITLE.search(case.context.text.title)
        ),
    ),
    (
        "change.persons",
        False,
        lambda case: case.is_on_persons and not CONTROL_WORDS.search(case.context.text.folded_text),
    ),
    ("change.corrects", True, lambda case: case.corrects_another),
    # It puts a known measure to rest, or wakes it; the words of the regime are in the other notice.
    ("change.acts-on-another", True, lambda case: case.suspends_another),
    ("change.no-watched-subject", False, lambda case: not (case.is_law or case.is_on_regime)),
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
    ("change.moves-a-control", True, lambda case: any(not signal.weak for signal in case.signals)),
    ("change.titled", True, lambda case: case.titles_regime),
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
