"""The sample regulators: every host that the shipped watchers poll, on loopback, in its real format."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urljoin, urlsplit

from controlwatch.testing.formats.base import Column, Format, Posting, Served
from controlwatch.testing.formats.jpaas import Miit, Mofcom
from controlwatch.testing.formats.lists import (
    Linked,
    YearPages,
    beside,
    customs_english_place,
    customs_place,
    fed,
    monthly,
)
from controlwatch.testing.formats.services import ExportControl, GovCn, MiitSearch
from controlwatch.testing.pdf import pdf
from controlwatch.testing.samples import Sample, filler, samples
from controlwatch.testing.sites import Answer, Asked, Sites

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.testing.sites import Reply

_PRESS = Linked(list="press-list.html", article="mofcom.html", place=beside("/xwfb/xwfyrth"))
_PRESS_EN = Linked(list="press-list.html", article="mofcom.html", place=beside("/News/PressConference"))
_CUSTOMS = Linked(list="customs-list.html", article="customs.html", place=customs_place)
_CUSTOMS_EN = Linked(
    list="customs-english-list.html", article="customs-english.html", place=customs_english_place
)
_FINANCE = Linked(list="finance-list.html", article="finance.html", place=monthly("htm"))
_MFA = Linked(list="trs-list.html", article="trs.html", place=monthly("shtml"))
# The page declares gb2312, as such pages do, but holds characters that only GB18030 has.
_TAO = Linked(
    list="trs-list.html",
    article="trs.html",
    place=monthly("htm"),
    content_type="text/html",
    charset="gb2312",
    encoding="gb18030",
)


def _feed(link: str) -> Linked:
    rss = "application/rss+xml; charset=utf-8"
    return Linked(list="feed.xml", article="feed-article.html", place=fed(link), content_type=rss)


#: watcher → format, family of its quiet rows, days between two of them
COLUMNS: dict[str, tuple[Format, str, int]] = {
    "mofcom-policy": (Mofcom(), "mofcom", 2),
    "mofcom-press": (Mofcom(), "press", 1),
    "aqygzj": (Mofcom(), "mofcom", 9),
    "mofcom-english": (Mofcom(), "english", 11),
    "miit-notices": (Miit(), "miit", 3),
    "miit-policies": (Miit("unit-miit-policies.html"), "miit", 3),
    "miit-search": (MiitSearch(), "miit", 3),
    "exportcontrol-rules": (ExportControl(), "mofcom", 13),
    "exportcontrol-faq": (ExportControl(), "faq", 9),
    "exportcontrol-lists": (ExportControl(), "lists", 60),
    "govcn-policy": (GovCn(), "govcn", 1),
    "mofcom-announcements": (YearPages(), "mofcom", 5),
    "mofcom-spokesperson": (_PRESS, "spokesperson", 6),
    "mofcom-english-press": (_PRESS_EN, "english-press", 7),
    "gacc-announcements": (_CUSTOMS, "gacc", 4),
    "gacc-english": (_CUSTOMS_EN, "gacc-english", 8),
    "tariff-commission": (_FINANCE, "tariff", 17),
    "mfa-countersanctions": (_MFA, "mfa", 30),
    "tao-measures": (_TAO, "tao", 20),
    "china-briefing": (_feed("https://www.china-briefing.com/news/{key}/"), "briefing", 3),
    "google-news-mofcom": (_feed("https://news.google.com/rss/articles/{key}?oc=5"), "news-mofcom", 2),
    "google-news-miit": (_feed("https://news.google.com/rss/articles/{key}?oc=5"), "news-miit", 2),
}
#: The bot challenge of Customs.
CHALLENGE = (
    b'<html><head><meta id="q1Ws" content="zz" r=\'m\'><script type="text/javascript" r=\'m\'>'
    b"$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=10001;</script></head><body></body></html>"
)


class Regulators:
    """The sites of the regulators. The story publishes notices and changes them; no clock is read."""

    def __init__(self, sites: Sites, watchers: Iterable[Watcher], *, today: date) -> None:
        """Open every supported column with its quiet rows and its known notices."""
        self._sites = sites
        self._services: dict[str, dict[str, Served]] = {}  #: URL → column → its response
        self._challenging: set[str] = set()
        self.samples = samples(today)
        self.columns = {
            watcher.id: Column(watcher=watcher, today=today) for watcher in watchers if watcher.id in COLUMNS
        }
        for column in self.columns.values():
            self._open(column)

    def publish(self, watcher_id: str, sample_id: str) -> Posting:
        """Publish a document at the top of a column and return it with its URL."""
        column = self.columns[watcher_id]
        posting = self._post(column, self.samples[sample_id])
        column.postings.insert(0, posting)
        self._show(column)
        return posting

    def amend(self, watcher_id: str, sample_id: str) -> Posting:
        """Change the text of a document at its URL, silently, as issuers do."""
        column = self.columns[watcher_id]
        place, posting = next(
            (place, posted) for place, posted in enumerate(column.postings) if posted.sample.id == sample_id
        )
        column.postings[place] = replace(posting, sample=posting.sample.amended())
        self._show(column)
        return column.postings[place]

    def challenge(self, watcher_id: str) -> None:
        """Let a site answer with a bot challenge from now on."""
        self._challenging.add(self._host(watcher_id))

    def redesign(self, watcher_id: str) -> None:
        """Give a column another markup than declared."""
        self.columns[watcher_id].redesigned = True
        self._show(self.columns[watcher_id])

    def renumber(self, watcher_id: str) -> None:
        """Give a column of jpaas other ids, as every rebuild of the site does."""
        self.columns[watcher_id].renumbered = True
        self._show(self.columns[watcher_id])

    def restore(self, watcher_id: str) -> None:
        """End a challenge or a redesign."""
        self._challenging.discard(self._host(watcher_id))
        self.columns[watcher_id].redesigned = False
        self._show(self.columns[watcher_id])

    def saved(self, watcher_id: str, sample_id: str) -> tuple[str, bytes]:
        """Return URL and page of a notice as a browser receives them."""
        column = self.columns[watcher_id]
        posting = self._post(column, self.samples[sample_id])
        return posting.url, COLUMNS[watcher_id][0].notice(column, posting).body

    # ------------------------------------------------------------------ pages

    def _open(self, column: Column) -> None:
        _, family, every = COLUMNS[column.watcher.id]
        known = [sample for sample in self.samples.values() if column.watcher.id in sample.shelf]
        known.sort(key=lambda sample: sample.published, reverse=True)
        quiet = filler(family, column.today, every=every)
        quiet = quiet[: column.watcher.index.pages.size - 1 - len(known)] if known else quiet
        column.postings = [self._post(column, sample) for sample in (*quiet, *known)]
        self._show(column)

    def _post(self, column: Column, sample: Sample) -> Posting:
        return Posting(url=COLUMNS[column.watcher.id][0].address(column, sample), sample=sample)

    def _show(self, column: Column) -> None:
        how = COLUMNS[column.watcher.id][0]
        for served in how.index(column):
            self._serve(served, column.watcher.id)
        for posting in column.postings:
            self._put(posting.url, how.notice(column, posting))
            if posting.sample.annex is not None:
                file = Answer(body=pdf(posting.sample.annex.lines), content_type="application/pdf", etag=True)
                self._put(urljoin(posting.url, posting.annex_path), file)

    def _serve(self, served: Served, watcher_id: str) -> None:
        if served.chosen_by is None:
            self._put(served.url, served.reply)
            return
        columns = self._services.setdefault(served.url, {})
        columns[watcher_id] = served
        self._put(served.url, lambda asked: _chosen(asked, columns.values()))

    def _put(self, url: str, reply: Reply) -> None:
        """Serve a page over either scheme, unless its host is challenging."""
        host = urlsplit(url).netloc

        def guarded(asked: Asked) -> Answer:
            if host in self._challenging:
                return Answer(status=412, body=CHALLENGE)
            return reply if isinstance(reply, Answer) else reply(asked)

        self._sites.put(url, guarded)

    def _host(self, watcher_id: str) -> str:
        return urlsplit(self.columns[watcher_id].watcher.index.url).netloc


def _chosen(asked: Asked, columns: Iterable[Served]) -> Answer:
    """Return the response that a field of the query or the form selects."""
    fields = {**parse_qs(asked.query), **parse_qs(asked.body.decode())}
    for served in columns:
        name, value = served.chosen_by or ("", "")
        if fields.get(name) == [value]:
            return served.reply if isinstance(served.reply, Answer) else served.reply(asked)
    refusal = '{"success":false,"code":"500","message":"页面不存在","data":null}'
    return Answer(body=refusal.encode(), content_type="application/json;charset=UTF-8")
