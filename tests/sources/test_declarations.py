"""A mistake in a declaration is named with its file, its key and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlwatch.adapters.catalog.watcher_loader import (
    check_watchers,
    load_watcher,
    load_watchers,
    scaffold_watcher,
)
from controlwatch.core.model.errors import DeclarationError, UsageError

URL = "https://www.mofcom.gov.cn/zcfb/index.html"
PAGES = "[index.pages]\nstyle ="


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return scaffold_watcher(tmp_path, "sample", URL)


def test_a_scaffold_is_sound_as_it_stands(sound: Path) -> None:
    assert check_watchers(sound.parent) == []
    watcher = load_watcher(sound)
    assert (watcher.id, watcher.index.url, watcher.http.hosts) == ("sample", URL, ("www.mofcom.gov.cn",))
    assert load_watchers(sound.parent) == (watcher,)


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("[index]", "[index]\nrow = 'li'", "index.row", "did you mean rows?"),
        ("[http]", "[http]\nhost = 'x'", "http.host", "did you mean hosts?"),
        ('name = "sample"', 'nme = "sample"', "nme", "did you mean name?"),
        ('name = "sample"', "", "name", "is missing"),
        ('issuer = "press"', "issuer = 7", "issuer", "valid string"),
        ('kind = "links"', 'kind = "link"', "index.kind", "'links', 'feed', 'jpaas' or 'json'"),
        ('confidence = "B"', 'confidence = "C"', "confidence", "'A' or 'B'"),
        ("rows = 1 ", 'rows = "many" ', "expect.rows", "valid integer"),
        ('"*/30 8-19 * * *"', '"61 * * * *"', "schedule.cron.0", "'61 * * * *'"),
        ('"*/30 8-19 * * *"', '"* * *"', "schedule.cron.0", "'* * *'"),
        ('"*/30 8-19 * * *"', '"0 9 * * 1-5"', "schedule.cron.0", "mon-fri"),
        ('"Asia/Shanghai"', '"Asia/Shangai"', "schedule.timezone", "no such time zone"),
        ('article = ""', "article = '(['", "index.article", "not a regular expression"),
        ("rows = 1 ", "reject = ['*']\nrows = 1 ", "expect.reject.0", "not a regular expression"),
        ('rows = "a[href]"', 'rows = "ul >"', "index.rows", "not a CSS selector"),
        ("body = []", 'body = ["div["]', "detail.body.0", "not a CSS selector"),
        ("title = []", 'title = ["var:a-b"]', "detail.title.0", "not a CSS selector"),
        ('hosts = ["www.mofcom.gov.cn"]', 'hosts = ["mofcom.gov.cn"]', "index.url", "not among http.hosts"),
        (f'url = "{URL}"', 'url = "ftp://www.mofcom.gov.cn/"', "index.url", "must be an http"),
        ('kind = "links"', 'kind = "jpaas"', "index.api", "fetched through its service"),
        ('kind = "links"', 'kind = "json"', "index.api", "fetched through its service"),
        ('kind = "links"', 'kind = "links"\nmethod = "POST"', "index.method", "fetched by GET"),
        (
            "[detail]",
            "[index.pages]\nstyle = 'param-json'\n[detail]",
            "index.pages.style",
            "allows: field, none, path",
        ),
        (
            "[detail]",
            "[index.pages]\nstyle = 'path'\nname = 'p.htm'\n[detail]",
            "index.pages.name",
            "must hold {n}",
        ),
        ("[detail]", f"{PAGES} 'field'\n[detail]", "index.pages.name", "is missing"),
        ("pause = 1.0 ", "timeout = 0\npause = 1.0 ", "http.timeout", "more than 0"),
        ('id = "sample"', 'id = "other"', "id", "the file is sample.toml"),
        (
            'maintainers = ["controlwatch maintainers"]',
            "maintainers = []",
            "maintainers",
            "at least one maintainer",
        ),
        ('id = "sample"', 'id = "sample', "", "is not TOML"),
    ],
)
def test_each_mistake_names_file_key_and_reason(
    sound: Path, old: str, new: str, key: str, reason: str
) -> None:
    text = sound.read_text(encoding="utf-8")
    assert old in text
    sound.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = [mistake for mistake in check_watchers(sound.parent) if mistake.key == key]
    assert found, [str(mistake) for mistake in check_watchers(sound.parent)]
    assert found[0].file == "sample.toml"
    assert reason in found[0].reason
    with pytest.raises(DeclarationError):
        load_watchers(sound.parent)


def test_all_mistakes_of_a_directory_are_told_at_once(sound: Path) -> None:
    other = scaffold_watcher(sound.parent, "other", URL)
    for path in (sound, other):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("[index]", "[indx]"), encoding="utf-8")
    mistakes = check_watchers(sound.parent)
    assert {(mistake.file, mistake.key) for mistake in mistakes} == {
        (file, key) for file in ("sample.toml", "other.toml") for key in ("index", "indx")
    }


def test_an_empty_directory_is_a_mistake(tmp_path: Path) -> None:
    assert "holds no watcher" in check_watchers(tmp_path)[0].reason
    assert "holds no watcher" in check_watchers(tmp_path / "nowhere")[0].reason


@pytest.mark.parametrize(
    ("watcher_id", "url", "reason"),
    [
        ("sample", URL, "already declared"),
        ("Sample", URL, "not an id"),
        ("../sample", URL, "not an id"),
        ("", URL, "not an id"),
        ("other", "ftp://www.mofcom.gov.cn/", "not an http"),
        ("other", "www.mofcom.gov.cn", "not an http"),
        ("other", 'https://x.cn/"', "not an http"),
    ],
)
def test_a_scaffold_refuses_what_cannot_be_declared(
    sound: Path, watcher_id: str, url: str, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        scaffold_watcher(sound.parent, watcher_id, url)
    assert [path.name for path in sound.parent.iterdir()] == ["sample.toml"]
