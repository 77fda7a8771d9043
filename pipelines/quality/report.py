"""What the gate did: rows dropped by reason and kind, examples of each reason, what was masked, kinds kept in per cent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import Masked
from pipelines.quality.registry import REASONS

EXAMPLES = 3
_SHOWN = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One dropped row, as far as a report shows it."""

    question: str
    output: str
    detail: str


@dataclass(slots=True)
class QualityReport:
    """Counts of one run; dropped counts (reason, kind), kept counts kinds, masked counts kinds of personal data."""

    kept: Counter[str] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    masked: Counter[str] = field(default_factory=Counter)
    examples: defaultdict[str, list[Example]] = field(default_factory=lambda: defaultdict(list))

    def keep(self, row: Candidate, masked: Sequence[Masked]) -> None:
        """Count a row that passed."""
        self.kept[row.kind] += 1
        self.masked.update(one.what for one in masked)

    def drop(self, reason: str, detail: str, row: Candidate) -> None:
        """Count a row that did not; the first few of a reason are kept to be shown."""
        self.dropped[reason, row.kind] += 1
        if len(self.examples[reason]) < EXAMPLES:
            self.examples[reason].append(Example(question=_short(row.question), output=_short(row.output), detail=detail))

    @property
    def rows_in(self) -> int:
        """Return how many rows came in."""
        return self.rows_kept + sum(self.dropped.values())

    @property
    def rows_kept(self) -> int:
        """Return how many rows passed every filter."""
        return sum(self.kept.values())

    @property
    def by_reason(self) -> dict[str, int]:
        """Return reason -> rows dropped, in the order of the filters."""
        counted: Counter[str] = Counter()
        for (reason, _), number in self.dropped.items():
            counted[reason] += number
        return {reason: counted[reason] for reason in [*REASONS, *sorted(set(counted) - set(REASONS))] if counted[reason]}

    @property
    def kinds(self) -> list[str]:
        """Return every kind met, sorted."""
        return sorted({*self.kept, *(kind for _, kind in self.dropped)})

    def markdown(self, title: str = "Quality gate", picture: Path | None = None) -> str:
        """Return the report as Markdown."""
        rows, kept = self.rows_in, self.rows_kept
        lines = [f"# {title}", "", f"{rows:,} rows in, {kept:,} kept ({_share(kept, rows)}), {rows - kept:,} dropped.", ""]
        if picture is not None:
            lines += [f"![rows by reason and kind]({picture.name})", ""]
        lines += ["## Dropped, by reason", "", *table(["reason", "rows", "share", "meaning"], [
            [reason, f"{number:,}", _share(number, rows), REASONS.get(reason, "")]
            for reason, number in self.by_reason.items()]), ""]
        lines += ["## Kept, by kind", "", *table(["kind", "in", "kept", "share of kept", "dropped"], [
            [kind or "(none)", f"{self._met(kind):,}", f"{self.kept[kind]:,}", _share(self.kept[kind], kept),
             self._reasons(kind)] for kind in self.kinds]), ""]
        if self.masked:
            lines += ["## Personal data masked", "", *table(["kind", "places"], [
                [what, f"{number:,}"] for what, number in sorted(self.masked.items())]), ""]
        lines += ["## Examples", ""]
        for reason in self.by_reason:
            lines += [f"### {reason}", "", *(line for one in self.examples[reason] for line in _told(one)), ""]
        return "\n".join(lines).rstrip() + "\n"

    def _met(self, kind: str) -> int:
        return self.kept[kind] + sum(number for (_, own), number in self.dropped.items() if own == kind)

    def _reasons(self, kind: str) -> str:
        found = [(reason, self.dropped[reason, kind]) for reason in self.by_reason if self.dropped[reason, kind]]
        return ", ".join(f"{reason} {number:,}" for reason, number in found)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a Markdown table; a cell's line breaks and bars are kept from breaking it."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return ["| " + " | ".join(row) + " |" for row in [list(head), ["---"] * len(head), *cells]]


def _told(one: Example) -> list[str]:
    detail = f" ({one.detail})" if one.detail else ""
    return [f"- Q: {one.question}", f"  A: {one.output}{detail}"]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[:_SHOWN] + " …"
