"""The documentation is checked against the product."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from controlwatch.adapters.catalog.watcher_loader import load_watcher
from controlwatch.cli.complete import app
from controlwatch.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
MANUALS = {path.name: path for path in (README, *sorted(ROOT.glob("docs/*.md")))}
COMMAND_LINE = re.compile(r"^(?:\.venv/bin/)?controlwatch (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def commands() -> dict[str, typer.core.TyperGroup]:
    return typer.main.get_command(app).commands  # type: ignore[attr-defined,no-any-return]


def test_the_declaration_in_the_manual_is_a_good_one(tmp_path: Path) -> None:
    ((language, block),) = BLOCK.findall((ROOT / "docs/watchers.md").read_text(encoding="utf-8"))
    assert language == "toml"
    path = tmp_path / f"{tomllib.loads(block)['id']}.toml"
    path.write_text(block, encoding="utf-8")
    assert load_watcher(path).index.pages.name == "index_{n}.html"


def command_lines() -> list[tuple[str, str]]:
    return [
        (name, line)
        for name, path in MANUALS.items()
        for language, block in BLOCK.findall(path.read_text(encoding="utf-8"))
        if language == "sh"
        for line in COMMAND_LINE.findall(block)
    ]


@pytest.mark.parametrize(("manual", "line"), command_lines())
def test_every_command_line_of_the_manuals_exists(manual: str, line: str) -> None:
    words = line.split("#", maxsplit=1)[0].split()
    command: typer.core.TyperCommand | typer.core.TyperGroup = commands()[words.pop(0)]
    if words and words[0].isdecimal() and "settle" in getattr(command, "commands", {}):
        words[0] = "settle"  # `review 12 …` is `review settle 12 …`
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]  # type: ignore[union-attr]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= options, manual


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    documented = re.findall(r"^\| `(\w+)`", MANUALS["settings.md"].read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(documented) == sorted(f"{PREFIX}{name.upper()}" for name in Settings.model_fields)


def test_every_command_is_documented() -> None:
    manuals = "".join(path.read_text(encoding="utf-8") for path in MANUALS.values())
    assert [
        name for name in commands() if f"controlwatch {name}" not in manuals and f"`{name}`" not in manuals
    ] == []


def test_the_readme_is_short_and_leads_to_every_manual() -> None:
    text = README.read_text(encoding="utf-8")
    assert 450 < len(text.split()) < 700
    assert [name for name in MANUALS if name != README.name and f"docs/{name}" not in text] == []


@pytest.mark.parametrize("path", [*MANUALS.values(), ROOT / "CONTRIBUTING.md"], ids=lambda path: path.name)
def test_every_link_leads_to_a_file(path: Path) -> None:
    prose = re.sub(r"```.*?```|`[^`]+`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = ["".join(groups) for groups in LINK.findall(prose)]
    files = [target.partition("#")[0] for target in targets if "://" not in target]
    assert [file for file in files if file and not (path.parent / file).exists()] == []


@pytest.mark.parametrize(
    "path",
    [*MANUALS.values(), *sorted(ROOT.glob("docs/decisions/*.md")), ROOT / "CONTRIBUTING.md"],
    ids=lambda path: path.name,
)
def test_every_path_of_the_code_that_is_named_exists(path: Path) -> None:
    named = re.findall(
        r"`((?:core|services|adapters|slack|web|cli|data|tests|tools)/[\w/.*]*)`", path.read_text("utf-8")
    )
    homes = (ROOT, ROOT / "src/controlwatch")
    assert [name for name in named if not any(any(home.glob(name.rstrip("/"))) for home in homes)] == []


@pytest.mark.parametrize(
    "path", [*MANUALS.values(), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=lambda p: p.name
)
def test_the_manuals_are_in_plain_english(path: Path) -> None:
    prose = re.sub(r"`[^`]+`", "", path.read_text(encoding="utf-8"))
    odd = r"whoever|nobody|\banew\b|\bso (?:many|often)\b|\bof ours\b|\b(?:is|are) no [a-z]|\bfares?\b|\brings? for\b"
    assert re.findall(odd, prose, re.IGNORECASE) == []


def test_the_pictures_are_drawn_from_the_product(tmp_path: Path) -> None:
    run = [sys.executable, "tools/draw_alert.py", "--html", str(tmp_path)]
    subprocess.run(run, cwd=ROOT, check=True, timeout=120)
    for name in ("alert-slack", "alert-mail"):
        page = (tmp_path / f"{name}.html").read_text(encoding="utf-8")
        assert "MOFCOM–GACC 2027-12" in page
        assert "本公告自2027年4月1日起正式实施。" in page
        assert "Acknowledge" in page
        assert (ROOT / f"docs/{name}.png").read_bytes().startswith(b"\x89PNG")


def test_every_decision_has_its_number_once() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]


def test_every_test_that_the_threat_model_names_is_there() -> None:
    rows = [
        line
        for line in (ROOT / "docs/security.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    assert len(rows) > 20
    for row in rows[1:]:
        named = re.findall(r"`([^`]+)`", row.rsplit("|", 2)[1])
        assert named, row
        file = ""
        for one in named:
            path, _, name = one.rpartition("::") if "::" in one else ("", "", one)
            if one.startswith("tests/"):
                file, name = (path, name) if path else (one, "")
            body = (ROOT / file).read_text(encoding="utf-8")
            assert f"def {name}(" in body or not name, one


def test_every_test_that_the_report_on_reliability_names_is_there() -> None:
    named = re.findall(
        r"`(\w+/\w+\.py)(?:::(\w+))?` \|$", MANUALS["reliability.md"].read_text("utf-8"), re.MULTILINE
    )
    assert len(named) > 20
    for file, name in named:
        assert not name or f"def {name}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), name


def test_the_hooks_before_a_commit_are_those_of_make_check() -> None:
    recipe = (
        (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ncheck: audit")[2].partition("\n\n")[0]
    )
    checks = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe.splitlines()[1:]]
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^ +entry: (.+)$", hooks, re.MULTILINE) == checks
