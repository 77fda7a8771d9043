"""Questions about one group, answered by computation from its cells, so that they are right by construction.

Every answer names the lines it rests on: the facts of the group's document that a prompt must quote for it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from pipelines.statistics.dataset import Dataset, Value
from pipelines.statistics.figures import Figure, cells, computed
from pipelines.statistics.spec import Spec
from pipelines.statistics.templates import Wordings, render
from pipelines.statistics.wording import about, ask, fact, said, slice_words, subject, unit

_PLACES = {1: "가장", 2: "두 번째로"}
_ROUNDED_TOO = 0.3   # of the large figures in answers: "4,251,032건(약 425만 건)"
ROW_KINDS = {"lookup": "fact"}   # the evaluation counts facts by this name; other kinds keep theirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question and its answer. lines: what the answer rests on, "" answer: nothing answers it, for the reason."""

    kind: str
    question: str
    answer: str
    year: int
    measure: str
    lines: tuple[str, ...] = ()
    value: str = ""
    unit: str = ""
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class Group:
    """One group taken apart: its figures by year."""

    data: Dataset
    name: str
    years: dict[int, list[Figure]] = field(default_factory=dict)

    @property
    def spec(self) -> Spec:
        """Return the table's spec."""
        return self.data.spec

    def of(self, kind: str) -> list[tuple[int, Figure]]:
        """Return the figures of a kind with their years."""
        return [(year, figure) for year, figures in self.years.items() for figure in figures if figure.kind == kind]

    def line(self, year: int, figure: Figure) -> str:
        """Return the line that states a figure."""
        return fact(self.spec, self.name, year, figure).line

    def what(self, figure: Figure) -> str:
        """Return what a figure is of, in a sentence: "상병코드 K35의 남성 외래 환자 수"."""
        cut, name = slice_words(self.spec, figure.slice), subject(self.spec, self.name)
        return f"{self.spec.phrase.format(subject=name, slice=cut) if cut else name + '의'} {figure.measure.say}"


def group_of(data: Dataset, name: str) -> Group:
    """Return a group of a data set with everything that follows from its records."""
    made = Group(data=data, name=name)
    for year, records in sorted(data.records[name].items()):
        made.years[year] = [*cells(data.spec, records), *computed(data.spec, records)]
    return made


def questions(group: Group, wordings: Mapping[str, Wordings], part: str, rng: random.Random) -> dict[str, list[Asked]]:
    """Return kind -> its questions about a group, shuffled; one for each figure or pair of figures."""
    makers: dict[str, Callable[..., Iterator[Asked]]] = {
        "lookup": _lookups, "comparison": _comparisons, "change": _changes, "ranking": _rankings, "share": _shares,
        "total": _totals}
    found = {kind: list(make(group, wordings[kind], part, rng)) for kind, make in makers.items()}
    for made in found.values():
        rng.shuffle(made)
    return found


def _asked(group: Group, words: Wordings, part: str, rng: random.Random, kind: str, year: int, figure: Figure,
           lines: Sequence[str], **values: str) -> Asked:
    """Return a question in one of the kind's wordings; lines default to the figure's own."""
    common = {"subject": subject(group.spec, group.name), "measure": figure.measure.say, "year": f"{year}년",
              "what": group.what(figure), "ask": ask(figure.measure), "slice": slice_words(group.spec, figure.slice),
              "dimension": group.spec.dimension, "value": _value(figure.value, unit(figure), rng)}
    given = common | values
    return Asked(kind=ROW_KINDS.get(kind, kind), question=_spoken(render(rng.choice(words.ask(part)), **given)),
                 answer=_spoken(render(rng.choice(words.answer), **given)), year=year, measure=figure.measure.say,
                 lines=tuple(lines) or (group.line(year, figure),), value=f"{figure.value:,}", unit=unit(figure))


def _spoken(text: str) -> str:
    """Return a text with one place less: "며칠인가요", never "며칠 인가요"."""
    return " ".join(text.split())


def _value(value: Value, of: str, rng: random.Random) -> str:
    rounded = about(value, of)
    return f"{said(value, of)}({rounded})" if rounded and rng.random() < _ROUNDED_TOO else said(value, of)


def _lookups(group: Group, words: Wordings, part: str, rng: random.Random) -> Iterator[Asked]:
    for year, figure in group.of("cell"):
        yield _asked(group, words, part, rng, "lookup", year, figure, ())


def _totals(group: Group, words: Wordings, part: str, rng: random.Random) -> Iterator[Asked]:
    for year, figure in group.of("total"):
        yield _asked(group, words, part, rng, "total", year, figure, ())


def _shares(group: Group, words: Wordings, part: str, rng: random.Random) -> Iterator[Asked]:
    for year, figure in group.of("share"):
        if figure.value > 0:
            yield _asked(group, words, part, rng, "share", year, figure, ())


def _rankings(group: Group, words: Wordings, part: str, rng: random.Random) -> Iterator[Asked]:
    for year, figure in group.of("rank"):
        yield _asked(group, words, part, rng, "ranking", year, figure, (), place=_PLACES[figure.rank],
                     rank=str(figure.rank))


def _comparisons(group: Group, words: Wordings, part: str, rng: random.Random) -> Iterator[Asked]:
    """Yield pairs of slices that differ in one key, the larger one second as often as first."""
    for year, one, other in _pairs(group):
        first, second = (one, other) if one.value > other.value else (other, one)
        a, b = (slice_words(group.spec, figure.slice) for figure in (first, second))
        question = {"a": a, "b": b} if rng.random() < 0.5 else {"a": b, "b": a}
        measured = unit(first)
        values = {"value_a": said(first.value, measured), "value_b": said(second.value, measured),
                  "difference": said(first.value - second.value, measured)}
        common = {"subject": subject(group.spec, group.name), "measure": first.measure.say, "year": f"{year}년"}
        yield Asked(kind="comparison", question=render(rng.choice(words.ask(part)), **common, **question),
                    answer=render(rng.choice(words.answer), **common, **values, a=a, b=b), year=year,
                    measure=first.measure.say, lines=(group.line(year, first), group.line(year, second)))


def _pairs(group: Group) -> Iterator[tuple[int, Figure, Figure]]:
    for year, figures in group.years.items():
        own = [figure for figure in figures if figure.kind == "cell" and not _whole(group.spec, figure)]
        for at, one in enumerate(own):
            for other in own[at + 1:]:
                if one.measure == other.measure and one.value != other.value \
                        and sum(left != right for left, right in zip(one.slice, other.slice, strict=True)) == 1:
                    yield year, one, other


def _whole(spec: Spec, figure: Figure) -> bool:
    return any(key.whole and value == key.whole for key, value in zip(spec.slices, figure.slice, strict=True))


def _changes(group: Group, words: Wordings, part: str, rng: random.Random) -> Iterator[Asked]:
    """Yield the change of a cell from each year to the next one that has it."""
    by_cell: dict[tuple[tuple[str, ...], str], list[tuple[int, Figure]]] = {}
    for year, figure in group.of("cell"):
        by_cell.setdefault((figure.slice, figure.measure.name), []).append((year, figure))
    for found in by_cell.values():
        for (before, old), (after, new) in zip(found, found[1:], strict=False):
            if old.value == new.value or not old.value:
                continue
            measured, base = unit(new), Decimal(old.value)
            difference = Decimal(new.value) - base
            rate = (abs(difference) / base * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
            given = {"what": group.what(new), "before": f"{before}년", "after": f"{after}년",
                     "value_before": said(old.value, measured), "value_after": said(new.value, measured),
                     "difference": said(abs(difference), measured), "rate": f"{rate}%",
                     "verb": "증가" if difference > 0 else "감소"}
            yield Asked(kind="change", question=render(rng.choice(words.ask(part)), **given),
                        answer=render(rng.choice(words.answer), **given), year=after, measure=new.measure.say,
                        lines=(group.line(before, old), group.line(after, new)))
