"""The vocabulary of cards, English and Chinese."""

from __future__ import annotations

from typing import Literal

from controlwatch.core.model import Language

#: key → (English, Chinese)
WORDS: dict[str, tuple[str, str]] = {
    "new-control": ("NEW CONTROL", "新增管制"),
    "stricter-control": ("STRICTER CONTROL", "加强管制"),
    "export-ban": ("EXPORT BAN", "禁止出口"),
    "import-ban": ("IMPORT BAN", "暂停进口"),
    "imports-resumed": ("IMPORTS ALLOWED AGAIN", "恢复进口"),
    "entities-listed": ("ENTITIES LISTED", "实体列入名单"),
    "entities-removed": ("ENTITIES REMOVED", "实体移出名单"),
    "listing-suspended": ("LISTING SUSPENDED", "名单措施暂停"),
    "listing-resumed": ("LISTING APPLIES AGAIN", "名单措施恢复"),
    "licence-required": ("LICENCE REQUIRED", "须申领许可证"),
    "licensing-eased": ("LICENSING EASED", "许可便利"),
    "licensing-changed": ("LICENSING CHANGED", "许可管理调整"),
    "tariff-raised": ("TARIFF INCREASE", "加征关税"),
    "tariff-cut": ("TARIFF CUT", "下调或停征关税"),
    "tariff-suspended": ("TARIFF SUSPENDED", "暂停加征关税"),
    "tariff-resumed": ("TARIFF APPLIES AGAIN", "恢复加征关税"),
    "tariff-changed": ("TARIFF CHANGE", "关税调整"),
    "rebate-cut": ("EXPORT REBATE CUT", "取消或下调出口退税"),
    "rebate-raised": ("EXPORT REBATE RAISED", "上调出口退税"),
    "control-suspended": ("CONTROL SUSPENDED", "管制暂停实施"),
    "suspension-extended": ("SUSPENSION EXTENDED", "暂停期延长"),
    "control-resumed": ("CONTROL APPLIES AGAIN", "恢复管制"),
    "control-eased": ("CONTROL EASED", "放宽管制"),
    "control-ended": ("CONTROL ENDED", "取消管制"),
    "rules-changed": ("RULES CHANGED", "规则调整"),
    "explanation": ("EXPLANATION", "解释说明"),
    "draft": ("DRAFT FOR COMMENT", "征求意见稿"),
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
    "outlook": ("DAILY BRIEFING", "每日简报"),
    "lead": ("NUMBERING GAP", "编号缺口"),
    "takes effect": ("takes effect", "生效"),
    "suspension ends": ("suspension ends", "暂停期满"),
    "ends": ("ends", "期满"),
    "announced, not enacted": ("announced, not enacted", "已宣布、尚无正式文件"),
    "what": ("What happens", "事项"),
    "was": ("Before", "原定"),
    "again": ("Then applies", "届满后适用"),
    "suspension ended": ("suspension ended", "暂停期届满于"),
    "ended on": ("ended", "届满于"),
    "health-down": ("SOURCE FAILING", "来源异常"),
    "health-up": ("MONITORING RESTORED", "监测恢复"),
    "paused": ("NOT DELIVERED", "投递中断"),
    "confirmation": ("PLEASE CONFIRM", "请确认"),
    "confirm": ("Confirm", "确认"),
    "ended": ("UNSUBSCRIBED", "已退订"),
    "continue": ("Continue", "恢复"),
    "technical": ("technical", "技术信息"),
    "source-new": ("not read yet", "尚未读取"),
    "source-healthy": ("healthy", "正常"),
    "source-quiet": ("no new items for longer than usual", "较平时更久没有新内容"),
    "source-degraded": ("readable only in part", "仅部分可读"),
    "source-blocked": ("blocked", "被拦截"),
    "source-blind": ("failing", "无法读取"),
    "effective": ("Effective", "生效"),
    "until": ("Until", "截止"),
    "deadline": ("Deadline", "期限"),
    "categories": ("Items", "物项"),
    "destinations": ("Destinations", "目的地"),
    "hs": ("HS codes", "海关商品编号"),
    "control": ("Control codes", "管制编码"),
    "relations": ("Amends or affects", "涉及文件"),
    "entities": ("Entities", "列名实体"),
    "caveats": ("Conditions and exceptions", "条件与例外"),
    "threshold": ("threshold", "数量或指标门槛"),
    "exemption": ("exemption", "豁免或例外"),
    "extraterritorial": ("reach beyond China", "境外适用"),
    "transition": ("transition", "过渡安排"),
    "case-by-case": ("refused or case by case", "原则上不予许可或逐案审查"),
    "moved": ("What changed", "变化"),
    "redline": ("Redline", "修改对照"),
    "doubts": ("Needs review", "待核实"),
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
    "check": ("What to check", "核查要点"),
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
    "role-reader": ("reader", "读者"),
    "role-officer": ("officer", "合规专员"),
    "role-operator": ("operator", "管理员"),
    "scope-read": ("look things up", "查询"),
    "scope-subscribe": ("manage subscriptions", "管理订阅"),
    "scope-act": ("act on alerts and reviews", "处理提醒和复核"),
    "scope-operate": ("run the installation", "运维管理"),
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
