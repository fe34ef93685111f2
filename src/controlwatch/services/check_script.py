"""Build check.py, which a dossier brings along: the modules that check it, as one file that stands alone."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator, Mapping
from types import ModuleType

from controlwatch.core.evidence import dossier_check, dossier_pages, dossier_report
from controlwatch.core.model import text_safety

_HEAD = '''\
#!/usr/bin/env python3
"""Check this dossier: python3 check.py [--head SEQ:HASH] [FOLDER|ZIP]. Needs Python 3.10 and nothing else."""

from __future__ import annotations

import argparse
import pathlib
import sys
import zipfile
'''
_TAIL = '''

# --------------------------------------------------------------------------- what is read, and what is said


def read_files(place: pathlib.Path) -> dict[str, bytes]:
    """Return the files of a folder or a zip by their names."""
    if place.is_file():
        with zipfile.ZipFile(place) as packed:
            names = packed.namelist()
            if len(set(names)) != len(names):
                sys.exit("NOT sound: the zip holds two files of one name")
            return {name: packed.read(name) for name in names}
    paths = (path for path in sorted(place.rglob("*")) if path.is_file())
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in paths}


def main() -> None:
    """Check what the arguments name, and say what was found; exit status 1 where anything is wrong."""
    own = pathlib.Path(__file__)
    parser = argparse.ArgumentParser(description="Check a dossier of controlwatch.")
    parser.add_argument("place", nargs="?", default=own.parent, type=pathlib.Path, help="its folder or zip")
    parser.add_argument("--head", action="append", default=[], help="SEQ:HASH that must be in the chain")
    chosen = parser.parse_args()
    result = check_dossier(
        read_files(chosen.place),
        script=own.read_bytes().decode(),
        meanings=RULE_MEANINGS,
        noted=tuple(chosen.head),
        is_folder=chosen.place.is_dir(),
    )
    sys.stdout.reconfigure(errors="backslashreplace")
    print("\\n".join(result.list_lines()))
    sys.exit(1 if result.wrong else 0)


if __name__ == "__main__":
    main()
'''


def build_check_script(meanings: Mapping[str, str]) -> str:
    """Return check.py; `meanings` are those of the rules of readings, by id."""
    modules = (text_safety, dossier_report, dossier_pages, dossier_check)
    table = json.dumps(dict(sorted(meanings.items())), ensure_ascii=False, indent=4)
    return f"{_HEAD}{''.join(map(_take_body, modules))}\n\nRULE_MEANINGS = {table}\n{_TAIL}"


def _take_body(module: ModuleType) -> str:
    """Return the source of a module without its docstring and what it imports from us."""
    source = inspect.getsource(module)
    lines = source.splitlines()
    for node in _list_left_out(ast.parse(source)):
        for number in range(node.lineno - 1, node.end_lineno or node.lineno):
            lines[number] = ""
    body = "\n".join(lines).strip()
    while "\n\n\n\n" in body:
        body = body.replace("\n\n\n\n", "\n\n\n")
    return f"\n# {'-' * 75} {module.__name__.rpartition('.')[2]}\n\n{body}\n"


def _list_left_out(tree: ast.Module) -> Iterator[ast.stmt]:
    yield tree.body[0]  # the docstring
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            ("controlwatch", "__future__")
        ):
            yield node
