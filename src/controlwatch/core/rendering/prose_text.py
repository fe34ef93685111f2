"""The words around what a language model wrote about a notice, in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controlwatch.core.second_opinion.opinion import Purpose
from controlwatch.core.second_opinion.records import OpinionState, ProseLine

Words = tuple[str, str]  #: in English and in Chinese

#: What must be known of every such text.
CAUTION: Words = (
    "Made by a machine and read by no person. Its figures, days and codes were compared with the text; its "
    "words were not. The original decides.",
    "由机器生成，未经人工核对。数字、日期和编码已与原文比对，文字表述未经比对。以原文为准。",
)
HEADINGS: Mapping[Purpose, Words] = {
    Purpose.TRANSLATION: ("Machine translation", "机器翻译"),
    Purpose.EXPLANATION: ("Explanation by a machine", "机器说明"),
}
#: How far a text is that is not there.
STATES: Mapping[OpinionState, Words] = {
    "wanted": ("on its way", "正在生成"),
    "asked": ("on its way", "正在生成"),
    "failed": ("there is none", "未能生成"),
    "refused": ("not shown", "未予显示"),
}
#: The names of languages, each in itself.
LANGUAGE_NAMES: Mapping[str, str] = {"en": "English", "zh": "中文"}
#: What can be asked for, by the name that a button carries: the purpose and the language of the text.
OFFERS: Mapping[str, tuple[Purpose, str]] = {
    f"{purpose}-{language}": (purpose, language)
    for purpose, language in (
        (Purpose.TRANSLATION, "en"),
        (Purpose.EXPLANATION, "en"),
        (Purpose.EXPLANATION, "zh"),
    )
}
#: The words on these buttons.
OFFER_LABELS: Mapping[str, Words] = {
    "translation-en": ("Translate into English", "译成英文"),
    "explanation-en": ("Explain in English", "用英文说明"),
    "explanation-zh": ("Explain in Chinese", "用中文说明"),
}


def select_newest_prose(lines: Iterable[ProseLine]) -> tuple[ProseLine, ...]:
    """Return of each purpose and language the line that was asked for last, oldest first."""
    newest = {(line.purpose, line.language): line for line in sorted(lines, key=lambda line: line.at)}
    return tuple(sorted(newest.values(), key=lambda line: line.at))
