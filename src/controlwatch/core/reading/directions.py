"""Where a notice moves the control: the words of each sentence, then one direction for the whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controlwatch.core.model import Direction, Kind, Part
from controlwatch.core.reading.kinds import INSTRUMENTS
from controlwatch.core.reading.masks import acts_only
from controlwatch.core.reading.phrases import says

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.reading.lexicon import Lexicon
    from controlwatch.core.reading.text import Span, Text

TIGHTEN = re.compile(
    r"(?:实施|实行|采取|施行)[^，。；\n]{0,14}(?:出口管制|临时管制|出口许可证管理|许可证管理|管制措施|反制措施|处理措施|不可靠实体清单措施)"
    r"|(?:列入|纳入|增列|新增)[^。；\n]{0,40}?(?:名单|清单|目录|管制|管理|限制出口|禁止出口)"
    r"|未经许可[^。；\n]{0,6}不得出口|禁止[^。；\n]{0,60}?(?:出口|转移|提供|从事|投资|交易|采购)|不予许可|不予批准|不得(?:申请通用许可|出口)"
    r"|(?:加强|强化)[^，。；\n]{0,30}(?:出口管制|限制)|更严格的最终用户|必须获得[^。；\n]{0,30}许可"
    r"|加征[^。；\n]{0,12}关税(?!措施|税率|的公告)|出口[^。；\n]{0,40}应当[^。；\n]{0,40}申请[^。；\n]{0,8}许可|由[\d.]+%(?:提高|上调)|暂停[^。；\n，]{0,30}(?:进口|资质|输华)|暂停出口|新增[^。；\n]{0,20}(?:限制|禁止)"
    r"|\b(?:impos|implement|introduc|extend|tighten|strengthen|expand|widen|broaden)\w*\b"
    r"[^.;\n]{0,60}?\b(?:export )?"
    r"(?:controls?|curbs?|restrictions?|licen[cs](?:es?|ing))\b"
    r"|\b(?:put|plac|bring)(?:s|es|ed|ing)?\b[^.;\n]{0,80}?"
    r"\bunder (?:an? |its )?(?:new |temporary )?(?:export )?(?:controls?|licen[cs]\w+)\b"
    r"|\bexport (?:curbs?|restrictions?) on\b|\b(?:curb|restrict|limit)s?\b[^.;\n]{0,40}\bexports?\b"
    r"|\b(?:require|need)s?\b[^.;\n]{0,40}\bexport licen[cs]es?\b"
    r"|\b(?:add|list|plac)(?:s|ed|ing)\b[^.;\n]{0,90}\b(?:control list|entity list|entities list"
    r"|list\b|export control)"
    r"|\bprohibit(?:s|ed|ing|ion)?\b|\b(?:ban|bans|banned)\b|\bneeds? approval\b|\b(?:recent"
    r"|new) export controls\b|\bexport controls? on\b",
    re.IGNORECASE,
)  # 决定对下列物项实施出口管制 · 列入出口管制管控名单 · 未经许可，不得出口
SUSPEND = re.compile(
    r"暂停(?:实施|执行|适用|加征|采取|征收|施行)|暂停[^。；，\n]{0,30}(?:税率|关税)|暂停[^。；\n，]{0,60}(?:公告|措施|管制|规定)|(?:公告|措施|规定|条|款|关税|港务费)[^。；\n，]{0,60}暂停(?!进口|出口|接受)"
    r"|\bsuspend(?:s|ed|ing)?\b|\bsuspension of\b|\bpaus(?:es|ed|ing)\b",
    re.IGNORECASE,
)  # …公告2025年第61号、62号暂停实施
RESUME = re.compile(
    r"恢复(?:实施|执行|适用|加征|施行)|终止暂停|不再暂停|\bresum(?:e|es|ed|ing)\b|\breinstat(?:es|ed|ing)\b",
    re.IGNORECASE,
)  # 恢复实施
RELAX = re.compile(
    r"免[于予]办理|免[于予](?:申请|提交)|无需(?:再)?(?:办理|申请|申领)|不再(?:属于|实施|实行|纳入|列入|受|实行|需要)"
    r"|取消[^。；\n]{0,40}?(?:管制|限制|许可|措施|禁止|反制)|移出[^。；\n]{0,20}(?:名单|清单)|解除[^。；\n]{0,30}(?:措施|管制|限制|禁令)"
    r"|停止(?:实施|执行|采取|适用)?[^。；\n]{0,60}(?:措施|管制|公告)|(?:优化|简化|放宽)[^，。；\n]{0,40}(?:监管|管理|管制|服务管理)?措施"
    r"|\bno longer\b|\b(?:do|does) not require\b|\bexempt(?:s|ed|ing|ion)? from\b|\blift(?:s|ed"
    r"|ing)\b|\bdiscontinu\w+|\bremov(?:es|ed|ing)\b[^.;\n]{0,40}\blist\b"
    r"|\b(?:optimi[sz]|relax|eas)(?:e|es|ed|ing)\b[^.;\n]{0,60}\b(?:measures|controls?|supervision)\b",
    re.IGNORECASE,
)  # 免于办理进口许可 · 不再属于 · 取消临时出口管制
MAY = re.compile(
    r"可(?:以)?(?:申请)?(?:将其)?移出|可能|如需|特殊情况下|应当(?:作出|予以)|或者取消"
)  # 可申请移出关注名单: a right, not an act
CLAUSE = re.compile(r"^\s*(第?[一二三四五六七八九十]+[、条]|[（(][一二三四五六七八九十]+[)）])")  # 二、…
ORDER = (Direction.TIGHTEN, Direction.SUSPEND, Direction.RESUME, Direction.RELAX)
CHECKS = (
    (SUSPEND, Direction.SUSPEND),
    (RESUME, Direction.RESUME),
    (RELAX, Direction.RELAX),
    (TIGHTEN, Direction.TIGHTEN),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A sentence that moves the control, and where."""

    direction: Direction
    span: Span


def signals(text: Text, lexicon: Lexicon) -> tuple[Signal, ...]:
    """Return the sentences that move a control. A sentence that suspends a prohibition suspends."""
    return tuple(_signals(text, lexicon))


def _signals(text: Text, lexicon: Lexicon) -> Iterator[Signal]:
    words = acts_only(text.folded)
    for span in text.sentences:
        sentence = words[span.start : span.end]
        direction = next(
            (
                found
                for pattern, found in CHECKS
                if (hit := pattern.search(sentence)) and not _only_may(sentence, hit)
            ),
            None,
        )
        if direction is not None and not _abroad(sentence, lexicon):
            yield Signal(direction=direction, span=span)


def _abroad(sentence: str, lexicon: Lexicon) -> bool:
    return says(lexicon, "foreign_act", sentence) and not says(lexicon, "chinese_act", sentence)


def _only_may(sentence: str, hit: re.Match[str]) -> bool:
    return MAY.search(sentence[max(0, hit.start() - 12) : hit.end()]) is not None


def direction_of(kind: Kind, found: tuple[Signal, ...], *, operative: bool, framework: bool) -> Direction:
    """Return one direction: of an instrument its strictest part, of a report its opening."""
    if kind == Kind.DRAFT:
        return Direction.NEUTRAL
    if framework and kind in {Kind.LAW, Kind.REGULATION}:
        return Direction.TIGHTEN
    if framework and not found and kind == Kind.NEWS:
        return Direction.TIGHTEN
    if operative:
        # What was listed before is background to an answer that stops or suspends it.
        found = tuple(signal for signal in found if signal.direction != Direction.TIGHTEN)
    if kind in INSTRUMENTS or operative:
        present = {signal.direction for signal in found}
        return next((direction for direction in ORDER if direction in present), Direction.NEUTRAL)
    if kind in {Kind.FAQ, Kind.GUIDANCE} or (kind == Kind.SPOKESPERSON and not operative):
        return Direction.CLARIFY
    return found[0].direction if found else Direction.NEUTRAL


def parts_of(text: Text, found: tuple[Signal, ...], overall: Direction) -> tuple[Part, ...]:
    """Return the numbered parts whose direction differs from the whole."""
    parts: dict[str, Part] = {}
    for signal in found:
        clause = CLAUSE.match(text.at(signal.span))
        if clause and signal.direction not in {overall, Direction.NEUTRAL}:
            scope = clause[1].strip("、")
            parts.setdefault(scope, Part(scope=scope, direction=signal.direction))
    return tuple(parts.values())
