"""The model of the package as a second reader: it knows the form of an instrument, and sends nothing."""

from __future__ import annotations

import json

from controlwatch.core.extraction.second_reader import BODY_LENGTH, WordingModel
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.second_opinion.instructions import ReaderQuestion, ReaderReply
from controlwatch.core.second_opinion.opinion import Purpose


class WordingReader:
    """Says of a text that it is an instrument, where its wording is likely enough to be one."""

    host = ""

    def __init__(self, wording: WordingModel) -> None:
        self._wording = wording
        self.model = f"wording-{wording.texts}"

    def ask(self, question: ReaderQuestion) -> ReaderReply | None:
        """Return the sentence that speaks most for an instrument; None where none does."""
        title, _, body = question.text.partition("\n")
        text = DocumentText.from_parts(title, body)
        sentences = [sentence for sentence in text.sentences if sentence.start < BODY_LENGTH]
        if question.purpose is not Purpose.READING or not sentences:
            return None
        if self._wording.estimate(text.folded_text) < self._wording.threshold:
            return None
        telling = sentences[self._wording.find_telling_sentence([sentence.words for sentence in sentences])]
        quote = text.quote_around(telling.start, telling.start)
        return ReaderReply(text=json.dumps({"is_change": [{"value": "true", "quote": quote}]}), tokens=0)

    def close(self) -> None:
        """Close nothing."""
