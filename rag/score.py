"""Did an answer give the right figure, cite it, or rightly decline? Plain functions over one answer and its gold row.

    gold 1,234백만원, answer "… 12.34억원입니다. [1]"   -> right (the same amount)
    gold 1,234백만원, answer "… 1,234원입니다."        -> wrong (a figure of another amount)
    gold 1,234백만원, answer "문서에 해당 내용이 없습니다." -> declined
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mundap.grounding import figures, normalise_value
from rag.answer import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One scored answer. wrong: a figure was shown that is not the gold one, or any figure where there is no answer."""

    answerable: bool
    right: bool
    cited: bool
    declined: bool
    wrong: bool


def score(answer: Answer, gold: Mapping[str, str]) -> Outcome:
    """Return the outcome of one answer against its row's gold columns (gold_value, gold_unit, gold_line, gold_chunk)."""
    answerable = bool(gold["gold_value"])
    if not answerable:
        return Outcome(answerable=False, right=answer.declined, cited=False, declined=answer.declined,
                       wrong=not answer.declined and bool(figures(answer.text)))
    wanted = normalise_value(gold["gold_value"], gold["gold_unit"])
    said = [claim.value for claim in figures(answer.text)]
    right = not answer.declined and wanted in said
    by_number = {passage.number: passage for passage in answer.passages}
    cited = right and any(gold["gold_line"] in by_number[number].lines for number in answer.verdict.citations
                          if number in by_number)
    return Outcome(answerable=True, right=right, cited=cited, declined=answer.declined,
                   wrong=not answer.declined and bool(said) and not right)


def wilson(successes: int, total: int) -> tuple[float, float, float]:
    """Return a rate and its 95% Wilson interval; (nan, 0, 1) for no trial.

    Source: scipy.stats.binomtest, method="wilson".
    """
    if total == 0:
        return float("nan"), 0.0, 1.0
    from scipy.stats import binomtest

    interval = binomtest(successes, total).proportion_ci(method="wilson")
    return successes / total, float(interval.low), float(interval.high)
