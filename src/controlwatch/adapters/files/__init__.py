"""Parsers of binary documents: bytes in, text and doubts out. They run only in the sandboxed process."""

from __future__ import annotations

from dataclasses import dataclass

from controlwatch.core.model.errors import ControlwatchError

#: Doubt about a Word file that is too old or not by Word; `documents` passes it to LibreOffice, if installed.
LEGACY_WORD = "legacy DOC not readable here; it can be read where LibreOffice is installed"
ENCRYPTED = "the file is encrypted; its text can only be read with a password"


class Unreadable(ControlwatchError):
    """A file that is not what it claims to be, or exceeds a limit; the message says which."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """The text of a file, one paragraph per line and table rows as tab-separated lines, and our doubts."""

    text: str
    doubts: tuple[str, ...] = ()
