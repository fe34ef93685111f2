"""The chapters of the story: what happens when regulators are watched."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from controlwatch.adapters.channels.console import render_redline
from controlwatch.adapters.files.inbox import load_snapshot, move_processed_file
from controlwatch.core.rendering.day_text import spell_dates
from controlwatch.core.rendering.state_text import format_state
from controlwatch.demo.epilogue import quiet_table
from controlwatch.services.intake import submit
from controlwatch.testing.samples import LATER

if TYPE_CHECKING:
    from controlwatch.demo.stage import Stage
    from controlwatch.testing.formats.base import Posting

HOURS = timedelta(hours=2)


def first_look(stage: Stage) -> None:
    """Track what the sources list already."""
    count = len(stage.watchers)
    stage.heading(
        "A first look",
        f"{count} watchers look for the first time: at script shells and the services behind them, "
        "lists of links, a site in GB18030, feeds. What they list already is read and "
        "tracked; it raises no alert.",
    )
    tracked = _poll_all(stage)
    stage.expect()
    rules = stage.app.queries.latest(now=stage.now, changes_only=True, limit=1000)
    stage.say(f"{tracked} notices at {count} sources are tracked, {len(rules)} of them rules. No alert.")


def _poll_all(stage: Stage) -> int:
    """Poll every source once and return the number of notices read."""
    read = 0
    columns = (TextColumn("{task.description:<24}"), BarColumn(40), MofNCompleteColumn())
    with Progress(*columns, console=stage.console, transient=True) as bar:
        task = bar.add_task("", total=len(stage.watchers))
        for watcher_id in stage.watchers:
            bar.update(task, description=watcher_id)
            report = stage.poll(watcher_id, later=timedelta(0), shown=False)
            fits = report.outcome == "shelved" and not report.unread
            stage.check(f"{watcher_id} is read at the first look", holds=fits)
            read += report.read
            bar.advance(task)
    return read


def notices_appear(stage: Stage) -> None:
    """Relax, tighten, suspend."""
    stage.heading(
        "Notices appear",
        "Three ministries relax the supervision of small lithium thionyl chloride batteries. "
        "MOFCOM and Customs put batteries and graphite anodes under control; the codes are in an "
        "attached PDF. The Tariff Commission keeps a part of its tariffs suspended, to the "
        "minute.",
    )
    stage.appears("miit-notices", "335")
    stage.expect(("relax", "335号"))
    stage.appears("mofcom-policy", "2025-58")
    stage.expect(("tighten", "2025-58"))
    stage.appears("tariff-commission", "sctc-2025-10")
    stage.expect(("suspend", "SCTC 2025-10"))


def press(stage: Stage) -> None:
    """A report is linked to the notice that it is about."""
    stage.heading(
        "The press comments",
        "A commentary is about the battery controls of October 2025. It changes nothing, and the "
        "notice that it is about is known already.",
    )
    posting = stage.appears("china-briefing", "briefing-58")
    stage.expect()
    stage.say(f"No alert: {quiet_because(stage, posting)}.")


def answer(stage: Stage) -> None:
    """An answer clarifies."""
    stage.heading(
        "The ministry explains",
        "MOFCOM's spokesperson answers questions on Announcements 61 and 62 of 2025. An answer is "
        "not a rule, but this one explains two.",
    )
    stage.appears("mofcom-spokesperson", "qa-61-62")
    stage.expect(("clarify", "rare-earth"))


def suspension(stage: Stage) -> None:
    """A suspension that refers to notices by number only."""
    stage.heading(
        "A suspension",
        "One sentence suspends six announcements until a date. It names no item: what it concerns "
        "is looked up in the announcements that it acts on.",
    )
    stage.appears("mofcom-policy", "2025-70")
    stage.expect(("suspend", "2025-70"))


def amendment(stage: Stage) -> None:
    """Words change at a known address."""
    stage.heading(
        "A silent amendment",
        "Three sample parties are listed. Two hours later the text of the page is different, but "
        "the list of notices is not.",
    )
    stage.appears("mofcom-announcements", "sample-listing")
    stage.expect(("tighten", "-999"))
    stage.regulators.amend("mofcom-announcements", "sample-listing")
    stage.poll("mofcom-announcements", later=HOURS)
    stage.check("the amendment has a redline", holds=any(card.redline for card in stage.witness.cards))
    stage.expect(("tighten", "-999"))


def reposts(stage: Stage) -> None:
    """The same notice elsewhere, and one that differs."""
    stage.heading(
        "Reposts",
        "The bureau's own site publishes two of these again: the one on batteries word for word, "
        "the sample listing with the words it had before.",
    )
    stage.regulators.publish("aqygzj", "2025-58")
    stage.appears("aqygzj", "sample-listing")
    stage.expect()
    same = stage.app.queries.show("MOFCOM 2025-58").standings
    alike = len(same) == 2 and not any(standing.differs for standing in same)
    stage.check("the repost of 2025-58 is the same notice", holds=alike)
    stage.say(f"2025-58 is at {len(same)} addresses with the same text. No second alert.")
    other = stage.app.queries.show(stage.regulators.samples["sample-listing"].number)
    differing = sum(standing.differs for standing in other.standings)
    stage.check("the differing copy is flagged", holds=differing == 1)
    stage.say(
        "The copy of the sample listing differs; it is flagged, without a second alert:", style="yellow"
    )
    stage.console.print(Padding(render_redline(other.revisions[-1].redline), (0, 2)))


def challenge(stage: Stage) -> None:
    """A site that blocks automated clients."""
    stage.heading(
        "A challenge",
        "Customs answers with a bot challenge, as it does to automated clients. It is detected and "
        "never bypassed. One failure raises no alert; the third in a row raises one. Meanwhile a person "
        "saves a notice in a browser and drops it into the inbox.",
    )
    stage.regulators.challenge("gacc-announcements")
    for _ in range(3):
        stage.poll("gacc-announcements")
    stage.expect(("health-down", "not readable"))
    _hand_in(stage, "2025-79")
    stage.expect(("tighten", "2025-79"))
    stage.regulators.restore("gacc-announcements")
    stage.poll("gacc-announcements")
    stage.expect(("health-up", "monitored again"))


def _hand_in(stage: Stage, sample_id: str) -> None:
    """Process a saved page as the service does with every file in its inbox."""
    url, page = stage.regulators.saved("gacc-announcements", sample_id)
    inbox = stage.app.settings.state_dir / "inbox"
    inbox.mkdir(exist_ok=True)
    path = inbox / "saved.html"
    path.write_bytes(f"<!-- saved from url=({len(url):04d}){url} -->\n".encode() + page)
    title = stage.regulators.samples[sample_id].title
    snapshot = load_snapshot(path, url=None, now=stage.now)
    submit(snapshot, stage.app.ingester, stage.app.fetch, stage.watchers.values(), title=title, now=stage.now)
    move_processed_file(path, "done")
    stage.say("A page saved from the site of Customs is read from the inbox.")
    stage.deliverer.deliver(now=stage.now)


def redesign(stage: Stage) -> None:
    """A list with another markup."""
    stage.heading(
        "A redesign",
        "MOFCOM's main column gets new ids overnight; they are read from the page, and nothing "
        "happens. Then its markup changes: it answers 200 and is full of notices, none of them "
        "where they were. Three polls, one alert; and a notice published meanwhile is not lost.",
    )
    stage.regulators.renumber("mofcom-policy")
    report = stage.poll("mofcom-policy")
    stage.check("new ids do not fail the poll", holds=report.outcome != "failed")
    stage.regulators.redesign("mofcom-policy")
    stage.regulators.publish("mofcom-policy", "2025-72")
    for _ in range(3):
        stage.poll("mofcom-policy")
    stage.expect(("health-down", "not readable"))
    stage.say("A maintainer fixes the declaration (here the old markup comes back).")
    stage.regulators.restore("mofcom-policy")
    stage.poll("mofcom-policy")
    stage.expect(("suspend", "2025-72"), ("health-up", "monitored again"))


def no_alerts(stage: Stage) -> None:
    """What raised no alert."""
    stage.heading(
        "No alerts",
        "More documents appear that change no rule. They are read, archived and searchable.",
    )
    quiet = (
        ("miit-policies", "meeting-2023"),
        ("mofcom-press", "minerals-2025"),
        ("mofcom-policy", "dichlorosilane-2026"),
        ("tao-measures", "sample-tao"),
    )
    postings = [(watcher_id, stage.appears(watcher_id, sample_id)) for watcher_id, sample_id in quiet]
    stage.expect()
    rows = [(watcher_id, posting, quiet_because(stage, posting)) for watcher_id, posting in postings]
    stage.console.print()
    stage.console.print(quiet_table(stage, rows))


#: Dates, and the status of the controls on lithium-ion batteries on each.
BATTERIES = (
    ("2025-11-01", "not-yet"),
    ("2025-11-15", "suspended"),
    ("2026-11-10", "suspended"),
    ("2026-11-11", "in-force"),
)


def law(stage: Stage) -> None:
    """What is in force on a date, and reminders of coming dates."""
    stage.heading(
        "The law on a date, and reminders",
        "No page says that a suspension has ended. The effect of notices on each other is computed for "
        "any date; older notices come from the shipped register. Then the clock moves on, until "
        "the sample listing is about to take effect.",
    )
    for day, state in BATTERIES:
        found = stage.app.queries.law.lookup("8507.60", on=date.fromisoformat(day))
        hits = [hit for hit in found.hits if "2025-58" in hit.number]
        stage.check(
            f"the batteries of 2025-58 are {state} on {day}", holds=[h.state for h in hits] == [state]
        )
        for hit in hits:
            standing = format_state(hit.state, hit.until, hit.announced)
            stage.say(f"HS 8507.60 on {spell_dates(day)}: {standing}, by {hit.number}")
    stage.reminder.remind(now=stage.now)
    stage.now += LATER - timedelta(days=1)
    stage.reminder.remind(now=stage.now)
    while any(stage.deliverer.deliver(now=stage.now)):
        pass
    reminded = any("takes effect" in card.heading and "-999" in card.heading for card in stage.witness.cards)
    stage.check("a reminder of the sample listing comes", holds=reminded)
    stage.witness.cards.clear()


def quiet_because(stage: Stage, posting: Posting) -> str:
    """Return why there was no alert, as stored with the notice."""
    revisions = stage.app.queries.show(posting.sample.number or posting.url).revisions
    reason = revisions[-1].quiet_because
    stage.check(f"{posting.sample.id} is quiet for a reason", holds=bool(reason))
    return reason


CHAPTERS = (
    first_look,
    notices_appear,
    press,
    answer,
    suspension,
    amendment,
    reposts,
    challenge,
    redesign,
    no_alerts,
    law,
)
