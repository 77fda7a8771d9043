"""What ratings say, as HTML: means with intervals by system, reasons, raters and time, and how far the raters agree.

Every chart is a table whose last cells are drawn, so that it reads without seeing it. The numbers are those of
rag.evaluation.opinions.human; raters are r1, r2 … unless the reader may know them.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from rag.evaluation.opinions import human
from rag.evaluation.statistics import SEED, mean
from webui.domain import OWN
from webui.highlight import escape
from webui.storage.ratings import Recorded
from webui.words import Words

DEPENDABLE, TENTATIVE = 0.8, 0.667   # K. Krippendorff, Content Analysis, 2004: above the first, and between the two
DAYS = 14                            # of more days than these, weeks are shown
VISITOR = "visitor-"                 # owner_of() of people.entry
PERIODS = 26                         # the latest of them
_LOW, _HIGH = 1, 5


def results(records: Sequence[Recorded], words: Words, *, names: bool, own: str = "") -> str:
    """Return all that some ratings say. names: raters are called by what they are kept under; own is the reader's."""
    if not records:
        return f'<p class="notice" role="status">{escape(words("evaluate.results.none"))}</p>'
    # The unit here is the answer: one question answered twice has two answers, and raters agree on each or do not.
    found = human.summary([replace(one.rating, question_id=one.answer) for one in records], [])["ratings"]
    told = [words("evaluate.results.counted", ratings=found["n"], answers=len({one.answer for one in records}),
                  raters=found["raters"]), agreement(found["agreement"], words)]
    return ('<div class="results">' + "".join(f'<p class="told">{escape(line)}</p>' for line in told)
            + _systems(found["systems"], words) + _reasons(found["systems"], words)
            + _raters(records, words, names=names, own=own) + _times(records, words) + "</div>")


def agreement(found: Mapping[str, Any], words: Words) -> str:
    """Return in words how far raters agree, and why it is not known where it is not."""
    alpha = found["alpha"]
    if not found["shared"]:
        return words("evaluate.agreement.alone")
    if alpha is None:
        return words("evaluate.agreement.same", shared=found["shared"])
    reading = "good" if alpha >= DEPENDABLE else "fair" if alpha >= TENTATIVE else "poor"
    return words("evaluate.agreement.alpha", alpha=f"{alpha:.2f}".replace("-", "−"), shared=found["shared"],
                 reading=words(f"evaluate.agreement.{reading}"))


def system_name(name: str, words: Words) -> str:
    """Return what a system is called on the page."""
    return words("page.own_system") if name == OWN else name


def _systems(systems: Mapping[str, Mapping[str, Any]], words: Words) -> str:
    rows = [[escape(system_name(name, words)), *_interval(one["mean"], one["low"], one["high"]), str(one["n"]),
             str(one["ratings"]), str(one["corrected"]), _spread(one["scores"], words)] for name, one in systems.items()]
    head = ("system", "mean", "interval", "drawn", "answers", "ratings", "corrected", "scores")
    return _table(words, "by_system", head, rows)


def _reasons(systems: Mapping[str, Mapping[str, Any]], words: Words) -> str:
    counted: Counter[str] = Counter()
    for one in systems.values():
        counted.update(one["reasons"])
    most = max(counted.values(), default=1)
    rows = [[escape(words.known(f"evaluate.reasons.{reason}", reason)), str(count), _bar(count / most),
             *(str(one["reasons"].get(reason, 0)) for one in systems.values())] for reason, count in counted.most_common()]
    named = [escape(system_name(name, words)) for name in systems] if len(systems) > 1 else []
    if not named:
        rows = [row[:3] for row in rows]
    return _table(words, "by_reason", ("reason", "count", "share"), rows, named) if rows else ""


def _raters(records: Sequence[Recorded], words: Words, *, names: bool, own: str) -> str:
    ids = list(dict.fromkeys(one.rater for one in records))
    rows = []
    for at, rater in enumerate(ids, 1):
        scores = [one.rated.score for one in records if one.rater == rater]
        # A visitor's hash names nobody: r1 reads better, to whoever may know who it was.
        called = _short(rater) if names and not rater.startswith(VISITOR) else f"r{at}"
        shown = words("evaluate.results.you", rater=called) if rater == own else called
        rows.append([escape(shown), *_mean(scores), str(len(scores))])
    return _table(words, "by_rater", ("rater", "mean", "interval", "drawn", "ratings"), rows)


def _times(records: Sequence[Recorded], words: Words) -> str:
    days: defaultdict[str, list[int]] = defaultdict(list)
    for one in records:
        days[_local(one.created_at).date().isoformat()].append(one.rated.score)
    title = "by_day"
    if len(days) > DAYS:
        title, weeks = "by_week", defaultdict[str, list[int]](list)
        for day, scores in days.items():
            monday = datetime.fromisoformat(day)
            weeks[(monday - timedelta(days=monday.weekday())).date().isoformat()] += scores
        days = weeks
    rows = [[f"<time>{day}</time>", *_mean(days[day]), str(len(days[day]))] for day in sorted(days)[-PERIODS:]]
    return _table(words, title, ("day" if title == "by_day" else "week", "mean", "interval", "drawn", "ratings"), rows)


def _mean(scores: Iterable[int]) -> list[str]:
    found = mean([float(score) for score in scores], SEED)
    return _interval(*(value if math.isfinite(value) else None for value in (found.value, found.low, found.high)))


def _interval(value: float | None, low: float | None, high: float | None) -> list[str]:
    """Return the three cells of a mean: itself, its interval, and both drawn from 1 to 5."""
    ends = "–" if low is None or high is None else f"{low:.2f} ~ {high:.2f}"
    return ["–" if value is None else f"{value:.2f}", ends, "" if value is None else _drawn(value, low, high)]


def _drawn(value: float, low: float | None, high: float | None) -> str:
    def place(score: float) -> float:
        return round(100 * (score - _LOW) / (_HIGH - _LOW), 1)

    whisker = ("" if low is None or high is None else
               f'<i class="whisker" style="left:{place(low)}%;width:{max(0.0, place(high) - place(low))}%"></i>')
    return f'<span class="track"><i class="fill" style="width:{place(value)}%"></i>{whisker}</span>'


def _bar(share: float) -> str:
    return f'<span class="track"><i class="fill" style="width:{round(100 * share, 1)}%"></i></span>'


def _spread(scores: Mapping[str, int], words: Words) -> str:
    """Return how often each score was given, as five small bars with their counts."""
    most = max(scores.values(), default=0) or 1
    bars = "".join(f'<span class="step"><i style="height:{round(100 * count / most)}%"></i><small>{escape(score)}</small></span>'
                   for score, count in scores.items())
    told = ", ".join(words("evaluate.results.times", score=score, count=count) for score, count in scores.items())
    return f'<span class="spread" role="img" aria-label="{escape(told)}">{bars}</span>'


def _table(words: Words, title: str, head: Sequence[str], rows: Sequence[Sequence[str]], further: Sequence[str] = ()) -> str:
    """Return a table of cells that are HTML; head are keys of words, further are headings that are HTML."""
    name: Callable[[str], str] = lambda key: escape(words(f"evaluate.results.{key}"))  # noqa: E731
    heads = "".join(f'<th scope="col"{_hidden(key)}>{name(key)}</th>' for key in head)
    heads += "".join(f'<th scope="col">{one}</th>' for one in further)
    body = "".join('<tr><th scope="row">' + row[0] + "</th>" + "".join(
        f'<td{_hidden(head[at]) if at < len(head) else ""}>{cell}</td>' for at, cell in enumerate(row[1:], 1)) + "</tr>"
        for row in rows)
    return (f'<div class="scroll"><table class="figures"><caption>{name(title)}</caption><thead><tr>{heads}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>")


def _hidden(key: str) -> str:
    """Return the attribute of a drawn cell: what it shows stands in the cells before it."""
    return ' class="drawn" aria-hidden="true"' if key in ("drawn", "share") else ""


def _short(rater: str) -> str:
    return rater if len(rater) <= 20 else rater[:16] + "…"


def _local(time: str) -> datetime:
    return datetime.fromisoformat(time).astimezone()
