"""Bring the packages of Office files into the form that libraries expect: names, parts, name spaces."""

from __future__ import annotations

import io
import posixpath
import re
from zipfile import ZIP_DEFLATED, ZipFile

_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")  # ISO 29500 strict
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/"
_OFFICE_DOCUMENT = re.compile(
    rb"<Relationship\b(?=[^>]*Type=[\"'][^\"']*/officeDocument[\"'])[^>]*\bTarget=[\"']([^\"']+)"
)
_EMBEDDED = re.compile(
    rb"<Relationship\b(?=[^>]*Type=[\"'][^\"']*/(?:package|oleObject|aFChunk)[\"'])"
    rb"(?![^>]*TargetMode=[\"']External)[^>]*\bTarget=[\"']([^\"']+)"
)
_MARKUP = (".xml", ".rels")
_USUAL_PARTS = frozenset({"word/document.xml", "xl/workbook.xml", "xl/workbook.bin"})
_HEAD_BYTES = 4_000


def normalize_package(archive: ZipFile, body: bytes) -> tuple[str, bytes]:
    """Return the main part of a package and the package as libraries read it; "" for any other archive.

    Names with backslashes become names of members, and strict name spaces the usual ones.
    """
    names = {_normalize_name(member.filename): member for member in archive.infolist()}
    rels = next((member for name, member in names.items() if name.lower() == "_rels/.rels"), None)
    main = ""
    if rels is not None and (target := _OFFICE_DOCUMENT.search(archive.read(rels))):
        main = posixpath.normpath(target[1].decode("utf-8", errors="replace").replace("\\", "/")).lstrip("/")
    if main not in names:
        main = next((name for name in _USUAL_PARTS if name in names), "")
    if not main:
        return "", body
    head = archive.read(names[main])[:_HEAD_BYTES]
    is_usual = all(name == member.filename for name, member in names.items()) and not _STRICT.search(head)
    if is_usual:
        return main, body
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as package:
        for name, member in names.items():
            if not name.endswith("/"):
                part = archive.read(member)
                is_markup = name.lower().endswith(_MARKUP)
                package.writestr(name, _STRICT.sub(_TRANSITIONAL, part) if is_markup else part)
    return main, made.getvalue()


def list_embedded(package: ZipFile) -> tuple[str, ...]:
    """Return the names of the whole files in a package: a sheet in a letter, a page that was inserted."""
    names = set(package.namelist())
    found: dict[str, None] = {}
    for rels in sorted(name for name in names if name.endswith(".rels")):
        folder = posixpath.dirname(posixpath.dirname(rels))
        for target in _EMBEDDED.findall(package.read(rels)):
            name = posixpath.normpath(posixpath.join("/", folder, target.decode("utf-8", errors="replace")))
            if name.lstrip("/") in names:
                found[name.lstrip("/")] = None
    return tuple(found)


def get_kind(package: bytes, main: str) -> str:
    """Return the root element of the main part: document, workbook, presentation; "" where it has none."""
    with ZipFile(io.BytesIO(package)) as archive:
        head = archive.read(main)[:_HEAD_BYTES]
    root = re.search(rb"<(?:\w+:)?(\w+)[\s>]", re.sub(rb"<[?!][^>]*>", b"", head))
    return root[1].decode("ascii") if root else ""


def _normalize_name(name: str) -> str:
    return name.replace("\\", "/").lstrip("/")
