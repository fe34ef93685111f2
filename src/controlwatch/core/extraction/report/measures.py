"""The kind of measure that a notice orders, in the words of the field: the first words of every alert."""

from __future__ import annotations

from typing import Literal

from controlwatch.core.extraction.findings.date_corrections import list_moves
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import fold_text
from controlwatch.core.model import Direction, Notice, NoticeKind, Verb

Regime = Literal[
    "listing",
    "tariff",
    "export-duty",
    "trade-remedy",
    "rebate",
    "import",
    "port-fee",
    "procurement",
    "licence",
    "procedure",
    "law",
    "item",
]

#: Regime and direction → word of the vocabulary. What is missing goes by the direction alone.
MEASURES: dict[tuple[Regime, Direction], str] = {
    ("listing", Direction.TIGHTEN): "entities-listed",
    ("listing", Direction.RELAX): "entities-removed",
    ("listing", Direction.SUSPEND): "listing-suspended",
    ("listing", Direction.RESUME): "listing-resumed",
    ("tariff", Direction.TIGHTEN): "tariff-raised",
    ("tariff", Direction.RELAX): "tariff-cut",
    ("tariff", Direction.SUSPEND): "tariff-suspended",
    ("tariff", Direction.RESUME): "tariff-resumed",
    ("tariff", Direction.NEUTRAL): "tariff-changed",
    ("export-duty", Direction.TIGHTEN): "export-duty-raised",
    ("export-duty", Direction.RELAX): "export-duty-cut",
    ("export-duty", Direction.SUSPEND): "export-duty-cut",
    ("export-duty", Direction.RESUME): "export-duty-raised",
    ("export-duty", Direction.NEUTRAL): "export-duty-changed",
    ("trade-remedy", Direction.TIGHTEN): "trade-remedy",
    ("trade-remedy", Direction.RELAX): "trade-remedy-eased",
    ("trade-remedy", Direction.SUSPEND): "trade-remedy-eased",
    ("trade-remedy", Direction.RESUME): "trade-remedy",
    ("trade-remedy", Direction.NEUTRAL): "trade-remedy-changed",
    ("rebate", Direction.TIGHTEN): "rebate-cut",
    ("rebate", Direction.RELAX): "rebate-raised",
    ("rebate", Direction.SUSPEND): "rebate-cut",
    ("rebate", Direction.RESUME): "rebate-raised",
    ("rebate", Direction.NEUTRAL): "rebate-changed",
    ("import", Direction.TIGHTEN): "import-ban",
    ("import", Direction.RELAX): "imports-resumed",
    ("import", Direction.SUSPEND): "imports-resumed",
    ("import", Direction.RESUME): "imports-resumed",
    ("port-fee", Direction.TIGHTEN): "port-fee-charged",
    ("port-fee", Direction.RELAX): "port-fee-eased",
    ("port-fee", Direction.SUSPEND): "port-fee-suspended",
    ("port-fee", Direction.RESUME): "port-fee-resumed",
    ("procurement", Direction.TIGHTEN): "procurement-restricted",
    ("procurement", Direction.RELAX): "procurement-eased",
    ("procurement", Direction.SUSPEND): "procurement-eased",
    ("procurement", Direction.RESUME): "procurement-restricted",
    ("procedure", Direction.TIGHTEN): "licensing-tightened",
    ("procedure", Direction.RELAX): "licensing-eased",
    ("procedure", Direction.SUSPEND): "licensing-changed",
    ("procedure", Direction.RESUME): "licensing-changed",
    ("procedure", Direction.NEUTRAL): "licensing-changed",
    ("licence", Direction.TIGHTEN): "licence-required",
    ("licence", Direction.RELAX): "licensing-eased",
    ("licence", Direction.NEUTRAL): "licensing-changed",
    ("law", Direction.TIGHTEN): "rules-changed",
    ("law", Direction.RELAX): "rules-eased",
    ("law", Direction.SUSPEND): "rules-suspended",
    ("law", Direction.RESUME): "rules-changed",
}
#: What goes by the direction alone.
CONTROLS: dict[Direction, str] = {
    Direction.TIGHTEN: "new-control",
    Direction.RELAX: "control-eased",
    Direction.SUSPEND: "control-suspended",
    Direction.RESUME: "control-resumed",
    Direction.CLARIFY: "explanation",
    Direction.NEUTRAL: "rules-changed",
}

#: Tightenings that the words tell from a new control, the strictest first.
WORDED_MEASURES = {
    "import-ban": "measure.import-ban",
    "export-ban": "measure.export-ban",
    "stricter-control": "measure.stricter",
}
#: What is called by what it does to another notice.
VERB_MEASURES: dict[tuple[str, Verb], str] = {
    ("control-suspended", Verb.EXTENDS): "suspension-extended",
    ("control-eased", Verb.REPEALS): "control-ended",
}
#: Directions of notices that may do nothing but move a date.
MOVING_DIRECTIONS = frozenset({Direction.NEUTRAL, Direction.CLARIFY, Direction.SUSPEND, Direction.RELAX})
#: Measures that rest others for a time.
SUSPENSIONS = frozenset(
    {
        *("control-suspended", "suspension-extended", "listing-suspended"),
        *("tariff-suspended", "port-fee-suspended", "rules-suspended"),
    }
)
#: Measures that apply from a day on, until they are changed.
STANDING_MEASURES = frozenset(
    {
        *("new-control", "stricter-control", "export-ban", "import-ban", "licence-required", "tariff-raised"),
        *("control-resumed", "listing-resumed", "tariff-resumed", "entities-listed", "rebate-cut"),
        *("port-fee-charged", "port-fee-resumed", "export-duty-raised", "procurement-restricted"),
    }
)
#: Measures about goods that come to China: the place named is where they come from.
IMPORT_MEASURES = frozenset(
    {
        *("import-ban", "imports-resumed", "tariff-raised", "tariff-cut", "tariff-suspended"),
        *("tariff-resumed", "tariff-changed"),
        *("trade-remedy", "trade-remedy-eased", "trade-remedy-changed"),
    }
)
#: Measures about ships that are linked to a place.
PORT_FEE_MEASURES = frozenset({name for (regime, _), name in MEASURES.items() if regime == "port-fee"})

#: Each regime with the beginning of the categories that name it, in the order in which they decide.
REGIMES: tuple[tuple[Regime, str], ...] = (
    ("listing", "entity."),
    ("export-duty", "tariff.export_duty"),
    ("tariff", "tariff."),
    ("trade-remedy", "trade_remedy"),
    ("rebate", "tax.vat_rebate"),
    ("import", "sps_import"),
    ("port-fee", "shipping"),
    ("procurement", "procurement"),
    ("licence", "licence.goods"),
)
#: What is about how licences are applied for, and requires none by itself.
PROCEDURE_CATEGORIES = frozenset({"licence.procedure", "licence.state_trading"})
#: What founds, enforces or plans, and puts nothing under control by itself.
LAW_CATEGORIES = frozenset(
    {"framework_law", "enforcement", "rare_earth.quota", "battery.industry_norms", "foreign_controls"}
)
UNREADABLE_KINDS = frozenset({NoticeKind.EMPTY, NoticeKind.CHALLENGE})


def choose_measure(notice: Notice, lexicon: Lexicon) -> str:
    """Return the key of the word for what a notice orders: new-control, export-ban, entities-listed …"""
    if not (notice.is_change or notice.reports_change) and (word := _name_non_change(notice)):
        return word
    if notice.direction in MOVING_DIRECTIONS and list_moves(notice, lexicon):
        return "moved-day"
    regime = _find_regime(notice)
    measure = MEASURES.get((regime, notice.direction), CONTROLS[notice.direction])
    if measure == "new-control":
        return _choose_control(notice, lexicon)
    if measure == "rules-changed" and lexicon.get_pattern("measure.correction").search(
        fold_text(notice.title)
    ):
        return "correction"
    verbs = {relation.verb for relation in notice.relations}
    return next(
        (word for (known, verb), word in VERB_MEASURES.items() if known == measure and verb in verbs), measure
    )


def _name_non_change(notice: Notice) -> str:
    """Return the word for a text that orders nothing; "" for one that explains a rule."""
    if notice.kind in UNREADABLE_KINDS:
        return "no-text"
    if notice.kind is NoticeKind.DRAFT:
        return "draft"
    return "no-change" if notice.direction is Direction.NEUTRAL else ""


def _choose_control(notice: Notice, lexicon: Lexicon) -> str:
    """Return whether a control is a ban, stricter than one before, or new: by the words that decided it."""
    quotes = [ground.quote for ground in notice.grounds if ground.about == "direction"]
    words = fold_text("\n".join((notice.title, *quotes)))
    for measure, pattern_id in WORDED_MEASURES.items():
        if lexicon.get_pattern(pattern_id).search(words):
            return measure
    return "new-control"


def _find_regime(notice: Notice) -> Regime:
    """Return the legal regime of a notice, by its categories: what is listed comes before what is traded."""
    ids = [finding.id for finding in notice.categories if not finding.id.startswith("destination.")]
    named = next((regime for regime, start in REGIMES if any(name.startswith(start) for name in ids)), None)
    if named is not None or not ids:
        return named or "item"
    if all(name in PROCEDURE_CATEGORIES for name in ids):
        return "procedure"
    if all(name.startswith(("licence.", "list.")) for name in ids):
        return "licence"
    return "law" if all(name in LAW_CATEGORIES for name in ids) else "item"


def list_whole_destinations(notice: Notice) -> tuple[str, ...]:
    """Return the destinations of the measure as a whole, without those of one provision beside others."""
    parts = {ground.value for ground in notice.grounds if ground.rule == "destination.part"}
    return tuple(code for code in notice.destinations if code not in parts)
