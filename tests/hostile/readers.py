"""Trials of the readers: whatever comes, they return something to be shown, or refuse it by a declared name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from controlwatch.adapters.files import ParsedFile, documents
from controlwatch.adapters.files.archives import read_zip
from controlwatch.adapters.files.doc import read_ole
from controlwatch.adapters.files.parse_errors import get_parse_errors
from controlwatch.adapters.files.pdf import read_pdf
from controlwatch.adapters.sandbox.nesting_guard import check_nesting
from controlwatch.core.alerting import bounce_reports
from controlwatch.core.alerting.redline import compare_texts, fingerprint_text
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.extraction.report.provenance import list_grounds
from controlwatch.core.extraction.report.reading_json import to_json
from controlwatch.core.extraction.text.normalize import collapse_whitespace
from controlwatch.core.model import AnnexLink, Document, Snapshot
from controlwatch.core.sources.index_pages import parse_index
from controlwatch.core.sources.requests import parse_unit
from controlwatch.core.sources.watcher import Watcher
from tests.extraction.making import LEXICON
from tests.hostile import seeds
from tests.hostile.campaign import Trial, Unlike
from tests.hostile.mutate import LARGEST, mutated, words
from tests.sources import make
from tests.sources.golden import snapshot

URL = "https://www.mofcom.gov.cn/notices/a.html"
KINDS = (
    "text/html",
    "text/plain",
    "application/pdf",
    "text/html; charset=gbk",
    "x" * 300,
    "application/xml;charset=utf-16",
)


def sent(random: Random, body: bytes, kind: str) -> Snapshot:
    """An answer with that body, let in as at the door; its type and status are mostly right."""
    shown = kind if random.random() < 0.8 else random.choice(KINDS)
    check_nesting(body, shown)
    return snapshot(body, url=URL, kind=shown, status=200 if random.random() < 0.95 else 412)


def index(kind: str, watchers: Sequence[Watcher] = ()) -> Trial:
    """Lists of one kind, read by the watchers that read such."""

    def trial(random: Random) -> Iterator[str]:
        pool = seeds.indexes(kind)
        seed = random.choice(pool)
        body = mutated(random, seed.body, [one.body for one in (*pool, *seeds.pages()[:4])])
        watcher = random.choice((*watchers, seed.watcher))
        assert watcher is not None
        page = parse_index(watcher, sent(random, body, seed.kind))
        if kind == "jpaas":
            parse_unit(watcher, body.decode("utf-8", "replace"))
        if not page.refs:
            raise Unlike("an empty list was taken for news")
        for ref in page.refs:
            if not (ref.title and ref.url.startswith(("http://", "https://")) and len(ref.url) <= 2_000):
                raise Unlike(f"no link to a notice: {ref!r:.300}")
        yield from (f"{ref.url} {ref.title}" for ref in page.refs)
        yield from page.faults

    return trial


def page(random: Random) -> Iterator[str]:
    """The page of a notice, read as its watcher reads it, and then understood."""
    pool = seeds.pages()
    seed = random.choice(pool)
    body = mutated(random, seed.body, [one.body for one in pool])
    yield from _understood(documents.read_document(sent(random, body, seed.kind), seed.watcher))


def mail(random: Random) -> Iterator[str]:
    """A mail or a page saved as one file: as a notice, and as a report of non-delivery, which is never refused."""
    pool = seeds.mails()
    body = mutated(random, random.choice(pool), pool)
    found = bounce_reports.parse_report(body)
    yield found.reason if isinstance(found, bounce_reports.NotABounce) else found.message_id
    yield from _understood(documents.read_document(sent(random, body, "message/rfc822")))


def text(random: Random) -> Iterator[str]:
    """The text of a notice: torn, repeated, spliced, with words in it that act elsewhere."""
    pool = seeds.texts()
    raw = mutated(random, random.choice(pool).encode(), [one.encode() for one in random.choices(pool, k=4)])
    title, _, rest = raw.decode("utf-8", "replace").partition("\n")
    yield from _understood(Document(url=URL, title=title, text=rest))


def composed(random: Random) -> Iterator[str]:
    """A text made of nothing but words that act, and of sentences of notices."""
    lines = [line for one in random.choices(seeds.texts(), k=3) for line in one.split("\n")]
    rest = "\n".join(words(random, lines) for _ in range(random.choice((1, 5, 60))))
    yield from _understood(Document(url=URL, title=words(random, lines), text=rest[:LARGEST]))


def _understood(document: Document) -> Iterator[str]:
    """Read what a document says; every quote is its own."""
    found = read_notice(document, LEXICON)
    whole = collapse_whitespace(f"{document.title}\n{document.text}")
    for ground in list_grounds(found):
        if ground.quote not in whole:
            raise Unlike(f"a quote that does not stand in the text: {ground!r:.300}")
    to_json(found)
    fingerprint_text(document.text)
    compare_texts("amended", old=document.text, new=document.text[::-1], was=found, now=found)
    yield f"{found.summary.en} {found.summary.zh}"
    yield from found.doubts


def produced(kind: str) -> Trial:
    """Files below a notice, in the bounded process as in production: whatever they are, a doubt at most."""

    def trial(random: Random) -> Iterator[str]:
        body = file(random, kind)
        made = snapshot(body, url=URL, kind="application/octet-stream")
        annex = documents.read_annex(made, AnnexLink(url=URL, name=random.choice(("a.xls", "附件", "../x"))))
        if not (annex.text or annex.doubt):
            raise Unlike("neither text nor a doubt")
        yield from filter(None, (annex.text[:10_000], annex.doubt))

    return trial


READERS: dict[str, Callable[[bytes], ParsedFile]] = {
    "pdf": read_pdf, "word": read_zip, "workbook": read_zip, "ofd": read_zip, "archive": read_zip, "old office": read_ole,
}  # fmt: skip


def alone(kind: str) -> Trial:
    """The same files without the process around them: quicker, and only the trouble that is declared is trouble."""

    def trial(random: Random) -> Iterator[str]:
        try:
            reading = READERS[kind](file(random, kind))
        except (*get_parse_errors(), MemoryError):
            return
        yield from (reading.text[:10_000], *reading.doubts)

    return trial


def file(random: Random, kind: str) -> bytes:
    pool = seeds.office()
    return mutated(random, random.choice(pool[kind]), [body for bodies in pool.values() for body in bodies])


READING: dict[str, Trial] = {
    "lists: links": index("links", [make.watcher(make.links())]),
    "lists: jpaas": index("jpaas"),
    "lists: JSON": index("json"),
    "lists: feeds": index("feed"),
    "pages of notices, and what they say": page,
    "mails and saved pages": mail,
    "texts": text,
    "texts of hostile words": composed,
    **{f"{kind}, in its bounded process": produced(kind) for kind in READERS},
    **{f"{kind}, the reader alone": alone(kind) for kind in READERS},
}
#: What production reads in a process of its own.
CONTAINED = frozenset(f"{kind}, the reader alone" for kind in READERS)
