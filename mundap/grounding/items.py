"""Figures of one item in several periods: lines that are equal but for their figures and dates, grouped once."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from mundap.grounding.claim import blank
from mundap.grounding.claims import claims
from mundap.grounding.evidence import ANY, HEAD, Evidence, Figure


class Point(NamedTuple):
    """A figure with the time it is of (year or accounting period), None when its line does not say."""

    figure: Figure
    time: int | None


class Items:
    """The passages' figures grouped by unit and item, each group of two times at least; made when first asked for."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._groups: dict[str, list[list[Point]]] | None = None

    def groups(self) -> dict[str, list[list[Point]]]:
        """Return the groups by unit."""
        if self._groups is None:
            self._groups = {unit: self._of(unit) for unit in self._evidence.series if unit != ANY}
        return self._groups

    def _of(self, unit: str) -> list[list[Point]]:
        found: dict[str, list[Point]] = defaultdict(list)
        for figure in self._evidence.series[unit].figures:
            if figure.line != HEAD and (point := point_of(figure)).time is not None:
                found[item_of(figure.text)].append(point)
        return [points for points in found.values() if len({point.time for point in points}) > 1]


@lru_cache(maxsize=8192)
def item_of(line: str) -> str:
    """Return what a line is about: the line without its figures, dates and blanks."""
    return re.sub(r"[\s\0]+", "", blank(line, [claim.span for claim in claims(line)]))


def point_of(figure: Figure) -> Point:
    """Return the figure with the year or accounting period named last before it in its line, else first in it."""
    timed = [claim for claim in claims(figure.text)
             if claim.kind == "period" or (claim.kind == "date" and claim.parts[0])]
    before = [claim for claim in timed if claim.span[0] < figure.span[0]]
    chosen = before[-1] if before else (timed[0] if timed else None)
    return Point(figure, int(chosen.parts[0]) if chosen else None)
