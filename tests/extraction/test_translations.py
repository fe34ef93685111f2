"""A translation of an instrument is read as the instrument, whatever its language."""

from __future__ import annotations

from datetime import date

from controlwatch.core.model import Direction, NoticeKind
from tests.extraction.making import notice

GERMAN = """(Arbeitsübersetzung)

Auf der Grundlage des Ausfuhrkontrollgesetzes wird mit Zustimmung des Staatsrates Folgendes bekannt gegeben:

I. Die nachstehenden Güter dürfen ohne Genehmigung nicht ausgeführt werden:
1. 3C901.a Wolframpulver (Referenz-Zolltarifnummer: 8101100090).

II. Fertige Bohrer (Zolltarifnummer 8207509000) fallen nicht unter diese Bekanntmachung.

III. Für Verträge, die vorher geschlossen wurden, kann die Genehmigung bis zum 30. Juni 2026 beantragt werden.

IV. Diese Bekanntmachung tritt am 1. Mai 2026 in Kraft.

Peking, den 2. März 2026"""
GERMAN_TITLE = (
    "Bekanntmachung Nr. 12/2026 des Handelsministeriums und der Allgemeinen Zollverwaltung der Volksrepublik China "
    "über die Einführung von Ausfuhrkontrollen für Wolframpulver"
)
JAPANESE = """モリブデン関連品目に対する輸出管理の実施に関する公告

「中華人民共和国輸出管理法」の規定に基づき、以下のとおり公告する。

1．以下の品目は、許可を得ずに輸出してはならない。3C901.b モリブデン粉末

本公告は公布の日から正式に実施する。

商務部
2026年3月2日"""


def test_a_german_translation_of_an_announcement_is_that_announcement() -> None:
    read = notice(GERMAN_TITLE, GERMAN)

    assert (read.number and read.number.canonical, read.issuers) == (
        "MOFCOM-GACC 2026-12",
        ("MOFCOM", "GACC"),
    )
    assert (read.kind, read.is_change, read.direction) == (
        NoticeKind.ANNOUNCEMENT,
        True,
        Direction.TIGHTEN,
    )
    assert [found.start for found in read.effective] == [date(2026, 5, 1)]
    assert read.published == date(2026, 3, 2)


def test_a_german_translation_leaves_out_what_the_original_does() -> None:
    read = notice(GERMAN_TITLE, GERMAN)

    assert read.codes_excluded == ("8207509000",)
    assert [code.code for code in read.hs_codes] == ["8101100090"]


def test_a_transition_in_german_closes_on_its_last_day() -> None:
    read = notice(GERMAN_TITLE, GERMAN)

    assert [(found.kind, found.date) for found in read.deadlines] == [("transition-ends", date(2026, 6, 30))]


def test_a_japanese_translation_bears_the_number_of_the_original() -> None:
    read = notice("中国商務部公告2026年第12号（日本語訳）", JAPANESE)

    assert read.number
    assert read.number.canonical == "MOFCOM 2026-12"
    assert [(found.start, found.basis) for found in read.effective] == [(date(2026, 3, 2), "on-publication")]


def test_what_a_german_mail_says_was_announced_yesterday_began_yesterday() -> None:
    read = notice(
        "China setzt Kontrollen auf Wolframpulver aus",
        "Datum: 3. März 2026\nDas MOFCOM hat gestern bekannt gegeben (Bekanntmachung 2026 Nr. 14), dass die "
        "Ausfuhrkontrollen auf Wolframpulver ab sofort bis zum 31. Dezember 2026 ausgesetzt sind.",
        page_date=date(2026, 3, 3),
    )

    assert [(found.start, found.until) for found in read.effective] == [
        (date(2026, 3, 2), date(2026, 12, 31))
    ]


def test_a_german_translation_suspends_the_announcement_that_it_names() -> None:
    read = notice(
        "Gemeinsame Bekanntmachung Nr. 14 (2026) des Handelsministeriums und der Zollverwaltung",
        "Betreff: Aussetzung der Bekanntmachung Nr. 31 (2025)\n\nMit Zustimmung des Staatsrates wird Folgendes beschlossen:\n\n"
        "1. Die Bekanntmachung Nr. 31 (2025) des Handelsministeriums und der Zollverwaltung über Ausfuhrkontrollen für "
        "Wolframpulver wird ab dem 1. April 2026 bis zum 31. März 2027 ausgesetzt.\n\n"
        "Handelsministerium\nZollverwaltung\n2. März 2026",
    )

    assert (read.is_change, read.direction) == (True, Direction.SUSPEND)
    assert [(relation.verb, relation.target) for relation in read.relations] == [
        ("suspends", "MOFCOM-GACC 2025-31")
    ]


def test_a_japanese_range_gives_the_start_and_the_end() -> None:
    read = notice(
        "商務部公告2026年第14号（仮訳）",
        "商務部公告2025年第31号の実施を2026年4月1日から2027年3月31日まで一時停止することを決定した。\n"
        "タングステン品目の輸出管理に関する。\n商務部\n2026年3月2日",
    )

    assert (date(2026, 4, 1), date(2027, 3, 31)) in [(found.start, found.until) for found in read.effective]
