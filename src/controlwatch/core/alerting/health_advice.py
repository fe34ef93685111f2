"""What each kind of failure of a source means, and what can be done about it, in plain words."""

from __future__ import annotations

from controlwatch.core.alerting.system_alerts import TextPair

#: kind of failure, or concern → what is wrong, for readers who do not know the software
EXPLANATIONS: dict[str, TextPair] = {
    "unreachable": ("The site does not answer.", "网站没有响应。"),
    "timed-out": ("The site answers too slowly, or not at all.", "网站响应过慢或没有响应。"),
    "refused": (
        "The site refuses to show the list, or the list has moved.",
        "网站拒绝访问，或列表已移至别处。",
    ),
    "blocked": (
        "The site asks every visitor to prove that a person is reading.",
        "网站要求访问者证明是真人（反爬验证）。",
    ),
    "reshaped": ("The list has a new form that is not understood yet.", "列表版式已改，暂不能识别。"),
    "replaced": ("The site shows another page in the place of the list.", "网站以其他页面代替了列表。"),
    "garbled": ("The site sends damaged text.", "网站返回的文字已损坏。"),
    "too-large": ("The site sends more than a list of notices can be.", "网站返回的内容异常庞大。"),
    "redirect-loop": ("The site sends its visitors round in a circle.", "网站反复跳转。"),
    "undeclared-host": ("The list has moved to another site.", "列表已移至其他网站。"),
    "implausible": ("The list is much shorter or older than usual.", "列表明显比平时短或旧。"),
    "locked-out": ("The mailbox refuses the login.", "邮箱拒绝登录。"),
    "overdue": ("No reading of it has ended in time.", "未能按时完成读取。"),
    "internal": ("An error within this service stops the reading.", "本服务内部出错，读取中断。"),
    "unread": ("The list can be read, but its notices cannot.", "列表可读，公告正文不可读。"),
    "quiet": ("It has listed no new items for longer than usual.", "没有新内容的时间比平时长。"),
    "degraded": ("Only a part of it can be read.", "只能读取一部分。"),
}
#: kind of failure, or concern → what to do
ADVICE: dict[str, TextPair] = {
    "unreachable": (
        "Check whether the site opens from here. Reading is tried again and again.",
        "请检查本机能否打开该网站。系统会不断重试。",
    ),
    "timed-out": ("Nothing needs to be done yet: reading is tried again.", "暂无需处理，系统会不断重试。"),
    "refused": (
        "Open the list in a browser. If it has moved, correct the watcher's declaration.",
        "请用浏览器打开列表；如已移至别处，请更正监测配置。",
    ),
    "blocked": (
        "Hand notices in with `controlwatch intake FILE|URL`, or drop saved pages into state/inbox/.",
        "请用 `controlwatch intake FILE|URL` 提交公告，或将保存的网页放入 state/inbox/。",
    ),
    "reshaped": (
        "Run `controlwatch watchers probe` and correct the watcher's declaration.",
        "请运行 `controlwatch watchers probe` 并更正监测配置。",
    ),
    "garbled": (
        "If it stays so, run `controlwatch watchers probe`.",
        "如持续如此，请运行 `controlwatch watchers probe`。",
    ),
    "too-large": (
        "Check the largest size in the watcher's declaration.",
        "请检查监测配置中的大小上限。",
    ),
    "redirect-loop": ("Open the list in a browser.", "请用浏览器打开列表查看。"),
    "undeclared-host": (
        "Open the list in a browser, and check the hosts in the watcher's declaration.",
        "请用浏览器打开列表，并检查监测配置中的域名。",
    ),
    "implausible": ("Open the list in a browser and compare.", "请用浏览器打开列表核对。"),
    "locked-out": (
        "Check user, password and folder in CONTROLWATCH_MAILBOX_URL, then run `controlwatch mail fetch`. "
        "Until then it is tried once an hour.",
        "请检查 CONTROLWATCH_MAILBOX_URL 中的用户、密码和文件夹，然后运行 `controlwatch mail fetch`。"
        "此前每小时重试一次。",
    ),
    "overdue": ("Check the log, and restart the service.", "请查看日志并重启服务。"),
    "internal": ("Send the log to the maintainers. Reading is tried again.", "请将日志发给维护者。"),
    "unread": ("Open a notice in a browser.", "请用浏览器打开一份公告查看。"),
    "quiet": (
        "Open the list in a browser. If it shows something newer, run `controlwatch watchers probe`.",
        "请用浏览器打开列表；如有更新内容，请运行 `controlwatch watchers probe`。",
    ),
    "degraded": (
        "Open the list in a browser and compare it with `controlwatch latest`.",
        "请用浏览器打开列表，与 `controlwatch latest` 核对。",
    ),
}  # fmt: skip
#: health → what it means for the reader
CONSEQUENCES: dict[str, TextPair] = {
    "blind": ("Notices published only there are not seen.", "仅在该处发布的公告不会被发现。"),
    "blocked": ("Notices published only there are not seen.", "仅在该处发布的公告不会被发现。"),
    "quiet": (
        "It may have published nothing, or its list may be read wrongly.",
        "可能确无发布，也可能列表识别有误。",
    ),
    "degraded": ("Some notices published there may be missed.", "在该处发布的部分公告可能漏看。"),
}  # fmt: skip
#: health → what is said of a source after its name, and in a sentence about the past
STATES: dict[str, tuple[TextPair, TextPair]] = {
    "blind": (("not readable", "无法读取"), ("could not be read", "无法读取")),
    "blocked": (("not readable", "无法读取"), ("could not be read", "无法读取")),
    "quiet": (
        ("no new items for longer than usual", "较平时更久没有新内容"),
        ("showed no new items for longer than usual", "较平时更久没有新内容"),
    ),
    "degraded": (("readable only in part", "仅部分可读"), ("was read only in part", "仅部分可读")),
}
