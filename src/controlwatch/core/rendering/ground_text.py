"""The grounds of a reading in words: what is concluded, its value, and the reason, in either language."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from controlwatch.core.alerting.subscription_criteria import DIRECTION_NAMES
from controlwatch.core.extraction.report.provenance import describe_rule
from controlwatch.core.extraction.report.summary import KIND_NAMES, name_in_chinese
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Ground
from controlwatch.core.model.account import PageLanguage
from controlwatch.core.rendering.day_text import spell_dates
from controlwatch.core.rendering.rules_zh import RULES_ZH
from controlwatch.core.rendering.sentences_zh import translate_fact, translate_sentence
from controlwatch.core.rendering.wording import find_word

#: What a conclusion is about, as the JSON contract names it → (English, Chinese).
GROUND_NAMES: dict[str, tuple[str, str]] = {
    "kind": ("kind", "文种"),
    "number": ("number", "文号"),
    "published": ("published", "发布日期"),
    "category": ("category", "物项"),
    "code": ("code", "编码"),
    "code left out": ("code left out", "未计入的编码"),
    "caveat": ("caveat", "条件与例外"),
    "relation": ("relation", "涉及文件"),
    "is_change": ("change of the rules", "是否规则调整"),
    "direction": ("direction", "方向"),
    "deadline": ("deadline", "期限"),
    "effective": ("effective", "生效日期"),
    "review": ("needs review", "待人工判定"),
}
ANSWER_WORDS = {"true": ("yes", "是"), "false": ("no", "否")}
#: The last three are not documents.
KINDS_ZH = {
    **{kind.value: chinese for kind, (_, chinese) in KIND_NAMES.items()},
    "listing": "目录页",
    "challenge": "访问验证页",
    "empty": "空白页",
}
NO_DATE_WORDS_ZH = {"not-stated": "未载明", "on-publication": "自公布之日起"}
NUMBER = re.compile(r"[A-Z]+(?:-[A-Z]+)* (?:[A-Z]+ )?\d{4}-\d+\S*")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundText:
    """A ground as a reader sees it."""

    label: str
    value: str
    reason: str  #: what its rule means; "" where no rule or no meaning is known
    quote: str


def name_ground(about: str, language: PageLanguage) -> str:
    """Return the name of what a conclusion is about; an unknown one (of an older version) as it is."""
    return GROUND_NAMES.get(about, (about, about))[language == "zh"]


def describe_ground(ground: Ground, lexicon: Lexicon, language: PageLanguage) -> GroundText:
    """Return a ground in words. English values are those of the JSON; what has no Chinese stays as it is."""
    label = name_ground(ground.about, language)
    meaning = describe_rule(ground.rule, lexicon)
    if language == "zh":
        return GroundText(
            label=label,
            value=_translate_value(ground, lexicon),
            reason=RULES_ZH.get(ground.rule, "" if meaning == ground.rule else meaning),
            quote=translate_fact(ground.quote),
        )
    value = ANSWER_WORDS.get(ground.value, (ground.value,))[0]
    return GroundText(
        label=label, value=value, reason="" if meaning == ground.rule else meaning, quote=ground.quote
    )


def _translate_value(ground: Ground, lexicon: Lexicon) -> str:
    translate = TRANSLATIONS.get(ground.about)
    return translate(ground.value, lexicon) if translate is not None else ground.value


def _translate_category(value: str, lexicon: Lexicon) -> str:
    return f"{lexicon.get_category_name(value, 'zh')}（{value}）"


def _translate_effective(value: str, _lexicon: Lexicon) -> str:
    first, arrow, last = value.partition(" → ")
    return spell_dates(f"{NO_DATE_WORDS_ZH.get(first, first)}{arrow}{last}", "zh")


def _translate_first_word(value: str, lexicon: Lexicon) -> str:
    """Return a value that begins with a word of the vocabulary, its numbers as Chinese texts print them."""
    word, _, rest = value.partition(" ")
    rest = NUMBER.sub(lambda found: name_in_chinese(found[0], lexicon) or found[0], rest)
    return spell_dates(f"{find_word(word, 'zh')} {rest}".rstrip(), "zh")


#: What a conclusion is about → what its value is in Chinese; of others it is the same.
TRANSLATIONS: dict[str, Callable[[str, Lexicon], str]] = {
    "is_change": lambda value, _: ANSWER_WORDS.get(value, ("", value))[1],
    "kind": lambda value, _: KINDS_ZH.get(value, value),
    "direction": lambda value, _: DIRECTION_NAMES.get(value, ("", value))[1],
    "number": lambda value, lexicon: name_in_chinese(value, lexicon) or value,
    "published": lambda value, _: spell_dates(value, "zh"),
    "category": _translate_category,
    "review": lambda value, _: translate_sentence(value),
    "effective": _translate_effective,
    "relation": _translate_first_word,
    "caveat": _translate_first_word,
    "deadline": _translate_first_word,
}
