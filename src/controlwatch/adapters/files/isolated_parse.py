"""Parse one large list or page within limits: the process that `large_bodies` starts.

`python -m controlwatch.adapters.files.isolated_parse index|document` takes one line of JSON (the watcher, and
the snapshot without its body) and then the body on standard input, and prints JSON.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from controlwatch.adapters.files.documents import parse_document
from controlwatch.adapters.files.large_bodies import RESULT_ADAPTERS, SNAPSHOT_ADAPTER, WATCHER_ADAPTER
from controlwatch.core.model.errors import Refused, SourceError
from controlwatch.core.sources import index_pages

if TYPE_CHECKING:
    from controlwatch.core.model import Document, IndexPage

_MAX_CPU_SECONDS = 28
_MAX_MEMORY = 2_000_000_000  # bytes of address space


def main(kind: str) -> None:
    """Parse standard input as a list or a document, and print the result."""
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_SECONDS, _MAX_CPU_SECONDS))
    head, _, body = sys.stdin.buffer.read().partition(b"\n")
    values = json.loads(head)
    watcher = (
        None
        if values["watcher"] is None
        else WATCHER_ADAPTER.validate_python(values["watcher"], strict=False)
    )
    snapshot = replace(SNAPSHOT_ADAPTER.validate_python(values["snapshot"], strict=False), body=body)
    result: IndexPage | Document
    try:
        if kind == "index" and watcher is not None:
            result = index_pages.parse_index(watcher, snapshot)
        else:
            result = parse_document(snapshot, watcher)
    except SourceError as error:
        status = error.status if isinstance(error, Refused) else 0
        answer = {"error": type(error).__name__, "message": str(error), "status": status}
    else:
        answer = {"result": RESULT_ADAPTERS[kind].dump_python(result, mode="json")}
    # ASCII escapes also carry lone surrogates, which a damaged page may yield and UTF-8 cannot.
    json.dump(answer, sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main(sys.argv[1])
