"""Loss curves as inline SVG: axes with numbers, one line for training and one with dots for evaluation, per run.

Draws what it is given and knows nothing of files. Colours are the page's, by class. It is drawn twice, for a wide page and
for a narrow one (CSS shows one), since letters that shrink with a picture cannot be read. Numbers stand in a table, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from webui.highlight import escape
from webui.words import Words

WIDE, NARROW = (720, 300), (344, 260)   # pixels
MOST = 600        # points drawn of one line; a screen has no more columns
ROWS = 200        # rows of the table of numbers
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 14, 40
_GOAL = 5         # ticks of an axis, about


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line: a run's training or evaluation loss by step. order is the run's place in the picture, 0 or 1."""

    name: str
    points: Sequence[tuple[int, float]]
    evaluation: bool = False
    order: int = 0

    @property
    def kind(self) -> str:
        """Return the CSS classes that draw it."""
        return f"run-{self.order} {'evaluated' if self.evaluation else 'trained'}"


def picture(curves: Sequence[Curve], title: str, words: Words, key: str) -> str:
    """Return the curves as a figure: picture, legend and table; a line that says so where nothing was logged.

    key tells this picture's ids from another's on the page.
    """
    drawn = [curve for curve in curves if curve.points]
    if not drawn:
        return f'<p class="note">{escape(words("models.curve.none"))}</p>'
    told = " ".join(_told(curve, words) for curve in drawn)
    pictures = "".join(_svg(drawn, title, told, words, size, f"{key}-{name}", name)
                       for name, size in (("wide", WIDE), ("narrow", NARROW)))
    thinned = [words("models.curve.thinned", name=curve.name, drawn=MOST, all=f"{len(curve.points):,}")
               for curve in drawn if len(curve.points) > MOST]
    note = f'<p class="note">{escape(" ".join(thinned))}</p>' if thinned else ""
    return f'<figure class="curve">{pictures}<figcaption>{_legend(drawn)}</figcaption>{note}{_table(drawn, words)}</figure>'


def ticks(low: float, high: float) -> list[float]:
    """Return about five round numbers from at or below low to at or above high."""
    span = high - low or abs(high) or 1.0
    rough = span / _GOAL
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [at * step for at in range(first, max(last, first + 1) + 1)]


def number(value: float, step: float) -> str:
    """Return a tick's number with no more decimals than its step needs."""
    decimals = max(0, math.ceil(-math.log10(step) - 1e-9)) if step < 1 else 0
    if not math.isclose(round(step, decimals), step, rel_tol=1e-6):
        decimals += 1
    return f"{value:,.{min(decimals, 8)}f}" if abs(value) < 1e9 else f"{value:.3g}"


def thinned(points: Sequence[tuple[int, float]], most: int = MOST) -> list[tuple[int, float]]:
    """Return at most so many of the points, evenly taken, first and last among them; none is made up."""
    if len(points) <= most:
        return list(points)
    return [points[round(at * (len(points) - 1) / (most - 1))] for at in range(most)]


def _svg(curves: Sequence[Curve], title: str, told: str, words: Words, size: tuple[int, int], key: str, name: str) -> str:
    width, height = size
    across = [step for curve in curves for step, _ in curve.points]
    up = [loss for curve in curves for _, loss in curve.points]
    xs, ys = _steps(max(across)), ticks(min(0.0, *up), max(up))
    x = _scale(xs[0], xs[-1], _LEFT, width - _RIGHT)
    y = _scale(ys[0], ys[-1], height - _BOTTOM, _TOP)
    body = "".join((*_axes(xs, ys, x, y, size, words), *(_line(curve, x, y) for curve in curves)))
    return (f'<svg class="{name}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{key}-title {key}-desc">'
            f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-desc">{escape(told)}</desc>{body}</svg>')


def _steps(last: int) -> list[float]:
    """Return the ticks of the axis of steps: whole numbers from 0."""
    found = ticks(0, max(last, 1))
    return found if float(found[1]).is_integer() else [float(step) for step in range(max(last, 1) + 1)]


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _axes(xs: Sequence[float], ys: Sequence[float], x: Callable[[float], float], y: Callable[[float], float],
          size: tuple[int, int], words: Words) -> Iterator[str]:
    width, height = size
    floor = height - _BOTTOM
    for value in ys:
        yield f'<line class="grid" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
        yield (f'<text x="{_LEFT - 7}" y="{y(value) + 4:.1f}" text-anchor="end">'
               f"{number(value, ys[1] - ys[0])}</text>")
    for at, value in enumerate(xs):
        if width > NARROW[0] or at % 2 == 0 or len(xs) < 5:
            anchor = "end" if at == len(xs) - 1 else "middle"
            yield (f'<text x="{x(value):.1f}" y="{floor + 17}" text-anchor="{anchor}">'
                   f"{number(value, xs[1] - xs[0])}</text>")
    yield f'<line class="axis" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{floor}" y2="{floor}"/>'
    yield (f'<text class="unit" x="{(_LEFT + width - _RIGHT) / 2:.0f}" y="{height - 5}" text-anchor="middle">'
           f'{escape(words("models.curve.step"))}</text>')


def _line(curve: Curve, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    points = [(x(step), y(loss)) for step, loss in thinned(curve.points)]
    path = " ".join(f"{across:.1f},{up:.1f}" for across, up in points)
    dots = points if curve.evaluation and len(points) <= 60 else points if len(points) == 1 else []
    marks = "".join(f'<circle cx="{across:.1f}" cy="{up:.1f}" r="3.2"/>' for across, up in dots)
    return f'<g class="{curve.kind}"><polyline points="{path}"/>{marks}</g>'


def _told(curve: Curve, words: Words) -> str:
    (first_step, first), (last_step, last) = curve.points[0], curve.points[-1]
    low_step, low = min(curve.points, key=lambda point: (point[1], point[0]))
    return words("models.curve.told", name=curve.name, first_step=f"{first_step:,}", first=f"{first:.4f}",
                 last_step=f"{last_step:,}", last=f"{last:.4f}", low_step=f"{low_step:,}", low=f"{low:.4f}")


def _legend(curves: Sequence[Curve]) -> str:
    return "".join(
        f'<span class="{curve.kind}"><svg width="26" height="10" aria-hidden="true"><g class="{curve.kind}">'
        f'<polyline points="1,5 25,5"/>{"<circle cx=13 cy=5 r=3.2 />" if curve.evaluation else ""}</g></svg>'
        f"{escape(curve.name)}</span>" for curve in curves)


def _table(curves: Sequence[Curve], words: Words) -> str:
    """Return the numbers, folded away: a row a step, a column a curve."""
    columns = [dict(curve.points) for curve in curves]
    steps = sorted({step for column in columns for step in column})
    rows = steps if len(steps) <= ROWS else [steps[round(at * (len(steps) - 1) / (ROWS - 1))] for at in range(ROWS)]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in (words("models.curve.step"), *(one.name for one in curves)))
    body = "".join(f'<tr><th scope="row">{step:,}</th>' + "".join(
        f"<td>{f'{column[step]:.4f}' if step in column else ''}</td>" for column in columns) + "</tr>" for step in rows)
    summary = words("models.curve.numbers", shown=f"{len(rows):,}", all=f"{len(steps):,}")
    return (f'<details class="numbers"><summary>{escape(summary)}</summary><div class="scroll" tabindex="0" role="region" '
            f'aria-label="{escape(summary)}"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>')
