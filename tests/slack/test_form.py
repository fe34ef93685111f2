"""Subscribing by a form, and the App Home: views that Slack would take, over the real Bolt."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy.exc import OperationalError

from controlwatch.core.model import Direction, Language, Mute, Subscription
from controlwatch.core.rendering.facts import CardContext
from controlwatch.slack.form_view import build_form
from controlwatch.testing.slack_limits import refused_view
from tests.slack.desk import BOSS, CHANNEL, NOW, OFFICER, Desk, busy, desk_in, element, said, store_timeout
from tests.waiting import PATIENCE, wait_for

C = "controlwatch_"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path, managers=BOSS) as made:
        yield made


def opened(desk: Desk, *, user: str = OFFICER) -> dict[str, Any]:
    """Open the form by the bare command, and return it."""
    assert desk.asker.command(desk.web, "subscribe", user=user).status_code == 200
    return desk.slack.opened.get(timeout=PATIENCE)


def widened(desk: Desk, view: dict[str, Any], *, user: str = OFFICER, **changed: Any) -> dict[str, Any]:
    """Press the button for more options in a form, and return the form with all fields."""
    open_view = {**view, "state": {"values": filled(view, **changed)}}
    button = element(view, f"{C}more")
    desk.asker.press_in_view(desk.web, button, view=open_view, user=user)
    return desk.slack.opened.get(timeout=PATIENCE)


def filled(view: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return what Slack sends of a form left as it opened, but for what is changed."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        field = block["element"]
        given = {
            name.replace("initial_", "selected_") if name != "initial_value" else "value": value
            for name, value in field.items()
            if name.startswith("initial_")
        }
        values[block["block_id"]] = {block["block_id"]: given}
    for name, value in changed.items():
        values[f"{C}{name}"] = {f"{C}{name}": value}
    return values


def options(*values: str) -> dict[str, Any]:
    return {"selected_options": [{"value": value} for value in values]}


def one(value: str) -> dict[str, Any]:
    return {"selected_option": {"value": value}}


def test_a_form_is_filled_in_looked_at_and_saved(desk: Desk) -> None:
    view = widened(desk, opened(desk))
    values = filled(
        view,
        categories=options("battery", "rare_earth.magnets"),
        directions=options("tighten"),
        destinations=options("US"),
        hs={"value": "8507.60，２８１１"},
        rate=one("daily"),
        at={"selected_time": "09:15"},
        zone=one("Europe/Berlin"),
        quiet_from={"selected_time": "22:00"},
        quiet_to={"selected_time": "07:00"},
        language=one("en"),
        wishes=options("reminders"),
        escalate_after=one("240"),
        escalate_to={"selected_user": BOSS},
    )
    looked = desk.asker.submit(desk.web, view, values, user=OFFICER).json()
    assert looked["response_action"] == "push"
    assert refused_view(looked["view"]) == ()
    assert "In the last 90 days this would have sent" in said(looked["view"])
    assert desk.app.store.subscriptions.list_active() == ()
    saved = desk.asker.submit(desk.web, looked["view"], {}, user=OFFICER).json()
    assert saved["response_action"] == "update"
    assert "is saved" in said(saved["view"])
    (made,) = desk.app.store.subscriptions.list_active()
    assert (made.target, made.owner, made.categories) == (OFFICER, OFFICER, ("battery", "rare_earth.magnets"))
    assert (made.directions, made.destinations) == ((Direction.TIGHTEN,), ("US",))
    assert (made.hs_prefixes, made.rate, made.timezone) == (("850760", "2811"), "daily", "Europe/Berlin")
    assert (f"{made.at:%H:%M}", made.language, made.escalate_after, made.escalate_to) == (
        "09:15",
        "en",
        240,
        BOSS,
    )
    assert (made.reports, made.reminders, made.outlook, made.health) == (False, True, False, False)
    assert made.quiet is not None


def test_a_form_says_which_field_makes_no_sense(desk: Desk) -> None:
    view = widened(desk, opened(desk))
    wrong = filled(view, hs={"value": "batteries"})
    answer = desk.asker.submit(desk.web, view, wrong, user=OFFICER).json()
    assert answer["response_action"] == "errors"
    assert "not an HS code" in answer["errors"][f"{C}hs"]
    half = filled(view, quiet_from={"selected_time": "22:00"})
    assert f"{C}quiet_to" in desk.asker.submit(desk.web, view, half, user=OFFICER).json()["errors"]
    assert desk.app.store.subscriptions.list_active() == ()


def test_only_managers_are_offered_channels_and_nobody_else_gets_one_by_other_means(desk: Desk) -> None:
    for user, offered in ((BOSS, True), (OFFICER, False)):
        names = {block["block_id"] for block in opened(desk, user=user)["blocks"]}
        assert (f"{C}channel" in names) is offered
    view = opened(desk)
    forged = filled(view, where=one("channel"), channel={"selected_conversation": CHANNEL})
    assert desk.asker.submit(desk.web, view, forged, user=OFFICER).json()["response_action"] == "errors"
    looked = desk.asker.submit(desk.web, view, forged, user=BOSS).json()
    desk.asker.submit(desk.web, looked["view"], {}, user=BOSS)
    assert [item.target for item in desk.app.store.subscriptions.list_active()] == [CHANNEL]


def test_menus_with_a_search_offer_what_is_typed_in_any_language(desk: Desk) -> None:
    for typed in ("united st", "美国", "US"):
        found = desk.asker.suggest(desk.web, f"{C}destinations", typed)["options"]
        assert "US" in [option["value"] for option in found]
    zones = desk.asker.suggest(desk.web, f"{C}zone", "new york")["options"]
    assert [option["value"] for option in zones] == ["America/New_York"]
    assert len(desk.asker.suggest(desk.web, f"{C}zone", "a")["options"]) <= 100


def test_every_form_is_one_that_slack_takes_whatever_it_is_filled_in_with(desk: Desk) -> None:
    lexicon = desk.app.queries.names.lexicon
    everything = Subscription(
        channel="slack",
        target=CHANNEL,
        categories=tuple(lexicon.category_ids | lexicon.group_ids),
        issuers=tuple(issuer.code for issuer in lexicon.issuers),
        directions=tuple(Direction),
        destinations=tuple(place.code for place in lexicon.places),
        hs_prefixes=tuple(str(number) for number in range(1000, 1400)),
        terms=("词" * 200,) * 5,
        escalate_after=17,
    )
    for wanted in (everything, Subscription(channel="slack", target=OFFICER)):
        for manager, more in ((True, True), (True, False), (False, True), (False, False)):
            for language in get_args(Language):
                context = CardContext(lexicon=lexicon, language=language, today=NOW.date())
                form = build_form(wanted, context, manager=manager, metadata="x", more=more)
                assert refused_view(form) == ()


@pytest.mark.parametrize("user", [BOSS, OFFICER])
def test_a_form_has_at_most_six_fields_until_more_are_asked_for(desk: Desk, user: str) -> None:
    view = opened(desk, user=user)
    assert 4 <= sum(block["type"] == "input" for block in view["blocks"]) <= 6
    assert any("hint" in block for block in view["blocks"])
    assert sum(block["type"] == "input" for block in widened(desk, view, user=user)["blocks"]) > 12


def test_more_options_keep_what_was_filled_in(desk: Desk) -> None:
    more = widened(desk, opened(desk), categories=options("battery"), rate=one("weekly"), language=one("zh"))
    looked = desk.asker.submit(desk.web, more, filled(more, hs={"value": "8507"}), user=OFFICER).json()
    desk.asker.submit(desk.web, looked["view"], {}, user=OFFICER)
    (made,) = desk.app.store.subscriptions.list_active()
    assert (made.categories, made.rate, made.language, made.hs_prefixes) == (
        ("battery",),
        "weekly",
        "zh",
        ("8507",),
    )


def test_what_the_short_form_does_not_show_stays_as_it_was(desk: Desk) -> None:
    before = Subscription(
        channel="slack", target=OFFICER, owner=OFFICER, hs_prefixes=("8507",), timezone="Europe/Berlin", reports=False,
        escalate_after=60, destinations=("US",),
    )  # fmt: skip
    number = desk.app.store.subscriptions.subscribe(before, datetime.now(UTC))
    view = home(desk)
    desk.asker.press_in_view(desk.web, element(view, f"{C}change_{number}"), view=view, user=OFFICER)
    form = desk.slack.opened.get(timeout=PATIENCE)
    values = filled(form, categories=options("graphite"))
    looked = desk.asker.submit(desk.web, form, values, user=OFFICER).json()
    desk.asker.submit(desk.web, looked["view"], {}, user=OFFICER)
    (after,) = desk.app.store.subscriptions.list_active()
    assert after == replace(before, id=number, categories=("graphite",))


def test_a_busy_store_keeps_nobody_waiting(desk: Desk) -> None:
    view = opened(desk)
    looked = desk.asker.submit(desk.web, view, filled(view), user=OFFICER).json()
    with busy(desk):
        answer = desk.asker.submit(desk.web, looked["view"], {}, user=OFFICER).json()
        assert "busy" in said(answer["view"])
    assert len(wait_for(desk.app.store.subscriptions.list_active)) == 1


def test_who_was_told_that_it_is_saved_later_hears_when_it_was_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def locked(*_: object) -> int:
        answered.wait(PATIENCE)
        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    view = opened(desk)
    looked = desk.asker.submit(desk.web, view, filled(view), user=OFFICER).json()
    monkeypatch.setattr(type(desk.app.store.subscriptions), "subscribe", locked)
    with store_timeout(0.5):
        answer = desk.asker.submit(desk.web, looked["view"], {}, user=OFFICER).json()
    assert "busy" in said(answer["view"])
    answered.set()
    assert "did not work" in said(shown(desk))


def test_what_is_saved_twice_at_once_is_one_subscription(desk: Desk) -> None:
    view = opened(desk)
    looked = desk.asker.submit(desk.web, view, filled(view), user=OFFICER).json()
    presses = [
        threading.Thread(
            target=desk.asker.submit, args=(desk.web, looked["view"], {}), kwargs={"user": OFFICER}
        )
        for _ in range(3)
    ]
    for press in presses:
        press.start()
    for press in presses:
        press.join()
    assert len(desk.app.store.subscriptions.list_active()) == 1


def test_a_subscription_that_no_form_can_carry_is_refused_in_words(desk: Desk) -> None:
    terms = tuple(f"{n}{'词' * 100}" for n in range(40))
    wanted = Subscription(channel="slack", target=OFFICER, terms=terms)
    number = desk.app.store.subscriptions.subscribe(wanted, datetime.now(UTC))
    view = home(desk)
    desk.slack.homes.clear()
    button = element(view, f"{C}change_{number}")
    desk.asker.press_in_view(desk.web, button, view=view, user=OFFICER)
    assert "too much for one subscription" in said(shown(desk))


def test_a_command_shows_what_it_would_have_sent_before_it_is_saved(desk: Desk) -> None:
    desk.asker.command(desk.web, "subscribe me battery", user=OFFICER)
    answer = desk.asker.answer()
    assert "Not saved yet" in said(answer)
    assert "In the last 90 days" in said(answer)
    assert desk.app.store.subscriptions.list_active() == ()
    save = element(answer, f"{C}save")
    desk.asker.press(desk.web, save, user=OFFICER)
    assert "is saved" in desk.asker.answer()["text"]
    (made,) = desk.app.store.subscriptions.list_active()
    assert (made.target, made.categories, made.owner) == (OFFICER, ("battery",), OFFICER)


def test_what_a_command_has_shown_can_be_changed_in_the_form(desk: Desk) -> None:
    desk.asker.command(desk.web, "subscribe me battery", user=OFFICER)
    desk.asker.press(desk.web, element(desk.asker.answer(), f"{C}new"), user=OFFICER)
    view = desk.slack.opened.get(timeout=PATIENCE)
    (tree,) = [block for block in view["blocks"] if block["block_id"] == f"{C}categories"]
    assert [item["value"] for item in tree["element"]["initial_options"]] == ["battery"]


def test_what_somebody_wanted_for_themselves_is_saved_for_them_by_nobody_else(desk: Desk) -> None:
    desk.asker.command(desk.web, "subscribe me battery", user=OFFICER)
    desk.asker.press(desk.web, element(desk.asker.answer(), f"{C}save"), user=BOSS)
    assert "is saved" not in desk.asker.answer()["text"]
    assert desk.app.store.subscriptions.list_active() == ()


def test_whoever_takes_over_what_another_wanted_owns_it_alone(desk: Desk) -> None:
    """Or the other would see in their App Home what is told to them."""
    desk.asker.command(desk.web, "subscribe me battery", user=OFFICER)
    desk.asker.press(desk.web, element(desk.asker.answer(), f"{C}new"), user=BOSS)
    view = desk.slack.opened.get(timeout=PATIENCE)
    looked = desk.asker.submit(desk.web, view, filled(view), user=BOSS).json()
    desk.asker.submit(desk.web, looked["view"], {}, user=BOSS)
    (made,) = desk.app.store.subscriptions.list_active()
    assert (made.target, made.owner) == (BOSS, BOSS)


def home(desk: Desk, user: str = OFFICER) -> dict[str, Any]:
    """Open the App Home, and return what it shows."""
    desk.slack.homes.pop(user, None)
    event = {"type": "app_home_opened", "user": user, "tab": "home", "channel": "D1"}
    assert desk.asker.event(desk.web, event).status_code == 200
    return shown(desk, user)


def shown(desk: Desk, user: str = OFFICER) -> dict[str, Any]:
    wait_for(lambda: user in desk.slack.homes)
    return desk.slack.homes[user]


def test_the_home_shows_subscriptions_open_alerts_what_comes_and_the_sources(desk: Desk) -> None:
    store = desk.app.store
    now = datetime.now(UTC)
    store.subscriptions.subscribe(
        Subscription(channel="slack", target=OFFICER, owner=OFFICER, categories=("battery",)), now
    )
    store.subscriptions.subscribe(Subscription(channel="slack", target=BOSS), now)
    desk.tell("MOFCOM-GACC 2025-58")
    view = home(desk)
    words = said(view)
    assert "battery" in words
    assert "MOFCOM-GACC 2025-58" in words
    assert "Upcoming key dates" in words
    assert sum("sources watched" in text for text in words.splitlines()) == 1
    assert "no official source has been read" in words
    assert words.count("No. ") == 1
    desk.slack.homes.clear()
    desk.asker.press_in_view(desk.web, element(view, f"{C}acknowledge"), view=view, user=OFFICER)
    assert "No open alerts" in said(shown(desk))


def test_a_subscription_is_changed_and_ended_from_the_home(desk: Desk) -> None:
    store = desk.app.store
    until = datetime.now(UTC) + timedelta(days=3)
    number = store.subscriptions.subscribe(
        Subscription(channel="slack", target=OFFICER, muted=(Mute(category="uav", until=until),)), until
    )
    view = home(desk)
    desk.asker.press_in_view(desk.web, element(view, f"{C}change_{number}"), view=view, user=OFFICER)
    opened_form = desk.slack.opened.get(timeout=PATIENCE)
    values = filled(opened_form, categories=options("graphite"))
    looked = desk.asker.submit(desk.web, opened_form, values, user=OFFICER).json()
    desk.asker.submit(desk.web, looked["view"], {}, user=OFFICER)
    (changed,) = store.subscriptions.list_active()
    assert (changed.id, changed.categories, len(changed.muted)) == (number, ("graphite",), 1)
    desk.asker.press_in_view(desk.web, element(home(desk), f"{C}end_{number}"), view=view, user=OFFICER)
    wait_for(lambda: store.subscriptions.list_active() == ())


def test_a_form_that_is_saved_as_it_opened_changes_nothing(desk: Desk) -> None:
    until = datetime.now(UTC) + timedelta(days=3)
    held = Subscription(
        channel="slack",
        target=OFFICER,
        owner=OFFICER,
        escalate_after=90,
        muted=tuple(Mute(category=f"c{n}", until=until, who=OFFICER) for n in range(12)),
    )
    number = desk.app.store.subscriptions.subscribe(held, until)
    view = home(desk)
    desk.asker.press_in_view(desk.web, element(view, f"{C}change_{number}"), view=view, user=OFFICER)
    opened_form = desk.slack.opened.get(timeout=PATIENCE)
    looked = desk.asker.submit(desk.web, opened_form, filled(opened_form), user=OFFICER).json()
    desk.asker.submit(desk.web, looked["view"], {}, user=OFFICER)
    (after,) = desk.app.store.subscriptions.list_active()
    assert after == replace(held, id=number)


def test_nobody_ends_the_subscription_of_somebody_else(desk: Desk) -> None:
    number = desk.app.store.subscriptions.subscribe(
        Subscription(channel="slack", target=BOSS), datetime.now(UTC)
    )
    view = home(desk)
    button = {"type": "button", "action_id": f"{C}end_{number}", "value": str(number)}
    desk.slack.homes.clear()
    desk.asker.press_in_view(desk.web, button, view=view, user=OFFICER)
    assert "not yours" in said(shown(desk))
    assert len(desk.app.store.subscriptions.list_active()) == 1


def test_the_home_shows_what_is_assigned_to_me_and_lets_me_be_done_with_it(desk: Desk) -> None:
    desk.app.store.subscriptions.subscribe(
        Subscription(channel="slack", target=CHANNEL, owner=BOSS), datetime.now(UTC)
    )
    posted = desk.tell("MOFCOM-GACC 2025-58")
    assert "2025-58" not in said(home(desk))
    desk.press(posted, f"{C}assign", user=BOSS, selected_user=OFFICER)
    view = home(desk)
    assert "2025-58" in said(view)
    desk.slack.homes.clear()
    desk.asker.press_in_view(desk.web, element(view, f"{C}acknowledge"), view=view, user=OFFICER)
    assert "No open alerts" in said(shown(desk))
