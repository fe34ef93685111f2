"""What people type, as if typed plainly: phones and chats turn - into –, and put quotes and dots around."""

from __future__ import annotations

import re
import unicodedata

_WEB_ADDRESS = re.compile(
    r"(?:https?://|(?<![\w.-])www\.|(?<![\w.-])(?:[a-z0-9-]+\.)+[a-z]{2,}/)[^\s<>\"“”*`]*", re.IGNORECASE
)
#: Control and format characters but white space, such as zero-width spaces, and variation selectors.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e01ef]"
)
_DASHES = re.compile(r"[\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d]+|-{2,}")  # ‐ ‑ ‒ – — ― ⁃ − ﹘ ﹣ － --
#: ー, the long vowel mark that Japanese keyboards have in the place of the hyphen: 2025ー61
_DASH_OF_DIGITS = re.compile(r"(?<=\d)\u30fc(?=\d)")
_SPACED_NUMBER = re.compile(r"(?<![\d-])(\d{4})\s*-\s*(\d{1,4})(?![\d-])")  # 2025 - 61
_QUOTES = re.compile(r"[“”„‟«»‹›「」『』《》〈〉【】〝〞″]")
_SINGLE_QUOTES = re.compile(r"[‘’‚‛′´]")
_OUTER_APOSTROPHES = re.compile(r"(?<!\w)'|'(?!\w)")  # not that of People's
_EMPHASIS = re.compile(r"[*`]+|(?<!\w)[_~]+|[_~]+(?!\w)")  # *bold* _italics_ ~struck~ `code`, not rare_earth
_EMOJI = re.compile(r"(?<!\w):[a-z0-9_+'-]+:(?!\w)")  # :pray:
_WORD = re.compile(r'"([^"]*)"|([^\s"]+)')
_END_MARKS = ".?!,;:、。…"
_SEPARATORS = re.compile(r"(?<=\d)[,;、。]+$")  # 2025-61, in the middle of a line


def split_typed_words(text: str) -> tuple[str, ...]:
    """Return the words of a text as if it had been typed plainly; words in quotes are one word.

    One width, plain dashes and spaces; without invisible characters, quotes, emphasis, emoji, and marks at
    the end.

    >>> split_typed_words("status *MOFCOM* 2025–61。"), split_typed_words("subscribe “rare earth” daily!")
    (('status', 'MOFCOM', '2025-61'), ('subscribe', 'rare earth', 'daily'))
    """
    words: list[str] = []
    start = 0
    for address in _WEB_ADDRESS.finditer(text):
        words += [*_split_plain(text[start : address.start()]), address[0]]
        start = address.end()
    words += _split_plain(text[start:])
    if words:
        words[-1] = words[-1].rstrip(_END_MARKS) or words[-1]
    return tuple(words)


def _split_plain(text: str) -> list[str]:
    """Return the words of a text without web addresses, whose marks mean something."""
    plain = _DASHES.sub("-", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))
    plain = _SPACED_NUMBER.sub(r"\1-\2", _DASH_OF_DIGITS.sub("-", plain))
    plain = _EMOJI.sub("", _EMPHASIS.sub("", plain))
    plain = _OUTER_APOSTROPHES.sub('"', _SINGLE_QUOTES.sub("'", _QUOTES.sub('"', plain)))
    found = (" ".join((quoted or bare).split()) for quoted, bare in _WORD.findall(plain))
    return [
        _SEPARATORS.sub("", word) for word in found if word == "&" or any(sign.isalnum() for sign in word)
    ]


def normalize_typed_text(text: str) -> str:
    """Return a text as if it had been typed plainly, in one line.

    >>> normalize_typed_text("‘2025‑61’ ?")
    '2025-61'
    """
    return " ".join(split_typed_words(text))
