"""Simplified characters need no dictionary, and what is found without one is what the dictionary says."""

from __future__ import annotations

import subprocess
import sys

from opencc_purepy import OpenCC

from controlwatch.core.extraction.text.normalize import fold_text

HAN = [chr(code) for code in range(0x3400, 0xA000)]


def test_every_character_is_simplified_as_the_dictionary_does() -> None:
    converter = OpenCC("t2s")
    for character in HAN:
        simplified = str(converter.convert(character))
        expected = simplified if len(simplified) == 1 else character
        assert fold_text(character) == expected, character


def test_a_simplified_text_is_folded_without_the_dictionary() -> None:
    program = (
        "import sys\n"
        "from controlwatch.core.extraction.text import normalize\n"
        "assert normalize.fold_text('商务部公告２０２７年第58号') == '商务部公告2027年第58号'\n"
        "assert normalize._load_converter.cache_info().currsize == 0\n"
        "assert normalize.fold_text('對鎵實施') == '对镓实施'\n"
        "assert normalize._load_converter.cache_info().currsize == 1\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
