"""Why none of the sources answers: what their failures have in common, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controlwatch.core.alerting.common_causes import COMMON_CAUSE_MIN, NETWORK_CAUSE

#: Words of a failure to resolve a name: ours, and those of the resolvers of Linux and macOS.
NAME_FAILURE_WORDS = (
    "has no address",
    "name resolution",
    "Name or service not known",
    "nodename nor servname",
)
PROXY_FAILURE_WORDS = ("the proxy refuses",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFailure:
    """Why one source could not be read."""

    kind: str  #: as `SourceError.kind`: unreachable, timed-out, …
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonFailure:
    """Why no source can be reached from here, and what to do."""

    message: str
    advice: str


def explain_common_failure(
    failures: Sequence[SourceFailure], *, asked: int, has_proxy: bool
) -> CommonFailure | None:
    """Return why none of the sources asked could be reached; None where one was, or too few were asked.

    A source that answers with a challenge or an error was reached. `has_proxy` says whether requests go
    through a proxy.
    """
    lost = [failure.reason for failure in failures if failure.kind in NETWORK_CAUSE.failure_kinds]
    if len(lost) < max(asked, COMMON_CAUSE_MIN):
        return None
    none_answered = f"none of {asked} sources answered"

    def is_usual(words: tuple[str, ...]) -> bool:
        return 2 * sum(any(word in reason for word in words) for reason in lost) > len(lost)

    if is_usual(PROXY_FAILURE_WORDS) or (has_proxy and not is_usual(NAME_FAILURE_WORDS)):
        return CommonFailure(
            message=f"{none_answered}: the proxy does not let the requests through",
            advice="let the proxy allow the hosts of the sources, or correct HTTPS_PROXY and NO_PROXY",
        )
    if is_usual(NAME_FAILURE_WORDS):
        return CommonFailure(
            message=f"{none_answered}: the name service of this machine does not find them",
            advice="check the DNS servers of this machine; where only a proxy leads out, set HTTPS_PROXY: it "
            "resolves the names then",
        )
    return CommonFailure(
        message=f"{none_answered}: this machine has no route to them, or a proxy is needed",
        advice="check firewall and network; where only a proxy leads out, set HTTPS_PROXY",
    )
