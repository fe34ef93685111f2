"""Tell the rows of a list apart: several notices behind one link, a notice listed twice, a changed row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from controlwatch.core.model import NoticeRef
from controlwatch.core.model.addresses import canonicalize_url, find_item_address, is_item_address

#: What a title carries when the text was revised, or its rule has ended.
REVISION_MARK = re.compile(
    "修订|修正|更正|勘误|重新公布|废止|失效|撤销|暂停|corrected|revised|repealed", re.IGNORECASE
)
#: More changed rows than this, and than half of the list, are a new layout of the list.
MAX_CHANGED_ROWS = 3

_CUT = ("...", "…", "．．．")
_NOT_WORDS = re.compile(r"[\W_]+")
#: Marks beside a title that say nothing of the notice: NEW, 置顶
_LIST_MARKS = re.compile(r"^(?:new|hot|top|最新|置顶|推荐)+|(?:new|hot)$")
#: The title of an instrument, 关于…的公告; the words of another link to it are shorter, 查看全文.
_NOTICE_TITLE = re.compile(
    r"关于.{4,}(?:公告|通知|决定|办法|规定|意见|公示)|^.{4,}(?:announcement|notice|order|decision|measures)\b.{8,}",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"第\s*(\d{1,4})\s*号")
#: Shorter link texts name no notice: 更多, 查看详情, 1.pdf
_MIN_TITLE = 5
#: A title that is a beginning of the other of this length was cut by the list.
_MIN_CUT = 12


@dataclass(frozen=True, slots=True)
class RowChanges:
    """Rows of known addresses whose title or day is another one than when they were last seen."""

    refs: tuple[NoticeRef, ...] = ()  #: as listed now
    is_layout: bool = (
        False  #: most rows changed at once: the list has a new layout, and the notices are the same
    )


def separate_items(refs: Iterable[NoticeRef]) -> tuple[NoticeRef, ...]:
    """Return one reference per notice, in the order of the list.

    A list may link a notice again as 更多>>, or cut its title: the longest title wins. Several notices behind
    one link get an address each.
    """
    by_link: dict[str, list[NoticeRef]] = {}
    for ref in refs:
        notices = by_link.setdefault(ref.url, [])
        for place, other in enumerate(notices):
            if not _are_distinct(ref, other):
                if len(ref.title) > len(other.title):
                    notices[place] = replace(ref, item=ref.item or other.item)
                break
        else:
            notices.append(ref)
    return tuple(ref for notices in by_link.values() for ref in _give_addresses(notices))


def _give_addresses(notices: list[NoticeRef]) -> Iterator[NoticeRef]:
    """Yield the notices behind one link with addresses of their own.

    A source may give two notices one identifier: then their titles and days tell them apart.
    """
    if len(notices) == 1:
        yield from notices
        return
    by_item = Counter(_list_own_addresses(ref)[0] for ref in notices)
    for ref in notices:
        own = _list_own_addresses(ref)
        yield replace(ref, url=own[0] if by_item[own[0]] == 1 else own[-1])


def list_candidate_addresses(refs: Iterable[NoticeRef]) -> set[str]:
    """Return the canonical addresses under which some listed rows may be known."""
    return {canonicalize_url(url) for ref in refs for url in (ref.url, *_list_other_addresses(ref))}


def choose_known_addresses(
    refs: Iterable[NoticeRef], known: Mapping[str, NoticeRef]
) -> tuple[NoticeRef, ...]:
    """Return the references with the addresses under which they are known; `known` is by canonical address.

    Whether a notice shares its link depends on what else the list shows at the time.
    """
    return tuple(_choose_known_address(ref, known) for ref in refs)


def _choose_known_address(ref: NoticeRef, known: Mapping[str, NoticeRef]) -> NoticeRef:
    for url in (ref.url, *_list_other_addresses(ref)):
        before = known.get(canonicalize_url(url))
        if before is not None and is_same_title(before.title, ref.title):
            return replace(ref, url=url)
    return ref


def _list_other_addresses(ref: NoticeRef) -> tuple[str, ...]:
    """Return the other addresses under which a row may be known: the link alone, and its own ones."""
    shared = ref.url.partition("#")[0] if is_item_address(ref.url) else ref.url
    return tuple(url for url in (shared, *_list_own_addresses(ref)) if url != ref.url)


def find_row_changes(listed: Mapping[str, NoticeRef], known: Mapping[str, NoticeRef]) -> RowChanges:
    """Return the rows whose title or day differs from what is known; both are by canonical address."""
    pairs = [(ref, known[address]) for address, ref in listed.items() if address in known]
    changed = [ref for ref, before in pairs if _has_changed(ref, before)]
    is_layout = len(changed) > max(MAX_CHANGED_ROWS, len(pairs) // 2) and not any(
        set(REVISION_MARK.findall(ref.title)) - set(REVISION_MARK.findall(before.title))
        for ref, before in pairs
    )
    return RowChanges(tuple(changed), is_layout)


def is_same_title(one: str, other: str) -> bool:
    """Return whether two titles of a row say the same; marks of the list and a cut end count for nothing."""
    here, there = _fold(one), _fold(other)
    shorter, longer = sorted((here, there), key=len)
    is_cut = one.endswith(_CUT) or other.endswith(_CUT)
    return here == there or (is_cut and bool(shorter) and longer.startswith(shorter))


def _has_changed(ref: NoticeRef, before: NoticeRef) -> bool:
    has_other_day = None not in (ref.listed_on, before.listed_on) and ref.listed_on != before.listed_on
    if has_other_day or is_same_title(ref.title, before.title):
        return has_other_day
    # A list may cut its titles without a mark, or put badges beside them: 热点, HOT.
    shorter, longer = sorted((_fold(ref.title), _fold(before.title)), key=len)
    is_part = len(shorter) >= _MIN_CUT and shorter in longer
    return not is_part or REVISION_MARK.search(longer.replace(shorter, "", 1)) is not None


def _are_distinct(one: NoticeRef, other: NoticeRef) -> bool:
    """Return whether two rows with one link are two notices."""
    days = {one.listed_on, other.listed_on} - {None}
    here, there = _fold(one.title), _fold(other.title)
    if here == there:
        return len(days) == 2
    if one.item and other.item and one.item != other.item:
        return True
    if min(len(here), len(there)) < _MIN_TITLE or here in there or there in here:
        return False
    if one.title.endswith(_CUT) or other.title.endswith(_CUT):
        return not is_same_title(one.title, other.title)
    numbers = [set(_NUMBER.findall(ref.title)) for ref in (one, other)]
    has_both_days = one.listed_on is not None and other.listed_on is not None
    if has_both_days or (numbers[0] and numbers[1] and not numbers[0] & numbers[1]):
        return True
    return all(_NOTICE_TITLE.search(ref.title) for ref in (one, other))


def _list_own_addresses(ref: NoticeRef) -> tuple[str, ...]:
    """Return the addresses that a notice can have beside others with its link: by identifier or title."""
    link = ref.url.partition("#")[0]
    by_title = f"{ref.title}\n{ref.listed_on}"
    return tuple(find_item_address(link, name) for name in (ref.item, by_title) if name)


def _fold(title: str) -> str:
    return _LIST_MARKS.sub("", _NOT_WORDS.sub("", title).lower())
