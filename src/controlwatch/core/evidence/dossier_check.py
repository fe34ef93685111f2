"""Check a dossier: every file of it must be, or follow from, what was entered in the chain of custody.

A part of check.py, as `dossier_report` is: it imports nothing but Python. A forger can write the
manifest again, so the manifest proves nothing. Entries prove: of version N its text, its reading and what
differs from the version before, of snapshot N its headers and bytes; and the newest entry about the notice
lists the versions that there must be. All other files are made again from these and compared.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from controlwatch.core.evidence.dossier_pages import EXPORTED_ON, render_page, render_pdf
from controlwatch.core.evidence.dossier_report import (
    DossierFacts,
    Fields,
    ProvenEntry,
    ProvenOpinion,
    build_report,
    name_opinion_files,
    print_reading,
)
from controlwatch.core.model.text_safety import strip_hidden

#: Extensions of files by their content type; any other is .bin.
EXTENSION_BY_TYPE = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "txt",
    "text/xml": "xml",
    "application/xml": "xml",
    "application/rss+xml": "xml",
    "application/json": "json",
    "application/pdf": "pdf",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/zip": "zip",
    "application/ofd": "ofd",
}
KNOWN_SUFFIX = re.compile(r"\.(html?|txt|xml|json|pdf|docx?|xlsx?|wps|et|zip|rar|ofd|png|jpe?g)(?:[?#]|$)")
FOLDERS = frozenset({"bytes", "headers", "text", "readings", "differences", "opinions", "stamps"})
#: The files that exist once, by their names.
CHAIN, MANIFEST, FAULTS, SCRIPT, HOWTO = "chain.jsonl", "MANIFEST.txt", "faults.txt", "check.py", "HOWTO.txt"

HOWTO_TEMPLATE = """How to check this dossier without the software that made it

NAME
Head of the chain at the export: HEAD

1. That every file is, or follows from, what was entered in the chain (Python 3.10 or newer, nothing else):
   python3 check.py
   It says what it has shown and what it has not. This check.py is in this dossier, and could have
   been altered with it: read it (it is printed below), or take it from another dossier of the
   same version, or from the party that you trust, and run it here: python3 OTHER/check.py FOLDER-OR-ZIP
2. That the chain is the one that was kept: compare the head that check.py prints, SEQ:HASH, with one that
   was noted elsewhere. For one that was noted earlier: python3 check.py --head SEQ:HASH
   It must be the hash of the line of that entry: grep '"seq":SEQ,' chain.jsonl | tr -d '\\n' | sha256sum
3. Where there is a folder stamps/, that a time-stamping authority (RFC 3161) saw these entries, and when:
   openssl ts -verify -digest HASH -in stamps/SEQ-HASH.tsr -CAfile ROOT.pem
   openssl ts -reply -in stamps/SEQ-HASH.tsr -text
   ROOT.pem is the root certificate of the authority: take it from the authority, not from the party
   that gave you this. HASH is the SHA-256 of the line of entry SEQ; it covers this line and all above it.

MANIFEST.txt lists the files for sha256sum -c: that finds damage, and no forgery.

chain.jsonl holds one entry a line, from the one before the first about this notice to the head. The hash of
an entry is the SHA-256 of its line, without the line's end; "before" is the hash of the line above. An entry
says of bytes that were sent: the addresses, the time, the status, the size, the SHA-256 of the bytes and of
the headers; of a version: the SHA-256 of its text, of its reading and of what differs from the version
before; and with it of its notice ("heading"): number, title, day, direction, the newest version, the list
of its versions and its addresses; of an opinion: the model, its host, the version of the question, the
tokens, and the SHA-256 of the text sent, of the answer and of what followed. "late" marks what was held
before the chain began.

bytes/        as the source sent them, its compression for the way undone; named by their SHA-256
headers/      as sent with them, name and value; ":fault" is our note that the answer broke off
text/         the text that was read from the bytes and the annexes, in UTF-8
readings/     what was concluded, as it was stored then; reading.json is the newest, in the printed form
differences/  what differs from the version before, and why no alert was made
opinions/     where a second reader, a model beside the rules, was asked: its answer as it came, what
              followed from it, and a translation or an explanation that was shown; no conclusion follows
report.*      made from the files above: they prove nothing by themselves, check.py makes them again

Files in bytes/ come from outside: open them as you would open any file from the net.

check.py, in full:

"""


@dataclass
class DossierResult:
    """What was found: `wrong` must be empty; `limits` are what was not shown."""

    head: str = ""
    name: str = ""  #: of the notice
    versions: int = 0
    snapshots: int = 0
    noted: list[str] = field(default_factory=list)  #: noted heads that are in the chain
    wrong: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)

    def list_lines(self) -> list[str]:
        """Return the result in lines of text."""
        if self.wrong:
            return ["NOT sound:", *self.wrong]
        return [
            f"sound; the head is {self.head}",
            f"Shown, of {self.name}: {self.versions} versions and {self.snapshots} snapshots are all there, "
            "and as they were entered in the chain up to this head; the other files follow from them.",
            *(f"The noted head {head} is in the chain." for head in self.noted),
            "Not shown: that this chain is the one that was kept (compare its head with one noted elsewhere, "
            "or check the time stamps as HOWTO.txt says), that a source sent these bytes, that a conclusion "
            "is right, that this check.py is genuine, the day of the export.",
            *self.limits,
        ]


def choose_extension(headers: list[list[str]], final_url: str) -> str:
    """Return a known extension that fits the content type or the address, without a dot; else "bin"."""
    declared = next((value for name, value in headers if name == "content-type"), "")
    by_type = EXTENSION_BY_TYPE.get(declared.partition(";")[0].strip().lower())
    suffix = KNOWN_SUFFIX.search(final_url.lower())
    return by_type or (suffix[1] if suffix else "bin")


def compute_sha256(body: bytes) -> str:
    """Return the SHA-256 of bytes in hex."""
    return hashlib.sha256(body).hexdigest()


def parse_chain_line(line: bytes) -> ProvenEntry:
    """Return an entry; raises ValueError, KeyError or TypeError where it is none."""
    entry = json.loads(line)
    return ProvenEntry(
        seq=entry["seq"],
        hash=compute_sha256(line),
        kind=entry["what"],
        subject=entry["of"],
        is_late=bool(entry.get("late")),
    )


def render_derived_files(
    facts: DossierFacts, text: str, meanings: Mapping[str, str], script: str
) -> dict[str, bytes]:
    """Return the files of a dossier that are made from the proven ones; `script` is its check.py."""
    report = build_report(facts, meanings)
    name = " ".join(strip_hidden(facts.name).split())
    howto = HOWTO_TEMPLATE.replace("HEAD", facts.head, 1).replace("NAME", name, 1) + script
    reading = print_reading(facts.reading, meanings)
    return {
        "report.html": render_page(report, strip_hidden(text)).encode(),
        "report.pdf": render_pdf(report),
        "reading.json": json.dumps(reading, ensure_ascii=False, indent=2).encode(),
        HOWTO: howto.encode(),
    }


def render_manifest(files: Mapping[str, str]) -> str:
    """Return the manifest of files by their digests, as sha256sum reads it."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))


def check_dossier(
    files: Mapping[str, bytes],
    *,
    script: str,
    meanings: Mapping[str, str],
    noted: tuple[str, ...] = (),
    is_folder: bool = False,
) -> DossierResult:
    """Return what is wrong with the files of a dossier.

    `script` is the check.py that runs, `meanings` what rules mean, `noted` heads that must be in the chain.
    A folder may hold other files beside those of the dossier, a zip may not.
    """
    check = _Check(files, is_folder=is_folder)
    try:
        check.run(script, meanings, noted)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        check.result.wrong.append(f"it cannot be read to its end: {type(error).__name__}: {error}")
    return check.result


class _Check:
    """One check; `left` are the files that nothing accounts for yet."""

    def __init__(self, files: Mapping[str, bytes], *, is_folder: bool) -> None:
        self.files = files
        self.is_folder = is_folder
        self.left = set(files)
        self.result = DossierResult()
        self.entries: list[ProvenEntry] = []

    def run(self, script: str, meanings: Mapping[str, str], noted: tuple[str, ...]) -> None:
        """Check everything, the chain first."""
        self._read_chain(noted)
        heading = self._choose_heading()
        versions = {number: self._check_version(number, heading) for number in heading["versions"]}
        snapshots = self._list_snapshots(versions)
        for number in sorted(snapshots):
            self._check_snapshot(snapshots[number])
        opinions = self._list_opinions(versions)
        stamped = self._check_stamps()
        self.left.discard(FAULTS)
        faults = tuple(self.files.get(FAULTS, b"").decode().splitlines())
        self.result.wrong += [f"not as it was entered when it was exported: {fault}" for fault in faults]
        newest = heading["newest_version"]
        facts = DossierFacts(
            heading=heading,
            reading=json.loads(self.files[f"readings/version-{newest}.json"]),
            entries=tuple(
                entry
                for entry in self.entries
                if (entry.kind in {"version", "reading"} and entry.subject["id"] in versions)
                or (entry.kind == "snapshot" and entry.subject["id"] in snapshots)
                or (entry.kind == "opinion" and entry.subject["version"] in versions)
            ),
            opinions=tuple(self._check_opinion(opinions[number]) for number in sorted(opinions)),
            head=self.result.head,
            stamped=stamped,
            exported_on=self._read_export_day(),
            faults=faults,
        )
        self.result.name = " ".join(strip_hidden(facts.name).split())
        self.result.versions, self.result.snapshots = len(versions), len(snapshots)
        text = self.files[f"text/version-{newest}.txt"].decode()
        for name, body in {
            **render_derived_files(facts, text, meanings, script),
            SCRIPT: script.encode(),
        }.items():
            self._expect(name, compute_sha256(body), "does not follow from what was entered")
        self._check_rest()

    def _read_chain(self, noted: tuple[str, ...]) -> None:
        self.left.discard(CHAIN)
        before: ProvenEntry | None = None
        heads = set()
        for line in self.files[CHAIN].split(b"\n"):
            if not line:
                continue
            entry = parse_chain_line(line)
            follows = before is None or (
                json.loads(line)["before"] == before.hash and entry.seq == before.seq + 1
            )
            if not follows:
                self.result.wrong.append(f"entry {entry.seq} does not follow the one above it")
            heads.add(f"{entry.seq}:{entry.hash}")
            self.entries.append(entry)
            before = entry
        self.result.head = f"{self.entries[-1].seq}:{self.entries[-1].hash}"
        for head in noted:
            if head in heads:
                self.result.noted.append(head)
            else:
                self.result.wrong.append(f"the noted head {head} is not in this part of the chain")

    def _choose_heading(self) -> Fields:
        """Return the newest heading of the notice that the dossier is about, by the versions in it."""
        shipped = {
            int(found[1]) for name in self.files if (found := re.fullmatch(r"text/version-(\d+)\.txt", name))
        }
        newest: dict[int, Fields] = {}
        for entry in self.entries:
            heading = entry.subject.get("heading")
            if entry.kind in {"version", "reading"} and heading:
                newest[heading["id"]] = heading
        candidates = [heading for heading in newest.values() if shipped & set(heading["versions"])]
        if not candidates:
            raise ValueError("text/ holds no version of a notice of this chain")
        return max(candidates, key=lambda heading: len(shipped & set(heading["versions"])))

    def _check_version(self, number: int, heading: Fields) -> Fields:
        """Check the files of a version; return what its newest entry says."""
        found = [
            entry.subject
            for entry in self.entries
            if entry.kind in {"version", "reading"} and entry.subject["id"] == number
        ]
        if not found:
            raise ValueError(f"version {number} of the notice is in no entry")
        entered = found[-1]
        if entered.get("heading", heading)["id"] != heading["id"]:
            self.result.wrong.append(f"version {number} was entered for another notice")
        what = "is not what was entered"
        self._expect(f"text/version-{number}.txt", entered["text_sha256"], what)
        self._expect(f"readings/version-{number}.json", entered["reading_sha256"], what)
        if "difference_sha256" in entered:
            self._expect(f"differences/version-{number}.json", entered["difference_sha256"], what)
        else:
            self.result.limits.append(
                f"Not covered: how version {number} differs from the one before (an older version of "
                "controlwatch entered it)."
            )
        return entered

    def _list_snapshots(self, versions: Mapping[int, Fields]) -> dict[int, Fields]:
        """Return the snapshots that versions and their annexes were read from, by id."""
        pages = {version["snapshot"] for version in versions.values()} - {None}
        annexes = {
            (annex["url"], annex["sha256"])
            for version in versions.values()
            for annex in version["annexes"]
            if annex["sha256"]
        }
        found: dict[int, Fields] = {}
        for entry in self.entries:
            snapshot = entry.subject
            if entry.kind == "snapshot" and (
                snapshot["id"] in pages or (snapshot["url"], snapshot["bytes_sha256"]) in annexes
            ):
                found[snapshot["id"]] = snapshot
        entered = {(snapshot["url"], snapshot["bytes_sha256"]) for snapshot in found.values()}
        self.result.wrong += [f"snapshot {number} is in no entry" for number in sorted(pages - set(found))]
        self.result.wrong += [f"the annex {url} is in no entry" for url, _ in sorted(annexes - entered)]
        return found

    def _check_snapshot(self, entered: Fields) -> None:
        name, digest = f"headers/snapshot-{entered['id']}.json", entered["bytes_sha256"]
        self._expect(name, entered["headers_sha256"], "is not what was entered")
        extension = choose_extension(json.loads(self.files.get(name, b"[]")), entered["final_url"])
        # Bytes that were sent twice are here once, named as they were first.
        names = [name for name in self.files if name.startswith(f"bytes/{digest}.")]
        name = names[0] if names and names[0] not in self.left else f"bytes/{digest}.{extension}"
        self._expect(name, digest, "is not what was entered")
        if len(self.files.get(name, b"")) != entered["size"]:
            self.result.wrong.append(f"{name} has another size than was entered")

    def _list_opinions(self, versions: Mapping[int, Fields]) -> dict[int, Fields]:
        """Return what was answered about versions, by id."""
        return {
            entry.subject["id"]: entry.subject
            for entry in self.entries
            if entry.kind == "opinion" and entry.subject["version"] in versions
        }

    def _check_opinion(self, entered: Fields) -> ProvenOpinion:
        """Check the files of an opinion; return what they hold."""
        names = name_opinion_files(entered["id"])
        for name, kind in zip(names, ("answer", "outcome", "prose"), strict=True):
            self._expect(name, entered[f"{kind}_sha256"], "is not what was entered")
        answer, outcome, prose = (self.files[name].decode() for name in names)
        return ProvenOpinion(subject=entered, answer=answer, outcome=json.loads(outcome), prose=prose)

    def _check_stamps(self) -> tuple[int, ...]:
        """Check that time stamps are of entries of this chain; return the places of these."""
        heads = {f"stamps/{entry.seq}-{entry.hash}.tsr": entry for entry in self.entries}
        stamped: list[int] = []
        for name in sorted(name for name in self.left if name.startswith("stamps/")):
            self.left.discard(name)
            entry = heads.get(name)
            if entry is None or bytes.fromhex(entry.hash) not in self.files[name]:
                self.result.wrong.append(f"{name} stamps no entry of this chain")
            else:
                stamped.append(entry.seq)
                limit = f"In stamps/, entry {entry.seq} has a time stamp; HOWTO.txt says how it is checked."
                self.result.limits.append(limit)
        return tuple(sorted(stamped))

    def _read_export_day(self) -> date:
        """Return the day that the report states: nothing proves it."""
        found = re.search(rf"<p>{EXPORTED_ON}([0-9-]+)\.</p>".encode(), self.files["report.html"])
        return date.fromisoformat(found[1].decode()) if found else date.min

    def _expect(self, name: str, digest: str, otherwise: str) -> None:
        """Account for a file that must have this digest."""
        self.left.discard(name)
        if name not in self.files:
            self.result.wrong.append(f"{name} is missing")
        elif compute_sha256(self.files[name]) != digest:
            self.result.wrong.append(f"{name} {otherwise}")

    def _check_rest(self) -> None:
        """Check that the manifest lists the files, and that no other pretends to belong to the dossier."""
        manifest = self.files.get(MANIFEST, b"").decode()
        listed = set(re.findall(r"^[0-9a-f]{64}  (.+)$", manifest, re.MULTILINE))
        beside = {
            name
            for name in self.left - listed - {MANIFEST}
            if self.is_folder and name.partition("/")[0] not in FOLDERS
        }
        digests = {
            name: compute_sha256(body)
            for name, body in self.files.items()
            if name != MANIFEST and name not in beside
        }
        expected = compute_sha256(render_manifest(digests).encode())
        self._expect(MANIFEST, expected, "does not list the files as they are")
        self.result.wrong += [f"{name} does not belong to the dossier" for name in sorted(self.left - beside)]
        self.result.limits += [
            f"Not checked: {name}, which lies beside the dossier and does not belong to it."
            for name in sorted(beside)
        ]
