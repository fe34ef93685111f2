"""What it means that single pages of a source could not be read."""

from __future__ import annotations

from collections.abc import Sequence

from controlwatch.core.model.errors import Challenged, Refused, SourceError, Unreachable, Unread

#: After this number of pages in a row that do not answer, the rest of the poll is left for the next one.
MAX_UNREACHABLE_PAGES = 3


def is_gone(error: SourceError) -> bool:
    """Return whether the source says that a page is not there any more."""
    return isinstance(error, Refused) and error.status in {404, 410}


def is_host_down(errors: Sequence[SourceError], *, read: int) -> bool:
    """Return whether the pages do not answer, or challenge us, although the list did: the source is failing.

    `errors` are those of one poll in order, `read` is the number of pages that could be read. A single page
    with an error of its own is different: it stays due, is counted as unread, and after some failures is
    alerted from its title.
    """
    if read or not errors:
        return False
    if isinstance(errors[-1], Challenged):
        return True
    last = errors[-MAX_UNREACHABLE_PAGES:]
    return len(last) == MAX_UNREACHABLE_PAGES and all(isinstance(error, Unreachable) for error in last)


def choose_reported_error(errors: Sequence[SourceError]) -> SourceError:
    """Return the error to report when no page at all could be read; `errors` is not empty."""
    for error in errors:
        if isinstance(error, Challenged):
            return error
    return Unread(f"{len(errors)} notices could not be read: {errors[0]}")
