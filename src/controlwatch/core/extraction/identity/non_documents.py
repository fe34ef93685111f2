"""What is no document at all: an empty page, a bot wall, an index page saved as a document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controlwatch.core.extraction.text.normalize import HAN

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.document_text import DocumentText

CHALLENGE_SCRIPT = re.compile(
    r"\$_ts\b|cf-chl|__cf_chl|acw_sc__v2|aliyun_waf|yunsuo_session"
)  # a bot wall's script, named as the common walls name theirs
CHALLENGE_WORDS = re.compile(
    r"Just a moment\.\.\.|Checking (?:your browser|if the site connection is secure)"
    r"|[Vv]erify(?:ing)? (?:that )?you are (?:a )?human|Attention Required!|[Ee]nable JavaScript and cookies"
    r"|(?:请|需要)(?:先)?(?:开启|启用)\s*Java[Ss]cript|请完成(?:安全|人机|滑动)?验证|人机验证|安全验证|滑块验证|拖动滑块"
    r"|请输入验证码|访问验证|访问(?:过于|太)频繁|请求(?:已|已经|被)?被?拦截|疑似(?:攻击|黑客)|网站防火墙|Web应用防火墙"
    r"|访问被(?:拒绝|阻断|禁止)|Access [Dd]enied|Request (?:was )?[Bb]locked|unusual traffic"
)  # 请开启JavaScript并刷新该页
CHALLENGE_LENGTH = 1500  #: characters; a longer text only speaks of bot walls
SAMPLE_LENGTH = 20_000
SERVER_NOISE = re.compile(
    r"\[an error occurred while processing this directive\]|\bnull\b|\bundefined\b"
    r"|(?:正在)?加载中|\bLoading\b"
    r"|您的位置|当前位置|首页|【[^】\n]{0,8}】|[\W_\d]+",
    re.IGNORECASE,
)  # what a page without its article still prints
NOISE_LENGTH = 400
TITLE_LENGTH = 60
_DATE = r"(?:\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?|\d{1,2}-\d{1,2})"
DATED_ROW = re.compile(
    rf"^\W{{0,4}}{_DATE}(?:\W|$)|{_DATE}\s*[\])）】]?\s*$"
)  # 关于…的公告 [2026-03-02] · 2026-03-02 关于…的公告
ROW_LENGTH = 130
MIN_ROWS = 5  #: dated rows that make an index
SENTENCE_END = re.compile(r"[。；]|\. [A-Z]")  # a row of an index holds no sentence


def is_empty(text: DocumentText) -> bool:
    """Tell whether nothing but a short title and the page's frame is left."""
    if len(text.title.strip()) >= TITLE_LENGTH:
        return False
    body = text.folded_text[text.title_end + 1 :]
    return not body.strip() or (len(body) < NOISE_LENGTH and not SERVER_NOISE.sub("", body))


#: The commonest characters of Chinese prose and notices; text decoded in the wrong way has hardly any.
COMMON_CHARACTERS = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出会年月日本公告第号部商务关海总物项口进对及等或与法规定应当实施管制"
)
GARBLED_LENGTH = 40  #: Han characters below which nothing can be said
GARBLED_SHARE = 0.04
LOST_CHARACTERS = re.compile(r"\ufffd|\?{3,}")  # 公告2026年第�号 · ????
LOST_SHARE = 0.02


def is_garbled(folded: str) -> bool:
    """Tell whether a text was decoded in the wrong way: lost characters, or Chinese that nobody writes."""
    sample = folded[:SAMPLE_LENGTH]
    lost = sum(len(hit[0]) for hit in LOST_CHARACTERS.finditer(sample))
    if lost > LOST_SHARE * len(sample) and lost > MIN_ROWS:
        return True
    han = HAN.findall(sample)
    return len(han) >= GARBLED_LENGTH and sum(
        sign in COMMON_CHARACTERS for sign in han
    ) < GARBLED_SHARE * len(han)


def is_challenge(text: DocumentText) -> bool:
    """Tell whether a bot wall answered: its script near the top, or its words in a short text."""
    if CHALLENGE_SCRIPT.search(text.folded_text, 0, SAMPLE_LENGTH):
        return True
    return len(text.folded_text) < CHALLENGE_LENGTH and CHALLENGE_WORDS.search(text.folded_text) is not None


def is_listing(text: DocumentText) -> bool:
    """Tell whether most lines are titles with their dates."""
    body = text.folded_text[text.title_end + 1 :]
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    if len(lines) < MIN_ROWS:
        return False
    rows = [line for line in lines if len(line) <= ROW_LENGTH and not SENTENCE_END.search(line)]
    dated = sum(1 for line in rows if DATED_ROW.search(line))
    return dated >= MIN_ROWS and len(rows) >= 0.8 * len(lines) and dated >= 0.4 * len(lines)
