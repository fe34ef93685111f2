"""How often the API may be asked: by a token, and from an address; counted in this process."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Literal

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from controlwatch.web.api.problems import ApiProblem

Budget = Literal["requests", "address", "refusals", "names"]
#: Requests of one address for each of one token: several people may share an address.
TOKENS_PER_ADDRESS = 4
#: Requests with a wrong token from one address, in a minute.
REFUSALS_PER_MINUTE = 30
#: Names that one token may screen in an hour.
NAMES_PER_HOUR = 500_000


@dataclass(slots=True)
class RateLimits:
    """Counts what was asked in sliding windows; a budget that is used up is an `ApiProblem` with 429."""

    per_minute: int  #: requests of one token
    _limiter: SlidingWindowCounterRateLimiter = field(init=False)
    _budgets: dict[Budget, RateLimitItem] = field(init=False)

    def __post_init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._budgets = {
            "requests": RateLimitItemPerMinute(self.per_minute),
            "address": RateLimitItemPerMinute(self.per_minute * TOKENS_PER_ADDRESS),
            "refusals": RateLimitItemPerMinute(REFUSALS_PER_MINUTE),
            "names": RateLimitItemPerHour(NAMES_PER_HOUR),
        }

    def spend(self, budget: Budget, who: str, *, cost: int = 1) -> dict[str, str]:
        """Count a request, and return the headers that say what is left. Raises `ApiProblem`."""
        item = self._budgets[budget]
        if not self._limiter.hit(item, budget, who, cost=cost):
            raise self._build_problem(budget, who)
        return self._build_headers(budget, who)

    def require(self, budget: Budget, who: str) -> None:
        """Raise `ApiProblem` where a budget is used up, and count nothing."""
        if not self._limiter.test(self._budgets[budget], budget, who):
            raise self._build_problem(budget, who)

    def _build_problem(self, budget: Budget, who: str) -> ApiProblem:
        item = self._budgets[budget]
        wait = self._find_wait(budget, who)
        detail = (
            f"At most {item.amount} {'names' if budget == 'names' else 'requests'} in {item.get_expiry()} "
        )
        detail += f"seconds; try again in {wait} seconds."
        headers = {**self._build_headers(budget, who), "Retry-After": str(wait)}
        return ApiProblem(429, "rate-limited", detail, headers=headers)

    def _build_headers(self, budget: Budget, who: str) -> dict[str, str]:
        item = self._budgets[budget]
        left = self._limiter.get_window_stats(item, budget, who).remaining
        return {
            "RateLimit-Policy": f'"{budget}";q={item.amount};w={item.get_expiry()}',
            "RateLimit": f'"{budget}";r={max(0, left)};t={self._find_wait(budget, who)}',
        }

    def _find_wait(self, budget: Budget, who: str) -> int:
        """Return the seconds until more is allowed, at least one."""
        resets = self._limiter.get_window_stats(self._budgets[budget], budget, who).reset_time
        return max(1, math.ceil(resets - time.time()))
