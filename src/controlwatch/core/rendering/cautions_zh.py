"""What limits an answer, in Chinese: the sentences of the law and of the coverage of the sources.

They are written in English where they arise, and are part of the JSON. Each has its pattern here; what has
none stays in English: it is never left out.
"""

from __future__ import annotations

import re

from controlwatch.core.rendering.day_text import spell_dates
from controlwatch.core.rendering.sentences_zh import SENTENCES, compile_sentences
from controlwatch.core.rendering.wording import WORDS

#: Verbs of acts as they stand in sentences → their Chinese.
_VERBS = ("suspends", "resumes", "repeals", "extends", "amends", "implements", "clarifies", "reports")

#: A sentence in English → its Chinese, with the groups of the pattern.
CAUTIONS: tuple[tuple[str, str], ...] = (
    (
        r"no official source has been read: .* ends on (.*)",
        r"尚未读取任何官方来源：本答复仅依据截至 \1 的参考数据库。",
    ),
    (r"not watched now: (.*): what was published later.*", r"目前未监测：\1。此后发布的内容未计入。"),
    (
        r"not watched: (.*), which refuses automated access",
        r"未监测：\1（该网站拒绝自动访问）。",
    ),
    (
        r"not read without a gap: (.*): for these .*ends on (.*)",
        r"未能连续读取：\1。这些来源以截至 \2 的参考数据库为准。",
    ),
    (r"not read without a gap: (.*): for these .*", r"未能连续读取：\1。这些来源以参考数据库为准。"),
    (r"listed, and not read yet: notices of (.*)", r"已列出但尚未读取的公告：\1。"),
    (r"known up to (.*): what will be issued later.*", r"所知截至 \1，此后发布的内容未计入。"),
    (r"before (.*) only single notices are known here", r"\1 之前仅收录个别公告。"),
    (
        r"announced, not enacted: (.*) \(([\d-]+)\) says that it (\w+) (.*?)"
        r"(?: until ([\d-]+))?; no instrument.*",
        r"已宣布，尚无正式文件：\1（\2）称将对 \4 作出“\3”安排，截止 \5。",
    ),
    (
        r"(.*) (\w+) (.*), and .* acts on .* in turn: both acts apply as written, a person must decide",
        r"\1 与 \3 相互作用，均按文字适用，须人工判断。",
    ),
    (
        r"which of the dates of (.*) governs that it (\w+) (.*) is our inference",
        r"\1 对 \3 的作用以哪个日期为准，系推断。",
    ),
    (
        r"which of the dates of (.*) (\S+ \S+) corrects is not known: .*",
        r"\2 更正 \1 的哪个日期不明，未作更改。",
    ),
    (r"(.*) was issued on (.*) and reaches back to (.*)", r"\1 发布于 \2，追溯至 \3。"),
    (r"(.*) states no end of the suspension", r"\1 未载明暂停的截止日期。"),
    (r"(.*) states no end of the extension", r"\1 未载明延长的截止日期。"),
    (
        r"the day of issue of (.*) is not known; it counts from (.*), by which it was issued",
        r"\1 的发布日期不明，按不晚于 \2 计。",
    ),
    (r"(.*) is a draft: it is not law", r"\1 为征求意见稿，尚非法律。"),
    (r"(.*) explains or reports: it sets no rule of its own", r"\1 属解释或报道，本身不设定规则。"),
    (
        r"(.*) does not state when it takes effect; it counts from (.*), its day of issue",
        r"\1 未载明施行日期，按发布日 \2 计。",
    ),
    (r"(.*) itself is not known here, only what others say about it", r"未收录 \1 本身，仅有他处提及。"),
    (r"(.*) was issued on (.*), after (.*)", r"\1 发布于 \2，晚于 \3。"),
    (
        r"The description of the item decides whether it is controlled, not the HS code:.*",
        "是否受管制以物项描述为准，公告所列海关商品编号仅供参考。",
    ),
    (
        r"the code (.*) does not stand in (.*), as far as known here; .*",
        r"据所知，\2 未列编码 \1，但涉及归入该编码的物项。",
    ),
    (r"its list began on ([\d-]+)", r"其列表始于 \1"),
    (r"expired or repealed by then, left out: (.*)", r"届时已失效或废止，未列出：\1。"),
    (
        r"A name alone does not identify a party: .*",
        "仅凭名称不能确认实体身份，请核对地址、股东与注册信息。",
    ),
    (
        r"only the (\d+) nearest are shown: write more of the name",
        r"仅显示最接近的 \1 个，请输入更完整的名称。",
    ),
    (
        r"of (\d+) names only the (\d+) nearest matches are given",
        r"其中 \1 个名称仅列出最接近的 \2 个匹配。",
    ),
    (
        r"other rules on (.*) name no single element: (.*); look up (.*)",
        r"另有关于 \1 的规定未点名单个元素：\2；请查询 \3。",
    ),
    (
        r"not all descriptions of the control list (.*) are known here: read the list too",
        r"管制清单\1的物项描述未全部收录，请同时查阅清单。",
    ),
    (
        r"only the newest (\d+) notices are looked at here: .*",
        r"此处仅查看最新的 \1 份公告，更早的公告也可能适用，请见公告列表。",
    ),
    (
        r"See also (.*): the same number in another product group\.",
        r"另见\1：另一产品类别中编号相同的物项。",
    ),
    (
        r"Neodymium-iron-boron magnets are controlled where they contain terbium or dysprosium: (.*)\.",
        r"钕铁硼磁材含铽或镝的受管制：\1。",
    ),
    (r"(.*): no notice known here controls it by name\.", r"\1：已知公告均未点名管制。"),
    (r"Controls of (.*) in force: (.*)\.", r"现行有效的 \1 管制：\2。"),
    (r"Based on the reference database alone, which ends on (.*)\.", r"仅依据截至 \1 的参考数据库。"),
    (r"Based on what was handed in by people: .*", r"仅依据人工提交的文件，未读取任何来源。"),
    (
        r"Based on (\d+) of (\d+) official sources .* until (.*) \(oldest: (.*)\)\.",
        r"依据可能影响本答复的 \2 个官方来源中的 \1 个，连续读取至 \3（最早：\4）。",
    ),
    (
        r"needs review \(controlwatch review (\d+)\), not counted here: (.*)",
        r"待人工判定（编号 \1），未计入：\2",
    ),
    (
        r"a person judged it a change, its dates were not read, it is not counted here: (.*)",
        r"人工判定为规则调整，日期未识读，未计入：\1",
    ),
    (r"a person judged it no change, .*: (.*)", r"人工判定无调整，未计入：\1"),
)


#: Parts within sentences, replaced last.
_PARTS: tuple[tuple[str, str], ...] = (
    (r"\(until ([^()]*)（北京时间）\)", r"（截至\1北京时间）"),
    (r"\(never read(?:: \w+)?\)", "（从未读取）"),
    (r"\(its list began on ([^()]*)\)", r"（其列表始于\1）"),
    (r" and (\d+) more", r" 等另 \1 个"),
    (r"，截止 。", "。"),
    (r" rare earths ", "稀土"),
    (r" minor metals ", "稀有金属"),
)


def translate_caution(english: str) -> str:
    """Return a caution in Chinese; one that is not known stays as it is. Days are spelt as in Chinese.

    >>> translate_caution("MOFCOM 2027-3 is a draft: it is not law")
    'MOFCOM 2027-3 为征求意见稿，尚非法律。'
    """
    for pattern, chinese in (*compile_sentences(CAUTIONS), *compile_sentences(SENTENCES)):
        match = pattern.fullmatch(english.strip())
        if match is not None:
            text = spell_dates(match.expand(chinese).replace(" Beijing time", "（北京时间）"), "zh")
            for verb in _VERBS:
                text = text.replace(f"“{verb}”", f"“{WORDS[verb][1]}”")
            for part, translation in _PARTS:
                text = re.sub(part, translation, text)
            return text
    return english
