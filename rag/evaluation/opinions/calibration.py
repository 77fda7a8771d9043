"""How far a judge's scores can be taken for people's: on the answers that both scored."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rag.evaluation.libraries import library
from rag.evaluation.opinions.human import plain, weighted_kappa
from rag.evaluation.statistics import SEED, mean

Key = tuple[str, str]   # system, question id


def calibrate(judge: Mapping[Key, int], human: Mapping[Key, float], seed: int = SEED) -> dict[str, Any]:
    """Return n, Spearman's rank correlation, quadratic-weighted kappa and bias of a judge's scores against people's.

    human are mean scores; kappa takes them as the nearest whole score, halves upwards. bias is the mean of judge minus
    human with its bootstrap interval: above 0 the judge is milder. exact is the share on which both give the same whole
    score. What is not defined is None, and note says why. Sources: scipy.stats.spearmanr, sklearn's cohen_kappa_score.
    """
    shared = sorted(judge.keys() & human.keys())
    found: dict[str, Any] = {"n": len(shared), "spearman": None, "kappa": None, "exact": None, "bias": None, "note": ""}
    if not human:
        return {**found, "note": "no human scores were given, so how far this judge can be trusted is not known."}
    if not shared:
        return {**found, "note": "people scored none of the answers that the judge scored."}
    given, wanted = [judge[key] for key in shared], [human[key] for key in shared]
    whole = [math.floor(score + 0.5) for score in wanted]
    found |= {"bias": plain(mean([one - other for one, other in zip(given, wanted, strict=True)], seed)),
              "exact": sum(one == other for one, other in zip(given, whole, strict=True)) / len(shared),
              "kappa": weighted_kappa(given, whole)}
    if len(set(given)) > 1 and len(set(wanted)) > 1:
        found["spearman"] = float(library("scipy.stats").spearmanr(given, wanted).statistic)
    else:
        found["note"] = "one side gave every answer the same score, so a rank correlation is not defined."
    return found
