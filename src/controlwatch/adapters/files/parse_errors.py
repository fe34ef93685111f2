"""The errors that libraries raise for a damaged or hostile file, and their description for readers."""

from __future__ import annotations

import struct
import zlib
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

import rarfile
from docx.opc.exceptions import OpcError
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError
from python_calamine import CalamineError, PasswordError

from controlwatch.adapters.files import ENCRYPTED, Unreadable
from controlwatch.core.model.errors import SourceError

PARSE_ERRORS = (
    Unreadable,
    SourceError,  # a web page without text in an archive
    PyPdfError,
    DependencyError,  # PyPDF needs another library for AES; PDFium does not
    CalamineError,
    OpcError,
    ExpatError,
    BadZipFile,
    rarfile.Error,
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


def describe_error(error: BaseException) -> str:
    """Return the doubt to show to readers of the alert."""
    if isinstance(error, FileNotDecryptedError | PasswordError):
        return ENCRYPTED
    if isinstance(error, RecursionError):
        return "the file could not be read within the bounds of memory and time"
    if isinstance(error, Unreadable | SourceError):
        return f"the file could not be read ({error})" if str(error) != ENCRYPTED else ENCRYPTED
    return "the file is damaged, cut off, or not what its name says"  # the library's message is too technical
