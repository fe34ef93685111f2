"""The kinds of errors; the message of each can be shown to an operator."""

from __future__ import annotations


class ControlwatchError(Exception):
    """An error that one sentence explains to a person."""


class SourceError(ControlwatchError):
    """A source did not return what was requested; the poll is recorded as failed with this kind."""

    kind = "failed"


class Unreachable(SourceError):
    """The source did not answer; try again at the next poll."""

    kind = "unreachable"


class TimedOut(Unreachable):
    """The source, or the whole poll, took too long; try again at the next poll."""

    kind = "timed-out"


class OutOfTime(TimedOut):
    """The time of the whole poll is used up; pages not read yet stay due."""


class Stopping(OutOfTime):
    """The service is being stopped; this is not a failure of the source."""

    kind = "stopping"


class Refused(SourceError):
    """The source answered with an HTTP error, or with success:false inside a 200.

    `retry_after` is for how many seconds it asks not to be requested, 0 where it does not.
    """

    kind = "refused"

    def __init__(self, message: str, *, status: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Challenged(SourceError):
    """The source sent a bot challenge instead of the page; it is shown as blocked, and never circumvented."""

    kind = "blocked"


class Reshaped(SourceError):
    """The page no longer has the declared shape; a maintainer must check it."""

    kind = "reshaped"


class Replaced(SourceError):
    """The address answers with another page than the notice: an error text, a home page, a maintenance page.

    Nothing follows from it for the notice.
    """

    kind = "replaced"


class Garbled(SourceError):
    """The bytes are not readable text, JSON or a feed, or characters were lost in transfer."""

    kind = "garbled"


class TooLarge(SourceError):
    """The body is larger than the declared limit; it was not read to the end."""

    kind = "too-large"


class RedirectLoop(SourceError):
    """The source redirects in a circle, or more often than allowed."""

    kind = "redirect-loop"


class Undeclared(SourceError):
    """The address is on a host that the watcher does not declare; no request was sent."""

    kind = "undeclared-host"


class Implausible(SourceError):
    """The poll succeeded but is not plausible: too few notices, or the newest is too old."""

    kind = "implausible"


class Unread(SourceError):
    """The index was read, but a notice on it could not be read; it stays due."""

    kind = "unread"


class LockedOut(SourceError):
    """The mailbox refuses the login, or access to a folder or a mail; check its settings."""

    kind = "locked-out"


class DeclarationError(ControlwatchError):
    """A declaration is not valid; the message names the file, the key and the reason."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(f"{file}: {key}: {reason}" if key else f"{file}: {reason}")
        self.file = file
        self.key = key
        self.reason = reason


class UsageError(ControlwatchError):
    """A person asked for something that does not exist; the message names what is allowed."""


class OldSchema(UsageError):
    """The schema of the database is older than this version needs; `controlwatch migrate` updates it."""


class UnclearName(UsageError):
    """A name means several things, or none that is known; the message names those that it may mean."""

    def __init__(self, message: str, *, name: str = "", candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.name = name
        self.candidates = candidates


class StoreLost(ControlwatchError, OSError):
    """The file of the database was deleted or replaced while it was open; nothing more is written to it."""


class Unstamped(ControlwatchError):
    """A time stamp was not issued, or proves nothing; the message says why."""


class UnusableAnswer(ControlwatchError):
    """A second reader gave no answer, or one of another form than the one asked for; the message says why."""


class DeliveryError(ControlwatchError):
    """A channel did not accept a message.

    `permanent`: another attempt cannot succeed; `target`: this is proven for every message to this target;
    `us`: it applies to every message that we send by this channel; `needs_repair`: the peer refuses us, so
    that an operator must look at once. What is not permanent is tried again. `retry_after` is in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        target: bool = False,
        us: bool = False,
        needs_repair: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.target = target
        self.us = us
        self.needs_repair = needs_repair
        self.retry_after = retry_after
