"""A question in somebody's own words → its intent, its subject and its days; nothing is guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from controlwatch.core.asking.category_names import find_category_meanings, find_named_category
from controlwatch.core.asking.day_readings import DaySpan, span_month
from controlwatch.core.asking.markup import join_contractions, remove_bot_name, remove_slack_markup
from controlwatch.core.asking.sentence_words import COMMAND_MARKS, SentenceWords, fold_aligned
from controlwatch.core.asking.typed_days import AskedDays, blank_out, find_asked_days
from controlwatch.core.asking.typed_numbers import (
    AskedNumber,
    find_asked_code,
    find_asked_number,
    find_asked_row,
    find_typed_month,
)
from controlwatch.core.asking.vocabulary import (
    FoundKind,
    Intent,
    IntentName,
    Vocabulary,
    fold_asked,
    measure_phrase,
)
from controlwatch.core.extraction.text.lexicon import GroupKind, Lexicon
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.model import Language
from controlwatch.core.model.typed_text import split_typed_words

#: A longer question without a command is not read.
MAX_LENGTH = 200
#: The address of a notice: www.mofcom.gov.cn/a.html
ADDRESS = re.compile(r"://|\w\.\w[\w.-]*/")
ITEMS: frozenset[GroupKind] = frozenset({"item"})
ALL_KINDS: frozenset[GroupKind] = frozenset({"item", "scope", "instrument"})
#: Days up to which a count is taken; more is a mistake.
MAX_DAYS = 3660
#: A bare number is a number of days behind the commands of these times.
PERIODS = frozenset({"back", "ahead", "two-days"})
COUNTING = frozenset({"back", "ahead", "count"})
SHORT_COUNT = re.compile(r"\d{1,4}")
#: What is asked for where parties without a name are.
LISTINGS = "entity"
#: These answers hold for today only, or for all times.
WITHOUT_DAY = frozenset({"show", "history"})
#: The words of these commands have a grammar of their own.
OWN_GRAMMAR = frozenset({"words", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody asks."""

    intent: IntentName | None  #: None: it is not understood
    subject: str = ""  #: the number of a notice, an item or a category as typed, a name
    words: tuple[str, ...] = ()  #: the words behind a command with a grammar of its own
    span: DaySpan | None = None
    count: int | None = None  #: days
    issuer: str = ""  #: code
    destination: str = ""  #: code
    row: int | None = None  #: of the last list
    unread: str = ""  #: words of a sentence that were left out
    problem: str = ""  #: why it cannot be answered as it is
    #: questions that can be answered instead; without a problem, what may be meant as well
    choices: tuple[str, ...] = ()
    is_sentence: bool = False  #: no command, but a question in somebody's own words
    text: str = ""  #: as typed, in plain signs
    chat_language: Language = "en"  #: of the place where it is asked

    @property
    def language(self) -> Language:
        """The language of the answer: Chinese where the question has Chinese words, and no English ones.

        A command is the same in both languages: it is answered in that of the chat.
        """
        if self.chat_language == "zh" and not self.is_sentence:
            return "zh"
        words = self.text.replace(self.subject, " ") if self.subject else self.text
        is_english = not HAN.search(words) and len(words.split()) > 1
        return "zh" if HAN.search(self.text) and not is_english else "en"

    def write_command(self) -> str:
        """Return the command that asks the same."""
        count = str(self.count) if self.count is not None else ""
        parts = (self.intent or "", self.issuer, self.subject, *self.words, str(self.span or ""), count)
        return " ".join(filter(None, parts))


def parse_question(text: str, vocabulary: Vocabulary, lexicon: Lexicon, *, today: date) -> Question:
    """Return what a text asks. Never raises: a problem is part of the question.

    Without a command or a known phrase, a number is shown and an item is looked up; nothing at all asks for
    help.
    """
    plain = join_contractions(remove_bot_name(remove_slack_markup(text)))
    words = split_typed_words(plain)
    if words:
        words = (*split_typed_words(words[0]), *words[1:])  # all of it may be in quotes
    reader = _QuestionReader(vocabulary, lexicon, SentenceWords(vocabulary, lexicon), today)
    return reader.read(words)


@dataclass(frozen=True, slots=True)
class _QuestionReader:
    vocabulary: Vocabulary
    lexicon: Lexicon
    words: SentenceWords
    today: date

    def read(self, words: tuple[str, ...]) -> Question:
        """Read words as a command or, where the first one names none, as a sentence."""
        whole = " ".join(words)
        if self._is_greeting(whole):
            return Question(intent="help", text=whole)
        command = self._find_command(words)
        if command is not None:
            intent, behind = command
            return replace(self._read_command(intent, behind), text=whole)
        if len(whole) > MAX_LENGTH:
            return Question(intent=None, problem="this question is too long; try: help", text=whole)
        return replace(self._read_sentence(whole), text=whole)

    # ------------------------------------------------------------------ commands

    def _find_command(self, words: tuple[str, ...]) -> tuple[Intent, tuple[str, ...]] | None:
        """Return the intent that the first word names, and the words behind it."""
        head, mark, tail = words[0].partition(":")  # 状态:稀土
        if mark and tail and (intent := self._get_commanded(head)) is not None:
            return intent, (tail, *words[1:])
        intent = self._get_commanded(words[0])
        if intent is None:
            return None
        first, behind = fold_asked(words[0]).strip("/-" + COMMAND_MARKS), " ".join(words[1:])
        if first in intent.verbs:
            others = self._rank_intents(fold_asked(behind))
            if others and others[0].name != intent.name:
                return None
        return intent, words[1:]

    def _get_commanded(self, word: str) -> Intent | None:
        first = fold_asked(word).lstrip("/-").rstrip(COMMAND_MARKS) or word
        return next(
            (item for item in self.vocabulary.intents if first in item.commands or first in item.verbs), None
        )

    def _read_command(self, intent: Intent, words: tuple[str, ...]) -> Question:
        if intent.subject in OWN_GRAMMAR:
            meant = {said: word for word, others in intent.implies.items() for said in others}
            return Question(intent=intent.name, words=tuple(meant.get(word, word) for word in words))
        whole = " ".join(words)
        if intent.subject == "subscription":
            return self._read_subscription(intent, whole)
        if intent.subject == "name":
            days = find_asked_days(fold_aligned(whole), self.vocabulary.days, today=self.today)
            behind = whole[len(days.rest.rstrip(COMMAND_MARKS + ' "”')) :]
            # A name may have such words; only a day with figures behind it is none of it.
            if days.span is None or not days.span.is_day or not re.search(r"\d", behind):
                days = AskedDays(rest=whole)
            name = self.words.strip_ends(whole, days.rest) if days.span is not None else whole
            question = Question(intent=intent.name, subject=name, span=days.span)
            return self._require_subject(question, intent)
        question = self._read_subject(intent, whole, is_sentence=False)
        # The readings of an unclear date are the words behind the command.
        commands = tuple(item.name for item in self.vocabulary.intents)
        choices = (
            choice if choice.startswith(commands) else f"{intent.name} {choice}"
            for choice in question.choices
        )
        return replace(question, choices=tuple(choices))

    # ------------------------------------------------------------------ sentences

    def _is_greeting(self, text: str) -> bool:
        """Return whether a text only greets, or says nothing."""
        folded = " ".join(re.sub(r"[^\w\s]", " ", fold_asked(text)).split())
        greetings = {fold_asked(word) for word in self.vocabulary.greetings}
        return not folded or folded in greetings or all(word in greetings for word in folded.split())

    def _rank_intents(self, folded: str) -> list[Intent]:
        """Return the intents that the phrases of a text name, those with the longest phrase first."""
        weights: dict[str, int] = {}
        for start, end, owners in self.vocabulary.phrases.find_all(folded):
            for owner in owners:
                weights[owner] = max(weights.get(owner, 0), measure_phrase(folded[start:end]))
        named = [intent for intent in self.vocabulary.intents if intent.name in weights]
        return sorted(named, key=lambda intent: -weights[intent.name])

    def _read_sentence(self, text: str) -> Question:
        folded = fold_aligned(text)
        number = find_asked_number(folded, self.vocabulary.numbers, self.lexicon)
        days = find_asked_days(number.rest, self.vocabulary.days, today=self.today)
        ranked = self._rank_intents(days.rest)
        questions = [replace(self._read_intended(intent, text), is_sentence=True) for intent in ranked]
        for question in questions:
            if question.intent is not None and not question.problem:
                return question
        if questions:
            return questions[0]
        return self._read_bare(text, number)

    def _read_intended(self, intent: Intent, text: str) -> Question:
        """Read a sentence as a question of an intent."""
        folded = fold_aligned(text)
        implied = tuple(word for word, said in intent.implies.items() if any(one in folded for one in said))
        if intent.subject == "none":
            return Question(intent=intent.name, words=implied)
        if intent.subject == "subscription":
            return self._read_subscription(intent, text)
        if intent.subject == "words":
            rest = self.words.blank_phrases(folded, owner=intent.name)
            return Question(intent=intent.name, words=(*implied, *self.words.strip_ends(text, rest).split()))
        if intent.subject == "name":
            return self._read_name(intent, text, folded)
        return self._read_subject(intent, text, is_sentence=True)

    def _read_subscription(self, intent: Intent, text: str) -> Question:
        """Read the number of a subscription: 3, #3, subscription 3."""
        hit = re.search(r"(?<![\w.-])#?(\d{1,9})(?![\w.-])", text, re.ASCII)
        words = (hit[1],) if hit else tuple(text.split())
        return Question(intent=intent.name, words=words)

    def _read_name(self, intent: Intent, text: str, folded: str) -> Question:
        """Read the name of a party; a number, a code or an item in its place is another question.

        Where no party is named, the listings are what is asked for.
        """
        if self.vocabulary.unnamed_party_words.find_all(folded):
            listings = self._read_subject(self.vocabulary.get_intent("latest"), text, is_sentence=True)
            return replace(listings, subject=listings.subject or LISTINGS)
        number = find_asked_number(folded, self.vocabulary.numbers, self.lexicon).number
        code = find_asked_code(folded)[0]
        days = find_asked_days(folded, self.vocabulary.days, today=self.today, typed=text)
        said = text[next((at for at, sign in enumerate(days.rest) if sign != folded[at]), 0) :]
        if said[:1].isupper() and not (days.span and re.search(r"\d", said)):
            days = AskedDays(rest=folded)  # USA Today
        rest = self.words.blank_phrases(days.rest, owner=intent.name)
        name = self.words.strip_ends(text, rest, is_name=True)
        if number or code or (name and find_category_meanings(name, self.lexicon)):
            kind: FoundKind = "number" if number else "code" if code else "category"
            other = self.vocabulary.get_intent(intent.redirect[kind])
            return self._read_subject(other, text, is_sentence=True)
        question = Question(intent=intent.name, subject=name)
        return self._require_subject(self._take_days(question, intent, days), intent)

    def _read_bare(self, text: str, number: AskedNumber) -> Question:
        """Read a text without a known phrase: a number is shown, an item is looked up."""
        folded = fold_aligned(text)
        if number.is_without_year:
            return self._ask_year(self.vocabulary.get_intent("show"), number.number)
        if ADDRESS.search(text) or number.number:
            start, end = find_typed_month(folded, number.number)
            choices = (f"latest {_span_typed_month(text[start:end])}",) if end else ()
            subject = text if ADDRESS.search(text) else number.number
            return Question(intent="show", subject=subject, choices=choices)
        row, _ = find_asked_row(folded)
        if row is not None:
            return Question(intent="show", row=row)
        item = self.words.strip_ends(text, folded)
        days = find_asked_days(folded, self.vocabulary.days, today=self.today)
        rest = self.words.take_destination(text, days.rest)[1]
        bare = self.words.strip_ends(text, rest)
        if find_asked_code(folded)[0] or any(
            find_category_meanings(name, self.lexicon) for name in (item, bare)
        ):
            return self._read_subject(self.vocabulary.get_intent("lookup"), text, is_sentence=True)
        return Question(
            intent=None,
            subject=self.words.strip_ends(text, rest if days.span is not None else folded, is_name=True),
        )

    # ------------------------------------------------------------------ subjects and days

    def _read_subject(self, intent: Intent, text: str, *, is_sentence: bool) -> Question:
        """Read the number, the code or the item of a question, and its days."""
        folded = fold_aligned(text)
        number = find_asked_number(folded, self.vocabulary.numbers, self.lexicon)
        if number.is_without_year and intent.name not in {"mute", "unmute"}:
            return self._ask_year(intent, number.number)
        start, end = find_typed_month(folded, number.number)
        if end and intent.time != "none":
            if find_asked_days(folded, self.vocabulary.days, today=self.today).span is not None:
                number = AskedNumber(number="", rest=folded)
            elif intent.time in PERIODS:
                return self._ask_month(intent, text, start, end)
        days = AskedDays(rest=number.rest)
        if is_sentence or intent.time != "none" or intent.name == "history":
            days = find_asked_days(number.rest, self.vocabulary.days, today=self.today, typed=text)
        rest = days.rest
        row, rest = find_asked_row(rest)
        code, behind = ("", rest) if number.number else find_asked_code(rest)
        if intent.time in COUNTING and SHORT_COUNT.fullmatch(code):
            code, behind = "", rest  # upcoming 3000
        rest = behind
        found: FoundKind | None = "number" if number.number else "code" if code else None
        if found is not None and found in intent.redirect:
            intent = self.vocabulary.get_intent(intent.redirect[found])
        question = Question(intent=intent.name, row=row, subject=number.number or code)
        if found is None and row is None:
            question, rest = self._read_item(question, intent, text, rest, is_sentence=is_sentence)
            intent = self.vocabulary.get_intent(question.intent or intent.name)
        elif is_sentence:
            destination, rest = self.words.take_destination(text, rest)
            question = replace(question, destination=destination)
            rest = self.words.blank_phrases(rest)
            question = replace(question, unread=self.words.find_unread(text, rest))
        return self._require_subject(self._take_days(question, intent, days), intent)

    def _read_item(
        self, question: Question, intent: Intent, text: str, rest: str, *, is_sentence: bool
    ) -> tuple[Question, str]:
        """Take the issuer, the destination and the item of a question out of a text."""
        if intent.time in COUNTING:
            question, rest = _take_count(question, rest)
        if intent.name == "latest":
            issuer, rest = self.words.take_issuer(text, rest)
            question = replace(question, issuer=issuer)
        if not is_sentence:
            return replace(question, subject=self.words.strip_ends(text, rest)), rest
        destination, rest = self.words.take_destination(text, rest)
        question = replace(question, destination=destination)
        kinds = ITEMS if intent.subject == "item" else ALL_KINDS
        named = find_named_category(rest, self.lexicon, kinds=kinds)
        bare = self.words.blank_phrases(rest)
        item = self.words.strip_ends(text, bare)
        # In lists of notices an unknown word is left out, and said; elsewhere it is what is asked about.
        is_list = intent.time in PERIODS
        is_longer = named is not None and named.name in item.casefold() and named.name != item.casefold()
        if named is None or ((is_longer or not is_list) and find_category_meanings(item, self.lexicon)):
            if is_list and not is_longer:
                return replace(question, unread=self.words.find_unread(text, bare)), rest
            question = replace(question, subject=item)
            if intent.subject == "notice" and item and not find_category_meanings(item, self.lexicon):
                return replace(question, intent=None), rest
            if item and "category" in intent.redirect and find_category_meanings(item, self.lexicon):
                question = replace(question, intent=intent.redirect["category"])
            return question, rest
        rest = self.words.blank_phrases(blank_out(rest, named.start, named.end))
        question = replace(question, subject=named.name, unread=self.words.find_unread(text, rest))
        if "category" in intent.redirect:
            question = replace(question, intent=intent.redirect["category"])
        return question, rest

    def _take_days(self, question: Question, intent: Intent, days: AskedDays) -> Question:
        """Add the days to a question; days that it cannot take are its problem."""
        if intent.time == "none":
            return self._refuse_days(question, days)
        if days.problem:
            return replace(question, problem=days.problem, choices=days.choices)
        span, count = days.span, days.count if days.count is not None else question.count
        question = replace(question, span=span, count=count)
        if count is not None and not 0 <= count <= MAX_DAYS:
            return replace(question, problem=f"{count} days is too long; use at most {MAX_DAYS}")
        if intent.time == "day" and (count is not None or (span is not None and not span.is_day)):
            today = [self.today] if span is not None and span.first < self.today < span.last else []
            choices = () if span is None else (span.first, *today, span.last)
            asked = replace(question, span=None, count=None).write_command()
            return replace(
                question,
                problem=f"{intent.name} answers for one day; write one date",
                choices=tuple(f"{asked} {day}" for day in choices),
            )
        if intent.time == "back" and span is not None and span.first > self.today:
            question = replace(question, intent="upcoming")
        if intent.time == "ahead" and span is not None and span.last < self.today:
            question = replace(question, intent="compare")
        if intent.time == "two-days" and (span is None or span.is_day):
            asked = f"compare {question.subject}".strip()
            first = self.today - timedelta(30)
            if span is not None and span.first < self.today:
                first = span.first
            problem = "compare needs two days: the earlier one and the later one"
            return replace(question, problem=problem, choices=(f"{asked} {first} {self.today}",))
        return question

    def _refuse_days(self, question: Question, days: AskedDays) -> Question:
        """Return a question that takes no day; one that has another day than today is not answered."""
        today = DaySpan(first=self.today, last=self.today)
        if question.intent not in WITHOUT_DAY or days.span in {None, today}:
            return replace(question, problem=days.problem, choices=days.choices) if days.problem else question
        choices = [question.write_command()]
        if question.subject and days.span is not None and days.span.is_day:
            choices.insert(0, f"status {question.subject} {days.span}")
        problem = f"`{question.intent}` answers without a day, and not for {days.span}"
        return replace(question, problem=problem, choices=tuple(choices))

    def _require_subject(self, question: Question, intent: Intent) -> Question:
        """Add the problem that a question needs something that it is about."""
        needs = intent.subject in {"notice", "control", "item", "name"} or intent.name in {"mute", "unmute"}
        if question.problem or not needs or question.subject or question.row is not None:
            return question
        what = {
            "notice": "the number of a notice",
            "control": "the number of a notice, or an item",
            "item": "an item, an HS code or a control code",
            "name": "the name of a party",
        }.get(intent.subject, "an item category")
        problem = f"`{intent.name}` needs something to look for: {what}"
        examples = tuple(intent.example.split(" · "))
        choices = (f"{examples[-1]} {question.span}", "categories") if question.span else examples[:2]
        return replace(question, problem=problem, choices=choices)

    def _ask_month(self, intent: Intent, text: str, start: int, end: int) -> Question:
        """Ask whether a month or the notice of that number is meant."""
        month = text[start:end]
        question = " ".join(f"{text[:start]} {_span_typed_month(month)} {text[end:]}".split())
        return Question(
            intent=intent.name,
            problem=f"{month} may be a month or the number of a notice",
            choices=(question, f"{intent.redirect.get('number', 'show')} {month}"),
        )

    def _ask_year(self, intent: Intent, number: str) -> Question:
        years = (self.today.year, self.today.year - 1)
        return Question(
            intent=intent.name,
            problem=f"No. {number} exists in more than one year; write the year too: {years[1]}-{number}",
            choices=tuple(f"{intent.name} {year}-{number}" for year in years),
        )


def _span_typed_month(month: str) -> DaySpan:
    """Return the days of a month in figures: 2025-12."""
    year, _, n = month.partition("-")
    return span_month(int(year), int(n))


def _take_count(question: Question, rest: str) -> tuple[Question, str]:
    """Take a bare number of days: latest 7."""
    hit = re.search(r"(?<![\w.#/-])(\d{1,6})(?![\w./-])", rest)
    return (replace(question, count=int(hit[1])), blank_out(rest, *hit.span())) if hit else (question, rest)
