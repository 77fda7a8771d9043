"""What people said of the answers: mean scores, reasons, win rates of blind votes, and how far the raters agree.

    summary(read_ratings([Path("ratings.jsonl")]), read_votes([Path("votes.csv")]), systems, question ids) -> a plain dict

The unit is the question: several raters' scores of one answer are first averaged, several votes on one question counted
to one outcome, so that an interval says how sure the result is for other questions and is not made narrow by asking the
same one often. What is not known is None, with a note that says why.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from rag.evaluation.libraries import library
from rag.evaluation.opinions.ratings import SCORES, Rating, Vote, last_of_each, read_ratings, read_votes
from rag.evaluation.statistics import SEED, Interval, mean, rate

__all__ = ["Rating", "Vote", "agreement", "read_ratings", "read_votes", "scores", "summary"]

Judged = Mapping[tuple[str, Hashable], int]   # (rater, what was judged) -> value


def summary(ratings: Iterable[Rating], votes: Iterable[Vote], systems: Sequence[str] = (),
            questions: Iterable[str] = (), *, seed: int = SEED) -> dict[str, Any]:
    """Return all that ratings and votes say, for Evaluation.human; {} where there are none of either.

    systems and questions are those of the evaluation: what was said of others is left out and counted under "elsewhere".
    Empty, everything counts.
    """
    known_systems, known_questions = set(systems), set(questions)

    def known(question: str, *names: str) -> bool:
        return (not known_questions or question in known_questions) and (not known_systems or known_systems.issuperset(names))

    all_ratings, all_votes = list(ratings), list(votes)
    here = [one for one in all_ratings if known(one.question_id, one.system)]
    cast = [one for one in all_votes if known(one.question_id, one.left, one.right)]
    if not all_ratings and not all_votes:
        return {}
    kept, replaced = last_of_each(here, lambda one: (one.rater, one.question_id, one.system))
    counted, recast = last_of_each(cast, lambda one: (one.rater, one.question_id, frozenset((one.left, one.right))))
    return {"ratings": {**_rated(kept, seed), "replaced": replaced, "elsewhere": len(all_ratings) - len(here)},
            "votes": {**_voted(counted), "replaced": recast, "elsewhere": len(all_votes) - len(cast)}}


def scores(ratings: Iterable[Rating]) -> dict[tuple[str, str], float]:
    """Return the mean score of each (system, question id), each rater's last counted: what a judge is calibrated with."""
    given: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for one in last_of_each(ratings, lambda one: (one.rater, one.question_id, one.system))[0]:
        given[one.system, one.question_id].append(one.score)
    return {key: sum(values) / len(values) for key, values in given.items()}


def agreement(judged: Judged, labels: Sequence[int]) -> dict[str, Any]:
    """Return Krippendorff's alpha for ordered values and, for two raters, Cohen's quadratic-weighted kappa.

    labels are all values there can be, in order. shared is how many things more than one rater judged. Sources: the
    krippendorff library (K. Krippendorff, Content Analysis, 2004); sklearn.metrics.cohen_kappa_score.
    """
    raters = sorted({rater for rater, _ in judged})
    by_unit: defaultdict[Hashable, dict[str, int]] = defaultdict(dict)
    for (rater, unit), value in judged.items():
        by_unit[unit][rater] = value
    shared = {unit: values for unit, values in by_unit.items() if len(values) > 1}
    found: dict[str, Any] = {"raters": len(raters), "shared": len(shared), "alpha": None, "kappa": None, "note": ""}
    if not shared:
        return {**found, "note": "no answer was judged by more than one rater, so agreement is not known."}
    if len({value for values in shared.values() for value in values.values()}) == 1:
        return {**found, "note": "every shared judgement is the same value, for which alpha and kappa are not defined."}
    table = [[shared[unit].get(rater, math.nan) for unit in shared] for rater in raters]
    found["alpha"] = float(library("krippendorff").alpha(reliability_data=table, value_domain=list(labels),
                                                         level_of_measurement="ordinal"))
    if len(raters) == 2:
        first, second = ([values[rater] for values in shared.values()] for rater in raters)
        found["kappa"] = weighted_kappa(first, second, labels)
    return found


def weighted_kappa(first: Sequence[int], second: Sequence[int], labels: Sequence[int] = SCORES) -> float | None:
    """Return Cohen's kappa with quadratic weights; None where it is not defined (both gave one and the same value)."""
    if not first or len({*first, *second}) == 1:
        return None
    value = float(library("sklearn.metrics").cohen_kappa_score(first, second, labels=list(labels), weights="quadratic"))
    return value if math.isfinite(value) else None


def plain(interval: Interval, name: str = "value") -> dict[str, Any]:
    """Return an interval as JSON can hold it: None for what is not known."""
    numbers = {name: interval.value, "low": interval.low, "high": interval.high}
    return {**{key: value if math.isfinite(value) else None for key, value in numbers.items()}, "n": interval.n}


def _rated(ratings: Sequence[Rating], seed: int) -> dict[str, Any]:
    """Return what the scores say: by system, and how far raters agree."""
    by_question = scores(ratings)
    given: dict[tuple[str, Hashable], int] = {(one.rater, (one.question_id, one.system)): one.score for one in ratings}
    told = {}
    for system in sorted({one.system for one in ratings}):
        own = [one for one in ratings if one.system == system]
        counts = Counter(one.score for one in own)
        told[system] = {**plain(mean([value for (name, _), value in sorted(by_question.items()) if name == system], seed), "mean"),
                        "ratings": len(own), "raters": len({one.rater for one in own}),
                        "scores": {str(score): counts[score] for score in SCORES},
                        "reasons": dict(Counter(reason for one in own for reason in one.reasons).most_common()),
                        "corrected": sum(bool(one.corrected.strip()) for one in own)}
    return {"n": len(ratings), "raters": len({one.rater for one in ratings}), "systems": told,
            "agreement": agreement(given, SCORES)}


def _voted(votes: Sequence[Vote]) -> dict[str, Any]:
    """Return what the votes say: each pair of systems, how far voters agree, and whether one side was preferred."""
    cast: dict[tuple[str, Hashable], int] = {(one.rater, (one.question_id, *_pair(one))): _for_first(one) for one in votes}
    pairs = [_paired(*pair, votes) for pair in sorted({_pair(one) for one in votes})]
    sides = Counter(one.winner for one in votes)
    chosen = sides["left"] + sides["right"]
    return {"n": len(votes), "raters": len({one.rater for one in votes}), "pairs": pairs,
            "agreement": agreement(cast, (-1, 0, 1)),
            "left": {**plain(rate(sides["left"], chosen)), "p": _sign_test(sides["left"], sides["right"])}}


def _paired(first: str, second: str, votes: Sequence[Vote]) -> dict[str, Any]:
    """Return the outcome of one pair of systems: questions won by the second, by the first, and tied.

    A question goes to whom most of its votes for one of the two went to. win_rate is the second's, a tied question half.
    p is the sign test's over the questions that were won, both sides.
    """
    own = [one for one in votes if _pair(one) == (first, second)]
    balance: Counter[str] = Counter()
    for one in own:
        balance[one.question_id] += _for_first(one)
    lost, won = sum(value > 0 for value in balance.values()), sum(value < 0 for value in balance.values())
    tied = len(balance) - won - lost
    return {"first": first, "second": second, "questions": len(balance), "votes": len(own), "won": won, "lost": lost,
            "tied": tied, "win_rate": plain(rate(won + tied / 2, len(balance))), "p": _sign_test(won, lost)}


def _sign_test(one: int, other: int) -> float | None:
    """Return the two-sided binomial p of a split, None where there is nothing to test. Source: scipy.stats.binomtest."""
    return float(library("scipy.stats").binomtest(one, one + other).pvalue) if one + other else None


def _pair(vote: Vote) -> tuple[str, str]:
    return (vote.left, vote.right) if vote.left < vote.right else (vote.right, vote.left)


def _for_first(vote: Vote) -> int:
    """Return 1 for a vote for the pair's first system, -1 for its second, 0 for a tie."""
    if vote.winner == "tie":
        return 0
    return 1 if (vote.left if vote.winner == "left" else vote.right) == _pair(vote)[0] else -1
