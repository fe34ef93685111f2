"""Text from the network, made safe to display."""

from __future__ import annotations

import re
from urllib.parse import quote

#: Control characters, bidirectional marks and overrides, invisible marks and tags: ESC, U+202E, U+200B …
HIDDEN_CHARACTERS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
#: A link that can be clicked: not intake.invalid/5f2c…, which never resolves.
SAFE_LINK = re.compile(r"https?://(?!intake\.invalid/)[^\s/?#%]+(?:[/?#]\S*)?")
#: The start of a formula in a spreadsheet, also after a separator of cells in some locales: ;=1+1
FORMULA_START = re.compile(r"(^|[;\t\n])(?=[^\S;\t\n]*[=+\-@＝＋－＠])")
MAX_LINK_LENGTH = 2_000  #: characters; every chat accepts that


def strip_hidden(text: str) -> str:
    """Return text without control and invisible characters; newlines and tabs stay."""
    return HIDDEN_CHARACTERS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def to_one_line(text: str, most: int = 250) -> str:
    """Return text as one line of at most `most` characters, for a header or a subject."""
    line = " ".join(strip_hidden(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def truncate_text(text: str, most: int) -> str:
    """Return at most `most` characters of a text; … marks a cut."""
    text = strip_hidden(text)
    return text if len(text) <= most else text[: most - 1] + "…"


def to_spreadsheet_cell(text: str) -> str:
    """Return text that a spreadsheet takes as text only, whatever it begins with.

    >>> to_spreadsheet_cell("=1+1"), to_spreadsheet_cell("Alpha, Inc.")
    ("'=1+1", 'Alpha, Inc.')
    """
    harmless = FORMULA_START.sub(r"\1'", strip_hidden(text))
    return f"'{harmless}" if harmless[:1] in {"\t", "\n"} else harmless


def to_safe_link(url: str | None) -> str | None:
    """Return an address that is safe to click, percent-encoded; None unless it is http or https.

    >>> to_safe_link("https://a.example/公告 1.html"), to_safe_link("javascript:alert(1)")
    ('https://a.example/%E5%85%AC%E5%91%8A%201.html', None)
    """
    shown = quote(" ".join(strip_hidden(url or "").split()), safe="!#$%&'()*+,/:;=?@[]~-._")
    return shown if SAFE_LINK.fullmatch(shown) and len(shown) <= MAX_LINK_LENGTH else None
