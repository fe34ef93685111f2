"""What proves a conclusion: words of the notice in quotation marks, facts of the database without."""

from __future__ import annotations

from controlwatch.core.extraction.mentions.clauses import name_clause
from controlwatch.core.law.register import DOUBT_PREFIX
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.day_text import spell_dates

#: How a fact is introduced that no source has shown yet: it comes with the product.
FROM_DATABASE, FROM_DATABASE_ZH = "reference database: ", "参考数据库："


def name_database(sentence: str) -> str:
    """Return a sentence, one of the reference database with its origin, unless it names that itself.

    >>> name_database("register: issued 2027-05-01 with low confidence")
    'reference database: issued 2027-05-01 with low confidence'
    """
    if not sentence.startswith(DOUBT_PREFIX):
        return sentence
    fact = sentence.removeprefix(DOUBT_PREFIX)
    return fact if "reference database" in fact else FROM_DATABASE + fact


def format_proof(quote: str, most: int = 300) -> str:
    """Return the sentence of a notice in quotation marks; of the reference database, its fact and its source.

    >>> format_proof("自2027年5月1日起施行"), format_proof("register: takes effect 2027-05-01")
    ('「自2027年5月1日起施行」', 'reference database: takes effect 1 May 2027')
    """
    if not quote:
        return ""
    if quote.startswith(FROM_DATABASE_ZH):
        return to_one_line(quote, most)
    if quote.startswith(DOUBT_PREFIX):
        scope, colon, rest = spell_dates(quote.removeprefix(DOUBT_PREFIX)).rpartition(": ")
        fact = " ".join(map(name_clause, f"{name_clause(scope)}{colon}{rest}".split(" ")))
        return FROM_DATABASE + to_one_line(fact, most)
    return f"「{to_one_line(quote, most)}」"
