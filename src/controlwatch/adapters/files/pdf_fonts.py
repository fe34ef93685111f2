"""Let PDFium read texts in Chinese, Japanese and Korean fonts that a PDF does not bring, on any machine.

Without such a font PDFium knows the characters, by maps of its own, and not how high they are: where text is
set sideways it then drops them without a word. So it gets a font of our own, in which every character is a
box, and is never shown the fonts of the machine: what is read depends on the file alone.
"""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.resources import files
from typing import Any

from pypdfium2 import raw

_ASIAN_CHARSETS = frozenset({128, 129, 134, 136})  # of Windows: Shift-JIS, Hangul, GB2312, Big5
_HANDLE = 1  # of our only font
_WHOLE_FILE = 0  # not a table of it


@cache
def use_box_font() -> None:
    """Give PDFium our font for all that are missing, from now on and for the whole process."""
    font = files("controlwatch").joinpath("data/fonts/boxes.ttf").read_bytes()

    def map_font(_info: Any, _weight: int, _italic: int, charset: int, *_others: Any) -> int | None:
        return _HANDLE if charset in _ASIAN_CHARSETS else None  # PDFium has Latin fonts

    def copy_font(_info: Any, handle: int | None, table: int, buffer: Any, size: int) -> int:
        if handle != _HANDLE or table != _WHOLE_FILE:
            return 0
        if buffer and size >= len(font):
            ctypes.memmove(buffer, font, len(font))
        return len(font)

    answers = {
        "Release": lambda *_: None,
        "EnumFonts": lambda *_: None,
        "MapFont": map_font,
        "GetFont": lambda *_: None,
        "GetFontData": copy_font,
        "GetFaceName": lambda *_: 0,
        "GetFontCharset": lambda *_: 0,
        "DeleteFont": lambda *_: None,
    }
    types = dict(raw.FPDF_SYSFONTINFO._fields_)
    callbacks = {name: types[name](answer) for name, answer in answers.items()}
    _kept.append(raw.FPDF_SYSFONTINFO(version=1, **callbacks))
    raw.FPDF_SetSystemFontInfo(ctypes.byref(_kept[-1]))


_kept: list[Any] = []  # PDFium calls it until the process ends
