"""What proves a notice leaves as one file that anybody can check without us."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from html import escape
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import text
from warcio.archiveiterator import ArchiveIterator

from controlwatch.adapters.archive.warc import write_warc
from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_loader import load_register
from controlwatch.adapters.storage.base import notice_to_json
from controlwatch.bootstrap.question_app import build_queries
from controlwatch.core.evidence.dossier_check import (
    DossierResult,
    check_dossier,
    choose_extension,
    render_manifest,
)
from controlwatch.core.evidence.dossier_pages import render_pdf
from controlwatch.core.evidence.dossier_report import EvidenceReport, ReportSection, print_reading
from controlwatch.core.evidence.verification import CustodyFault
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.extraction.report.provenance import collect_meanings
from controlwatch.core.extraction.report.reading_json import list_evidence, to_json
from controlwatch.core.model import Document
from controlwatch.core.model.document import FAULT
from controlwatch.services.check_script import build_check_script
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
        meanings=collect_meanings(w.ingester.lexicon),
        on=on,
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


# --------------------------------------------------------------- what a forger does, who knows how it is made

Files = dict[str, bytes]


def files_of(packed: bytes) -> Files:
    with zipfile.ZipFile(BytesIO(packed)) as box:
        return {name: box.read(name) for name in box.namelist()}


def forged(files: Files, w: World) -> DossierResult:
    """The result of a check, after the manifest was written anew."""
    files["MANIFEST.txt"] = render_manifest(
        {name: hashlib.sha256(body).hexdigest() for name, body in files.items() if name != "MANIFEST.txt"}
    ).encode()
    script = build_check_script(collect_meanings(w.ingester.lexicon))
    return check_dossier(files, script=script, meanings=collect_meanings(w.ingester.lexicon))


def test_whichever_file_is_altered_or_left_out_it_is_named(lived: World) -> None:
    genuine = files_of(exported(lived, "2026-40")[0])
    assert forged(dict(genuine), lived).wrong == []
    assert {name.partition("/")[0] for name in genuine} == {
        *(
            "chain.jsonl",
            "check.py",
            "HOWTO.txt",
            "MANIFEST.txt",
            "report.html",
            "report.pdf",
            "reading.json",
        ),
        *("bytes", "headers", "text", "readings", "differences"),
    }
    for name in set(genuine) - {"MANIFEST.txt"}:
        for body in (genuine[name].replace(b"2026", b"2027", 1) + b" ", None):
            files = {other: kept for other, kept in genuine.items() if other != name}
            files |= {name: body} if body is not None else {}
            assert forged(files, lived).wrong, (name, body is None)


def swap(files: Files, first: str, second: str) -> None:
    files[first], files[second] = files[second], files[first]


def by_name(files: Files, start: str) -> list[str]:
    return sorted(name for name in files if name.startswith(start))


def without(files: Files, *starts: str) -> None:
    for name in [name for name in files if name.startswith(starts)]:
        del files[name]


def forge_reading(files: Files) -> None:
    """Write another day into every file that tells of it, except those that the chain proves."""
    for name in ("reading.json", "report.html"):
        files[name] = files[name].replace(b"2026-05-01", b"2027-05-01")


def cut_chain(files: Files, first: int, last: int | None) -> None:
    lines = files["chain.jsonl"].splitlines(keepends=True)
    files["chain.jsonl"] = b"".join(lines[first:last])


FORGERIES: dict[str, Callable[[Files], object]] = {
    "texts exchanged": lambda f: swap(f, *by_name(f, "text/")),
    "readings exchanged": lambda f: swap(f, *by_name(f, "readings/")),
    "bytes exchanged": lambda f: swap(f, *by_name(f, "bytes/")),
    "bytes under another name": lambda f: f.update(
        {by_name(f, "bytes/")[0] + ".exe": f.pop(by_name(f, "bytes/")[0])}
    ),
    "no bytes, no texts": lambda f: without(f, "bytes/", "text/"),
    "only the report": lambda f: without(f, "bytes/", "text/", "headers/", "readings/", "differences/"),
    "the newest version left out": lambda f: without(
        f, by_name(f, "text/")[-1], by_name(f, "readings/")[-1], by_name(f, "differences/")[-1]
    ),
    "the oldest version left out": lambda f: without(
        f, by_name(f, "text/")[0], by_name(f, "readings/")[0], by_name(f, "differences/")[0]
    ),
    "another day in reading and report": forge_reading,
    "a version put in": lambda f: f.update({"text/version-99.txt": b"x"}),
    "a file put in": lambda f: f.update({"addendum.html": b"x"}),
    "a time stamp of another chain": lambda f: f.update(
        {f"stamps/5-{'a' * 64}.tsr": bytes.fromhex("a" * 64)}
    ),
    "the first entries cut off": lambda f: cut_chain(f, 3, None),
    "an entry left out": lambda f: f.update(
        {"chain.jsonl": b"".join(f["chain.jsonl"].splitlines(keepends=True)[n] for n in (0, 1, 3))}
    ),
    "no chain": lambda f: f.update({"chain.jsonl": b""}),
    "a chain that is none": lambda f: f.update({"chain.jsonl": b"{}\n"}),
}


@pytest.mark.parametrize("done", FORGERIES)
def test_a_forgery_with_a_manifest_of_its_own_is_not_sound(lived: World, done: str) -> None:
    files = files_of(exported(lived, "2026-40")[0])
    FORGERIES[done](files)
    result = forged(files, lived)
    assert result.wrong
    assert result.list_lines()[0] == "NOT sound:"


def test_a_chain_whose_end_was_cut_off_is_missed_only_where_its_head_was_noted(
    lived: World, tmp_path: Path
) -> None:
    head = lived.store.custody.load_head()
    (tmp_path / "x.zip").write_bytes(exported(lived, "2026-40")[0])
    script = unpacked((tmp_path / "x.zip").read_bytes(), tmp_path / "out") / "check.py"
    command = [sys.executable, "-I", str(script), str(tmp_path / "x.zip"), "--head"]
    for noted, status in ((str(head), 0), (f"{head.seq + 1}:{head.hash}", 1)):
        done = subprocess.run([*command, noted], capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout
        assert noted in done.stdout


def test_what_lies_beside_a_dossier_is_said_to_be_no_part_of_it(lived: World, tmp_path: Path) -> None:
    folder = unpacked(exported(lived, "2026-40")[0], tmp_path)
    (folder / "my notes.txt").write_text("x")
    done = checked(folder)
    assert done.returncode == 0
    assert "Not checked: my notes.txt" in done.stdout
    (folder / "bytes" / "more.html").write_text("x")
    assert "bytes/more.html does not belong" in checked(folder).stdout


@pytest.mark.parametrize(
    ("forgery", "said"),
    [
        ("UPDATE notice SET title = 'forged'", "has other title than entered"),
        ("UPDATE notice SET version_id = 999", "has other newest_version than entered"),
        ("UPDATE finding SET quote = 'forged'", "findings of notice"),
        ("UPDATE custody SET line = 'x' WHERE seq = 3", "entry altered"),
        ("UPDATE custody SET hash = 'x' WHERE seq = (SELECT max(seq) FROM custody)", "entry altered"),
        ("DELETE FROM custody WHERE seq > 2", "is in no entry"),
        ("DELETE FROM snapshot", "from which version"),
    ],
)
def test_a_dossier_of_an_altered_store_names_it_and_shows_what_was_entered(
    w: World, tmp_path: Path, forgery: str, said: str
) -> None:
    started(w, replace(GALLIUM))
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection, connection:
        connection.execute(forgery)
    packed, faults = exported(w, "2026-40")
    folder = unpacked(packed, tmp_path / "out")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert any(said in str(fault) for fault in faults), faults
    assert "<td>forged</td>" not in page
    assert all(escape(str(fault)) in page for fault in faults)
    done = checked(folder)
    assert done.returncode == 1
    assert done.stdout.startswith("NOT sound")


def test_the_printed_reading_of_a_dossier_is_that_of_the_read_command() -> None:
    lexicon = load_lexicon()
    paths = sorted(Path("tests/corpus").glob("*/text.txt"))[::12]
    assert len(paths) > 20
    for path in paths:
        title, _, body = path.read_text(encoding="utf-8", errors="replace").partition("\n")
        notice = read_notice(Document(url="https://a.example/", title=title, text=body), lexicon)
        printed = {**to_json(notice), "evidence": list_evidence(notice, lexicon)}
        assert print_reading(notice_to_json(notice), collect_meanings(lexicon)) == printed


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


def test_a_page_that_broke_off_says_so_in_the_warc_and_not_as_the_server(lived: World) -> None:
    kept = next(iter(lived.store.custody.iterate_snapshots()))
    body = lived.archive.load_bytes(kept.sha256)
    broken = replace(kept, headers=((FAULT, "the answer broke off after 9 bytes"), ("server", "s")))
    out = BytesIO()
    write_warc(out, [(broken, body)], name="x", software="controlwatch")
    record = next(one for one in ArchiveIterator(BytesIO(out.getvalue())) if one.rec_type == "response")
    assert record.rec_headers.get_header("WARC-Truncated") == "unspecified"
    assert [name for name, _ in record.http_headers.headers] == ["server", "content-length"]


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


def test_a_file_is_never_called_what_a_source_makes_up() -> None:
    made_up = [["content-type", "../../x"]]
    assert choose_extension(made_up, "https://a.example/a.exe/../../etc") == "bin"
    assert choose_extension(made_up, "https://a.example/a.DOCX?x=1") == "docx"
    assert choose_extension([["content-type", "application/pdf; x=y"]], "https://a.example/") == "pdf"
