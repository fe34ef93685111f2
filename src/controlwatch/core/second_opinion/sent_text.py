"""The text that is sent to a second reader, the cost of sending it, and where its quotes stand in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from controlwatch.core.extraction.text.normalize import HAN, WIDE_MARKS, fold_text
from controlwatch.core.model.text_safety import strip_hidden

MAX_SENT_LENGTH = 24_000  #: characters; a long annex is cut where a line ends
#: What stands before and behind the text in the question; the text itself cannot hold it.
BEGIN_MARK, END_MARK = "<<<NOTICE", "NOTICE>>>"
MIN_QUOTE_LENGTH = 4  #: characters of a folded quote
#: Tokens of a Han character, and characters of other scripts to a token: both err on the dear side.
TOKENS_PER_HAN, CHARACTERS_PER_TOKEN = 1.5, 3.0
NARROW_MARKS = str.maketrans({wide: narrow for narrow, wide in WIDE_MARKS.items()})
#: What hides words or turns them round. Zero-width signs are not counted: ordinary pages hold some.
CONCEALING = re.compile(r"[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
#: White space beside a character that is written without it.
LOOSE_BLANK = re.compile(
    r"(?<=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]) | (?=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef])"
)


@dataclass(frozen=True, kw_only=True)
class SentText:
    """A text as it is sent: the very text in which quotes must stand."""

    text: str
    left_out: int = 0  #: characters behind the cut
    hidden: int = 0  #: characters that hide words or turn them round, and were taken out

    @classmethod
    def from_parts(cls, title: str, body: str) -> SentText:
        """Build from a title and a body, without invisible characters and cut at the end of a line."""
        whole = body if not title or body.lstrip().startswith(title) else f"{title}\n{body}"
        visible = strip_hidden(whole).replace(BEGIN_MARK, " ").replace(END_MARK, " ")
        cut = visible[:MAX_SENT_LENGTH]
        if len(visible) > len(cut) and "\n" in cut[1:]:
            cut = cut[: cut.rindex("\n")]
        hidden = len(CONCEALING.findall(whole))
        return cls(text=cut, left_out=len(visible) - len(cut), hidden=hidden)

    @cached_property
    def _folded(self) -> tuple[str, list[int]]:
        return _fold_with_origins(self.text)

    def find_quote(self, quote: str) -> str:
        """Return the words of this text that a quote repeats, as they stand here; "" where it repeats none.

        Script, width, punctuation and white space are folded on both sides; nothing else may differ.
        """
        wanted, _ = _fold_with_origins(quote)
        if len(wanted) < MIN_QUOTE_LENGTH:
            return ""
        folded, origins = self._folded
        at = folded.find(wanted)
        if at < 0:
            return ""
        return " ".join(self.text[origins[at] : origins[at + len(wanted) - 1] + 1].split())


def _fold_with_origins(text: str) -> tuple[str, list[int]]:
    """Return a text in one script and width, without needless blanks, and the place of each character."""
    folded = fold_text(text).translate(NARROW_MARKS)
    kept: list[str] = []
    origins: list[int] = []
    for place, sign in enumerate(folded):
        if not sign.isspace():
            kept.append(sign)
            origins.append(place)
        elif kept and kept[-1] != " ":
            kept.append(" ")
            origins.append(place)
    if kept and kept[-1] == " ":
        kept.pop()
        origins.pop()
    joined = "".join(kept)
    loose = {hit.start() for hit in LOOSE_BLANK.finditer(joined)}
    places = [place for place in range(len(joined)) if place not in loose]
    return "".join(joined[place] for place in places), [origins[place] for place in places]


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text has, rather too many: each model counts in its own way.

    >>> estimate_tokens("出口管制"), estimate_tokens("export controls")
    (6, 5)
    """
    han = len(HAN.findall(text))
    return ceil(han * TOKENS_PER_HAN + (len(text) - han) / CHARACTERS_PER_TOKEN)
