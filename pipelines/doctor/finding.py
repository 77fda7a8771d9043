"""One thing the doctor found in a dataset: what, in which rows, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """rows are numbered from 1, as the file has them. safe: `--fix` mends it without changing what a row says."""

    name: str
    what: str
    rows: tuple[int, ...]
    fix: str
    safe: bool = False
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.what}{self._rows} {self.fix}"

    @property
    def _rows(self) -> str:
        if not self.rows:
            return ""
        shown = ", ".join(map(str, self.rows[:_SHOWN]))
        return f" (row{'' if len(self.rows) == 1 else 's'} {shown}{', …' if len(self.rows) > _SHOWN else ''})"
