"""The answers themselves as the page shows them: the worst of each system, and one question answered by several."""

from __future__ import annotations

from typing import Any

from rag.evaluation.report.words import Words
from rag.evaluation.report.worst import LONGEST, disputed, faults, marked, shortened, word_diff, worst
from rag.evaluation.results import Evaluation, Scored

_PASSAGE = 1200   # characters of one quoted passage on the page


def worst_view(evaluation: Evaluation, words: Words) -> list[dict[str, Any]]:
    """Return every system's worst answers with their evidence, texts cut to a length that is told."""
    return [{"system": system.name, "answers": [_answer(one, words) for one in worst(system)]}
            for system in evaluation.systems]


def answers_view(evaluation: Evaluation, words: Words) -> list[dict[str, Any]]:
    """Return the questions that systems answered most differently: the baseline's answer beside each other system's."""
    by_system = {system.name: {one.gold.id: one for one in system.scored} for system in evaluation.systems}
    base = by_system.get(evaluation.baseline, {})
    others = [name for name in by_system if name != evaluation.baseline]
    found = []
    for key in disputed(evaluation):
        first = base.get(key)
        if first is None:
            continue
        pairs = [(name, by_system[name][key]) for name in others if key in by_system[name]]
        found.append({"id": key, "gold": _gold(first, words), "pairs": [_pair(name, first, one, words)
                                                                        for name, one in pairs]})
    return found


def _pair(name: str, first: Scored, second: Scored, words: Words) -> dict[str, Any]:
    left, right = word_diff(_said(first, words), _said(second, words))
    return {"system": name, "left": left, "right": right, "same": _said(first, words) == _said(second, words),
            "faults": [words(fault) for fault in faults(second)]}


def _said(one: Scored, words: Words) -> str:
    text, left_out = shortened(one.reply.error or one.reply.text, LONGEST // 4)
    return text + (" " + words("cut", n=left_out) if left_out else "")


def _answer(one: Scored, words: Words) -> dict[str, Any]:
    kinds = {kind for kind, _ in one.invented}
    return {
        "id": one.gold.id, "gold": _gold(one, words), "faults": [words(fault) for fault in faults(one)],
        "invented": [(words.kind(kind), said) for kind, said in one.invented],
        "kinds": [words.kind(kind) for kind in sorted(kinds)],
        "shown": _marked(one.reply.text, one, words), "error": one.reply.error,
        "written": _marked(one.reply.model_text, one, words) if one.reply.model_text.strip() != one.reply.text.strip() else None,
        "struck": list(one.reply.struck), "citations": list(one.reply.citations),
        "passages": [{"number": passage.number, "head": passage.head, "chunk": passage.chunk_id,
                      "cited": passage.number in one.reply.citations, "text": _cut(passage.text, _PASSAGE, words)}
                     for passage in one.reply.passages],
    }


def _gold(one: Scored, words: Words) -> dict[str, str]:
    gold = one.gold
    return {"question": gold.question, "reference": _cut(gold.reference, LONGEST, words),
            "figure": gold.value + gold.unit, "line": _cut(gold.line, _PASSAGE, words),
            "blank": "" if gold.answerable else words("no_answer") + (f": {gold.reason}" if gold.reason else "")}


def _marked(text: str, one: Scored, words: Words) -> dict[str, Any]:
    kept, left_out = shortened(text)
    return {"pieces": [(piece.text, words.kind(piece.mark) if piece.mark else "") for piece in marked(kept, one.invented)],
            "cut": words("cut", n=left_out) if left_out else ""}


def _cut(text: str, longest: int, words: Words) -> str:
    kept, left_out = shortened(text, longest)
    return kept + (" " + words("cut", n=left_out) if left_out else "")
