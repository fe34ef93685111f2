"""What proves a notice leaves as one file that anybody can check without us."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import text
from warcio.archiveiterator import ArchiveIterator

from controlwatch.adapters.archive.pdf_report import render_pdf
from controlwatch.adapters.archive.warc import write_warc
from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_loader import load_register
from controlwatch.bootstrap.app import build_queries
from controlwatch.core.evidence.dossier import EvidenceReport, ReportSection, choose_extension
from controlwatch.core.evidence.verification import CustodyFault
from controlwatch.services.export_evidence import export_dossier
from controlwatch.testing.sites import Answer
from tests.services.test_never_lost import COVER, FILE, SUBSTANCE
from tests.services.test_news import GALLIUM, OLD, started
from tests.services.world import World, world
from tests.store.steps import NOW

DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that has seen a notice with an annex, one that was amended, and one more."""
    with world(tmp_path_factory.mktemp("lived")) as w:
        w.sites.put(FILE, Answer(body=SUBSTANCE, content_type="application/pdf"))
        started(w, replace(OLD), replace(COVER), replace(GALLIUM))
        w.ministry.pages[0].text = w.ministry.pages[0].text.replace("4月1日", "5月1日")
        w.ministry.render()
        w.now = w.now.replace(hour=w.now.hour + 3)
        w.poll()
        yield w


def exported(w: World, asked: str, *, on: date = DAY) -> tuple[bytes, tuple[CustodyFault, ...]]:
    queries = build_queries(w.store, w.ingester.lexicon)
    dossier = queries.find_dossier(asked)
    out = BytesIO()
    faults = export_dossier(
        dossier,
        out,
        lines=w.store.custody.iterate_chain_lines(dossier),
        archive=w.archive,
        lexicon=w.ingester.lexicon,
        on=on,
        render_pdf=render_pdf,
    )
    return out.getvalue(), faults


def unpacked(packed: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(BytesIO(packed)) as box:
        box.extractall(folder)
    return folder


def names(packed: bytes, under: str) -> list[str]:
    with zipfile.ZipFile(BytesIO(packed)) as box:
        return [name for name in box.namelist() if name.startswith(under)]


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the check that the zip brings along, as a stranger would."""
    command = [sys.executable, "-I", str(folder / "check.py"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_dossier_holds_the_page_and_the_annex_as_they_were_sent(lived: World, tmp_path: Path) -> None:
    packed, faults = exported(lived, "商务部公告2026年第6号")
    folder = unpacked(packed, tmp_path)
    assert faults == ()
    sent = {path.suffix: path.read_bytes() for path in (folder / "bytes").iterdir()}
    assert sent == {".pdf": SUBSTANCE, ".html": COVER.html.encode()}
    (version,) = (folder / "text").iterdir()
    assert "金属镓参考海关商品编号8112929010" in version.read_text(encoding="utf-8")
    headers = [json.loads(path.read_text()) for path in (folder / "headers").iterdir()]
    assert ["content-type", "application/pdf"] in [pair for pairs in headers for pair in pairs]


def test_a_dossier_holds_every_version_and_the_reading_with_its_words(lived: World, tmp_path: Path) -> None:
    packed, _ = exported(lived, "MOFCOM 2026-40")
    assert len(names(packed, "text/")) == len(names(packed, "readings/")) == len(names(packed, "bytes/")) == 2
    reading = json.loads((unpacked(packed, tmp_path) / "reading.json").read_text(encoding="utf-8"))
    assert reading["effective"][0]["quote"] == "本公告自2026年5月1日起正式实施。"
    assert "2026-05-01" in {one["value"] for one in reading["evidence"] if one["about"] == "effective"}


def test_the_report_says_the_same_as_a_page_and_as_a_pdf(lived: World, tmp_path: Path) -> None:
    folder = unpacked(exported(lived, "MOFCOM 2026-40")[0], tmp_path)
    page = (folder / "report.html").read_text(encoding="utf-8")
    printed = pypdfium2.PdfDocument(folder / "report.pdf")
    shown = "".join(sheet.get_textpage().get_text_range() for sheet in printed)
    head = lived.store.custody.load_head()
    for said in ("MOFCOM-GACC 2026-40", "本公告自2026年5月1日起正式实施", "2026-11-22", head.hash):
        assert said in page
        assert said in shown.replace("\r\n", "")
    assert "<script" not in page


def test_a_report_shows_no_character_that_acts() -> None:
    sections = (
        ReportSection(title="s", rows=(("a\u202eb", "<script>alert(1)</script>"),), columns=("", "")),
    )
    made = EvidenceReport(
        heading="<b>h", title="t" * 5000, exported_on=DAY, warnings=("w & w",), sections=sections
    )
    printed = pypdfium2.PdfDocument(render_pdf(made))
    assert "<script>alert(1)</script>" in "".join(
        sheet.get_textpage().get_text_range().replace("\r\n", "") for sheet in printed
    )


def test_the_same_dossier_is_the_same_file_but_for_the_day_of_its_export(lived: World) -> None:
    first, second, later = (exported(lived, "2026-6", on=day)[0] for day in (DAY, DAY, date(2026, 11, 23)))
    assert first == second
    assert first != later


def test_a_stranger_can_check_a_dossier(lived: World, tmp_path: Path) -> None:
    folder = unpacked(exported(lived, "2026-40")[0], tmp_path)
    done = checked(folder)
    assert done.returncode == 0, done.stdout
    assert str(lived.store.custody.load_head()) in done.stdout
    listed = [line.split("  ") for line in (folder / "MANIFEST.txt").read_text().splitlines()]
    assert {
        hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for digest, name in listed
    } == {True}
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files - {name for _, name in listed} == {"MANIFEST.txt"}
    assert (folder / "check.py").read_text() in (folder / "HOWTO.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", ["bytes", "headers", "text", "readings"])
def test_a_stranger_sees_what_was_altered(lived: World, tmp_path: Path, folder: str) -> None:
    place = unpacked(exported(lived, "2026-40")[0], tmp_path)
    path = sorted((place / folder).iterdir())[0]
    path.write_bytes(path.read_bytes() + b" ")
    done = checked(place)
    assert done.returncode == 1
    assert f"{folder}/{path.name} is not what was entered" in done.stdout


@pytest.mark.parametrize("change", [("公告", "通告"), ('"status":200', '"status":203')])
def test_a_stranger_sees_a_chain_that_does_not_join(
    lived: World, tmp_path: Path, change: tuple[str, str]
) -> None:
    place = unpacked(exported(lived, "2026-40")[0], tmp_path)
    lines = (place / "chain.jsonl").read_text(encoding="utf-8").split("\n")
    lines[1:3] = [line.replace(*change) for line in lines[1:3]]
    (place / "chain.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert "does not follow the one above it" in checked(place).stdout


def test_a_notice_of_the_register_has_no_bytes_and_says_so(w: World, tmp_path: Path) -> None:
    w.store.register.import_entries(load_register(load_lexicon()), NOW)
    packed, faults = exported(w, "MOFCOM 2025-58")
    assert faults == ()
    assert names(packed, "bytes/") == []
    folder = unpacked(packed, tmp_path)
    assert "No bytes of this notice are held" in (folder / "report.html").read_text(encoding="utf-8")
    assert checked(folder).returncode == 0


def test_a_dossier_that_is_not_as_it_was_entered_says_so_itself(w: World, tmp_path: Path) -> None:
    started(w, replace(GALLIUM))
    with w.store.engine.begin() as connection:
        connection.execute(text("UPDATE version SET text = 'x'"))
    packed, (fault,) = exported(w, "2026-40")
    folder = unpacked(packed, tmp_path / "out")
    assert fault.kind == "row altered"
    assert "has other text than entered" in (folder / "report.html").read_text(encoding="utf-8")
    assert checked(folder).returncode == 1


def written(w: World) -> bytes:
    out = BytesIO()
    archive = w.archive
    write_warc(
        out,
        ((one, archive.load_bytes(one.sha256)) for one in w.store.custody.iterate_snapshots()),
        name="x",
        software="controlwatch",
    )
    return out.getvalue()


def test_others_read_our_warc_with_headers_addresses_times_and_digests(lived: World) -> None:
    responses = []
    for record in ArchiveIterator(BytesIO(written(lived)), check_digests="raise"):
        if record.rec_type != "warcinfo":
            responses.append((record, record.content_stream().read()))
            assert record.digest_checker.passed
    kept = list(lived.store.custody.iterate_snapshots())
    assert [hashlib.sha256(body).hexdigest() for _, body in responses] == [one.sha256 for one in kept]
    (annex,) = [record for record, body in responses if body == SUBSTANCE]
    assert annex.rec_headers.get_header("WARC-Target-URI") == FILE
    assert annex.rec_headers.get_header("WARC-Date").startswith(f"{kept[0].fetched_at:%Y-%m-%dT%H:}")
    assert annex.rec_headers.get_header("WARC-Payload-Digest").startswith("sha256:")
    assert annex.http_headers.get_header("content-type") == "application/pdf"
    assert annex.http_headers.get_statuscode() == "200"
    assert written(lived) == written(lived)


def test_a_page_that_came_packed_is_read_although_it_is_kept_unpacked(lived: World) -> None:
    kept, other = list(lived.store.custody.iterate_snapshots())[:2]
    packed = (("content-encoding", "gzip"), ("transfer-encoding", "chunked"), ("server", "s"))
    out = BytesIO()
    snapshots = [(replace(kept, headers=packed), b"<p>x"), (replace(other, headers=()), b"y")]
    for_both = [
        (replace(one, sha256=hashlib.sha256(body).hexdigest(), size=len(body)), body)
        for one, body in snapshots
    ]
    write_warc(out, for_both, name="x", software="controlwatch")
    records = ArchiveIterator(BytesIO(out.getvalue()), check_digests="raise")
    read = [(one.rec_type, one.content_stream().read()) for one in records][1:]
    assert read == [("response", b"<p>x"), ("resource", b"y")]


def test_a_file_is_never_called_what_a_source_makes_up(lived: World) -> None:
    dossier = build_queries(lived.store, lived.ingester.lexicon).find_dossier("2026-6")
    kept = replace(dossier.snapshots[0], headers=(("content-type", "../../x"),))
    assert choose_extension(replace(kept, final_url="https://a.example/a.exe/../../etc")) == "bin"
    assert choose_extension(replace(kept, final_url="https://a.example/a.DOCX?x=1")) == "docx"
    assert choose_extension(replace(kept, headers=(("content-type", "application/pdf; x=y"),))) == "pdf"
