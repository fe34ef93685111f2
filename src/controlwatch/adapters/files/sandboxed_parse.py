"""Parse one binary file within limits: bytes on standard input, JSON on standard output.

`documents` runs it as `python -m controlwatch.adapters.files.sandboxed_parse KIND [ocr]`, so that a hostile
file can only crash this process; with `ocr` it also reads pictures, which takes more memory and time. Prints
`{"text": …, "doubts": […], "is_failure": …, "pictures": …, "picture_text": …}`; any other result means that
it exceeded the limit of memory or time.
"""

from __future__ import annotations

import json
import resource
import sys

from controlwatch.adapters.files import ParsedFile
from controlwatch.adapters.files.format_readers import PICTURE_FORMATS, get_format_reader
from controlwatch.adapters.files.parse_errors import describe_error, get_parse_errors
from controlwatch.adapters.files.picture_text import PictureReader

_MAX_MEMORY = {"": 1_500_000_000, "ocr": 3_000_000_000}  # bytes of address space
_MAX_CPU_SECONDS = {"": 25, "ocr": 140}  # of CPU; the caller stops us a little later by the clock
_MAX_TEXT_LENGTH = 5_000_000  # characters of text returned


def main(kind: str, mode: str = "") -> None:
    """Parse standard input as a file of a kind and print the result."""
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY[mode],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_SECONDS[mode],) * 2)
    pictures = {"reader": PictureReader() if mode == "ocr" else None} if kind in PICTURE_FORMATS else {}
    is_failure = False
    try:
        parsed = get_format_reader(kind)(sys.stdin.buffer.read(), **pictures)
    except get_parse_errors() as error:
        parsed, is_failure = ParsedFile("", (describe_error(error),)), True
    doubts = list(parsed.doubts)
    if len(parsed.text) > _MAX_TEXT_LENGTH:
        doubts.append(f"only the first {_MAX_TEXT_LENGTH} characters were read")
    # ASCII escapes also carry lone surrogates, which a damaged file may yield and UTF-8 cannot.
    answer = {
        "text": parsed.text[:_MAX_TEXT_LENGTH],
        "doubts": doubts,
        "is_failure": is_failure,
        "pictures": parsed.pictures,
        "picture_text": parsed.picture_text[:_MAX_TEXT_LENGTH],
    }
    json.dump(answer, sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
