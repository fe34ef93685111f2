"""How the subscriptions of a file differ from those that are active, and what an import changes.

A file holds criteria, targets and times. What an installation knows of a subscription beside these stays as
it is: its number, who made it, whether it is paused, and what is muted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, fields, replace

from controlwatch.core.alerting.subscription_criteria import CRITERIA
from controlwatch.core.model import Subscription

#: What a file says of a subscription.
FILE_FIELDS = tuple(
    item.name
    for item in fields(Subscription)
    if item.name not in {"id", "owner", "confirmed", "paused", "muted"}
)
#: A new subscription, and the active one that it is.
Pair = tuple[Subscription, Subscription]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import changes; nothing where the file was imported before."""

    added: tuple[Subscription, ...] = ()
    changed: tuple[Pair, ...] = ()  #: each as it will be, and as it is
    ended: tuple[Subscription, ...] = ()
    unchanged: tuple[Subscription, ...] = ()
    kept: tuple[Subscription, ...] = ()  #: active ones that the file does not have

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return not (self.added or self.changed or self.ended)


def plan_import(
    wanted: Iterable[Subscription], active: Iterable[Subscription], *, end_others: bool = False
) -> ImportPlan:
    """Compare the subscriptions of a file with the active ones; those not confirmed yet are not looked at.

    The same target with the same criteria is the same subscription; and so is what is left over for a target,
    where that is one on each side. With `end_others`, active ones that the file does not have are ended.
    """
    new, old = list(wanted), [item for item in active if item.confirmed]
    unchanged = _take_pairs(new, old, get_settings)
    changed = _take_pairs(new, old, lambda item: (_get_address(item), _get_criteria(item)))
    new_counts, old_counts = Counter(map(_get_address, new)), Counter(map(_get_address, old))
    changed += _take_pairs(
        new, old, _get_address, is_meant=lambda address: new_counts[address] == old_counts[address] == 1
    )
    return ImportPlan(
        added=tuple(new),
        changed=tuple((_apply_settings(before, after), before) for after, before in changed),
        ended=tuple(old) if end_others else (),
        unchanged=tuple(before for _, before in unchanged),
        kept=() if end_others else tuple(old),
    )


def list_changed_fields(after: Subscription, before: Subscription) -> Iterator[str]:
    """Yield the names of the settings that differ."""
    for name in FILE_FIELDS:
        if getattr(before, name) != getattr(after, name):
            yield name


def get_settings(item: Subscription) -> Hashable:
    """Return everything that a file says of a subscription; the order of values does not matter."""
    criteria = _get_criteria(item)
    others = (name for name in FILE_FIELDS if name not in {criterion.field for criterion in CRITERIA})
    return (criteria, *(getattr(item, name) for name in others))


def _get_address(item: Subscription) -> Hashable:
    return item.channel, item.target


def _get_criteria(item: Subscription) -> Hashable:
    return tuple(frozenset(criterion.get_values(item)) for criterion in CRITERIA)


def _take_pairs(
    new: list[Subscription],
    old: list[Subscription],
    identify: Callable[[Subscription], Hashable],
    *,
    is_meant: Callable[[Hashable], bool] = lambda _name: True,
) -> list[Pair]:
    """Remove from both lists what belongs together, and return it."""
    by_name: defaultdict[Hashable, list[Subscription]] = defaultdict(list)
    for item in old:
        by_name[identify(item)].append(item)
    pairs = []
    for item in list(new):
        name = identify(item)
        if by_name[name] and is_meant(name):
            pairs.append((item, by_name[name].pop(0)))
    taken_new, taken_old = {id(after) for after, _ in pairs}, {id(before) for _, before in pairs}
    new[:] = [item for item in new if id(item) not in taken_new]
    old[:] = [item for item in old if id(item) not in taken_old]
    return pairs


def _apply_settings(before: Subscription, after: Subscription) -> Subscription:
    return replace(before, **{name: getattr(after, name) for name in FILE_FIELDS})
