"""The errors that libraries raise for a damaged or hostile file, and their description for readers."""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Mapping
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from controlwatch.adapters.files import ENCRYPTED, Unreadable
from controlwatch.core.model.errors import SourceError

_OWN_ERRORS: tuple[type[BaseException], ...] = (
    Unreadable,
    SourceError,  # a web page without text in an archive
    ExpatError,
    BadZipFile,
    zlib.error,
    struct.error,
    SyntaxError,  # of lxml, for malformed XML
    ArithmeticError,
    AttributeError,  # of PyPDF and python-docx, for an incomplete tree
    AssertionError,
    EOFError,  # for a member of a zip that is shorter than declared
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
_LIBRARY_ERRORS = {
    "docx.opc.exceptions": ("OpcError",),
    "pypdf.errors": ("PyPdfError", "DependencyError"),  # it needs another library for AES; PDFium does not
    "python_calamine": ("CalamineError",),
    "rarfile": ("Error",),
}
_LOCKED_ERRORS = {"pypdf.errors": ("FileNotDecryptedError",), "python_calamine": ("PasswordError",)}


def get_parse_errors() -> tuple[type[BaseException], ...]:
    """Return the errors that parsing a file raises: of the libraries, those that are imported by now."""
    return (*_OWN_ERRORS, *_find_imported(_LIBRARY_ERRORS))


def describe_error(error: BaseException) -> str:
    """Return the doubt to show to readers of the alert."""
    if isinstance(error, _find_imported(_LOCKED_ERRORS)):
        return ENCRYPTED
    if isinstance(error, RecursionError):
        return "the file could not be read within the bounds of memory and time"
    if isinstance(error, Unreadable | SourceError):
        return f"the file could not be read ({error})" if str(error) != ENCRYPTED else ENCRYPTED
    return "the file is damaged, cut off, or not what its name says"  # the library's message is too technical


def _find_imported(names: Mapping[str, tuple[str, ...]]) -> tuple[type[BaseException], ...]:
    """Return the classes of the modules that are imported: another's errors cannot have been raised."""
    return tuple(
        getattr(sys.modules[module], name)
        for module, classes in names.items()
        if module in sys.modules
        for name in classes
    )
