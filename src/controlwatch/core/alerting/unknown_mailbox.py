"""Whether a mail server's words prove that a mailbox does not exist.

Most permanent refusals concern the sender: its address, its network, the content, a limit. Only what names
the recipient's mailbox as unknown, by an enhanced status code (RFC 3463) or in words, is a proof.
"""

from __future__ import annotations

import re

#: Bad mailbox address, bad domain, bad syntax, moved, domain without mail (RFC 7505).
UNKNOWN_CODES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
#: Codes that some servers send whatever the reason: the words decide.
GENERIC_CODES = frozenset({"5.0.0", "5.1.0", "5.5.0"})
STATUS_CODE = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)")

MAIL_ADDRESS = re.compile(r"[^\s<>;,()\[\]\"':=]+@[^\s<>;,()\[\]\"':=]*[^\s<>;,()\[\]\"':=.]")
#: Addresses that a server offers for questions: postmaster@b.example
CONTACT_ADDRESS = re.compile(r"(?:postmaster|abuse|support|help|admin|unblock|delist)[^@]*@", re.IGNORECASE)
URL = re.compile(r"\bhttps?://\S+", re.IGNORECASE)

#: What concerns the sender, the message, or the state of a mailbox that exists.
OTHER_REASON = re.compile(
    r"\bsender|\bsending|\bmail ?from\b|\breturn[- ]?path|\benvelope[- ]?from|\boriginator|\bfrom address"
    r"|\bclient\b|\bhelo\b|\behlo\b|\bptr\b|\brdns\b|\bdns\b|\breverse|\bip\b|\bnetwork"
    r"|\bconnection|\bconnecting"
    r"|\brelay(?! recipient table)|\bnot local\b"
    r"|\bblack ?list|\bblock(?:ed|ing|s|list| list)\b|\bdeny ?list|\bwhite ?list|\brbl\b|dnsbl"
    r"|spamhaus|barracuda"
    r"|spam|\bspm\b|\bvirus|malware|phish|\bjunk\b|\bcontent|\breputation"
    r"|\bsuspicious|\bcomplain|\bunsolicited"
    r"|\bpolic(?:y|ies)\b|\bsecurity|\baccess denied|\bdenied by\b|\bpermission|\bnot permitted"
    r"|\bprohibit"
    r"|\bforbidden|\bnot allowed|\brestrict|\bunauthori[sz]ed|\bauth|\blog[ -]?in\b|\bcredential"
    r"|\bstarttls\b|\btls\b"
    r"|\bspf\b|\bdkim\b|\bdmarc\b"
    r"|\bfrequen|\brate\b|\blimit|\bexceed|\btoo (?:many|much|large|big|fast|long)|\bsize\b|\bthrottl"
    r"|\bquota|\bfull\b|\bstorage|\bspace\b|\bgr[ae]y ?list|\btemporar"
    r"|\bagain later|\btry later|\bdefer|\bbusy\b"
    r"|发件|发信|寄件|发送方|垃圾|黑名单|拦截|屏蔽|频率|过快|频繁|超过|超出|限制|限额|策略|政策|认证|验证|授权|权限|登录"
    r"|信誉|反垃圾|病毒|内容|容量|空间|已满|大小|暂时|稍后|连接|域名解析|反向|拒绝访问",
    re.IGNORECASE,
)

#: The words for a mailbox: user unknown, no such person, 用户不存在
_MAILBOX = r"(?:users?|recipients?|addressee|mailbox(?:es)?|mail ?box|account|address|person|inbox)"
_MAILBOX_ZH = r"(?:用户|收件人|收信人|邮箱|信箱|邮件地址|收件地址|地址|账号|帐号|账户|帐户)"
UNKNOWN_MAILBOX = re.compile(
    r"\b(?:unknown|no such|invalid|non-?existent|not a valid|not a known|undefined)\b"
    rf"[^.;\n]{{0,25}}\b{_MAILBOX}\b"
    rf"|\b{_MAILBOX}\b[^;\n]{{0,60}}?\b(?:unknown|not known|not found|(?:does |do |is |was )?not exists?"
    r"|does ?n'?t exists?|dos?n'?t exists?|no longer (?:exists?|valid|in use)"
    r"|unavailable|not available|not listed"
    r"|invalid|not valid)\b"
    rf"|\bno (?:{_MAILBOX}|one)\b[^.;\n]{{0,20}}\b(?:here|by that name|with (?:that|this) name|found)\b"
    rf"|\b(?:doesn'?t|does not) have an?\b[^;\n]{{0,40}}\b{_MAILBOX}\b"
    rf"|{_MAILBOX_ZH}[^，。；;\n]{{0,12}}(?:不存在|未找到|找不到|未注册|已注销|无效)"
    rf"|(?:无|没有|查无|不存在|找不到)(?:此|该|这个|这样的|的)?{_MAILBOX_ZH}",
    re.IGNORECASE,
)


def proves_unknown_mailbox(words: str, *, address: str) -> bool:
    """Return whether the words of a permanent refusal prove that this address has no mailbox.

    Words that name another address prove nothing about this one; neither do words that give a second reason.
    """
    named = {found for found in MAIL_ADDRESS.findall(words) if not CONTACT_ADDRESS.match(found)}
    if named and address.casefold() not in {found.casefold() for found in named}:
        return False
    plain = MAIL_ADDRESS.sub(" ", URL.sub(" ", words))
    if OTHER_REASON.search(plain):
        return False
    codes = set(STATUS_CODE.findall(plain)) - GENERIC_CODES
    if codes:
        return codes <= UNKNOWN_CODES
    return UNKNOWN_MAILBOX.search(plain) is not None
