"""Decide which notice an observation belongs to: a number, an address or equal words are hints, no proof.

A document of a known number with other words is told as new, with the doubt said. A page that shows neither
the words nor the title nor the number of the notice it had is not that notice: nothing follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

from controlwatch.core.alerting.redline import split_tokens, to_comparable
from controlwatch.core.model import Notice
from controlwatch.core.model.errors import Replaced
from controlwatch.core.model.state import KnownNotice, MatchContext, Observation, VersionText

#: An observation whose words are known to less than this part says something else.
MIN_KNOWN_SHARE = 0.5
#: A page that keeps less than this part of its words, its title and its number lost, shows something else.
MIN_KEPT_SHARE = 0.2
REGISTER_DOUBT = "the register of known notices gives the number"
#: Two days of publication further apart are not those of one notice.
MAX_DAYS_APART = timedelta(days=3)
MIN_TITLE_SHARE = 0.6  #: two titles of one notice share at least this part of the shorter one
PASSAGE_LENGTH = 5  #: words (Han characters, numbers, Latin words) in a row that count as the same
#: Fewer words than these, its number left out, cannot contradict anything.
MIN_WORDS = 12
_NUMBER = re.compile(
    r"(?:公告|令|announcement|order|notice)?[^\w]*\d{4}[^\w]*年?[^\w]*第?\d+号?", re.IGNORECASE
)
#: What servers say in place of a text; a longer text is a text.
_SERVER_WORDS = re.compile(
    r"(?:访问|请求|查找|浏览)的(?:页面|网页|内容|文章|资源)"
    r"|(?:页面|网页|文章|内容)(?:不存在|未找到|找不到|加载失败|走丢)"
    r"|系统(?:繁忙|维护|升级|错误|异常)|服务器(?:内部)?(?:错误|繁忙|异常)"
    r"|稍后(?:再试|重试|访问)"
    r"|(?:正在|数据)加载|加载(?:失败|中)"
    r"|\b404\b|\bnot found\b|\bunavailable\b"
    r"|\bunder maintenance\b|\b(?:internal|server) error\b|\btry again later\b",
    re.IGNORECASE,
)
MAX_SERVER_TEXT = 250
_FIRST_NUMBER = re.compile(r"第\s*(\d{1,4})\s*号")
_NOT_WORDS = re.compile(r"[\W_]+")
HEAD_LENGTH = 400  #: characters in which a page without a title of its own shows it


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMatch:
    """Which notice an observation belongs to, and what the observation then says."""

    observation: Observation  #: with the doubts about its identity
    known: KnownNotice | None  #: the notice it belongs to; None: a new one
    displaced: KnownNotice | None = None  #: bore the number before, without being its author's text


def match_notice(
    observation: Observation, context: MatchContext, issuers: Mapping[str, str], *, is_polled: bool = False
) -> NoticeMatch:
    """Return the notice that an observation belongs to.

    `issuers` are the issuer codes of the sources, by id. `is_polled`: the page was fetched from its source
    just now; then `Replaced` is raised where it shows another page than the notice.
    """
    here, bearer, twin = context.here, context.bearer, context.twin
    if twin is not None and not _have_one_title(observation, twin.latest):
        twin = None
    if here is not None and is_polled and not _shows(observation, here):
        if _is_server_text(observation.text) or not _is_substantial(observation.notice):
            raise Replaced(
                f"{observation.url} answers with another page than the notice that was read there: "
                f"{_shorten(observation.document.title)}"
            )
        # The address was given to another notice.
        own_key = f"{observation.address}#{observation.fingerprint[:16]}"
        return NoticeMatch(observation=replace(observation, own_key=own_key), known=twin)
    is_other = _has_other_number(observation) or (bearer is None and not _shows_listed(observation))
    if here is None and is_polled and is_other:
        raise Replaced(
            f"{observation.url} answers with another page than the one listed: "
            f"{_shorten(observation.document.title)}"
        )
    if here is not None and (before := here.version_here or here.latest):
        kept = [doubt for doubt in before.notice.doubts if doubt.startswith(REGISTER_DOUBT)]
        observation = _add_doubts(observation, *kept)
    if bearer is not None and not _is_same_notice(observation, bearer):
        return _match_apart(observation, here, bearer, issuers)
    return NoticeMatch(observation=observation, known=here or bearer or twin)


def _match_apart(
    observation: Observation, here: KnownNotice | None, bearer: KnownNotice, issuers: Mapping[str, str]
) -> NoticeMatch:
    """Return the match of a document that bears the number of a notice with other words.

    The number belongs to the text of the authority that it names; where another source used it first, that
    authority's text takes it.
    """
    number = observation.notice.number
    if number is None:
        raise ValueError("only a document with a number bears one")
    is_author = issuers.get(observation.watcher) in number.issuers
    is_by_author = issuers.get(bearer.watcher) in number.issuers
    title = _shorten(bearer.latest.title)
    if bearer.latest.is_from_register:
        # The text proves more than the register does; but it may be news.
        doubt = f"{REGISTER_DOUBT} {number.canonical} to {title} of {bearer.latest.notice.published}"
        told = replace(observation, bears=number.canonical)
        return NoticeMatch(observation=_add_doubts(told, doubt), known=here or bearer)
    if is_author and not is_by_author and here is None:
        doubt = f"another source gave the number {number.canonical} to other words: {title}"
        return NoticeMatch(observation=_add_doubts(observation, doubt), known=None, displaced=bearer)
    doubt = f"it bears the number of {number.canonical}, with other words than {title}"
    notice = replace(observation.notice, number=None)
    apart = replace(
        observation, notice=notice, own_key=f"{observation.address}#{number.key}", bears=number.canonical
    )
    return NoticeMatch(observation=_add_doubts(apart, doubt), known=here)


def _add_doubts(observation: Observation, *doubts: str) -> Observation:
    notice = observation.notice
    return replace(observation, notice=replace(notice, doubts=(*notice.doubts, *doubts)))


def _is_substantial(notice: Notice) -> bool:
    """Return whether a text is a document of an authority in its own right, not the words of a web server."""
    return notice.number is not None or notice.is_change


def _is_same_notice(observation: Observation, known: KnownNotice) -> bool:
    """Return whether a document at another address of the same number is the notice that is known."""
    latest, notice = known.latest, observation.notice
    if latest.is_from_register or latest.fallback or observation.fallback:
        # Words are not known of both, only titles and days; the register has titles in its own words.
        days = [day for day in (notice.published, latest.notice.published) if day is not None]
        may_be = latest.is_from_register if len(days) < 2 else abs(days[0] - days[1]) <= MAX_DAYS_APART
        title = _get_title(observation)
        return may_be or _say_little(title, latest.title) or _share_titles(title, latest.title)
    if _name_other_items(notice, latest.notice):
        return False
    if notice.language[:2] != latest.notice.language[:2]:
        return True  # a translation shares no words
    titles = _get_title(observation), latest.title
    if observation.watcher == known.watcher and not (_say_little(*titles) or _share_titles(*titles)):
        return False  # one source gives a number to two titles
    words = _list_words(f"{titles[0]}\n{observation.text}")
    if len(words) < MIN_WORDS:
        return True
    bodies = [words, _list_words(observation.document.text)]
    return any(
        compute_known_share(body, _list_words(f"{version.title}\n{version.text}")) >= MIN_KNOWN_SHARE
        for version in (latest, *known.earlier)
        for body in bodies
        if len(body) >= MIN_WORDS
    )


def _name_other_items(one: Notice, other: Notice) -> bool:
    """Return whether two texts name items, HS or control codes of which not one is in both."""
    return any(
        here and there and here.isdisjoint(there)
        for here, there in zip(_list_items(one), _list_items(other), strict=True)
    )


def _list_items(notice: Notice) -> tuple[set[str], ...]:
    return (
        {found.id for found in notice.categories},
        {found.code for found in notice.hs_codes},
        {found.code for found in notice.control_codes},
    )


def _shows(observation: Observation, known: KnownNotice) -> bool:
    """Return whether a page still shows the notice that was read at its address."""
    before = known.version_here or known.latest
    if _is_server_text(observation.text):
        return False
    number = observation.notice.number
    if number is not None and before.notice.number is not None and number.key == before.notice.number.key:
        return True
    if observation.fallback or _share_titles(observation.notice.title, before.title):
        return True
    if before.is_from_register or before.fallback:
        return _shows_listed(observation)
    now, then = _list_words(observation.text), _list_words(before.text)
    return max(compute_known_share(now, then), compute_known_share(then, now)) >= MIN_KEPT_SHARE


def _is_server_text(text: str) -> bool:
    """Return whether a text is what a server says that cannot show the page."""
    return len(text) <= MAX_SERVER_TEXT and bool(_SERVER_WORDS.search(text))


def _shows_listed(observation: Observation) -> bool:
    """Return whether a page fetched for a list row shows what the row promises, in title or text."""
    if _is_server_text(observation.text):
        return False
    listed = _to_words_only(observation.reference.ref.title)
    if observation.fallback or len(listed) < MIN_WORDS or _is_substantial(observation.notice):
        return True
    shown = _to_words_only(f"{observation.document.title}{observation.text[:HEAD_LENGTH]}")
    return _compute_share(listed, shown) >= MIN_TITLE_SHARE / 2


def _has_other_number(observation: Observation) -> bool:
    """Return whether a page bears another number than the row promises, and names that one nowhere."""
    listed, number = _FIRST_NUMBER.search(observation.reference.ref.title), observation.notice.number
    if listed is None or number is None or number.n is None or int(listed[1]) == number.n:
        return False
    labels = " ".join(value for _, value in observation.document.labels)
    shown = to_comparable(f"{observation.document.title}\n{labels}\n{observation.text}")
    return f"{int(listed[1])}号" not in shown


def _have_one_title(observation: Observation, known: VersionText) -> bool:
    """Return whether the titles of two documents with the same body are one, or one cut short."""
    one, other = (_to_words_only(title) for title in (_get_title(observation), known.title))
    return one in other or other in one


def _say_little(*titles: str) -> bool:
    """Return whether one of the titles says no more than a number, and so contradicts nothing."""
    return any(len(_to_words_only(_NUMBER.sub("", title))) < MIN_WORDS for title in titles)


def _share_titles(one: str, other: str) -> bool:
    """Return whether two titles are of one notice, their numbers left out."""
    here, there = (_to_words_only(_NUMBER.sub("", title)) for title in (one, other))
    if min(len(here), len(there)) < MIN_WORDS / 2:
        return bool(here) and one == other
    return max(_compute_share(here, there), _compute_share(there, here)) >= MIN_TITLE_SHARE


def _to_words_only(text: str) -> str:
    return _NOT_WORDS.sub("", to_comparable(text)).lower()


def _compute_share(part: str, whole: str) -> float:
    """Return the part of the pairs of neighbouring characters of a text that another one has too."""
    pairs, there = set(pairwise(part)), set(pairwise(whole))
    return len(pairs & there) / len(pairs) if pairs else 1.0


def _list_words(text: str) -> list[str]:
    return [token.lower() for token in split_tokens(text) if token.isalnum()]


def compute_known_share(words: list[str], known: list[str]) -> float:
    """Return the part of the passages of a text that another text has too; 1.0 for a text without any."""
    passages, there = _list_passages(words), _list_passages(known)
    return len(passages & there) / len(passages) if passages else 1.0


def _list_passages(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[place : place + PASSAGE_LENGTH]) for place in range(len(words) - PASSAGE_LENGTH + 1)}


def _get_title(observation: Observation) -> str:
    return observation.notice.title or observation.reference.ref.title


def _shorten(title: str) -> str:
    words = " ".join(title.split()).removesuffix("…")
    return f"“{words[:60]}…”" if len(words) > 60 else f"“{words}”"
