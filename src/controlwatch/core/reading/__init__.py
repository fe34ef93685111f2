"""From a document to what it says, each conclusion with the words that prove it."""

from controlwatch.core.reading.contract import to_json
from controlwatch.core.reading.grounds import all_grounds, meaning
from controlwatch.core.reading.lexicon import Category, Issuer, Lexicon, Place
from controlwatch.core.reading.numbers import parse_number
from controlwatch.core.reading.reader import read
from controlwatch.core.reading.resolve import resolve

__all__ = [
    "Category",
    "Issuer",
    "Lexicon",
    "Place",
    "all_grounds",
    "meaning",
    "parse_number",
    "read",
    "resolve",
    "to_json",
]
