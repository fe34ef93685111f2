"""The part of a notice that a date governs, as the words in front of the date name it."""

from __future__ import annotations

import re

WHOLE_NOTICE = re.compile(
    r"^[\s、，\d.（）()一二三四五六七八九十]*(?:第[一二三四五六七八九十百]+条\s*)?(?:本|该|此)?(?:公告|通知|办法|规定|决定|条例|法|令|目录|清单|措施|规则|细则)?\s*$"
)  # 九、本公告|自…: the whole notice
PART_SCOPE = re.compile(
    r"((?:本(?:公告|办法|规定|通知|决定|条例)\s*)?[“\"]?第?[一二三四五六七八九十\d]+[（(条款项][^，。；\n]{0,60}?)\s*(?:自|从|于)?\s*$"
)  # 本公告“一（一）”和“一（二）”部分|自…


def find_scope(before: str) -> str:
    """Return the part of the notice that the words in front of a date name, or "all"."""
    part = PART_SCOPE.search(before) if not WHOLE_NOTICE.match(before) else None
    return part[1].strip().lstrip("，、 ") if part else "all"
