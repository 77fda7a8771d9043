"""What one reply is worth to its task: pairs that passed every check, or the named reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.generate.candidate import Candidate, Check
from pipelines.generate.outcome import Reply
from pipelines.generate.parse import Broken, Pair, parse
from pipelines.generate.task import Task

# Reasons this package gives; a check's own come beside them.
REFUSED, CUT_OFF, BROKEN, OVER_CONTEXT = "refused", "cut_off", "broken", "over_context"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """kept: the pairs that passed. dropped: (reason, pair) of those that did not. reason: why none was kept.

    A reason is a name, or a name, a colon and a detail ("short_answer: 8 characters"); named() gives the name.
    """

    kept: tuple[Pair, ...] = ()
    dropped: tuple[tuple[str, Pair], ...] = ()
    reason: str = ""
    detail: str = ""


def judge(task: Task, reply: Reply, checks: Sequence[Check]) -> Judgement:
    """Return the judgement of a reply in which a model answered (outcome.ANSWERED)."""
    if reply.outcome == "refused":
        return Judgement(reason=REFUSED, detail=reply.message)
    if reply.outcome == "cut_off":
        return Judgement(reason=CUT_OFF, detail="the answer reached max_new_tokens")
    try:
        pairs = parse(reply.text, task.kind.pairs)
    except Broken as error:
        return Judgement(reason=BROKEN, detail=str(error))
    kept, dropped = list[Pair](), list[tuple[str, Pair]]()
    for pair in pairs:
        reason = "same_twice" if pair in kept else _failed(task, pair, checks)
        if reason:
            dropped.append((reason, pair))
        else:
            kept.append(pair)
    return Judgement(kept=tuple(kept), dropped=tuple(dropped), reason="" if kept else dropped[0][0])


def _failed(task: Task, pair: Pair, checks: Sequence[Check]) -> str:
    candidate = Candidate(question=pair.question, answer=pair.answer, kind=task.kind.name, level=task.level,
                          chunk=task.chunk)
    return next((reason for reason in (check(candidate) for check in checks) if reason), "")


def named(reason: str) -> str:
    """Return a reason's name, for counting."""
    return reason.partition(":")[0]
