"""Read one binary file inside bounds: bytes on standard input, JSON on standard output.

Run as `python -m controlwatch.adapters.parse pdf|ole|zip` by `documents`, so that a hostile file can only
take this process down. Prints `{"text": …, "doubts": […]}`; any other end means the file could not be read.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import TYPE_CHECKING

from controlwatch.adapters.formats.ole import read_ole
from controlwatch.adapters.formats.pdf import read_pdf
from controlwatch.adapters.formats.zipped import read_zip

if TYPE_CHECKING:
    from collections.abc import Callable

    from controlwatch.adapters.formats import Reading

_MEMORY = 1_500_000_000  # bytes of address space
_SECONDS = 25  # of CPU; the caller's clock stops us a little later
_LONGEST = 5_000_000  # characters of text handed back

_READERS: dict[str, Callable[[bytes], Reading]] = {"pdf": read_pdf, "ole": read_ole, "zip": read_zip}


def main(kind: str) -> None:
    """Read standard input as a file of that kind and print what it says."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    reading = _READERS[kind](sys.stdin.buffer.read())
    doubts = list(reading.doubts)
    if len(reading.text) > _LONGEST:
        doubts.append(f"only the first {_LONGEST} characters were read")
    # ASCII escapes also carry lone surrogates, which a damaged file may yield and UTF-8 cannot.
    json.dump({"text": reading.text[:_LONGEST], "doubts": doubts}, sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main(sys.argv[1])
