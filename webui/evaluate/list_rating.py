"""Rating a question list: where a rater is in it, and how far it is, in words. Knows nothing of Gradio."""

from __future__ import annotations

from dataclasses import dataclass

from webui.evaluate.list_runs import ListRun
from webui.highlight import escape
from webui.storage.answers import Kept
from webui.storage.lists import Asked, Listed, Lists
from webui.storage.ratings import Ratings
from webui.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a list: the question, its answer where there is one, and whether the rater has rated every answer."""

    at: int
    of: int
    asked: Asked
    found: Kept | None
    all_rated: bool


def place(lists: Lists, ratings: Ratings, identity: str, rater: str, at: int) -> Place:
    """Return a place of a list; one beyond its ends is the end.

    Raises:
        DataError: there is no such list.
    """
    lists.get(identity, rater)
    questions, rated = lists.questions(identity), lists.rated(identity, rater)
    at = min(max(at, 0), len(questions) - 1)
    answers = {one.answer for one in questions if one.answer}
    asked = questions[at]
    return Place(at=at, of=len(questions), asked=asked, found=ratings.answer(rater, asked.answer) if asked.answer else None,
                 all_rated=bool(answers) and len(answers) == len(questions) and answers <= rated)


def next_open(lists: Lists, identity: str, rater: str, after: int = -1) -> int | None:
    """Return the position of the next answer a rater has not rated, from the start again at the end; None for none."""
    rated = lists.rated(identity, rater)
    unrated = [one.position for one in lists.questions(identity) if one.answer and one.answer not in rated]
    return next((at for at in unrated if at > after), unrated[0] if unrated else None)


def progress(listed: Listed, run: ListRun | None, words: Words) -> str:
    """Return how far a list is as HTML: its answers, the rater's ratings, and the run under way with its rate and time left."""
    lines = [words("evaluate.list.progress", answered=listed.answered, questions=listed.questions, rated=listed.rated)]
    if run is not None and run.running:
        left = run.left_s
        lines.append(words("evaluate.list.begun", done=run.done, total=run.total) if left is None else words(
            "evaluate.list.running", done=run.done, total=run.total, rate=f"{run.a_minute:.1f}", left=_time(left, words)))
    if listed.failed or (run is not None and run.error is not None and not run.running):
        why = run.error.what if run is not None and run.error is not None else ""
        lines.append(words("evaluate.list.failed", failed=listed.failed, why=why or "–"))
    done = listed.answered / listed.questions if listed.questions else 0.0
    told = "".join(f"<p>{escape(line)}</p>" for line in lines)
    bar = f'<span class="track" aria-hidden="true"><i class="fill" style="width:{100 * done:.1f}%"></i></span>'
    return f'<div class="list-progress">{bar}{told}</div>'


def _time(seconds: float, words: Words) -> str:
    if seconds < 100:
        return words("evaluate.list.seconds", n=max(1, round(seconds)))
    return words("evaluate.list.minutes", n=round(seconds / 60))
