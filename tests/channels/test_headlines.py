"""The alert in three seconds: what, from when, for whom, by which notice; and what to check."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.extraction.report.measures import CONTROLS, MEASURES, choose_measure
from controlwatch.core.law.coverage import Coverage, SourceCoverage
from controlwatch.core.law.graph import LegalState
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import (
    Alert,
    AnnouncedMeasure,
    CategoryFinding,
    Caveat,
    CodeFinding,
    Direction,
    EffectiveDate,
    Entity,
    KeyDate,
    Language,
    Notice,
    ReleasedPart,
    ReminderSubject,
    Verb,
)
from controlwatch.core.rendering.card import Card, build_card
from controlwatch.core.rendering.digest_text import NOUNS
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.headlines import SUBJECTS, UNNAMED_MEASURES
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.short_card import MAX_BODY, count_body, shorten_card
from controlwatch.core.rendering.slack_blocks import render_message_blocks
from controlwatch.core.rendering.wording import WORDS
from controlwatch.testing.slack_limits import texts

LEXICON = load_lexicon()
TODAY = date(2027, 3, 1)
NOW = datetime(2027, 3, 1, 4, tzinfo=UTC)


def span(start: str | None, until: str | None = None, scope: str = "all") -> EffectiveDate:
    return EffectiveDate(
        start=date.fromisoformat(start) if start else None,
        until=date.fromisoformat(until) if until else None,
        basis="stated" if start else "not-stated",
        scope=scope,
        quote="自该日起施行" if start else "",
    )


def a_notice(
    *categories: str,
    direction: str = "tighten",
    effective: tuple[EffectiveDate, ...] = (span("2027-04-08"),),
    title: str = "公告",
) -> Notice:
    return Notice(
        title=title,
        language="zh-Hans",
        number=parse_number("MOFCOM-GACC 2027-58", LEXICON),
        is_change=True,
        direction=Direction(direction),
        effective=effective,
        categories=tuple(CategoryFinding(id=name, quote="物项") for name in categories),
    )


BATTERIES = a_notice("battery.liion", "battery.cathode", "battery.anode")


def drawn(
    notice: Notice,
    language: Language = "en",
    *,
    kind: str = "new",
    status: LegalStatus | None = None,
    **more: object,
) -> Card:
    alert = Alert(kind=kind, made_at=NOW, title=notice.title, watcher="w", notice=notice, **more)  # type: ignore[arg-type]
    return build_card(alert, CardContext(lexicon=LEXICON, language=language, today=TODAY), status=status)


def check_of(card: Card) -> str:
    return next((fact.value for fact in card.facts if fact.word == "check"), "")


# --------------------------------------------------------------------------- the headline


def test_a_headline_says_what_from_when_for_which_items_by_which_notice() -> None:
    assert drawn(BATTERIES).headline == (
        "NEW CONTROL from 8 Apr 2027 · Li-ion batteries, cathode materials, graphite anodes (MOFCOM–GACC 2027-58)"
    )


def test_a_chinese_reader_gets_chinese() -> None:
    assert drawn(BATTERIES, "zh").headline == (
        "新增管制 自2027年4月8日起 · 可充放电锂离子电池、电池正极材料、石墨负极材料（商务部、海关总署公告2027年第58号）"
    )


@pytest.mark.parametrize(
    ("effective", "when"),
    [
        ((span("2027-04-08"),), "from 8 Apr 2027"),
        ((span("2027-02-01"),), "in force since 1 Feb 2027"),
        ((span("2027-04-08", "2028-04-07"),), "from 8 Apr 2027 until 7 Apr 2028"),
        ((span("2027-04-01", scope="碲组"), span("2027-09-01", scope="铋组")), "in stages from 1 Apr 2027"),
        ((span(None),), "date not stated"),
        ((), "date not stated"),
    ],
)
def test_the_date_is_always_in_the_headline(effective: tuple[EffectiveDate, ...], when: str) -> None:
    assert drawn(replace(BATTERIES, effective=effective)).when == when


@pytest.mark.parametrize(
    ("effective", "when"),
    [
        (span("2026-11-10", "2027-11-10"), "until 10 Nov 2027"),
        (span("2027-05-01", "2028-05-01"), "from 1 May 2027 until 1 May 2028"),
        (span("2025-11-10", "2026-11-10"), "(ended on 10 Nov 2026)"),
    ],
)
def test_a_suspension_says_until_when(effective: EffectiveDate, when: str) -> None:
    assert drawn(a_notice("graphite", direction="suspend", effective=(effective,))).when == when


@given(st.lists(st.sampled_from([category.id for category in LEXICON.categories]), max_size=12, unique=True))
def test_a_headline_fits_and_cuts_no_item(categories: list[str]) -> None:
    """Items that do not fit are counted: Slack would cut the line in the middle of a word."""
    card = drawn(a_notice(*categories))
    assert len(card.headline) <= 146
    assert "…" not in card.headline
    items = card.heading.split(" (MOFCOM")[0].split(" to ")[0].split(" +")[0].split(", ")
    names = {context_name(name) for name in categories} | {"公告"} | {"goods from"}
    names |= {english for english, _ in SUBJECTS.values()}
    assert all(item in names or item.startswith("goods from") for item in items)


def context_name(category_id: str) -> str:
    return CardContext(lexicon=LEXICON, language="en", today=TODAY).name_briefly(category_id)


def test_a_headline_names_the_list_the_parties_and_no_category_id() -> None:
    notice = replace(
        a_notice("entity.unreliable"),
        entities=(Entity(zh="样例公司", en="Sample Corp.", action="list"),),
    )
    assert drawn(notice).headline == (
        "ENTITIES LISTED from 8 Apr 2027 · Unreliable Entity List: Sample Corp. (MOFCOM–GACC 2027-58)"
    )


def test_an_export_measure_says_where_to_and_an_import_measure_where_from() -> None:
    to = replace(a_notice("graphite"), destinations=("US",))
    origin = replace(a_notice("tariff.additional"), destinations=("US",))
    assert drawn(to).heading == "graphite to the United States (MOFCOM–GACC 2027-58)"
    assert drawn(origin).heading == "goods from the United States (MOFCOM–GACC 2027-58)"


def test_a_report_is_never_taken_for_the_law() -> None:
    report = replace(BATTERIES, number=None, is_change=False, reports_change=True)
    assert drawn(report, kind="report", about="MOFCOM 2027-58").headline.startswith(
        "PRESS REPORT, not the law: NEW CONTROL from 8 Apr 2027 · Li-ion batteries"
    )


# --------------------------------------------------------------------------- the kind of measure


@pytest.mark.parametrize(
    ("categories", "direction", "measure"),
    [
        (("graphite",), "tighten", "new-control"),
        (("entity.control_list",), "tighten", "entities-listed"),
        (("entity.control_list",), "relax", "entities-removed"),
        (("entity.unreliable",), "suspend", "listing-suspended"),
        (("tariff.additional",), "tighten", "tariff-raised"),
        (("tariff.additional",), "suspend", "tariff-suspended"),
        (("shipping", "destination.us"), "tighten", "port-fee-charged"),
        (("shipping", "destination.us"), "suspend", "port-fee-suspended"),
        (("licence.goods", "steel"), "tighten", "licence-required"),
        (("rare_earth.quota",), "tighten", "rules-changed"),
        (("tax.vat_rebate",), "tighten", "rebate-cut"),
        (("sps_import",), "tighten", "import-ban"),
        (("licence.goods",), "tighten", "licence-required"),
        (("licence.procedure",), "neutral", "licensing-changed"),
        (("graphite",), "suspend", "control-suspended"),
        (("graphite",), "resume", "control-resumed"),
        (("graphite",), "clarify", "explanation"),
    ],
)
def test_each_kind_of_measure_has_a_word_of_its_own(
    categories: tuple[str, ...], direction: str, measure: str
) -> None:
    assert choose_measure(a_notice(*categories, direction=direction), LEXICON) == measure


@pytest.mark.parametrize(
    ("title", "measure"),
    [
        ("关于禁止氦气出口的公告", "export-ban"),
        ("关于加强石墨物项出口管制的公告", "stricter-control"),
        ("关于对石墨物项实施出口管制的公告", "new-control"),
        ("关于暂停进口部分水产品的公告", "import-ban"),
    ],
)
def test_a_ban_and_a_stricter_control_are_told_from_a_new_one(title: str, measure: str) -> None:
    assert choose_measure(a_notice("graphite", title=title), LEXICON) == measure


def test_every_measure_has_a_word_in_both_languages_and_in_digests() -> None:
    assert {*MEASURES.values(), *CONTROLS.values(), "draft", "export-ban", "stricter-control"} <= set(WORDS)
    assert {*MEASURES.values(), *CONTROLS.values()} <= set(NOUNS)


@pytest.mark.parametrize(
    ("categories", "direction", "headline", "chinese"),
    [
        (
            ("licence.goods",),
            "tighten",
            "LICENCE REQUIRED from 8 Apr 2027 · goods in the export licence catalogue",
            "须申领许可证 自2027年4月8日起 · 出口许可证管理货物目录所列货物",
        ),
        (
            ("licence.goods", "steel"),
            "tighten",
            "LICENCE REQUIRED from 8 Apr 2027 · steel products",
            "须申领许可证 自2027年4月8日起 · 钢铁产品",
        ),
        (
            ("licence.procedure",),
            "tighten",
            "LICENSING TIGHTENED from 8 Apr 2027 · application procedure",
            "许可管理收紧 自2027年4月8日起 · 申请程序",
        ),
        (
            ("tariff.additional",),
            "suspend",
            "TARIFF SUSPENDED from 8 Apr 2027 · imports",
            "暂停加征关税 自2027年4月8日起 · 进口货物",
        ),
        (
            ("tariff.export_duty", "steel"),
            "tighten",
            "EXPORT DUTY INCREASE from 8 Apr 2027 · steel products",
            "加征或上调出口关税 自2027年4月8日起 · 钢铁产品",
        ),
        (
            ("trade_remedy",),
            "neutral",
            "TRADE REMEDY CASE from 8 Apr 2027 · imports",
            "贸易救济案件 自2027年4月8日起 · 进口货物",
        ),
        (
            ("procurement",),
            "tighten",
            "PROCUREMENT RESTRICTED from 8 Apr 2027 · public contracts",
            "限制政府采购 自2027年4月8日起 · 政府采购项目",
        ),
        (
            ("foreign_controls",),
            "tighten",
            "RULES CHANGED from 8 Apr 2027 · foreign controls",
            "规则调整 自2027年4月8日起 · 外国管制措施",
        ),
    ],
)
def test_a_headline_does_not_say_its_measure_again(
    categories: tuple[str, ...], direction: str, headline: str, chinese: str
) -> None:
    notice = a_notice(*categories, direction=direction)
    assert drawn(notice).headline == f"{headline} (MOFCOM–GACC 2027-58)"
    assert drawn(notice, "zh").headline == f"{chinese}（商务部、海关总署公告2027年第58号）"


@pytest.mark.parametrize("direction", [item for item in Direction if item != "clarify"])
@pytest.mark.parametrize("category", SUBJECTS)
def test_a_category_that_the_measure_names_is_not_named_again(category: str, direction: Direction) -> None:
    notice = a_notice(category, direction=direction)
    if choose_measure(notice, LEXICON) not in UNNAMED_MEASURES:
        for language in ("en", "zh"):
            name = LEXICON.get_category_name(category, language)  # type: ignore[arg-type]
            headline = drawn(notice, language).headline  # type: ignore[arg-type]
            assert f" · {name} (" not in headline
            assert f" · {name}（" not in headline


# --------------------------------------------------------------------------- what to check


def test_the_line_to_check_names_codes_destination_and_day() -> None:
    notice = replace(
        BATTERIES, hs_codes=(CodeFinding(code="85076000", quote="8507.60.00"),), destinations=("JP",)
    )
    assert check_of(drawn(notice)) == (
        "Check exports of HS 8507.60.00 to Japan shipped on or after 8 Apr 2027: is a licence needed, and are "
        "licences held? No rule for contracts under way was found in the text."
    )


def test_an_arrangement_for_contracts_is_pointed_to() -> None:
    notice = replace(BATTERIES, caveats=(Caveat(kind="transition", quote="公告施行前签订的合同"),))
    assert check_of(drawn(notice)).endswith("For contracts under way see the conditions.")


def test_listed_parties_are_to_be_screened() -> None:
    notice = replace(
        a_notice("entity.control_list"), entities=(Entity(zh="样例公司", en="Sample Corp.", action="list"),)
    )
    assert check_of(drawn(notice)).endswith("against: Sample Corp.")


def test_the_end_of_a_suspension_is_to_be_planned_for() -> None:
    notice = a_notice("graphite", direction="suspend", effective=(span("2026-11-10", "2027-11-10"),))
    assert "Plan for the day after 10 Nov 2027" in check_of(drawn(notice))


def test_an_explanation_asks_for_no_check() -> None:
    assert check_of(drawn(a_notice("graphite", direction="clarify"))) == ""


# --------------------------------------------------------------------------- the status


def status(state: LegalState, *announced: AnnouncedMeasure) -> LegalStatus:
    return LegalStatus(number="MOFCOM-GACC 2027-58", on=TODAY, state=state, announced=announced)


EXTENSION = AnnouncedMeasure(
    verb=Verb.EXTENDS, source="a readout", on=date(2026, 9, 28), until=date(2028, 1, 10)
)


def test_a_suspension_whose_term_is_over_says_that_the_controls_apply_again() -> None:
    notice = a_notice("graphite", direction="suspend", effective=(span("2025-11-10", "2026-11-10"),))
    card = drawn(notice, status=status(LegalState.LAPSED, EXTENSION))
    shown = next(fact.value for fact in card.facts if fact.word == "status")
    assert shown == (
        "expired: the measures it suspended apply again · extension announced, no legal instrument yet"
    )


# --------------------------------------------------------------------------- reminders


ENDING = KeyDate(
    date=TODAY,
    event="suspension ends",
    number="MOFCOM-GACC 2025-70",
    key="MOFCOM 2025-70",
    title="公告",
    affects=("MOFCOM 2024-46",),
    targets=("MOFCOM 2024-46",),
    releases=(
        ReleasedPart(number="MOFCOM 2024-46", key="MOFCOM 2024-46", clause="第二款"),
        ReleasedPart(number="MOFCOM 2025-61", key="MOFCOM 2025-61", is_first_time=True),
    ),
)
READ = Coverage(
    sources=(
        SourceCoverage(watcher="a", name="Ministry", issuer="MOFCOM", last_read=NOW),
        SourceCoverage(
            watcher="b", name="Customs", issuer="GACC", last_read=None, gap="never read", is_failing=True
        ),
    )
)


def reminded(day: date, *announced: AnnouncedMeasure) -> Card:
    event = replace(ENDING, date=day, announced=announced)
    alert = Alert(
        kind="reminder",
        made_at=NOW,
        title="公告",
        watcher="clock",
        notice=a_notice("graphite", direction="suspend"),
        occasion=ReminderSubject(event=event),
    )
    context = CardContext(lexicon=LEXICON, language="en", today=TODAY, coverage=READ)
    return build_card(alert, context)


def test_a_coming_end_is_not_stated_flatly() -> None:
    card = reminded(date(2027, 3, 8), EXTENSION)
    assert "extension announced, no legal instrument yet" in card.headline
    assert card.summary[0].startswith(
        "Unless the suspension is extended, the measures apply from 9 Mar 2027."
    )
    assert "An extension was announced on 28 Sep 2026 until 10 Jan 2028" in card.summary[0]


@pytest.mark.parametrize(
    ("day", "begins"), [(TODAY, "The term ends today."), (date(2027, 2, 28), "The term has ended.")]
)
def test_on_the_last_day_and_after_it_is_said_what_was_seen_and_read(day: date, begins: str) -> None:
    assert reminded(day).summary[0] == (
        f"{begins} No extension has been seen in the sources; 1 of 2 were read at 1 Mar 2027 12:00 Beijing time "
        "or later. Not read: Customs."
    )


def test_what_applies_again_is_named_by_its_provision_and_what_applies_for_the_first_time() -> None:
    again = next(fact.value for fact in reminded(date(2027, 3, 8)).facts if fact.word == "again")
    assert again == "MOFCOM 2024-46 item 2, for the first time: MOFCOM 2025-61"


# --------------------------------------------------------------------------- the length


def long_card() -> Card:
    notice = replace(
        BATTERIES,
        hs_codes=tuple(CodeFinding(code=f"85076{n:03}", quote="x" * 300) for n in range(60)),
        caveats=tuple(Caveat(kind="exemption", quote=f"第{n}项" + "不适用" * 100) for n in range(6)),
        doubts=tuple(f"doubt {n} " + "word " * 60 for n in range(6)),
        effective=tuple(
            replace(span(f"2027-04-{n + 10:02}", scope=f"第{n}组"), quote="自该日起" * 80) for n in range(9)
        ),
    )
    return drawn(notice)


def test_an_alert_in_slack_has_at_most_1200_characters() -> None:
    card = long_card()
    blocks = render_message_blocks(Message(subject=card.headline, cards=(card,)))
    assert count_body(shorten_card(card)) <= MAX_BODY
    assert sum(map(len, texts(blocks[1:]))) <= MAX_BODY + 250  # labels and marks between the parts


def test_what_is_left_out_is_marked_and_dates_keep_their_sentence_longest() -> None:
    card, short = long_card(), shorten_card(long_card())
    assert short.is_shortened
    assert not shorten_card(drawn(BATTERIES)).doubts
    assert any(fact.word == "effective" and fact.quote for fact in short.facts)
    assert next(fact.word for fact in short.facts) == "check"
    assert len(short.facts) < len(card.facts)


def test_a_short_alert_is_left_as_it_is() -> None:
    card = drawn(BATTERIES)
    assert shorten_card(card).facts == card.facts
