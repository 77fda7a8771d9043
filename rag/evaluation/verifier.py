"""How far the verifier itself, and the hallucination metric, can be trusted: both over answers that a reader labelled.

An answer is flagged where the verifier struck a sentence, left out a repeated one, or put a decline in place of what the
model said; the metric flags what it finds invented. Precision is the share of flagged answers that are really bad, recall
the share of bad ones that are flagged, false alarms the share of good ones that are. All three depend on the mix of answers
(datasets/labelled/README.md), precision most; recall of a kind does not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.grounding import sentence_spans
from mundap.question import analyse
from mundap.tail import without_tail
from rag.checks.verify import Verdict, declines, verify
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.labelled import KINDS, Labelled, read_labelled
from rag.evaluation.statistics import rate

_MARK = re.compile(r"\s*\[\s*\d+\s*\]")
Inventions = Callable[[Gold, Reply], Sequence[tuple[str, str]]]   # (kind, text) of what a reply invents


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was said of one labelled answer. hidden: its first bad sentence is not shown any more, or not repeated any more."""

    one: Labelled
    flagged: bool
    hidden: bool


def assess(labelled: Path) -> dict[str, Any]:
    """Return how the verifier that gates answers does on labelled answers, as `summary` says, for report.json.

    Beside it hidden: the share of bad answers whose first bad sentence is not shown, however that came, and still_shown, the
    ids of those where it is: an answer may be flagged for another sentence than its bad one.

    Raises:
        DataError: the file is missing or malformed.
    """
    findings = [_verified(one) for one in read_labelled(labelled)]
    bad = [each for each in findings if each.one.label.hallucinated]
    return {**summary(findings, labelled), "hidden": share(sum(each.hidden for each in bad), len(bad)),
            "still_shown": [each.one.id for each in bad if not each.hidden]}


def assess_metric(labelled: Path, inventions: Inventions) -> dict[str, Any]:
    """Return how the evaluation's own hallucination metric does on the same answers, as `summary` says.

    It looks at what the model wrote, unchecked. inventions is rag.evaluation.metrics.invention.inventions.

    Raises:
        DataError: the file is missing or malformed.
    """
    return summary([Finding(one=one, flagged=bool(inventions(gold_of(one), reply_of(one))), hidden=False)
                    for one in read_labelled(labelled)], labelled)


def summary(findings: Sequence[Finding], labelled: Path) -> dict[str, Any]:
    """Return n, the file's sha256, the rates with their intervals, each kind's caught and number, and the disagreements' ids.

    An answer of several kinds counts in each of them.
    """
    bad = [each for each in findings if each.one.label.hallucinated]
    good = [each for each in findings if not each.one.label.hallucinated]
    flagged = [each for each in findings if each.flagged]
    hits = sum(each.flagged for each in bad)
    kinds = {kind: [each.flagged for each in bad if kind in each.one.label.kinds] for kind in KINDS}
    return {
        "file": labelled.name, "sha256": hashlib.sha256(labelled.read_bytes()).hexdigest(), "n": len(findings),
        "hallucinated": len(bad), "flagged": len(flagged),
        "precision": share(hits, len(flagged)), "recall": share(hits, len(bad)),
        "false_alarms": share(len(flagged) - hits, len(good)),
        "kinds": {kind: {"caught": sum(caught), "of": len(caught)} for kind, caught in kinds.items()},
        "missed": [each.one.id for each in bad if not each.flagged],
        "wrongly_flagged": [each.one.id for each in good if each.flagged]}


def share(hits: int, of: int) -> dict[str, float | int | None]:
    """Return a rate with its 95% Wilson interval (statistics.rate); its value is None where there was nothing to count."""
    if of == 0:
        return {"value": None, "low": 0.0, "high": 1.0, "hits": 0, "of": 0}
    found = rate(hits, of)
    return {"value": found.value, "low": found.low, "high": found.high, "hits": hits, "of": of}


def gold_of(one: Labelled) -> Gold:
    """Return the truth of the row a labelled answer was given to."""
    return Gold(id=one.id, question=one.question, answerable=one.reference != one.decline_text,
                reference=_MARK.sub("", one.reference), value=one.value, unit=one.unit, line=one.line, lines=one.lines)


def reply_of(one: Labelled) -> Reply:
    """Return a labelled answer as the reply of a system that checks nothing."""
    sources = tuple(f"{passage.head}\n{passage.text}" for passage in one.passages)
    return Reply(text=one.answer, model_text=one.answer, declined=declines(one.answer, one.decline_text),
                 passages=one.passages, sources=sources, finish_reason=one.finish)


def _verified(one: Labelled) -> Finding:
    """Return what comes of an answer as rag.answer.Answerer.judge treats it, under the policy strike."""
    text = without_tail(one.answer) if one.finish == "length" else one.answer
    verdict = verify(analyse(one.question), text, one.passages, decline_text=one.decline_text, policy="strike",
                     told=one.instruction)
    flagged = _flagged(one, text, verdict)
    only_repeated = one.label.kinds == ("repetition",)   # what was said twice may be shown once
    hidden = flagged if only_repeated else _letters(one.label.sentence) not in _letters(verdict.text)
    return Finding(one=one, flagged=flagged, hidden=hidden)


def _flagged(one: Labelled, text: str, verdict: Verdict) -> bool:
    """Return whether something the model said was taken for bad: struck, left out as said before, or declined instead."""
    if verdict.struck:
        return True
    said = [_letters(text[first:last]) for first, last in sentence_spans(text)]
    if len(said) > len(set(said)):
        return True
    return verdict.status == "declined" and any(not declines(sentence, one.decline_text) for sentence in said)


def _letters(text: str) -> str:
    """Return a text without citation marks, blanks and full stops, by which a sentence is found again."""
    return re.sub(r"[\s.]+", "", _MARK.sub("", text))
