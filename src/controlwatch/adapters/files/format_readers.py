"""The function that parses each format; its libraries are imported when the first file of the format comes.

All of them together take four tenths of a second, and every file is parsed by a new process.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from controlwatch.adapters.files import ParsedFile

_READERS = {
    "docx": ("docx", "read_docx"),
    "mhtml": ("archives", "read_saved_pages"),
    "ofd": ("ofd", "read_ofd"),
    "office-xml": ("office_xml", "read_office_xml"),
    "ole": ("doc", "read_ole"),
    "pdf": ("pdf", "read_pdf"),
    "picture": ("pictures", "read_picture"),
    "rar": ("archives", "read_rar"),
    "rtf": ("rtf", "read_rtf"),
    "sheets": ("spreadsheets", "read_sheets"),
    "workbook": ("workbooks", "read_workbook"),
    "zip": ("archives", "read_zip"),
}
#: Formats that may hold pictures: their functions also take `reader`, a `PictureReader` or None.
PICTURE_FORMATS = frozenset(
    {"docx", "ofd", "office-xml", "ole", "pdf", "picture", "rar", "rtf", "workbook", "zip"}
)


def get_format_reader(name: str) -> Callable[..., ParsedFile]:
    """Return the function that parses the bytes of a format. Raises `KeyError` for another name."""
    module, function = _READERS[name]
    reader: Callable[..., ParsedFile] = getattr(import_module(f"{__package__}.{module}"), function)
    return reader
