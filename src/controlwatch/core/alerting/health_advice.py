"""What the reader of an alert can do about each kind of failure of a source."""

from __future__ import annotations

ADVICE = {
    "unreachable": "Check the network from here to the site; polling continues.",
    "timed-out": "The site is slow or does not answer; polling continues.",
    "refused": "Open the page in a browser; if it moved, correct the watcher's declaration.",
    "blocked": "The site sends bot challenges. Hand notices in with `controlwatch intake FILE|URL`, "
    "or drop saved pages into state/inbox/.",
    "reshaped": "The page has a new form: run `controlwatch watchers probe` and correct the declaration.",
    "garbled": "The answer is damaged; if it stays so, run `controlwatch watchers probe`.",
    "too-large": "The answer is larger than declared; check http.largest in the declaration.",
    "redirect-loop": "The site redirects in a loop; open it in a browser.",
    "undeclared-host": "The site links to a host that is not declared; check http.hosts.",
    "implausible": "The list is shorter or older than this source's list ever is; open it in a browser.",
    "locked-out": "Check user, password and folder in CONTROLWATCH_MAILBOX_URL, then run "
    "`controlwatch mail fetch`; until then it is tried once an hour.",
    "overdue": "Its poll does not end, or the service was stopped: check the log, and restart the service.",
    "internal": "Send the log to the maintainers; polling continues.",
    "unread": "The list is readable, its notices are not; open one in a browser.",
    "quiet": "Open the list in a browser: if it shows something newer, run `controlwatch watchers probe`.",
    "degraded": "The readable part was processed; open the list in a browser and compare.",
}
