"""The five subjects that the project began from, and what stands around them, read through the pipeline."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from controlwatch.core.model import Direction, NoticeKind, Verb
from controlwatch.demo.stage import staged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.model import Notice
    from controlwatch.demo.stage import Stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A stage on which the watchers concerned have filled their shelves."""
    with staged(Console(file=StringIO())) as stage:
        for watcher_id in ("aqygzj", "miit-notices", "miit-policies", "mofcom-policy", "mofcom-press"):
            stage.poll(watcher_id)
        for watcher_id in ("mofcom-spokesperson", "china-briefing"):
            stage.poll(watcher_id)
        yield stage


def read(stage: Stage, watcher_id: str, sample_id: str) -> Notice:
    """Publish a document, poll, and return how it was read."""
    posting = stage.appears(watcher_id, sample_id)
    return stage.app.queries.show(posting.sample.number or posting.url).notice


def categories(notice: Notice) -> set[str]:
    return {finding.id for finding in notice.categories}


def related(notice: Notice) -> set[tuple[Verb, str]]:
    return {(relation.verb, relation.target) for relation in notice.relations}


def test_a_small_lithium_thionyl_chloride_batteries_leave_the_control(stage: Stage) -> None:
    notice = read(stage, "miit-notices", "335")
    assert (notice.is_change, notice.direction) == (True, Direction.RELAX)
    assert notice.number is not None
    assert notice.number.canonical == "工信部联安全函〔2025〕335号"
    assert set(notice.issuers) == {"MIIT", "MOFCOM", "GACC"}
    assert "battery.primary_lithium" in categories(notice)
    assert [str(found.start) for found in notice.effective] == ["2026-01-01"]


def test_b_a_meeting_of_the_lithium_industry_changes_nothing(stage: Stage) -> None:
    notice = read(stage, "miit-policies", "meeting-2023")
    assert (notice.is_change, notice.reports_change) == (False, False)
    assert categories(notice) <= {"battery.industry_norms"}


def test_c_a_commentary_on_the_battery_controls_is_tied_to_them_and_changes_nothing(stage: Stage) -> None:
    official = read(stage, "mofcom-policy", "2025-58")
    assert (official.is_change, official.direction) == (True, Direction.TIGHTEN)
    assert {code.code for code in official.hs_codes} >= {"85076000", "28429040"}  # out of the PDF
    assert {code.code for code in official.control_codes} >= {"3A001", "3C901.a"}
    notice = read(stage, "china-briefing", "briefing-58")
    assert not notice.is_change
    assert {target for _, target in related(notice)} == {"MOFCOM-GACC 2025-58"}


def test_d_a_meeting_on_smuggling_is_enforcement_and_changes_nothing(stage: Stage) -> None:
    notice = read(stage, "mofcom-press", "minerals-2025")
    assert (notice.is_change, notice.reports_change) == (False, False)
    assert categories(notice) == {"enforcement"}


def test_e_an_answer_clarifies_both_announcements(stage: Stage) -> None:
    notice = read(stage, "mofcom-spokesperson", "qa-61-62")
    assert (notice.kind, notice.is_change, notice.direction) == (
        NoticeKind.SPOKESPERSON,
        False,
        Direction.CLARIFY,
    )
    assert related(notice) == {(Verb.CLARIFIES, "MOFCOM 2025-61"), (Verb.CLARIFIES, "MOFCOM 2025-62")}
    assert {"rare_earth.extraterritorial", "rare_earth.technology"} <= categories(notice)


def test_a_suspension_takes_its_items_from_the_six_notices_it_numbers(stage: Stage) -> None:
    read(stage, "mofcom-policy", "2025-58")  # on the books, whichever test runs first
    notice = read(stage, "mofcom-policy", "2025-70")
    assert notice.direction is Direction.SUSPEND
    assert [str(found.until) for found in notice.effective] == ["2026-11-10"]
    assert len(related(notice)) == 6
    assert {"superhard", "rare_earth.equipment", "rare_earth.items", "battery.liion"} <= categories(notice)
    assert all(finding.basis == "resolved" for finding in notice.categories)


def test_a_suspension_of_one_clause_names_the_clause(stage: Stage) -> None:
    notice = read(stage, "mofcom-policy", "2025-72")
    assert [(relation.target, relation.clause) for relation in notice.relations] == [
        ("MOFCOM 2024-46", "第二款")
    ]
    assert [str(found.until) for found in notice.effective] == ["2026-11-27"]
    assert {"minor_metals.gallium", "minor_metals.germanium", "graphite"} <= categories(notice)
