"""What a run came to, and the line that tells how it is going."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mundap.paths import show
from pipelines.generate.budget import Spending

# Why a run ended before its work did: as asked, or because the provider's limits say so; and what is raised as an error.
STOPS = ("interrupted", "budget", "quota", "rate_limit")
FAILURES = ("unreachable", "bad_key", "bad_request")


@dataclass(slots=True)
class Tally:
    """Counts of one run as it goes on; rows and rejects include what the ledger held before."""

    tasks: int = 0
    kept: int = 0
    rows: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    dropped_pairs: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    resumed: int = 0
    spent: Spending = field(default_factory=Spending)
    sent: int = 0
    first_sent_s: float | None = None
    last_sent_s: float = 0.0

    @property
    def done(self) -> int:
        """Return how many tasks need no more calls."""
        return self.kept + self.rejected.total()

    @property
    def rate(self) -> float:
        """Return requests a second, from the first sent to the last."""
        if self.first_sent_s is None or self.sent < 2:
            return 0.0
        return (self.sent - 1) / max(self.last_sent_s - self.first_sent_s, 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationReport:
    """The end of a run. stopped: "" when every task is done, else one of STOPS; message says it in words.

    tasks_kept + rejected + left = tasks. rate and permitted are requests a second of this run; permitted is None
    without limits. spent is of this run, spent_before of the runs before it into the same folder.
    """

    tasks: int
    tasks_kept: int
    rows: int
    rejected: Mapping[str, int]
    dropped_pairs: Mapping[str, int]
    left: int
    resumed: int
    outcomes: Mapping[str, int]
    rate: float
    permitted: float | None
    spent: Spending
    spent_before: Spending
    seconds: float
    folder: Path
    rows_file: Path
    rejects_file: Path
    stopped: str = ""
    message: str = ""

    @property
    def complete(self) -> bool:
        """Return whether every task is done."""
        return self.left == 0

    @property
    def table(self) -> list[tuple[str, str]]:
        """Return the summary as (name, value) lines."""
        calls = sum(self.outcomes.values())
        limited = self.outcomes.get("rate_limit", 0)
        lines = [("tasks", f"{self.tasks:,} ({self.resumed:,} done before)"),
                 ("rows kept", f"{self.rows:,} of {self.tasks_kept:,} tasks"),
                 ("tasks rejected", f"{sum(self.rejected.values()):,} ({counted(self.rejected)})"),
                 ("pairs dropped beside kept ones", counted(self.dropped_pairs)),
                 ("tasks left", f"{self.left:,}"),
                 ("calls", f"{calls:,} ({counted(self.outcomes)})"),
                 ("429s", f"{limited:,} ({limited / calls:.1%})" if calls else "0"),
                 ("rate", f"{self.rate:.2f} requests/s{_of(self.permitted)}"),
                 ("tokens", f"{self.spent.prompt_tokens:,} read, {self.spent.completion_tokens:,} written"),
                 ("cost", f"{self.spent.money:.4f} (all runs: {self.spent.money + self.spent_before.money:.4f})"),
                 ("seconds", f"{self.seconds:.1f}"), ("rows", show(self.rows_file)), ("rejects", show(self.rejects_file))]
        return [*lines, ("stopped", self.message)] if self.stopped else lines


def progress_line(tally: Tally, left: int, permitted: float | None, seconds: float) -> str:
    """Return how a run is going, in one line."""
    done_now = tally.done - tally.resumed
    remaining = f"{_clock(left * seconds / done_now)} left" if done_now else "time left unknown"
    rejected = f"rejected {tally.rejected.total():,}" + (f" ({counted(tally.rejected)})" if tally.rejected else "")
    spent = tally.spent
    return (f"  {tally.done:,}/{tally.tasks:,} tasks, kept {tally.rows:,} rows, {rejected}; "
            f"{tally.rate:.2f} requests/s{_of(permitted)}, 429s {tally.outcomes['rate_limit']:,}, "
            f"tokens {spent.prompt_tokens:,}+{spent.completion_tokens:,}, cost {spent.money:.4f}, {remaining}")


def counted(counts: Mapping[str, int]) -> str:
    """Return counts as text, the largest first."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {number:,}" for name, number in ordered) or "none"


def _of(permitted: float | None) -> str:
    return "" if permitted is None else f" of {permitted:.2f} permitted"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
