"""From a document to what it says, each conclusion with the words that prove it."""

from controlwatch.core.extraction.extract import read
from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.extraction.report.provenance import all_grounds, meaning
from controlwatch.core.extraction.report.reading_json import to_json
from controlwatch.core.extraction.report.resolve_categories import resolve
from controlwatch.core.extraction.text.lexicon import Category, Issuer, Lexicon, Place

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
