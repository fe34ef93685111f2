"""Trials of what shows text: whatever stands in whichever field, it is shown and does nothing else."""

from __future__ import annotations

import atexit
import contextlib
import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from random import Random

import httpx
import pypdfium2
from selectolax.lexbor import LexborHTMLParser

from controlwatch.bootstrap.app import build_app
from controlwatch.bootstrap.question_app import build_queries
from controlwatch.cli.alerts import print_csv
from controlwatch.core.alerting.signed_links import SignedLinks, sign_token
from controlwatch.core.extraction.report.provenance import collect_meanings
from controlwatch.core.law.answers import AlertLine
from controlwatch.core.model import Alert, Delivery
from controlwatch.core.model.errors import UsageError
from controlwatch.core.rendering.chat_text import TextLimit
from controlwatch.core.rendering.html_mail import render_html
from controlwatch.core.rendering.message import Message, MessageComposer
from controlwatch.core.rendering.plain_text import render_text
from controlwatch.core.rendering.slack_blocks import render_message_blocks
from controlwatch.services.export_evidence import export_dossier
from controlwatch.settings import Settings
from controlwatch.testing.sites import Answer
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.channels import test_any_text as laws
from tests.hostile import seeds
from tests.hostile.campaign import MARK, Trial, Unlike
from tests.hostile.mutate import mutated, words
from tests.services.test_news import GALLIUM, started
from tests.services.world import HOST, WATCHER, World, world

csv.field_size_limit(10**9)
SECRET = f"{MARK}-{MARK}-{MARK}".encode()
LINKS = SignedLinks(public_url="https://alerts.example", secret=SECRET)
ROOMS = (
    TextLimit(max_size=1000),
    TextLimit(max_size=2048, in_bytes=True),
    TextLimit(max_size=160, max_lines=4),
)


def pen(random: Random) -> laws.Pen:
    """Writes fields with hostile words, and with lines of notices among them."""
    lines = [line for one in random.choices(seeds.texts(), k=2) for line in one.split("\n")]
    return laws.Pen([words(random, lines) for _ in range(random.randint(1, 7))])


def message(random: Random) -> Message:
    """A message of one alert of any kind, or a digest of several."""
    writes = pen(random)
    every = list(laws.alerts(writes))
    chosen = random.choice(([random.choice(every)], every[:-1][:5], every[5:]))
    return laws.composed(writes, chosen, random.choice(("en", "zh", "both")), every=every, links=LINKS)


def held(law: Callable[..., None]) -> Callable[..., None]:
    """The law that a test of the channels states, without the engine around it."""
    return law.hypothesis.inner_test  # type: ignore[attr-defined,no-any-return]


SLACK = held(laws.test_slack_takes_every_message_and_nothing_in_it_mentions_or_links)
MAIL = held(laws.test_a_mail_has_our_headers_and_two_parts_and_no_more)
PAGE = held(laws.test_the_page_of_a_mail_holds_our_tags_only_and_leads_nowhere_else)
PLAIN = held(laws.test_plain_text_holds_nothing_but_text)
TERMINAL = held(laws.test_a_terminal_shows_text_and_obeys_nothing_in_it)
WEBHOOK = held(laws.test_a_webhook_posts_json_that_every_reader_reads)
CHATS = held(laws.test_other_chats_get_text_that_fits_and_does_nothing)
BOT = held(laws.test_the_bot_answers_within_what_slack_takes)


def shown(law: Callable[..., None]) -> Trial:
    """One channel, by its own law."""

    def trial(random: Random) -> Iterator[str]:
        made = message(random)
        law(made)
        yield f"{made.subject} {made.health_line}"

    return trial


def chats(random: Random) -> Iterator[str]:
    """Other chats, whatever room they give."""
    CHATS(message(random), random.choice(ROOMS))
    yield ""


def bot(random: Random) -> Iterator[str]:
    """What the bot answers, and every page of it."""
    lines = random.choice(seeds.texts()).split("\n")
    texts = [words(random, lines) for _ in range(random.randint(1, 7))]
    BOT(random.choice(list(laws.ANSWERS.values())), texts, random.randint(-1, 4))
    yield ""


def table(random: Random) -> Iterator[str]:
    """The log of alerts as CSV: a reader of CSV finds every cell again, and a spreadsheet runs none."""
    writes = pen(random)
    line = AlertLine(
        alert=1, kind=writes(), made_at=laws.NOW, title=writes(), number=writes(), channel=writes(), target=writes(), state="sent",
        sent_at=None, what=writes(), who=writes(), acted_at=None, note=writes(), assigned_to=writes(), due=writes(), key=laws.KEY,
    )  # fmt: skip
    out = io.StringIO(newline="")
    with contextlib.redirect_stdout(out):
        print_csv([line])
    printed = out.getvalue()
    yield printed
    laws.only_shows([printed.replace("\r\n", "\n")])
    printed.encode()
    if [len(row) for row in csv.reader(io.StringIO(printed, newline=""))] != [len(fields(AlertLine))] * 2:
        raise Unlike("other cells than were written")
    runs_nothing(printed)


def runs_nothing(printed: str) -> None:
    """No cell is a formula, whichever sign parts the cells for the spreadsheet of a country."""
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(printed, newline=""), delimiter=delimiter):
            for cell in row:
                if cell.lstrip()[:1] in set("=+-@＝＋－＠") and not re.fullmatch(r"-?\d*", cell):
                    raise Unlike(f"a formula: {cell[:100]!r}")


# --------------------------------------------------------------------------- the whole way


@cache
def stage() -> tuple[World, str]:
    """A ministry on loopback, our pipeline and our HTTP side, as long as the process lives."""
    opened = contextlib.ExitStack()
    atexit.register(opened.close)
    folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
    w = opened.enter_context(world(folder))
    w.deliverer = replace(w.deliverer, links=LINKS)
    started(w)
    app = build_app(
        Settings(state_dir=folder),
        lexicon=laws.LEXICON,
        watchers=(WATCHER,),
        store=w.store,
        fetch=w.fetch,
        channels={},
    )
    app = replace(app, links=LINKS)
    return w, opened.enter_context(serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=0))


def whole(random: Random) -> Iterator[str]:
    """A hostile page on a site: polled, told in every channel, shown as evidence, exported, printed."""
    w, web = stage()
    lines = random.choice(seeds.texts()).split("\n")
    number = random.randrange(10**6)
    page = replace(
        GALLIUM,
        path=f"/notices/art_{number}.html",
        title=f"商务部公告2026年第{number}号 {words(random, lines)}"[:3_000],
        text=f"{GALLIUM.text}\n{words(random, lines)}",
    )
    w.ministry.pages.clear()
    w.ministry.publish(page)
    body = page.html.encode("utf-8", "replace")
    w.sites.put(f"{HOST}{page.path}", _answer(random, body))
    report = w.poll()
    if report.outcome == "failed" and not (report.kind and report.reason):
        raise Unlike("a failure without its kind and reason")
    for delivery in _claimed(w):
        yield from _told(w, web, delivery)


def _answer(random: Random, body: bytes) -> Answer:
    damaged = mutated(random, body, [one.body for one in seeds.pages()]) if random.random() < 0.5 else body
    return Answer(body=damaged, content_type=random.choice(("text/html", "text/html; charset=utf-8")))


def _claimed(w: World) -> Iterator[Delivery]:
    while waiting := w.store.outbox.claim(
        now=w.now.replace(year=w.now.year + 1), owner="test", lease=60, most=1
    ):
        for deliveries in waiting:
            w.mark_sent(deliveries)
            yield from deliveries


def _told(w: World, web: str, delivery: Delivery) -> Iterator[str]:
    """Hold everything that shows an alert against the law of its medium."""
    composer = MessageComposer(lexicon=laws.LEXICON, now=w.now, links=LINKS)
    made = composer.compose(
        (replace(delivery, subscription=replace(delivery.subscription, channel="email")),)
    )
    for law in (SLACK, MAIL, PAGE, PLAIN, TERMINAL, WEBHOOK):
        law(made)
    yield from (render_text(made), render_html(made), str(render_message_blocks(made)))
    if delivery.alert.notice is None:
        return
    answer = httpx.get(f"{web}/alert/{sign_token(SECRET, 'alert', delivery.alert_id)}")
    _evidence(answer)
    yield answer.text
    yield from _dossier(w, delivery.alert)


SHOWN = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "strong",
    "h1",
    "h2",
    "p",
    "table",
    "tbody",
    "thead",
    "tr",
    "td",
    "th",
    "br",
    "q",
    "a",
    "code",
    "pre",
    "-text",
    "!doctype",
}


def _evidence(answer: httpx.Response) -> None:
    if answer.status_code != 200:
        raise Unlike(f"the evidence answered {answer.status_code}")
    _harmless(answer.text)


def _harmless(page: str) -> None:
    """Our own tags alone, nothing that runs, and links to our own copies alone."""
    laws.only_shows([page])
    tree = LexborHTMLParser(page)
    for node in tree.root.traverse() if tree.root else ():
        if node.tag not in SHOWN or set(node.attributes) - {
            "charset",
            "name",
            "content",
            "lang",
            "class",
            "href",
            "http-equiv",
        }:
            raise Unlike(f"a tag that is not ours: {node.tag} {node.attributes!r:.200}")
        if "href" in node.attributes and not re.fullmatch(r"[\w.-]+/copy", node.attributes["href"] or ""):
            raise Unlike(f"a link that is not ours: {node.attributes['href']!r:.200}")


def _dossier(w: World, alert: Alert) -> Iterator[str]:
    """The zip: the names that the export gives alone, a page that runs nothing, a PDF that opens."""
    queries = build_queries(w.store, laws.LEXICON)
    asked = alert.about or (
        alert.notice.number.canonical if alert.notice and alert.notice.number else alert.url or ""
    )
    try:
        dossier = queries.find_dossier(asked)
    except UsageError:
        return
    out = io.BytesIO()
    lines = w.store.custody.iterate_chain_lines(dossier)
    export_dossier(
        dossier,
        out,
        lines=lines,
        archive=w.archive,
        meanings=collect_meanings(laws.LEXICON),
        on=date(2026, 3, 2),
    )
    with zipfile.ZipFile(out) as box:
        for name in box.namelist():
            if not re.fullmatch(r"[A-Za-z]+(?:/[A-Za-z0-9.-]+)?\.[a-z]+", name) or ".." in name:
                raise Unlike(f"a name that is not ours: {name!r}")
        _harmless(box.read("report.html").decode())
        pypdfium2.PdfDocument(box.read("report.pdf")).close()
        yield box.read("report.html").decode()
        yield box.read("reading.json").decode()


SHOWING: dict[str, Trial] = {
    "Slack": shown(SLACK),
    "mail: headers and parts": shown(MAIL),
    "mail: the page": shown(PAGE),
    "mail: plain text": shown(PLAIN),
    "terminal": shown(TERMINAL),
    "webhook": shown(WEBHOOK),
    "other chats": chats,
    "answers of the bot": bot,
    "the log as CSV": table,
    "a site polled, told, shown as evidence, exported": whole,
}
