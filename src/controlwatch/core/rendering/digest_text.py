"""The first line of a digest: its gravest alerts by kind and number, and how many others there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from controlwatch.core.extraction.report.measures import choose_measure
from controlwatch.core.model import Alert
from controlwatch.core.model.alert import ENDS, SUSPENSION_ENDS, TAKES_EFFECT
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.wording import WORDS

#: Word → what the first line calls one and several of them, the gravest first: bans, controls and listings,
#: suspensions, easings, other changes, dates, reports and explanations; the health of the sources comes last.
NOUNS: dict[str, tuple[str, str]] = {
    "export-ban": ("export ban", "export bans"),
    "new-control": ("new control", "new controls"),
    "stricter-control": ("stricter control", "stricter controls"),
    "import-ban": ("import ban", "import bans"),
    "entities-listed": ("listing", "listings"),
    "control-resumed": ("control applies again", "controls apply again"),
    "listing-resumed": ("listing applies again", "listings apply again"),
    "licence-required": ("licence requirement", "licence requirements"),
    "tariff-raised": ("tariff increase", "tariff increases"),
    "export-duty-raised": ("export duty increase", "export duty increases"),
    "trade-remedy": ("trade remedy", "trade remedies"),
    "procurement-restricted": ("procurement restriction", "procurement restrictions"),
    "licensing-tightened": ("licensing tightened", "licensing procedures tightened"),
    "tariff-resumed": ("tariff applies again", "tariffs apply again"),
    "port-fee-charged": ("port fee", "port fees"),
    "port-fee-resumed": ("port fee applies again", "port fees apply again"),
    "rebate-cut": ("export rebate cut", "export rebate cuts"),
    "unread": ("notice not read yet", "notices not read yet"),
    SUSPENSION_ENDS: ("suspension ends", "suspensions end"),
    "suspension-extended": ("suspension extended", "suspensions extended"),
    "control-suspended": ("control suspended", "controls suspended"),
    "listing-suspended": ("listing suspended", "listings suspended"),
    "tariff-suspended": ("tariff suspended", "tariffs suspended"),
    "port-fee-suspended": ("port fee suspended", "port fees suspended"),
    "port-fee-eased": ("port fee eased", "port fees eased"),
    "control-eased": ("control eased", "controls eased"),
    "control-ended": ("control ended", "controls ended"),
    "licensing-eased": ("licensing eased", "licensing procedures eased"),
    "entities-removed": ("removal from a list", "removals from lists"),
    "imports-resumed": ("import ban lifted", "import bans lifted"),
    "tariff-cut": ("tariff cut", "tariff cuts"),
    "rebate-raised": ("export rebate raised", "export rebates raised"),
    "export-duty-cut": ("export duty cut", "export duty cuts"),
    "trade-remedy-eased": ("trade remedy eased", "trade remedies eased"),
    "procurement-eased": ("procurement restriction eased", "procurement restrictions eased"),
    "rules-suspended": ("rules suspended", "sets of rules suspended"),
    "rules-eased": ("rules eased", "sets of rules eased"),
    "licensing-changed": ("licensing change", "licensing changes"),
    "tariff-changed": ("tariff change", "tariff changes"),
    "rebate-changed": ("export rebate change", "export rebate changes"),
    "export-duty-changed": ("export duty change", "export duty changes"),
    "trade-remedy-changed": ("trade remedy case", "trade remedy cases"),
    "rules-changed": ("rule change", "rule changes"),
    "correction": ("correction", "corrections"),
    TAKES_EFFECT: ("measure takes effect", "measures take effect"),
    ENDS: ("measure ends", "measures end"),
    "deadline": ("deadline", "deadlines"),
    "moved-day": ("date moved", "dates moved"),
    "gone-day": ("date cancelled", "dates cancelled"),
    "review": ("document needs review", "documents need review"),
    "judged-change": ("document judged a change", "documents judged a change"),
    "judged-no-change": ("document judged no change", "documents judged no change"),
    "outlook": ("daily briefing", "daily briefings"),
    "report": ("press report", "press reports"),
    "draft": ("draft for comment", "drafts for comment"),
    "explanation": ("explanation", "explanations"),
    "lead": ("item to check", "items to check"),
    "health-down": ("monitoring problem", "monitoring problems"),
    "health-up": ("monitoring restored", "sources monitored again"),
    "confirmation": ("request to confirm", "requests to confirm"),
}
#: Words whose Chinese name is another one in a first line than in a card.
CHINESE_NOUNS = {"deadline": "期限到期", "health-down": "监测异常", "lead": "待核查事项"}
GRAVITY = {word: place for place, word in enumerate(NOUNS)}
#: Kinds of alert about a notice that are called by their measure.
MEASURED_KINDS = frozenset({"new", "amended"})
#: Kinds that are named before the number of the others.
MAX_NAMED_KINDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestEntry:
    """An alert of a digest: its place among the others, and what the first line calls it."""

    card: Card
    alert: Alert
    word: str  #: a key of NOUNS
    day: date | None = None  #: of reminders

    @property
    def gravity(self) -> tuple[bool, int, date]:
        """Sorts the gravest first: what applies now, then by kind, then by day."""
        return self.card.weight != "urgent", GRAVITY[self.word], self.day or date.max


def classify_alert(alert: Alert, card: Card, context: CardContext) -> DigestEntry:
    """Return an alert with what it is called in a first line."""
    word, day, occasion = str(alert.original_kind), None, alert.occasion
    if occasion is not None:
        word, day = occasion.event.event, occasion.event.date
        if occasion.gone or occasion.was is not None:
            word = "gone-day" if occasion.gone else "moved-day"
        elif word not in NOUNS:
            word = "deadline"
    elif alert.unread == "page":
        word = "unread"
    elif alert.notice is not None and word in MEASURED_KINDS:
        word = choose_measure(alert.notice, context.lexicon)
    return DigestEntry(card=card, alert=alert, word=word if word in NOUNS else "rules-changed", day=day)


def build_digest_subject(entries: Sequence[DigestEntry], context: CardContext) -> str:
    """Return the first line of a digest: "2 new controls, 1 suspension ends on 31 Dec; 5 more".

    `entries` are sorted by gravity.
    """
    counted: dict[str, list[DigestEntry]] = {}
    for entry in entries:
        counted.setdefault(entry.word, []).append(entry)
    named = list(counted.items())[:MAX_NAMED_KINDS]
    hidden = len(entries) - sum(len(found) for _, found in named)
    english = ", ".join(count_in_english(word, found) for word, found in named)
    chinese = "，".join(count_in_chinese(word, found) for word, found in named)
    return context.pick_language(
        english + (f"; {hidden} more" if hidden else ""), chinese + (f"；另有{hidden}项" if hidden else "")
    )


def count_in_english(word: str, found: Sequence[DigestEntry]) -> str:
    """Return the alerts of one kind by their number: "1 suspension ends on 31 Dec"."""
    one, several = NOUNS[word]
    days = sorted({entry.day for entry in found if entry.day is not None})
    text = f"1 {one}" if len(found) == 1 else f"{len(found)} {several}"
    if not days:
        return text
    first = f"{days[0].day} {days[0]:%b}"
    return f"{text} on {first}" if len(days) == 1 else f"{text}, the first on {first}"


def count_in_chinese(word: str, found: Sequence[DigestEntry]) -> str:
    """Return the same in Chinese: "暂停期满1项（12月31日）"."""
    days = sorted({entry.day for entry in found if entry.day is not None})
    text = f"{CHINESE_NOUNS.get(word) or WORDS[word][1]}{len(found)}项"
    if not days:
        return text
    first = f"{days[0].month}月{days[0].day}日"
    return f"{text}（{first}）" if len(days) == 1 else f"{text}（最早{first}）"
