"""Names of parties, made comparable: the same company is never printed twice alike."""

from __future__ import annotations

import re
import unicodedata

#: Words that say what form a company has, and nothing of which one it is.
COMPANY_FORMS = re.compile(
    r"\b(?:co|ltd|limited|inc|incorporated|corp|corporation|company|companies|llc|llp|lp|plc|gmbh|ag|sa|nv|bv"
    r"|kk|oy|ab|pte|pty|the|group|holdings?)\b"
)
COMPANY_FORMS_ZH = re.compile(r"(?:股份|有限|责任|公司|集团|株式会社|株式會社|合伙企业|控股)+")
NOT_A_NAME = re.compile(r"[^\w]+")
BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")  # 洛克希德·马丁


def normalize_name(name: str) -> str:
    """Return a name without its form, spaces, signs and case.

    >>> normalize_name("Shield AI,Inc."), normalize_name("Shield AI, Inc"), normalize_name("三菱造船株式会社")
    ('shield ai', 'shield ai', '三菱造船')
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = NOT_A_NAME.sub(" ", folded.replace(".", ""))
    bare = COMPANY_FORMS_ZH.sub("", COMPANY_FORMS.sub(" ", words))
    return BETWEEN_HAN.sub("", " ".join((bare if bare.strip() else words).split()))
