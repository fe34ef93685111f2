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
from collections.abc import Callable
from functools import partial

from controlwatch.adapters.files import ParsedFile
from controlwatch.adapters.files.archives import read_rar, read_saved_pages, read_zip
from controlwatch.adapters.files.doc import read_ole
from controlwatch.adapters.files.office_xml import read_office_xml
from controlwatch.adapters.files.parse_errors import PARSE_ERRORS, describe_error
from controlwatch.adapters.files.pdf import read_pdf
from controlwatch.adapters.files.picture_text import PictureReader
from controlwatch.adapters.files.pictures import read_picture
from controlwatch.adapters.files.rtf import read_rtf

_MAX_MEMORY = {"": 1_500_000_000, "ocr": 3_000_000_000}  # bytes of address space
_MAX_CPU_SECONDS = {"": 25, "ocr": 140}  # of CPU; the caller stops us a little later by the clock
_MAX_TEXT_LENGTH = 5_000_000  # characters of text returned

_READERS: dict[str, Callable[[bytes], ParsedFile]] = {
    "ole": read_ole,
    "rtf": read_rtf,
    "office-xml": read_office_xml,
    "mhtml": read_saved_pages,
}
_PICTURE_READERS: dict[str, Callable[..., ParsedFile]] = {
    "pdf": read_pdf,
    "zip": read_zip,
    "rar": read_rar,
    "picture": read_picture,
}


def main(kind: str, mode: str = "") -> None:
    """Parse standard input as a file of a kind and print the result."""
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY[mode],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_SECONDS[mode],) * 2)
    reader = PictureReader() if mode == "ocr" else None
    readers = _READERS | {name: partial(read, reader=reader) for name, read in _PICTURE_READERS.items()}
    is_failure = False
    try:
        parsed = readers[kind](sys.stdin.buffer.read())
    except PARSE_ERRORS as error:
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
