"""Every English text on the pages has its Chinese."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from controlwatch.web.page_frame import NAVIGATION, load_translations

WEB = Path(str(resources.files("controlwatch.web")))
IN_TEMPLATES = re.compile(r"""(?:\b_|translate)\(\s*(?:"([^"]+)"|'([^']+)')""")
IN_CODE = re.compile(r"""translate\(\s*request,\s*"([^"]+)\"""")


def list_texts() -> set[str]:
    found = {item.label for item in NAVIGATION}
    for template in (WEB / "templates").rglob("*.*"):
        found |= {double or single for double, single in IN_TEMPLATES.findall(template.read_text("utf-8"))}
    for module in WEB.rglob("*.py"):
        found |= set(IN_CODE.findall(module.read_text("utf-8")))
    return found


def test_every_text_is_translated() -> None:
    texts, known = list_texts(), load_translations()
    assert len(texts) > 10
    assert sorted(texts - set(known)) == []


def test_a_translation_keeps_the_values_of_its_text() -> None:
    values = re.compile(r"\{\w+\}")
    for english, chinese in load_translations().items():
        assert set(values.findall(english)) == set(values.findall(chinese)), english
