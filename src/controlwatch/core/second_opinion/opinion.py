"""Why a second reader is asked, and what follows from its answer, which has no room for a conclusion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from controlwatch.core.model import ReviewReason
from controlwatch.core.second_opinion.answer_schema import AnswerField


class Purpose(StrEnum):
    """Why a text is sent."""

    READING = "reading"
    TRANSLATION = "translation"
    EXPLANATION = "explanation"


#: Words for a value of a field in a doubt.
FIELD_WORDS: Mapping[AnswerField, str] = {
    AnswerField.DIRECTION: "the direction",
    AnswerField.NUMBER: "its own number as",
    AnswerField.EFFECTIVE: "a day from which or until which it applies,",
    AnswerField.RELATIONS: "that it",
    AnswerField.CODES: "the code",
    AnswerField.CATEGORIES: "the item category",
    AnswerField.PARTIES: "the listed party",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondDoubt:
    """What only the second reader has, in the words of the text, with the value of our own reader."""

    field: AnswerField
    value: str
    quote: str

    @property
    def sentence(self) -> str:
        """The doubt in one sentence, with its quote."""
        if self.field is AnswerField.IS_CHANGE:
            what = (
                "takes it for the instrument itself"
                if self.value == "true"
                else "does not take it for a change of the rules"
            )
            return f"A second reader, a model beside the rules, {what}: “{self.quote}”"
        words = f"{FIELD_WORDS[self.field]} {self.value}"
        return f"A second reader, a model beside the rules, also reads {words}: “{self.quote}”"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """What follows from an answer: agreement as evidence, doubts, and reasons why a person should look."""

    agreed: tuple[AnswerField, ...] = ()  #: fields in which both read the same
    doubts: tuple[SecondDoubt, ...] = ()
    disbelieved: int = 0  #: doubts that were not believed, because there were too many
    review: tuple[ReviewReason, ...] = ()
    possible_categories: tuple[str, ...] = ()  #: that a document to be reviewed may touch
    left_out: int = 0  #: characters of the text that were not sent
    hidden: int = 0  #: invisible characters that were taken out of it
    refused_quotes: int = 0  #: quotes that do not stand in the text
    refused_values: int = 0  #: values that do not follow from their quotes
    malformed: int = 0  #: entries without the form that was asked for

    def list_sentences(self) -> tuple[str, ...]:
        """Return the doubts in a sentence each."""
        if self.disbelieved:
            return (
                f"A second reader, a model beside the rules, read {self.disbelieved} things here that the "
                "rules did not; it is not believed here.",
            )
        sentences = [doubt.sentence for doubt in self.doubts]
        if sentences and self.left_out:
            sentences.append(
                f"The second reader was not sent the last {self.left_out} characters of the text."
            )
        if self.hidden:
            sentences.append(
                f"{self.hidden} invisible characters were taken out before a second reader read it."
            )
        return tuple(sentences)
