"""From a document to what it says, each conclusion with the words that prove it."""

from controlwatch.core.extraction.extract import read_notice, resolve_categories
from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.extraction.report.provenance import collect_meanings, describe_rule, list_grounds
from controlwatch.core.extraction.report.reading_json import to_json
from controlwatch.core.extraction.text.lexicon import Category, Issuer, Lexicon, Place

__all__ = [
    "Category",
    "Issuer",
    "Lexicon",
    "Place",
    "collect_meanings",
    "describe_rule",
    "list_grounds",
    "parse_number",
    "read_notice",
    "resolve_categories",
    "to_json",
]
