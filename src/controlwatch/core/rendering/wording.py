"""The vocabulary of cards, English and Chinese."""

from __future__ import annotations

from typing import Literal

from controlwatch.core.model import Language

#: key → (English, Chinese)
WORDS: dict[str, tuple[str, str]] = {
    "tighten": ("TIGHTENS", "收紧"),
    "relax": ("RELAXES", "放宽"),
    "suspend": ("SUSPENDS", "暂停实施"),
    "resume": ("RESUMES", "恢复实施"),
    "clarify": ("CLARIFIES", "解释说明"),
    "neutral": ("CHANGES", "调整"),
    "draft": ("DRAFT", "征求意见"),
    "unread": ("NOT READ YET", "尚未读取"),
    "report": ("PRESS REPORT, not the law", "媒体报道，非正式规定"),
    "review": ("NEEDS REVIEW", "待人工判定"),
    "judged-change": ("JUDGED A CHANGE", "人工判定为规则调整"),
    "judged-no-change": ("JUDGED NO CHANGE", "人工判定无调整"),
    "reason": ("Why", "原因"),
    "may-touch": ("May touch", "可能涉及"),
    "settle": ("To settle it", "判定方式"),
    "amended": ("TEXT AMENDED", "文本修改"),
    "reminder": ("REMINDER", "提醒"),
    "moved-day": ("DATE CHANGED", "日期变更"),
    "gone-day": ("DATE CANCELLED", "日期取消"),
    "outlook": ("TODAY AND THIS WEEK", "今日与本周"),
    "lead": ("PLEASE CHECK", "待核查"),
    "takes effect": ("takes effect", "生效"),
    "suspension ends": ("suspension ends", "暂停期满"),
    "ends": ("ends", "期满"),
    "announced, not enacted": ("announced, not enacted", "已宣布、尚无正式文件"),
    "what": ("What happens", "事项"),
    "was": ("Before", "原定"),
    "again": ("In force again the next day", "次日恢复实施"),
    "health-down": ("NOT WATCHED", "监测中断"),
    "health-up": ("WATCHED AGAIN", "监测恢复"),
    "paused": ("NOT DELIVERED", "投递中断"),
    "confirmation": ("PLEASE CONFIRM", "请确认"),
    "confirm": ("Confirm", "确认"),
    "ended": ("UNSUBSCRIBED", "已退订"),
    "continue": ("Continue", "恢复"),
    "effective": ("Effective", "生效"),
    "until": ("Until", "截止"),
    "deadline": ("Deadline", "期限"),
    "categories": ("Items", "物项"),
    "destinations": ("Destinations", "目的地"),
    "hs": ("HS codes", "海关商品编号"),
    "control": ("Control codes", "管制编码"),
    "relations": ("Acts on", "涉及文件"),
    "entities": ("Parties named", "列名主体"),
    "caveats": ("Do not overlook", "注意"),
    "threshold": ("threshold", "数量或指标门槛"),
    "exemption": ("exemption", "豁免或例外"),
    "extraterritorial": ("reach beyond China", "境外适用"),
    "transition": ("transition", "过渡安排"),
    "case-by-case": ("refused or case by case", "原则上不予许可或逐案审查"),
    "moved": ("What changed", "变化"),
    "redline": ("Redline", "修改对照"),
    "doubts": ("Doubts", "存疑"),
    "source": ("Source", "来源"),
    "acknowledge": ("Acknowledge", "已阅"),
    "copy": ("Stored copy", "存档"),
    "evidence": ("Evidence", "依据"),
    "status": ("Status", "效力"),
    "in-force": ("in force", "有效"),
    "not-yet": ("not yet in force", "尚未生效"),
    "suspended": ("suspended", "暂停实施"),
    "partly-suspended": ("partially suspended", "部分暂停"),
    "lapsed": ("expired", "已失效"),
    "repealed": ("repealed", "已废止"),
    "unknown": ("unknown", "不明"),
    "binds-now": ("BINDS NOW", "已生效"),
    "escalation": ("NO ACTION SO FAR", "无人处理"),
    "due": ("DUE", "处理到期"),
    "unsubscribe": ("Unsubscribe", "退订"),
    "published": ("published", "发布"),
    "seen": ("seen (Beijing time)", "发现（北京时间）"),
    "why": ("Why you get this", "订阅原因"),
    "about": ("Reports on", "报道对象"),
    "not-stated": ("not stated", "未载明"),
    "today": ("today", "今日"),
    "resolved": ("through the notice acted on", "据所涉文件"),
    "comments-close": ("comments close", "意见截止"),
    "transition-ends": ("transition ends", "过渡期结束"),
    "application-closes": ("applications close", "申请截止"),
    "report-due": ("report due", "报告期限"),
    "suspends": ("suspends", "暂停"),
    "resumes": ("resumes", "恢复"),
    "repeals": ("repeals", "废止"),
    "amends": ("amends", "修改"),
    "implements": ("implements", "实施"),
    "extends": ("extends", "延长"),
    "clarifies": ("clarifies", "解释"),
    "reports": ("reports", "报道"),
}


def find_word(key: str, language: Language) -> str:
    """Return a word in the subscriber's language; both are joined by a space."""
    english, chinese = WORDS.get(key, (key, key))
    if language == "en" or english == chinese:
        return english
    return chinese if language == "zh" else f"{english} {chinese}"


def pick_language(english: str, chinese: str, language: Language) -> str:
    """Return a text in the subscriber's language; both are separated by a dot."""
    if language == "en" or not chinese or english == chinese:
        return english
    return chinese if language == "zh" else f"{english} · {chinese}"


def list_languages(language: Language) -> tuple[Literal["en", "zh"], ...]:
    """Return the languages to print, in order."""
    return ("en", "zh") if language == "both" else (language,)
