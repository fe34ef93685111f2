"""Parsers of binary documents: bytes in, text and doubts out. They run only in the sandboxed process."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controlwatch.core.model.errors import ControlwatchError

#: Doubt about a Word file that is too old or not by Word; `documents` passes it to LibreOffice, if installed.
LEGACY_WORD = "legacy DOC not readable here; it can be read where LibreOffice is installed"
PICTURE = "needs OCR: the annex is a picture; look"
READ_FROM_PICTURE = "read from a picture and not certain; compare it with the original"
SEVEN_ZIP = "7z archive: not read; unpack it and hand its files in"
UNKNOWN_MARKUP = "a file of markup in a format not known here"
#: The beginning of XML or of other markup, which is never the text of a file.
MARKUP = re.compile(rb"[\xef\xbb\xbf\s]*<(?:\?xml|[A-Za-z][\w:.-]*[\s>/])")
ENCRYPTED = "the file is encrypted; its text can only be read with a password"


class Unreadable(ControlwatchError):
    """A file that is not what it claims to be, or exceeds a limit; the message says which."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """The text of a file, one paragraph per line and table rows as tab-separated lines, and our doubts."""

    text: str
    doubts: tuple[str, ...] = ()
    pictures: int = 0  #: pages and pictures whose text was not read
    picture_text: str = ""  #: what was recognised in pictures, which is never certain


_MAX_QUOTED = 300  # characters of what was left out


def describe_left_out(words: Mapping[str, Sequence[str]], where: str) -> tuple[str, ...]:
    """Return a doubt for each kind of words that a person sees as cancelled, or not at all."""
    joined = ((kind, " ".join(" ".join(parts).split())) for kind, parts in words.items())
    return tuple(
        f"{kind} in the {where} and left out: “{text[:_MAX_QUOTED]}”" for kind, text in joined if text
    )


def describe_objects(count: int) -> tuple[str, ...]:
    """Return a doubt about the files in a file that were not read: sheets and letters put into it."""
    if not count:
        return ()
    some = "a file in the file was" if count == 1 else f"{count} files in the file were"
    return (f"{some} not read; look",)
