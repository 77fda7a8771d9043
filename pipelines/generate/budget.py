"""What a folder's runs may use together: requests, tokens, money; counts what is spent and what is in flight."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.generate.settings import Budget, Price


@dataclass(slots=True)
class Spending:
    """Sums over calls."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    money: float = 0.0

    @property
    def tokens(self) -> int:
        """Return all tokens, read and written."""
        return self.prompt_tokens + self.completion_tokens

    def add(self, prompt_tokens: int, completion_tokens: int, price: Price) -> None:
        """Count one call."""
        self.requests += 1
        self.prompt_tokens += prompt_tokens
        self.completion_tokens += completion_tokens
        self.money += cost(prompt_tokens, completion_tokens, price)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """What a call in flight may come to at most."""

    tokens: int
    money: float


class Purse:
    """Says whether one more call is within the budget, even if all calls in flight come to their most."""

    def __init__(self, budget: Budget, spent: Spending) -> None:
        self.spent = spent
        self._budget = budget
        self._calls = 0
        self._tokens = 0
        self._money = 0.0

    @property
    def any_reserved(self) -> bool:
        """Return whether calls are in flight, whose end may free some of the budget."""
        return self._calls > 0

    def allows(self, more: Reserved) -> bool:
        """Return whether a call may be sent."""
        limits, spent = self._budget, self.spent
        return ((limits.requests is None or spent.requests + self._calls + 1 <= limits.requests)
                and (limits.tokens is None or spent.tokens + self._tokens + more.tokens <= limits.tokens)
                and (limits.money is None or spent.money + self._money + more.money <= limits.money + 1e-9))

    def reserve(self, more: Reserved) -> None:
        """Set aside what a call may come to."""
        self._calls += 1
        self._tokens += more.tokens
        self._money += more.money

    def settle(self, reserved: Reserved, prompt_tokens: int, completion_tokens: int, price: Price) -> None:
        """Replace what was set aside by what the call came to."""
        self._calls -= 1
        self._tokens -= reserved.tokens
        self._money -= reserved.money
        self.spent.add(prompt_tokens, completion_tokens, price)


def cost(prompt_tokens: int, completion_tokens: int, price: Price) -> float:
    """Return what tokens cost, in the price's currency; prices are for a million tokens."""
    return (prompt_tokens * price.input + completion_tokens * price.output) / 1e6
