"""Questions that the table does not answer: another year, another item, a sum of figures that may not be added."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

from pipelines.statistics.questions import Asked, Group
from pipelines.statistics.templates import Wordings, render
from pipelines.statistics.wording import ask, ask_by_name, slice_words, subject


def unanswered(group: Group, wordings: Mapping[str, Wordings], part: str, rng: random.Random) -> list[Asked]:
    """Return questions about a group without an answer, one for each reason that the table allows, shuffled."""
    found = [*_other_year(group, wordings["lookup"], part, rng), *_other_item(group, wordings["lookup"], part, rng),
             *_not_additive(group, wordings["total"], part, rng)]
    rng.shuffle(found)
    return found


def _other_year(group: Group, words: Wordings, part: str, rng: random.Random) -> Iterator[Asked]:
    """Ask a cell for a year that no table of the data set has."""
    own = group.of("cell")
    years = group.data.years
    free = [year for year in (years[0] - 2, years[0] - 1, years[-1] + 1) if year not in years]
    if own and free:
        year, (_, figure) = rng.choice(free), rng.choice(own)
        yield _declined(render(rng.choice(words.ask(part)), year=f"{year}년", what=group.what(figure),
                               ask=ask(figure.measure)), year, figure.measure.say, "other_year")


def _other_item(group: Group, words: Wordings, part: str, rng: random.Random) -> Iterator[Asked]:
    """Ask for something that the recipe says the table never has."""
    own = group.of("cell")
    if own and group.spec.absent:
        year, figure = rng.choice(own)
        name, cut = rng.choice(group.spec.absent), slice_words(group.spec, figure.slice)
        what = f"{group.spec.phrase.format(subject=subject(group.spec, group.name), slice=cut)} {name}"
        yield _declined(render(rng.choice(words.ask(part)), year=f"{year}년", what=what, ask=ask_by_name(name)), year, name,
                        "other_item")


def _not_additive(group: Group, words: Wordings, part: str, rng: random.Random) -> Iterator[Asked]:
    """Ask for the sum of a measure whose figures count some people twice."""
    measures = [measure for measure in group.spec.measures if not measure.additive]
    years = [year for year, figures in group.years.items()
             if sum(1 for figure in figures if figure.kind == "cell" and not figure.measure.additive) > 1]
    if measures and years and not any(key.whole for key in group.spec.slices):
        measure, year = rng.choice(measures), rng.choice(years)
        what = f"{subject(group.spec, group.name)}의 {measure.say}"
        yield _declined(render(rng.choice(words.ask(part)), year=f"{year}년", what=what, ask=ask(measure)), year,
                        measure.say, "not_additive")


def _declined(question: str, year: int, measure: str, reason: str) -> Asked:
    return Asked(kind="unanswerable", question=question, answer="", year=year, measure=measure, reason=reason)
