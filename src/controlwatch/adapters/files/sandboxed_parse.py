"""Read one binary file inside bounds: bytes on standard input, JSON on standard output.

Run as `python -m controlwatch.adapters.files.sandboxed_parse pdf|ole|zip` by `documents`, so that a hostile
file can only take this process down. Prints `{"text": …, "doubts": […], "is_failure": …}`; any other end
means that a bound of memory or time was met.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import TYPE_CHECKING

from controlwatch.adapters.files import ParsedFile
from controlwatch.adapters.files.archives import read_zip
from controlwatch.adapters.files.doc import read_ole
from controlwatch.adapters.files.parse_errors import PARSE_ERRORS, describe_error
from controlwatch.adapters.files.pdf import read_pdf

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_MEMORY = 1_500_000_000  # bytes of address space
_MAX_CPU_SECONDS = 25  # of CPU; the caller's clock stops us a little later
_MAX_TEXT_LENGTH = 5_000_000  # characters of text handed back

_READERS: dict[str, Callable[[bytes], ParsedFile]] = {"pdf": read_pdf, "ole": read_ole, "zip": read_zip}


def main(kind: str) -> None:
    """Read standard input as a file of that kind and print what it says."""
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_SECONDS, _MAX_CPU_SECONDS))
    reading, is_failure = _read_file(kind, sys.stdin.buffer.read())
    doubts = list(reading.doubts)
    if len(reading.text) > _MAX_TEXT_LENGTH:
        doubts.append(f"only the first {_MAX_TEXT_LENGTH} characters were read")
    # ASCII escapes also carry lone surrogates, which a damaged file may yield and UTF-8 cannot.
    answer = {"text": reading.text[:_MAX_TEXT_LENGTH], "doubts": doubts, "is_failure": is_failure}
    json.dump(answer, sys.stdout, ensure_ascii=True)


def _read_file(kind: str, body: bytes) -> tuple[ParsedFile, bool]:
    try:
        return _READERS[kind](body), False
    except PARSE_ERRORS as error:
        return ParsedFile("", (describe_error(error),)), True


if __name__ == "__main__":
    main(sys.argv[1])
