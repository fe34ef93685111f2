"""Why something cannot be done, in Chinese: the messages of `UsageError`, and the problems of questions.

They are written in English where they arise. Each has its pattern here; what has none stays in English: it is
never left out.
"""

from __future__ import annotations

from controlwatch.core.model import Language
from controlwatch.core.rendering.cautions_zh import translate_caution
from controlwatch.core.rendering.day_text import spell_dates
from controlwatch.core.rendering.sentences_zh import compile_sentences
from controlwatch.core.rendering.wording import pick_language

#: A text in quotes, as Python writes it.
_QUOTED = r"""(?:'(.*)'|"(.*)")"""

#: A problem in English → its Chinese, with the groups of the pattern.
PROBLEMS: tuple[tuple[str, str], ...] = (
    # questions
    (r"this question is too long; try: help", "问题过长；请输入“帮助”查看可以问什么。"),
    (
        r"`(.*)` needs something to look for: the number of a notice",
        r"“\1”需要写明公告文号。",
    ),
    (
        r"`(.*)` needs something to look for: the number of a notice, or an item",
        r"“\1”需要写明公告文号或物项。",
    ),
    (
        r"`(.*)` needs something to look for: an item, an HS code or a control code",
        r"“\1”需要写明物项、海关商品编号或管制编码。",
    ),
    (r"`(.*)` needs something to look for: the name of a party", r"“\1”需要写明主体名称。"),
    (r"`(.*)` needs something to look for: an item category", r"“\1”需要写明物项类别。"),
    (r"`(.*)` answers without a day, and not for (.*) to (.*)", r"“\1”不按日期回答，不能限定为\2至\3。"),
    (r"`(.*)` answers without a day, and not for (.*)", r"“\1”不按日期回答，不能限定为\2。"),
    (r"(\w+) answers for one day; write one date", r"“\1”只回答某一天的情况，请写一个日期。"),
    (r"compare needs two days: the earlier one and the later one", "比较需要两个日期：较早的和较晚的。"),
    (r"(\d+) days is too long; use at most (\d+)", r"\1天过长，最多\2天。"),
    (r"there are several dates; write one, or two", "日期过多，请写一个或两个。"),
    (rf"{_QUOTED} is not a date(?:: .*|; .*)?", r"“\1\2”不是有效日期。"),
    (rf"{_QUOTED} does not state the month; .*", r"“\1\2”未写月份，请写成 2026-11-30。"),
    (rf"{_QUOTED} does not state one day; .*", r"“\1\2”未写明是哪一天，请写成 2026-11-30。"),
    (rf"{_QUOTED} does not state the year", r"“\1\2”未写年份。"),
    (rf"{_QUOTED} may be more than one day", r"“\1\2”可能指不止一天。"),
    (r"([\d-]+) may be a month or the number of a notice", r"\1 可能指月份，也可能是公告文号。"),
    (rf"{_QUOTED} may be ([\d-]+) or ([\d-]+)", r"“\1\2”可能是 \3，也可能是 \4。"),
    (
        r"No\. (\d+) exists in more than one year; write the year too: (.*)",
        r"不同年份都有第\1号，请写明年份：\2",
    ),
    (
        r"([\d-]+) comes before ([\d-]+): compare from the earlier day to the later",
        r"\1 早于 \2，请先写较早的日期。",
    ),
    # names
    (rf"{_QUOTED} may mean (.*); choose one of them", r"“\1\2”可能指 \3，请选择其一。"),
    (rf"no category {_QUOTED}; did you mean (.*)\?", r"没有名为“\1\2”的类别；是否指 \3？"),
    (rf"no category {_QUOTED}; to list them: .*", r"没有名为“\1\2”的类别；输入“类别”可列出全部。"),
    (rf"no issuer {_QUOTED}; did you mean (.*)\?", r"没有名为“\1\2”的发布机关；是否指 \3？"),
    (rf"no issuer {_QUOTED}; there are (.*)", r"没有名为“\1\2”的发布机关；现有 \3。"),
    (rf"no destination {_QUOTED}; did you mean (.*)\?", r"没有名为“\1\2”的目的地；是否指 \3？"),
    (rf"no destination {_QUOTED}; there are (.*)", r"没有名为“\1\2”的目的地；现有 \3。"),
    (rf"no notice {_QUOTED} is known here; nearest: (.*)", r"此处未收录公告“\1\2”；最接近的是 \3。"),
    (
        rf"no notice {_QUOTED} is known here; write .*",
        r"此处未收录公告“\1\2”；请写文号（如 2025-61）或网址。",
    ),
    (
        rf"no item {_QUOTED} is known here; write .*",
        r"此处未收录物项“\1\2”；请写名称、海关商品编号或管制编码。",
    ),
    (rf"no item {_QUOTED} is known here; nearest: (.*)", r"此处未收录物项“\1\2”；最接近的是 \3。"),
    (
        rf"no change known here names the HS code {_QUOTED}; nearest: (?:none|(.*?))\. That does .*",
        r"已知公告均未列海关商品编号“\1\2”；最接近的是 \3。这不表示不受管制。",
    ),
    (
        rf"no change known here names the control code {_QUOTED}; nearest: (?:none|(.*?))\. That does .*",
        r"已知公告均未列管制编码“\1\2”；最接近的是 \3。这不表示不受管制。",
    ),
    (r"(.*): no notice known here controls it by name; see (.*)", r"\1：已知公告均未点名管制；请查看 \2。"),
    (r"an empty name matches every party; write the name of a party", "名称为空，请写明主体名称。"),
    # subscriptions
    (
        r"only managers may change the subscriptions of this channel; to subscribe for yourself: .*",
        "只有管理员可以更改本频道的订阅；如需自己订阅，请输入：订阅 我 …",
    ),
    (
        r"only managers may change the subscriptions of this channel; for your own: mute me (.*)",
        r"只有管理员可以更改本频道的订阅；如需更改自己的订阅，请输入：静音 我 \1",
    ),
    (
        r"only managers may change the subscriptions of this channel; for your own: unmute me (.*)",
        r"只有管理员可以更改本频道的订阅；如需更改自己的订阅，请输入：取消静音 我 \1",
    ),
    (r"[Oo]nly managers may change the subscriptions of this channel\.?", "只有管理员可以更改本频道的订阅。"),
    (r"this channel and you have no subscription (.*)", r"本频道和您都没有编号为 \1 的订阅。"),
    (
        r"no subscription of this place is active; to list them: subscriptions",
        "此处没有有效订阅；输入“我的订阅”可列出。",
    ),
    (r"a mute lasts from 1 to (\d+) days", r"静音须为 1 至 \1 天。"),
    (r"subscription (\d+) is paused already", r"订阅 \1 已处于暂停状态。"),
    (r"subscription (\d+) is not paused", r"订阅 \1 未暂停。"),
    (r"paused by (.*)", r"由 \1 暂停"),
    (
        r"This is too much for one subscription: choose groups of items, or make two subscriptions\.",
        "单个订阅内容过多，请选择物项大类，或分成两个订阅。",
    ),
    (r"This form has expired; open it again\.", "表单已过期，请重新打开。"),
    (r"This window has expired; open it again\.", "窗口已过期，请重新打开。"),
    (r"This subscription is not yours, or has ended\.", "该订阅不属于您，或已终止。"),
    (
        r"You may not manage this subscription: it belongs to another user or a channel\.",
        "您不能管理该订阅：它属于其他用户或频道。",
    ),
    (
        r"The store is busy, or this subscription is not yours: try again\.",
        "系统繁忙，或该订阅不属于您，请重试。",
    ),
    (
        r"The store is busy\. The subscription is saved as soon as possible; see the App Home\.",
        "系统繁忙，订阅将尽快保存，请稍后在 App Home 查看。",
    ),
    (r"Choose a channel\.", "请选择频道。"),
    (r"Choose one\.", "请选择一项。"),
    (
        rf"{_QUOTED} is not an HS code or its beginning; .*",
        r"“\1\2”不是海关商品编号或其开头；请写 2 至 10 位数字，例如 8507 或 8507.60。",
    ),
    (rf"{_QUOTED} is not a time range; use .*", r"“\1\2”不是时间段，请写成 22:00-07:00。"),
    (rf"{_QUOTED} is not a time of day; use HH:MM", r"“\1\2”不是时刻，请写成 HH:MM。"),
    (
        rf"{_QUOTED} is not a time zone; .*",
        r"“\1\2”不是时区；请写 Asia/Shanghai 或 Europe/Berlin 这样的名称。",
    ),
    (rf"{_QUOTED} is not a direction; use one of (.*)", r"“\1\2”不是变化方向；请选用 \3。"),
    (r"quiet hours need both a start and an end", "免打扰时段须同时写明开始和结束时间。"),
    (
        r"these quiet hours would last all day; to stop the alerts, unsubscribe",
        "免打扰时段为全天；如不再接收提醒，请退订。",
    ),
    (
        r"an empty term would match every notice; leave the term out instead",
        "关键词为空会匹配所有公告，请不要填写。",
    ),
    # alerts and reviews
    (r"This alert was not sent to this channel\.", "该提醒未发送至本频道。"),
    (r"No user was selected\.", "未选择用户。"),
    (r"No date was selected\.", "未选择日期。"),
    (r"No reason was selected\.", "未选择原因。"),
    (r"No category was selected\.", "未选择类别。"),
    (
        r"no document (\d+) needs review; to list them: controlwatch review",
        r"没有编号为 \1 的待判定文件；输入“待判定”可列出。",
    ),
    (
        r"document (\d+) needs no review any more: its text was read again; .*",
        r"文件 \1 的正文已重新识读，无须再判定。",
    ),
    (
        r"The store is busy\. The judgement is recorded as soon as possible; see the App Home\.",
        "系统繁忙，判定将尽快记录，请稍后在 App Home 查看。",
    ),
    # texts of a language model
    (
        r"Too many texts are being written at the moment\. Press the button again in a few minutes\.",
        "正在生成的文本过多，请几分钟后再点击按钮。",
    ),
    (
        r"No language model may read this notice: none is set up, or not for its source\.",
        "没有语言模型可识读该公告：尚未设置，或未对该来源启用。",
    ),
    # pages
    (rf"{_QUOTED} is not a day; .*", r"“\1\2”不是日期，请写成 2026-11-30。"),
    (rf"{_QUOTED} is not a month; use YYYY-MM", r"“\1\2”不是月份，请写成 2026-11。"),
    (rf"{_QUOTED} is not a week; use .*", r"“\1\2”不是周，请写成 2026-W48。"),
    (rf"{_QUOTED} is not a position in a list", r"“\1\2”不是列表中的位置。"),
    (rf"{_QUOTED} cannot be exported; choose one of (.*)", r"“\1\2”不能导出，请选择 \3 之一。"),
    (
        r"the period ends before it begins: from ([\d-]+) to ([\d-]+)",
        r"期间的结束早于开始：\1 至 \2。",
    ),
    (rf"no source {_QUOTED} is declared here", r"此处没有名为“\1\2”的来源。"),
    (rf"no subscription {_QUOTED}", r"没有编号为“\1\2”的订阅。"),
    (r"a saved filter needs a name", "请为筛选命名。"),
    (r"(\d+) filters are saved; end one of them first", r"已保存 \1 个筛选，请先终止其中一个。"),
    (r"write in the field who is to deal with it", "请填写处理人。"),
    (r"choose whether it changes the rules", "请选择是否属规则调整。"),
    (r"choose whether to alert people to them", "请选择是否提醒。"),
    (r"choose a translation or an explanation", "请选择翻译或说明。"),
    (r"no second reader is set up; .*", "未设置第二识读模型。"),
    (r"another workbook is being written; try again when it is done", "正在生成另一工作簿，请稍后重试。"),
    (r"another screening is running; try again when it has ended", "正在进行另一次筛查，请稍后重试。"),
    (r"(\d+) names are too many at once; the limit is (\d+)", r"一次最多筛查 \2 个名称，现有 \1 个。"),
    (
        r"more than (\d+) characters were typed; send the names as a file",
        r"输入超过 \1 字，请以文件上传名称。",
    ),
    (r"no name to screen was found.*", "未找到要筛查的名称；请选择文件，或每行写一个名称。"),
    (
        r"(.*) is failing: no poll has ended since (.*) Beijing time",
        r"\1 无法读取：\2（北京时间）起没有完成读取。",
    ),
    (r"(.*) is (?:failing|blocked): (.*)", r"\1 无法读取：\2"),
    (
        r"1 source has never been read, and the last attempt failed: (.*)",
        r"1 个来源从未读取，最近一次读取失败：\1",
    ),
    (
        r"(\d+) sources have never been read, and the last attempt failed: (.*)",
        r"\1 个来源从未读取，最近一次读取失败：\2",
    ),
    (r"(\d+) new notices of (.*) are held: controlwatch held", r"\2 有 \1 份新公告暂缓处理。"),
    (r"subscription (\d+) is paused: (.*)", r"订阅 \1 已暂停：\2"),
    (r"(\w+): (\d+) deliveries wait: (.*)", r"\1：\2 条待发送：\3"),
    # failures
    (
        r"That did not work because of an internal error, which has been logged\. .*",
        "因内部错误未能完成，错误已记录；未作任何更改，请重试。",
    ),
)


def translate_problem(english: str) -> str:
    """Return a problem in Chinese; one that is not known stays as it is. Days are spelt as in Chinese.

    >>> translate_problem("subscription 3 is not paused")
    '订阅 3 未暂停。'
    """
    for pattern, chinese in compile_sentences(PROBLEMS):
        match = pattern.fullmatch(english.strip())
        if match is not None:
            return spell_dates(match.expand(chinese).replace("；最接近的是 。", "。"), "zh")
    return translate_caution(english)


def explain_problem(english: str, language: Language) -> str:
    """Return a problem in the reader's language: in both, where that is not known."""
    return pick_language(english, translate_problem(english), language)
