"""Characters that look like others and are stored as different ones: radicals, ligatures, squared units."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Ranges whose characters mean what their compatibility form means; the circled and the Roman figures of
#: lists, superscripts and the widths that `fold_text` folds are none of them.
_RANGES = (
    (0x2F00, 0x2FD5),  # Kangxi radicals
    (0xF900, 0xFAFF),  # compatibility ideographs
    (0x2F800, 0x2FA1F),
    (0xFB00, 0xFB06),  # ligatures: ﬁ
    (0xFE30, 0xFE6B),  # vertical and small forms
    (0x3371, 0x33DF),  # squared units: ㎏
    (0xFF61, 0xFF65),  # half-width punctuation of Japanese
)
#: The radicals of the supplement that stand for a character; Unicode gives most of them no form of their own.
_RADICALS = (
    "⺁厂⺇几⺌小⺎兀⺏尢⺐尢⺒巳⺓幺⺛旡⺝月⺟母⺠民⺢水⺣火⺤爪⺥爪⺩王⺫目⺬示⺮竹⺯糸⺱网⺳网⺶羊⺷羊⺹老⺻聿"
    "⺼肉⺽臼⺾艹⺿艹⻀艹⻁虎⻂衣⻃西⻄西⻅见⻆角⻇角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻎辶⻏阝⻐金⻑長⻒镸⻓长⻔门⻕阜⻖阜⻗雨⻘青"
    "⻙韦⻚页⻛风⻜飞⻝食⻞食⻟食⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龟⻲亀⻳龟"
)
COMPATIBLE: Final = {
    code: form
    for first, last in _RANGES
    for code in range(first, last + 1)
    if (form := unicodedata.normalize("NFKC", chr(code))) != chr(code) and not form.startswith(" ")
} | {ord(radical): form for radical, form in zip(_RADICALS[::2], _RADICALS[1::2], strict=True)}
COMPATIBILITY: Final = re.compile(f"[{''.join(map(chr, COMPATIBLE))}]")


def fold_compatibility(text: str) -> str:
    """Return a text with each such character as what it shows; the length may change.

    >>> fold_compatibility("2027年3⽉5⽇起，1㎏")
    '2027年3月5日起，1kg'
    """
    return text.translate(COMPATIBLE) if COMPATIBILITY.search(text) else text
