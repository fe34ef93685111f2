"""The few kinds of trouble, each with the sentence an operator may be shown."""

from __future__ import annotations


class ControlwatchError(Exception):
    """Something went wrong that a person can be told about in one sentence."""


class SourceError(ControlwatchError):
    """A source did not give what was asked; the poll is recorded as failed with this kind."""

    kind = "failed"


class Unreachable(SourceError):
    """The source did not answer; try again at the next poll."""

    kind = "unreachable"


class TimedOut(Unreachable):
    """The source, or the whole poll, took longer than it may; try again at the next poll."""

    kind = "timed-out"


class OutOfTime(TimedOut):
    """The whole poll's time is used up; what is left stays due."""


class Stopping(OutOfTime):
    """The service is being stopped; nothing is said about the source."""

    kind = "stopping"


class Refused(SourceError):
    """The source answered with an HTTP error, or with success:false inside a 200."""

    kind = "refused"

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Challenged(SourceError):
    """The source sent a bot challenge instead of the page; it is shown as blocked and never defeated."""

    kind = "blocked"


class Reshaped(SourceError):
    """The page no longer has the declared shape; a maintainer must look."""

    kind = "reshaped"


class Garbled(SourceError):
    """The bytes are not text, JSON or a feed that can be read, or characters were lost on the way."""

    kind = "garbled"


class TooLarge(SourceError):
    """The body is larger than the declared bound; it was not read to its end."""

    kind = "too-large"


class RedirectLoop(SourceError):
    """The source sends us in circles, or through more redirects than allowed."""

    kind = "redirect-loop"


class Undeclared(SourceError):
    """An address on a host that the watcher does not declare; nothing was sent there."""

    kind = "undeclared-host"


class Implausible(SourceError):
    """The poll succeeded but cannot be believed: too few links, or the newest is too old."""

    kind = "implausible"


class Unread(SourceError):
    """The index was read, but a notice on it could not be; it stays due."""

    kind = "unread"


class LockedOut(SourceError):
    """The mailbox does not let us in, or keeps a folder or a mail from us; whoever set it must look."""

    kind = "locked-out"


class DeclarationError(ControlwatchError):
    """A declaration says something that cannot be meant; names the file, the key and the reason."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(f"{file}: {key}: {reason}" if key else f"{file}: {reason}")
        self.file = file
        self.key = key
        self.reason = reason


class UsageError(ControlwatchError):
    """A person asked for something that does not exist; names what is allowed."""


class Unstamped(ControlwatchError):
    """A time stamp was not given, or proves nothing; the sentence says why."""


class DeliveryError(ControlwatchError):
    """A channel did not take a message.

    `permanent` says that trying again cannot help, `target` that it is so for any message to this target,
    `us` that it is so for any message of ours by this channel.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        target: bool = False,
        us: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.target = target
        self.us = us
        self.retry_after = retry_after
