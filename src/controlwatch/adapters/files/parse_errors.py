"""What the libraries raise for a damaged or hostile file, and what we say of it."""

from __future__ import annotations

import struct
import zlib
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from docx.opc.exceptions import OpcError
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError
from python_calamine import CalamineError, PasswordError

from controlwatch.adapters.files import ENCRYPTED, Unreadable
from controlwatch.core.model.errors import SourceError

PARSE_ERRORS = (
    Unreadable,
    SourceError,  # a web page in an archive that shows nothing
    PyPdfError,
    DependencyError,  # PyPDF wants another library for AES, which PDFium reads by itself
    CalamineError,
    OpcError,
    ExpatError,
    BadZipFile,
    zlib.error,
    struct.error,
    SyntaxError,  # what lxml raises for XML that is none
    ArithmeticError,
    AttributeError,  # PyPDF and python-docx on a tree of which a branch is missing
    AssertionError,
    EOFError,  # a member of a zip that is shorter than its directory says
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


def describe_error(error: BaseException) -> str:
    """Return the doubt that a reader of the alert is shown."""
    if isinstance(error, FileNotDecryptedError | PasswordError):
        return ENCRYPTED
    if isinstance(error, RecursionError):
        return "the file could not be read within the bounds of memory and time"
    if isinstance(error, Unreadable | SourceError):
        return f"the file could not be read ({error})" if str(error) != ENCRYPTED else ENCRYPTED
    return "the file is damaged, cut off, or not what its name says"  # what the library says is no plain word
