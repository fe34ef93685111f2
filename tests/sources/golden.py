"""What a watcher reads from its examples, as JSON; `python -m tests.sources.golden ID` writes it anew."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from controlwatch.adapters.catalog.watcher_loader import load_watcher
from controlwatch.adapters.files.documents import read_document
from controlwatch.core.model import Document, IndexPage, Snapshot
from controlwatch.core.sources import index_pages
from controlwatch.core.sources.watcher import Watcher

ROOT = Path(__file__).parents[2]
WATCHERS = ROOT / "watchers"
EXAMPLES = ROOT / "tests" / "examples"
TYPES = {".html": "text/html", ".json": "application/json;charset=UTF-8", ".xml": "application/xml"}


def snapshot(body: bytes, *, url: str, kind: str = "text/html", status: int = 200) -> Snapshot:
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    headers = (("content-type", kind),)
    return Snapshot(url=url, final_url=url, fetched_at=moment, status=status, headers=headers, body=body)


def saved(path: Path, *, url: str) -> Snapshot:
    return snapshot(path.read_bytes(), url=url, kind=TYPES[path.suffix])


def read_examples(watcher: Watcher) -> dict[str, object]:
    """Everything that the watcher reads from the files of its directory, by file name."""
    place = EXAMPLES / watcher.id
    pages = {path.name: index(watcher, path) for path in sorted(place.glob("index*.*"))}
    refs = [ref for page in pages.values() for ref in page.refs]
    read: dict[str, object] = {name: page_as_json(page) for name, page in pages.items()}
    for path in sorted(place.glob("detail*.html")):
        found = read_document(saved(path, url=refs[0].url), watcher)
        url = next(
            (ref.url for ref in refs if ref.title.rstrip("？?") == found.title.rstrip("？?")), refs[0].url
        )
        read[path.name] = document_as_json(read_document(saved(path, url=url), watcher))
    return read


def index(watcher: Watcher, path: Path) -> IndexPage:
    return index_pages.parse_index(
        watcher, saved(path, url=watcher.index.api or watcher.index.url.replace("{year}", "2026"))
    )


def page_as_json(page: IndexPage) -> dict[str, object]:
    rows = [
        {
            "title": ref.title,
            "url": ref.url,
            "listed_on": ref.listed_on.isoformat() if ref.listed_on else None,
            **({"content": ref.content} if ref.content else {}),
        }
        for ref in page.refs
    ]
    return {"total": page.total, "faults": list(page.faults), "refs": rows}


def document_as_json(document: Document) -> dict[str, object]:
    return {
        "url": document.url,
        "title": document.title,
        "page_date": document.page_date.isoformat() if document.page_date else None,
        "source_name": document.source_name,
        "labels": dict(document.labels),
        "annexes": [{"name": link.name, "url": link.url} for link in document.annexes],
        "encoding": document.encoding,
        "doubts": list(document.doubts),
        "text": document.text.split("\n"),
    }


def main(names: list[str]) -> None:
    for name in names or sorted(path.stem for path in WATCHERS.glob("*.toml")):
        read = read_examples(load_watcher(WATCHERS / f"{name}.toml"))
        text = json.dumps(read, ensure_ascii=False, indent=1)
        (EXAMPLES / name / "golden.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
