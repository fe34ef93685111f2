"""Exports over real HTTP: what a spreadsheet reads, also of hostile notices."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from python_calamine import load_workbook

from controlwatch.core.rendering.export_rows import (
    ALERT_COLUMNS,
    ENTITY_COLUMNS,
    KEY_DATE_COLUMNS,
    NOTICE_COLUMNS,
)
from tests.services.test_news import GALLIUM
from tests.web.pages import HOSTILE, Pages, served_pages

NUMBER = "MOFCOM-GACC 2026-40"
COLUMNS = {
    "notices": NOTICE_COLUMNS,
    "alerts": ALERT_COLUMNS,
    "entities": ENTITY_COLUMNS,
    "calendar": KEY_DATE_COLUMNS,
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with served_pages(tmp_path_factory.mktemp("state"), GALLIUM, HOSTILE) as opened:
        yield opened


def read_csv(pages: Pages, path: str) -> list[dict[str, str]]:
    answer = pages.open(path)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment; ")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("subject", COLUMNS)
def test_both_formats_hold_the_same_table(pages: Pages, subject: str) -> None:
    days = "?from=2026-03-01&to=2026-12-31"
    rows = list(
        csv.reader(io.StringIO(pages.open(f"/export/{subject}.csv{days}").content.decode("utf-8-sig")))
    )
    sheet = load_workbook(io.BytesIO(pages.open(f"/export/{subject}.xlsx{days}").content)).get_sheet_by_index(
        0
    )
    cells = [
        [str(int(cell)) if isinstance(cell, float) else str(cell) for cell in row]
        for row in sheet.to_python()
    ]
    assert tuple(rows[0]) == COLUMNS[subject]
    assert cells == rows


def test_a_notice_is_exported_with_its_dates_and_the_sentences_that_prove_them(pages: Pages) -> None:
    (row,) = read_csv(pages, "/export/notices.csv?category=gallium&from=2026-03-01&text=镓相关")
    assert (row["number"], row["published"], row["effective"]) == (NUMBER, "2026-03-02", "2026-04-01")
    assert "自2026年4月1日起正式实施" in row["quotes"]
    assert row["categories"] == "minor_metals.gallium"


def test_the_filter_of_the_list_limits_the_export(pages: Pages) -> None:
    assert NUMBER not in {row["number"] for row in read_csv(pages, "/export/notices.csv?category=battery")}
    assert pages.open("/export/notices.csv?category=galium").status_code == 404


def test_no_cell_is_a_formula(pages: Pages) -> None:
    for subject in COLUMNS:
        for row in read_csv(pages, f"/export/{subject}.csv"):
            assert not [cell for cell in row.values() if cell[:1] in {"=", "+", "-", "@", "\t"}]


def test_key_dates_are_those_of_the_days_that_are_asked_for(pages: Pages) -> None:
    rows = read_csv(pages, "/export/calendar.csv?from=2026-04-01&to=2026-04-01&category=gallium")
    assert {(row["date"], row["event"]) for row in rows} == {("2026-04-01", "takes effect")}
    assert NUMBER in {row["number"] for row in rows}


def test_the_log_of_alerts_says_to_whom_each_was_sent(pages: Pages) -> None:
    rows = read_csv(pages, "/export/alerts.csv")
    assert {(row["kind"], row["channel"]) for row in rows if row["number"] == NUMBER} == {("new", "console")}


def test_what_is_not_exported_is_refused_with_what_is(pages: Pages) -> None:
    answer = pages.open("/export/secrets.csv")
    assert answer.status_code == 400
    assert "notices, alerts, entities, calendar" in answer.text
