"""Readers of binary documents: bytes in, text and doubts out; run only inside the bounded process."""

from __future__ import annotations

from dataclasses import dataclass

from controlwatch.core.model.errors import ControlwatchError

#: A Word file older than our reader, or of another make; `documents` gives it to LibreOffice where that is.
LEGACY_WORD = "legacy DOC not readable here; it can be read where LibreOffice is installed"
ENCRYPTED = "the file is encrypted; its text can only be read with a password"


class Unreadable(ControlwatchError):
    """A file that is not what it claims to be, or goes beyond a bound; says which."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What a file says, one paragraph a line and table rows as tab-separated lines; and our doubts."""

    text: str
    doubts: tuple[str, ...] = ()
