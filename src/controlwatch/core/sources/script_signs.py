"""Raised and lowered figures and the signs of Symbol fonts, as the characters that show the same."""

from __future__ import annotations

_RAISED = dict(zip("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ", strict=True)) | {"−": "⁻", "–": "⁻", "－": "⁻"}
_LOWERED = dict(zip("0123456789+-=()x", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₓ", strict=True)) | {"−": "₋"}
_MAX_LENGTH = 12  # characters; what is longer is a note that somebody has set small

#: The Symbol font by its codes from 0x20; the files of Word have them at U+F020 to U+F0FE.
_SYMBOL_FONT = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"
)
_SYMBOL_FONT_UPPER = "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑"
_SYMBOLS = {
    place + code: sign
    for place in (0, 0xF000)
    for first, signs in ((0x20, _SYMBOL_FONT), (0xA0, _SYMBOL_FONT_UPPER))
    for code, sign in enumerate(signs, first)
}


def to_superscript(text: str) -> str:
    """Return raised text, such that a power is never a part of the number before it.

    >>> to_superscript("-7"), to_superscript("0.5"), to_superscript("TM")
    ('⁻⁷', '^(0.5)', 'TM')
    """
    return _shift(text, _RAISED, "^")


def to_subscript(text: str) -> str:
    """Return lowered text; an index is never a part of the number before it.

    >>> to_subscript("2"), to_subscript("1.5")
    ('₂', '_(1.5)')
    """
    return _shift(text, _LOWERED, "_")


def _shift(text: str, signs: dict[str, str], mark: str) -> str:
    shown = "".join(text.split())
    if not shown or len(shown) > _MAX_LENGTH:
        return text
    if all(character in signs for character in shown):
        return "".join(signs[character] for character in shown)
    is_number = shown.lstrip("+-−").replace(".", "").isdecimal()
    return f"{mark}({shown})" if is_number or (len(shown) == 1 and shown.isalpha() and mark == "^") else text


def decode_symbol_font(text: str) -> str:
    """Return what a text in the Symbol font shows; that font has other signs at the places of letters."""
    return text.translate(_SYMBOLS)
