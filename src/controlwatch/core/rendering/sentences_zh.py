"""Sentences of the reader and the comparison in Chinese: what needs review, why, and which findings changed.

The reader writes English sentences, which are stored with each version and are part of the JSON. For Chinese
readers each is matched with its pattern here. What has no pattern stays in English: it is never left out.
"""

from __future__ import annotations

import re
from functools import cache

from controlwatch.core.model import Verb
from controlwatch.core.rendering.day_text import spell_dates
from controlwatch.core.rendering.proof_text import FROM_DATABASE_ZH
from controlwatch.core.rendering.wording import WORDS

#: A sentence in English → its Chinese, with the groups of the pattern.
SENTENCES: tuple[tuple[str, str], ...] = (
    (r"The page has the title of an instrument and no text below it\.?", "页面只有公文标题，没有正文。"),
    (
        r"The text is garbled: it was decoded in the wrong way.*",
        "文本为乱码，可能解码错误或已损坏，无法识读。",
    ),
    (
        r"The text has the form of an instrument but is passed on by.*",
        "文本形似公文，但由他人转述，真实性无法确认。",
    ),
    (
        r"The source's answer broke off, and the text names what is watched.*",
        "来源的响应中途断开，文中提及所关注的事项，末尾内容可能缺失。",
    ),
    (
        r"(?:(.*): )?the server announced ([\d,]+) bytes and sent more; the end may be missing",
        r"服务器声明 \2 字节，实际发送更多，末尾内容可能缺失。",
    ),
    (
        r"(?:(.*): )?the server announced ([\d,]+) bytes and sent ([\d,]+); the end may be missing",
        r"服务器声明 \2 字节，仅发送 \3 字节，末尾内容可能缺失。",
    ),
    (
        r"(?:(.*): )?the (?:packed )?answer broke off after ([\d,]+) bytes; the end may be missing",
        r"服务器的响应在 \2 字节后断开，末尾内容可能缺失。",
    ),
    (r"(\d+) characters of the page could not be decoded\.?", r"页面有 \1 个字符无法解码。"),
    (r"(\d+) characters could not be decoded", r"有 \1 个字符无法解码。"),
    (r"Parts of the text are illegible: “(.*)”\.?", r"部分文字无法辨认：“\1”。"),
    (
        r"The page holds a second instrument, (.*); only the first.*",
        r"页面还载有另一份文件（\1），仅识读了第一份。",
    ),
    (r"The publication date is the page's own; a repost.*", "发布日期取自页面；如系转载，可能晚于原文。"),
    (r"The text shows no document number of its own\.?", "文中未见本文件的文号。"),
    (
        r"It takes effect on publication, but no publication date.*",
        "自公布之日起施行，但未载明公布日期。",
    ),
    (r"The text names no item; its subject follows from.*", "文中未列物项，所涉物项据其所涉文件得出。"),
    (r"“(.*)” is not a day of the calendar: what it dates.*", r"“\1”不是有效日期，所指时间不明。"),
    (r"The title speaks of a term that no period of the text has\.?", "标题所称期限与正文所载期间均不一致。"),
    (r"The title speaks of (\d+) parties; (\d+) were read\.?", r"标题称有 \1 家实体，识读到 \2 家。"),
    (r"The report gives a number without its issuer;.*", "报道只给出文号，未写明发文机关。"),
    (r"no article was found; the whole page was read", "未找到正文区域，已识读整页。"),
    (r"the page has no text of its own; its annexes carry it", "页面无正文，内容在附件中。"),
    (r"needs OCR: the text stands in an image", "正文为图片，需人工或文字识别。"),
    (
        r"needs OCR: a picture below an annex's heading was not read; look",
        "附件标题下有一张图片未识别，请查看原件。",
    ),
    (
        r"needs OCR: (\d+) pictures below an annex's heading were not read; look",
        r"附件标题下有\1张图片未识别，请查看原件。",
    ),
    (
        r"needs OCR: a picture in the article was not read; look",
        "正文中有一张图片未识别，请查看原件。",
    ),
    (
        r"needs OCR: (\d+) pictures in the article were not read; look",
        r"正文中有\1张图片未识别，请查看原件。",
    ),
    (r"(?:.*: )?the file refers to “(.*)”, which was not read", r"文件内提到“\1”，未读取。"),
    (r"a part of the page failed on the server and is missing", "页面部分内容因服务器错误缺失。"),
    (r"the page could not be read so far", "页面暂未能读取。"),
    (r"the page could not be read: (.*)", r"页面未能读取：\1"),
    (r"the mail could not be read: (.*)", r"邮件未能读取：\1"),
    (r"(.*): could not be fetched: (.*)", r"\1：未能获取（\2）。"),
    (r"(.*): not reachable now, read from our copy \((.*)\)", r"\1：暂无法访问，已据存档识读（\2）。"),
    (r"(.*): this and further annexes were not read", r"\1：该附件及后续附件未读取。"),
    (
        r"the annex “(.*)” is named and not linked; it was not read",
        r"提到附件“\1”，但页面没有链接，未读取。",
    ),
    (r"the text refers to an annex \(“(.*)”\) .*", r"正文提到附件（“\1”），但页面既无链接也无内容。"),
    (
        r"“(.*)” is a file without an address on the page; it was not read",
        r"“\1”在页面上没有地址，未读取。",
    ),
    (r"the page embeds (.*), which was not read", r"页面嵌入了\1，未读取。"),
    (r"(?:(.*): )?struck through (?:on the page|in the file) and left out: (.*)", r"被划掉、未采用：\2"),
    (r"(?:(.*): )?in comments in the file and left out: (.*)", r"文件批注中的文字、未采用：\2"),
    (
        r"(.*): (\d+) cells? (?:is a formula|are formulas) without a result in the file.*",
        r"\1：有 \2 个单元格为未计算的公式，未读取。",
    ),
    (
        r"(?:(.*): )?(\S.*) was attached and not read; hand it in separately",
        r"内含附件文件“\2”，未读取，请另行提交。",
    ),
    (r"(?:(.*): )?a file in the file was not read; look", "内嵌一个文件，未读取，请查看原件。"),
    (r"(?:(.*): )?(\d+) files in the file were not read; look", r"内嵌 \2 个文件，未读取，请查看原件。"),
    (
        r"(.*): the text of (\d+) pages? was recognised in a scan by its maker.*",
        r"\1：有 \2 页的文字系制作者由扫描件识别，请与扫描件核对。",
    ),
    (
        r"(.*): (\d+) passages? (?:is|are) struck through by a mark over the page.*",
        r"\1：有 \2 处被批注划掉，仍已读取，请查看原件。",
    ),
    (r"(?:(.*): )?hidden (?:on the page|in the file) and left out: (.*)", r"页面隐藏、未采用：\2"),
    (r"the text is hidden until a script shows it; look", "正文由脚本显示，原为隐藏，请核对原页。"),
    (r"“(.*)” has the shape of a day and could not be read\.", r"“\1”形似日期，但无法识别。"),
    (
        r"(.*): (\d+) of (\d+) pages read from a picture and not certain; compare it .*",
        r"\1：\3 页中有 \2 页识读自图片，未必准确，请与原件核对。",
    ),
    (
        r"(?:(.*): )?read from a picture and not certain; compare it .*",
        r"\1识读自图片，未必准确，请与原件核对。",
    ),
    (r"(.*): 7z archive: not read; .*", r"\1：7z 压缩包，未读取，请解压后提交其中的文件。"),
    (r"(.*): compressed in a RAR archive: not read; .*", r"\1：RAR 压缩包中的文件，未读取。"),
    (r"(.*): .*RAR archive: not read; it is encrypted(.*)\)", r"\1：RAR 压缩包已加密，未读取\2。"),
    (
        r"(.*): a picture in which codes (.*) can be recognised; nothing was concluded from it",
        r"\1：图片中可识别出编码 \2，未据此得出结论。",
    ),
    (
        r"(.*): a picture in which no code can be recognised; nothing was concluded from it",
        r"\1：图片中未识别出编码，未据此得出结论。",
    ),
    (
        r"Its text was read from a picture; a person must check.*",
        "正文识读自图片，文字和数字须经人工核对。",
    ),
    (
        r"(.*): needs OCR: a picture in the file was not read; look",
        r"\1：文件中有一张图片未识别，请查看原件。",
    ),
    (
        r"(.*): needs OCR: (\d+) pictures in the file were not read; look",
        r"\1：文件中有\2张图片未识别，请查看原件。",
    ),
    (r"(.*): needs OCR: the annex is a picture; look", r"\1：为图片，请查看原件。"),
    (r"(.*): needs OCR(.*)", r"\1：为扫描件，需文字识别\2。"),
    (r"only the first (\d+) of (\d+) characters were read", r"全文 \2 字，仅识读前 \1 字。"),
    (
        r"(.*: )?only the first (\d+) of (\d+) (?:pages|files) were read.*",
        r"\1共 \3 项，仅识读前 \2 项。",
    ),
    (r"register: issued (.*) with (.*) confidence", r"参考数据库：发布日期 \1，可信度 \2。"),
    (
        r"register: names (\d+)(?: of (\d+))? parties of this listing; read the notice",
        r"参考数据库仅收录该名单中的 \1 家实体，请查阅原文。",
    ),
    (
        r"register: issued (.*) by this page, (.*) by the reference database",
        r"发布日期：本页为 \1，参考数据库为 \2。",
    ),
    (
        r"register: takes effect (.*) by this page, (.*) by the reference database",
        r"生效日期：本页为 \1，参考数据库为 \2。",
    ),
    (
        r"register: this page as read changes no rule; the reference database knows .*",
        "与参考数据库不一致：按本页识读未调整规则，参考数据库则收录为规则调整。",
    ),
    (
        r"register: the reference database names \w+ codes that this page as read does not: (.*)",
        r"参考数据库列有而本页未识读到的编码：\1",
    ),
    (
        r"register: the reference database lists parties that this page as read does not: (.*)",
        r"参考数据库列有而本页未识读到的实体：\1",
    ),
    (
        r"register: by the reference database it (\w+) (.*); this page as read does not",
        r"参考数据库载明其对 \2 作出“\1”安排，本页未识读到。",
    ),
    (
        r"register: (\w+) (.*): \w+ (.*) by this page, (.*) by the reference database",
        r"对 \2 的“\1”安排：本页为 \3，参考数据库为 \4。",
    ),
    (
        r"register: (?:ends|singles out|\w+) (.*) by this page, (.*) by the reference database",
        r"与参考数据库不一致：本页为 \1，参考数据库为 \2。",
    ),
    (
        r"another source gave the number (.*) to other words: (.*)",
        r"另一来源以 \1 文号发布了不同内容：\2",
    ),
    (r"it bears the number of (.*), with other words than (.*)", r"与 \1 文号相同，但内容与“\2”不同。"),
    (
        r"It has the form of an official instrument and names what is watched;.*",
        "形似正式文件并涉及监测内容，但未能判定是否调整规则。",
    ),
    (
        r"It was read as a report, but it speaks like the instrument itself\.?",
        "按报道识读，但行文似文件原文。",
    ),
    (
        r"Somebody passes on what has the form of an official instrument\.?",
        "由他人转述的内容，形似正式文件。",
    ),
    (r"The text is garbled, and names what is watched\.?", "文本为乱码，但涉及监测内容。"),
    (
        r"A second reader, trained on (\d+) labelled texts, takes it for .* of ([\d.]+);.*",
        r"第二识读模型（基于 \1 份标注文本）判断其为文件的概率为 \2，规则未得出该结论。",
    ),
    (
        r"A second reader, a model beside the rules, takes it for a change of them;.*",
        "第二识读模型认为该文件调整了规则，规则识读未得出该结论。",
    ),
    (
        r"A second reader, a model beside the rules, takes it for the instrument itself: “(.*)”",
        r"第二识读模型认为这是文件原文：“\1”",
    ),
    (
        r"A second reader, a model beside the rules, does not take it for a change.*: “(.*)”",
        r"第二识读模型认为该文件未调整规则：“\1”",
    ),
    (
        r"A second reader, a model beside the rules, also reads (?:the |that it |its own |a day .*, )?"
        r"(.*): “(.*)”",
        r"第二识读模型另识读到 \1：“\2”",
    ),
    (
        r"A second reader, a model beside the rules, read (\d+) things here .*",
        r"第二识读模型另识读到 \1 项内容，与规则识读不符，不予采信。",
    ),
    (r"the text does not state the day (.*)", r"原文未载明日期 \1"),
    (r"the text does not hold the (?:figure|code) (.*)", r"原文没有 \1"),
    (r"the text does not state the month (.*)", r"原文未载明月份 \1"),
    (r"the text does not name the document (.*)", r"原文未提及文号 \1"),
    (r"it writes a day as (.*)", r"日期写法不明确：\1"),
    (r"it leaves out the (?:day|code) (.*)", r"遗漏 \1"),
    (
        r"the model was not sent the last (\d+) characters of the text",
        r"全文最后 \1 字未送交模型",
    ),
    (r"it leads to another place than the text", "含有原文没有的网址"),
    (
        r"The second reader was not sent the last (\d+) characters of the text\.",
        r"全文最后 \1 字未送交第二识读模型。",
    ),
    (
        r"(\d+) invisible characters were taken out before a second reader read it\.",
        r"送交第二识读模型前，已去除 \1 个不可见字符。",
    ),
)
DATABASE_FACT = re.compile(r"register: (?:(\S+): )?(.*) \((.*), (high|medium|low) confidence\)", re.DOTALL)
CONFIDENCES = {"high": "高", "medium": "中", "low": "低"}
FACT_SOURCES = {
    "the official text": "官方文本",
    "a page of the issuer": "发布机关网页",
    "a public repository of texts": "公开文本库",
    "public chronologies": "公开大事记",
    "press reports": "媒体报道",
}
#: That a notice names an element, and under which codes.
ELEMENT_FACT = re.compile(r"register: names [a-z ]+ ([\u4e00-\u9fff]+)(?: under (.*))?")
#: Words of a fact in English → in Chinese, in the order in which they are replaced.
FACT_WORDS: tuple[tuple[str, str], ...] = (
    (r"does not state when it takes effect", "未载明施行日期"),
    (r"takes effect ([\d-]+)", r"自 \1 起施行"),
    (r"\bissued ([\d-]+)", r"发布于 \1"),
    (r" from ([\d-]+)", r"，自 \1 起"),
    (r" until ([\d-]+)", r"，至 \1"),
    (r"\bconcerns ", "涉及"),
    (r"\bnames ", "列明"),
    *((rf"\b{verb.value} ", WORDS[verb.value][1]) for verb in Verb if verb.value in WORDS),
)
#: Names of findings in the list of what changed.
FINDINGS = {
    "number": "文号",
    "direction": "方向",
    "effective": "生效日期",
    "categories": "物项",
    "HS codes": "海关商品编号",
    "control codes": "管制编码",
    "destinations": "目的地",
    "entities": "列名实体",
}


@cache
def compile_sentences(sentences: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return sentences with their patterns compiled, once: an answer in English needs none of them."""
    return tuple((re.compile(english, re.DOTALL), chinese) for english, chinese in sentences)


def translate_sentence(english: str) -> str:
    """Return a sentence of the reader in Chinese; one that is not known stays as it is.

    >>> translate_sentence("The title speaks of 6 parties; 5 were read.")
    '标题称有 6 家实体，识读到 5 家。'
    """
    for pattern, chinese in compile_sentences(SENTENCES):
        match = pattern.fullmatch(english.strip())
        if match is not None:
            return match.expand(chinese)
    return english


def translate_fact(quote: str) -> str:
    """Return a fact of the reference database in Chinese, with where it comes from; other words as they are.

    >>> translate_fact("register: takes effect 2027-05-01 (the official text, high confidence)")
    '参考数据库：自2027年5月1日起施行（官方文本，可信度高）'
    """
    match = DATABASE_FACT.fullmatch(quote)
    if match is None:
        element = ELEMENT_FACT.fullmatch(quote)
        if element is None:
            return quote
        codes = f"，编码 {element[2]}" if element[2] else ""
        return f"{FROM_DATABASE_ZH}列明{element[1]}{codes}"
    scope, statement, source, confidence = match.groups()
    for pattern, chinese in FACT_WORDS:
        statement = re.sub(pattern, chinese, statement)
    fact = spell_dates(f"{scope or ''}{statement}", "zh")
    return f"{FROM_DATABASE_ZH}{fact}（{FACT_SOURCES.get(source, source)}，可信度{CONFIDENCES[confidence]}）"


def translate_finding(line: str) -> str:
    """Return a line about a changed finding in Chinese: effective: 2027-04-01 → 2027-05-01."""
    name, colon, values = line.partition(": ")
    known = FINDINGS.get(name)
    return (
        f"{known}：{values.replace('not stated', '未载明').replace('none', '无')}"
        if colon and known
        else line
    )
