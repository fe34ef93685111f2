"""A day on which something closes is a deadline, and no day of effect."""

from __future__ import annotations

from datetime import date

import pytest

from tests.extraction.making import announcement, notice


@pytest.mark.parametrize(
    ("sentence", "kind", "day"),
    [
        (
            "Contracts with the listed company may be completed by June 30, 2026 upon approval.",
            "transition-ends",
            date(2026, 6, 30),
        ),
        (
            "Goods which left the port of departure before April 1, 2026 and are imported between April 1, 2026 and "
            "May 10, 2026 are not subject to the additional duty.",
            "transition-ends",
            date(2026, 5, 10),
        ),
        (
            "A contract not yet performed when this Announcement is issued shall be registered by May 15, 2026.",
            "transition-ends",
            date(2026, 5, 15),
        ),
        (
            "Containers gated in by April 30, 2026 can still go without an export licence.",
            "transition-ends",
            date(2026, 4, 30),
        ),
    ],
)
def test_the_last_day_of_a_transition_is_read_in_english(sentence: str, kind: str, day: date) -> None:
    read = notice(
        "MOFCOM Announcement No. 12 of 2026 on Export Control over Tungsten Powder",
        "The export of tungsten powder is subject to an export licence.\n"
        f"{sentence}\nThis Announcement shall take effect on April 1, 2026.\nMinistry of Commerce\nMarch 2, 2026",
    )

    assert [(found.kind, found.date) for found in read.deadlines] == [(kind, day)]


def test_the_application_of_a_clause_is_no_application_that_closes() -> None:
    read = notice(
        "MOFCOM Announcement No. 12 of 2026 on Tungsten Powder",
        "From now until June 30, 2026, the application of paragraph 2 of Announcement No. 3 of 2026 shall be suspended."
        "\nMinistry of Commerce\nMarch 2, 2026",
    )

    assert read.deadlines == ()


def test_a_draft_in_english_closes_for_comments() -> None:
    read = notice(
        "Notice on Soliciting Public Comments on the Measures for the Export of Neon (Draft for Comment)",
        "The Ministry of Commerce has drafted the Measures. Units may submit their opinions before April 30, 2026.\n"
        "Article 3 Neon shall be exported on the strength of an export licence.\nMinistry of Commerce\nMarch 2, 2026",
    )

    assert [(found.kind, found.date) for found in read.deadlines] == [("comments-close", date(2026, 4, 30))]
    assert (read.kind, read.is_change) == ("draft", False)


@pytest.mark.parametrize(
    "sentence",
    [
        "此前已经签约并于2026年5月9日前报关出口的，不需补办许可证。",
        "在此之前已成交、且于2026年5月9日前装运的，免于补办许可证。",
    ],
)
def test_what_was_agreed_before_needs_no_licence_until_a_day(sentence: str) -> None:
    found = announcement(f"决定对镓相关物项实施出口管制，自2026年4月1日起实施。\n{sentence}")
    assert [(one.kind, one.date) for one in found.deadlines] == [("transition-ends", date(2026, 5, 9))]
