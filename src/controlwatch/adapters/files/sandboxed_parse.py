"""Parse one binary file within limits: bytes on standard input, JSON on standard output.

`documents` runs it as `python -m controlwatch.adapters.files.sandboxed_parse KIND`, so that a hostile
file can only crash this process. Prints `{"text": …, "doubts": […], "is_failure": …}`; any other result means
that it exceeded the limit of memory or time.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable

from controlwatch.adapters.files import ParsedFile
from controlwatch.adapters.files.archives import read_saved_pages, read_zip
from controlwatch.adapters.files.doc import read_ole
from controlwatch.adapters.files.office_xml import read_office_xml
from controlwatch.adapters.files.parse_errors import PARSE_ERRORS, describe_error
from controlwatch.adapters.files.pdf import read_pdf
from controlwatch.adapters.files.rtf import read_rtf

_MAX_MEMORY = 1_500_000_000  # bytes of address space
_MAX_CPU_SECONDS = 25  # of CPU; the caller stops us a little later by the clock
_MAX_TEXT_LENGTH = 5_000_000  # characters of text returned

_READERS: dict[str, Callable[[bytes], ParsedFile]] = {
    "pdf": read_pdf,
    "ole": read_ole,
    "zip": read_zip,
    "rtf": read_rtf,
    "office-xml": read_office_xml,
    "mhtml": read_saved_pages,
}


def main(kind: str) -> None:
    """Parse standard input as a file of a kind and print the result."""
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_SECONDS, _MAX_CPU_SECONDS))
    is_failure = False
    try:
        parsed = _READERS[kind](sys.stdin.buffer.read())
    except PARSE_ERRORS as error:
        parsed, is_failure = ParsedFile("", (describe_error(error),)), True
    doubts = list(parsed.doubts)
    if len(parsed.text) > _MAX_TEXT_LENGTH:
        doubts.append(f"only the first {_MAX_TEXT_LENGTH} characters were read")
    # ASCII escapes also carry lone surrogates, which a damaged file may yield and UTF-8 cannot.
    answer = {"text": parsed.text[:_MAX_TEXT_LENGTH], "doubts": doubts, "is_failure": is_failure}
    json.dump(answer, sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main(sys.argv[1])
