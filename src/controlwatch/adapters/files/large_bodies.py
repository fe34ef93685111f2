"""Parse large lists and pages in a separate process, so that they hold up nothing else."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from typing import Any, Literal

from pydantic import TypeAdapter

from controlwatch.adapters.sandbox.isolated_process import run_isolated
from controlwatch.core.model import Document, IndexPage, Snapshot
from controlwatch.core.model import errors as model_errors
from controlwatch.core.model.errors import Refused, TimedOut, TooLarge
from controlwatch.core.sources.watcher import Watcher

#: Bytes above which a body is parsed apart; starting a process costs as much as parsing a smaller one.
LARGE_BODY = 400_000
_MODULE = "controlwatch.adapters.files.isolated_parse"
PARSE_SECONDS = 30.0  #: of the clock, for one body

WATCHER_ADAPTER = TypeAdapter(Watcher)
SNAPSHOT_ADAPTER = TypeAdapter(Snapshot)
RESULT_ADAPTERS: dict[str, TypeAdapter[Any]] = {
    "index": TypeAdapter(IndexPage),
    "document": TypeAdapter(Document),
}


def parse_apart(kind: Literal["index", "document"], watcher: Watcher | None, snapshot: Snapshot) -> Any:
    """Parse a body in a separate process with limits of time and memory.

    Raises what the parser raises, `TimedOut` where it takes too long, `TooLarge` where it needs too much.
    """
    head = {
        "watcher": None if watcher is None else WATCHER_ADAPTER.dump_python(watcher, mode="json"),
        "snapshot": SNAPSHOT_ADAPTER.dump_python(replace(snapshot, body=b""), mode="json"),
    }
    given = json.dumps(head).encode() + b"\n" + snapshot.body
    size = f"{snapshot.final_url} sent {len(snapshot.body) / 1_000_000:.1f} MB, which"
    try:
        done = run_isolated(_MODULE, kind, given=given, seconds=PARSE_SECONDS)
    except subprocess.TimeoutExpired:
        raise TimedOut(f"{size} could not be parsed within {PARSE_SECONDS:.0f} seconds") from None
    if done.returncode:
        raise TooLarge(f"{size} could not be parsed within the limits of time and memory")
    answer = json.loads(done.stdout)
    if "error" not in answer:
        return RESULT_ADAPTERS[kind].validate_python(answer["result"], strict=False)
    error = getattr(model_errors, answer["error"])
    raise error(answer["message"], status=answer["status"]) if error is Refused else error(answer["message"])
