"""Subscriptions by words: subscribe, end, mute, pause and resume, for a channel or for the asker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from controlwatch.core.asking.question import Question
from controlwatch.core.asking.vocabulary import Vocabulary
from controlwatch.core.model import Mute, Subscription
from controlwatch.core.model.errors import UnclearName, UsageError
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.day_text import format_date
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.problems_zh import explain_problem, translate_problem
from controlwatch.core.rendering.replies import (
    Reply,
    ReplyButton,
    ReplyRow,
    offer_questions,
    subscriptions_reply,
)
from controlwatch.core.rendering.subscription_text import describe_subscription_in
from controlwatch.core.rendering.wording import pick_language
from controlwatch.services.answer_question import FAILED
from controlwatch.services.ports import Subscriptions
from controlwatch.services.queries import Queries
from controlwatch.services.store import AlertActions
from controlwatch.slack.form_input import BUTTON_CAPACITY, pack_subscription
from controlwatch.slack.form_view import list_preview_lines
from controlwatch.slack.permissions import Asker
from controlwatch.slack.subscription_words import SELF_WORDS, parse_subscription

#: With one of these words a subscription is saved without a preview.
SAVE_AT_ONCE = frozenset({"now", "立即"})
MANAGERS_ONLY = "only managers may change the subscriptions of this channel"
#: Days of a mute without a number, and the most.
MUTE_DAYS, MAX_MUTE_DAYS = 30, 366


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionAnswers:
    """Answers what people ask about their subscriptions and those of their channel."""

    queries: Queries
    subscriptions: Subscriptions
    actions: AlertActions
    vocabulary: Vocabulary

    def answer(self, question: Question, asker: Asker, *, now: datetime) -> Reply:
        """Do what is asked, and return what was done; raises `UsageError`."""
        language = question.language
        match question.intent:
            case "subscribe":
                return self.answer_subscribe(question, asker, now)
            case "unsubscribe":
                number = self._find_own(question, asker).id
                self.subscriptions.unsubscribe(number)
                return Reply(
                    title=pick_language(
                        f"Subscription {number} has ended.", f"订阅{number}已终止。", language
                    )
                )
            case "mute" | "unmute":
                return self.answer_mute(question, asker, now)
            case "pause":
                return self.answer_pause(question, asker, now)
            case "resume":
                return self.answer_resume(question, asker)
            case _:
                found = ((item, self._describe(item, question, asker, now)) for item in self.list_own(asker))
                title = pick_language(
                    "Your subscriptions and those of this channel", "您和本频道的订阅", language
                )
                return subscriptions_reply(found, title=title, language=language)

    def _describe(self, item: Subscription, question: Question, asker: Asker, now: datetime) -> str:
        """Return to whom a subscription goes, what it is limited to, and why it is paused."""
        language = question.language
        english, chinese = ("you", "您") if item.target == asker.user else ("this channel", "本频道")
        words = describe_subscription_in(item, self._build_context(question, now))
        paused = pick_language(
            f" · PAUSED: {item.paused}", f" · 已暂停：{translate_problem(item.paused)}", language
        )
        text = pick_language(f"{english}: {words}", f"{chinese}：{words}", language)
        return text + (paused if item.paused else "")

    def _build_context(self, question: Question, now: datetime) -> CardContext:
        return CardContext(
            lexicon=self.queries.names.lexicon, language=question.language, today=to_beijing_day(now)
        )

    def list_own(self, asker: Asker) -> tuple[Subscription, ...]:
        """Return the active subscriptions of a channel and of the asker."""
        places = {asker.channel, asker.user}
        active = self.subscriptions.list_active()
        return tuple(item for item in active if item.channel == "slack" and item.target in places)

    def answer_subscribe(self, question: Question, asker: Asker, now: datetime) -> Reply:
        """Return a preview of the subscription that words describe; save it where they say so."""
        words = tuple(word for word in question.words if word.casefold() not in SAVE_AT_ONCE)
        language = question.language
        if not words:
            intent = self.vocabulary.get_intent("subscribe")
            note = pick_language(
                f"Use the form, or add what you want to the command: {intent.example}",
                f"请使用表单，或在命令后写明内容：{intent.example_zh}",
                language,
            )
            return Reply(
                title=pick_language("Which alerts do you want?", "您想接收哪些提醒？", language),
                note=note,
                offers=(ReplyButton(text=pick_language("Choose", "选择", language), value="new"),),
            )
        try:
            parsed = parse_subscription(
                words, asker.channel, asker.user, self.queries.names, language=asker.language
            )
        except UnclearName as error:
            return self._ask_back(question, error)
        subscription = replace(parsed, owner=asker.user)
        if subscription.target == asker.channel and not asker.is_manager:
            raise UsageError(f"{MANAGERS_ONLY}; to subscribe for yourself: subscribe me …")
        context = self._build_context(question, now)
        description = describe_subscription_in(subscription, context)
        if len(words) == len(question.words):
            first, *others = list_preview_lines(self.queries.preview(subscription, now=now), context)
            value = pack_subscription(subscription, most=BUTTON_CAPACITY)
            return Reply(
                title=pick_language("Not saved yet: ", "尚未保存：", language) + description,
                note=first,
                rows=tuple(ReplyRow(heading="", body=line) for line in others),
                offers=(
                    ReplyButton(text=pick_language("Save", "保存", language), value=value, does="save"),
                    ReplyButton(text=pick_language("Change", "修改", language), value=value),
                ),
            )
        number = self.subscriptions.subscribe(subscription, now)
        mine = subscription.target == asker.user
        return Reply(
            title=pick_language(
                f"Subscription {number}: {description}", f"订阅{number}：{description}", language
            ),
            note=pick_language(
                f"Alerts are sent {'to you' if mine else 'to this channel'}. To end it: unsubscribe {number}",
                f"提醒将{'发给您' if mine else '发到本频道'}。如需终止，请输入：退订 {number}",
                language,
            ),
        )

    def _ask_back(self, question: Question, error: UnclearName) -> Reply:
        """Offer the categories that an unclear word may mean, each in its place."""
        unclear = error.name.casefold()
        offers = [
            " ".join(
                ("subscribe", *(name if word.casefold() == unclear else word for word in question.words))
            )
            for name in error.candidates[:5]
        ]
        language = question.language
        return Reply(
            title=pick_language(*FAILED, language),
            note=explain_problem(str(error), language),
            offers=offer_questions(offers),
        )

    def _find_own(self, question: Question, asker: Asker) -> Subscription:
        """Return the subscription of a question that the asker may change; raises `UsageError`."""
        text = " ".join(question.words)
        found = next((item for item in self.list_own(asker) if str(item.id) == text), None)
        if found is None:
            raise UsageError(f"this channel and you have no subscription {text or '?'}")
        if found.target == asker.channel and not asker.is_manager:
            raise UsageError(MANAGERS_ONLY)
        return found

    def answer_mute(self, question: Question, asker: Asker, now: datetime) -> Reply:
        """Mute a category, or end its mute, for the subscriptions of the place where it is asked."""
        words = question.subject.split()
        for_self = [word for word in words if word.casefold() in SELF_WORDS]
        subject = " ".join(word for word in words if word not in for_self)
        category = self.queries.names.find_category(subject)
        target = asker.user if for_self else asker.channel
        if target == asker.channel and not asker.is_manager:
            raise UsageError(f"{MANAGERS_ONLY}; for your own: {question.intent} me {subject}")
        chosen = [item for item in self.list_own(asker) if item.target == target]
        if question.row is not None:
            chosen = [item for item in chosen if item.id == question.row]
        if not chosen:
            raise UsageError("no subscription of this place is active; to list them: subscriptions")
        days = question.count if question.count is not None else MUTE_DAYS
        if question.intent == "mute" and not 1 <= days <= MAX_MUTE_DAYS:
            raise UsageError(f"a mute lasts from 1 to {MAX_MUTE_DAYS} days")
        until = now + timedelta(days=days if question.intent == "mute" else 0)
        mute = Mute(category=category, until=until, who=asker.user)
        numbers = ", ".join(str(item.id) for item in chosen if self.actions.mute_category(item.id, mute))
        language = question.language
        name = self.queries.names.lexicon.get_category_name(category, "zh")
        of = pick_language(f"Subscriptions: {numbers}.", f"涉及订阅：{numbers}。", language)
        if question.intent == "unmute":
            title = pick_language(f"{category} is no longer muted", f"已取消静音：{name}", language)
            return Reply(title=title, note=of)
        return Reply(
            title=pick_language(
                f"{category} is muted until {format_date(until.date())}",
                f"已静音：{name}（至{format_date(until.date(), 'zh')}）",
                language,
            ),
            note=of
            + pick_language(
                " Its alerts are not sent; `alerts` lists them.",
                "期间不发送其提醒；输入“提醒记录”可查看。",
                language,
            ),
            offers=offer_questions((f"unmute {category}",)),
        )

    def answer_pause(self, question: Question, asker: Asker, now: datetime) -> Reply:
        """Pause a subscription of this place."""
        found = self._find_own(question, asker)
        if not self.subscriptions.pause(found.id, f"paused by {asker.user}", now):
            raise UsageError(f"subscription {found.id} is paused already")
        return Reply(
            title=pick_language(
                f"Subscription {found.id} is paused.", f"订阅{found.id}已暂停。", question.language
            ),
            note=pick_language(
                "Its alerts wait until it is resumed.", "恢复后再发送其间的提醒。", question.language
            ),
            offers=offer_questions((f"resume {found.id}",)),
        )

    def answer_resume(self, question: Question, asker: Asker) -> Reply:
        """Resume a paused subscription of this place."""
        found = self._find_own(question, asker)
        if not self.subscriptions.resume(found.id):
            raise UsageError(f"subscription {found.id} is not paused")
        return Reply(
            title=pick_language(
                f"Subscription {found.id} is resumed.", f"订阅{found.id}已恢复。", question.language
            ),
            note=pick_language("What has waited is sent now.", "此前未发的提醒现在发送。", question.language),
        )
