"""Why none of the sources answers: what their failures have in common, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controlwatch.core.alerting.common_causes import (
    COMMON_CAUSE_MIN,
    NAME_FAULT,
    PROXY_FAULT,
    find_route_fault,
)

#: Kinds of failure of a site that was not reached: one that answers, even with a challenge, was.
UNREACHED_KINDS = frozenset({"unreachable", "timed-out"})


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
    lost = [failure.reason for failure in failures if failure.kind in UNREACHED_KINDS]
    if len(lost) < max(asked, COMMON_CAUSE_MIN):
        return None
    none_answered = f"none of {asked} sources answered"

    fault = find_route_fault(lost)
    if fault == PROXY_FAULT or (has_proxy and fault != NAME_FAULT):
        return CommonFailure(
            message=f"{none_answered}: the proxy does not let the requests through",
            advice="let the proxy allow the hosts of the sources, or correct HTTPS_PROXY and NO_PROXY",
        )
    if fault == NAME_FAULT:
        return CommonFailure(
            message=f"{none_answered}: the name service of this machine does not find them",
            advice="check the DNS servers of this machine; where only a proxy leads out, set HTTPS_PROXY: it "
            "resolves the names then",
        )
    return CommonFailure(
        message=f"{none_answered}: this machine has no route to them, or a proxy is needed",
        advice="check firewall and network; where only a proxy leads out, set HTTPS_PROXY",
    )
