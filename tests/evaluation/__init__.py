"""The reader, measured on labelled documents: `make eval`, or `make eval CORPUS=DIR`.

DIR holds one folder a case: `text.txt` or `text.html`, and `gold.json` with its labels; or one `gold.jsonl` for
all cases, each with the path of its `file`. DIR may also be such a file itself. The labels are in the
vocabulary of docs/read-json.md:

* `X_alt` holds other right values of field X, `X_optional` what is neither required nor wrong. A field that is
  null where the contract has a list, or whose `X_optional` is true, is not judged.
* `optional` in an entry of `relations` or `deadlines` means the same for that entry.
* `entities` are objects as the reader prints them, or only names.
* `published_hint` is the day of the page where the text shows none; `expect_doubts` asks for a doubt.
"""

from tests.evaluation.cases import CORPUS, FLOORS, Case, CaseReading, load_cases, load_document, read_case
from tests.evaluation.figures import Evaluation, evaluate, find_broken_floors

__all__ = [
    "CORPUS",
    "FLOORS",
    "Case",
    "CaseReading",
    "Evaluation",
    "evaluate",
    "find_broken_floors",
    "load_cases",
    "load_document",
    "read_case",
]
