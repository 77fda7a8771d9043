"""The same questions at every level, from a really trained model: do the answers tell the same, and more plainly?

    python benchmarks/levels.py configs/dart/rag.yaml datasets/dart_eval.json [--questions 20] [--out answers.jsonl]

Takes held-out questions (seeded, each kind by its share), asks each at every level of the recipe, and compares the sets of
figures and of citations (rag.same_facts). Prints each question that differs with its answers, then a table.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from mundap.paths import resolve
from mundap.recipe import load
from rag.answer import Answer, Answerer
from rag.inquiry import Inquiry
from rag.same_facts import facts_of, wording_of


def drawn(rows: Sequence[Mapping[str, Any]], wanted: int, seed: int) -> list[str]:
    """Return that many different questions, each kind by its share of the rows."""
    kinds: dict[str, list[str]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row["question"])
    order = []
    for kind, questions in sorted(kinds.items()):
        distinct = sorted(set(questions))
        random.Random(f"{seed}:{kind}").shuffle(distinct)
        order += [((at + 0.5) / len(distinct), question) for at, question in enumerate(distinct)]
    return [question for _, question in sorted(order)[:wanted]]


def told(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return one question's answers as they are kept."""
    facts = {name: facts_of(answer) for name, answer in answers.items()}
    return {"question": next(iter(answers.values())).question,
            "same_figures": len({one.figures for one in facts.values()}) == 1,
            "same_citations": len({one.citations for one in facts.values()}) == 1,
            "answers": {name: {"text": answer.text, "model": answer.model_text, "status": answer.verdict.status,
                               "attempts": answer.attempts, "citations": sorted(facts[name].citations),
                               "struck": [f"{one.text} ({one.reason})" for one in answer.verdict.struck],
                               "terms": dict(answer.terms)} for name, answer in answers.items()}}


def main() -> None:
    """Ask, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rag", type=Path)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    recipe = load(given.rag, kind="rag")
    rows = json.loads(resolve(str(given.rows), recipe.project).read_text(encoding="utf-8"))
    questions = drawn(rows, given.questions, given.seed)
    answerer = Answerer.open(recipe.values, recipe.project)
    names = list(answerer.levels)
    try:
        answers = answerer.ask_many([answerer.prepare(Inquiry(text=text, level=name)) for text in questions for name in names])
    finally:
        answerer.close()
    by_question = [dict(zip(names, answers[at : at + len(names)], strict=True)) for at in range(0, len(answers), len(names))]
    kept = [told(one) for one in by_question]
    if given.out:
        given.out.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in kept), encoding="utf-8")
    for one in kept:
        if not (one["same_figures"] and one["same_citations"]):
            print(one["question"], *(f"  {name}: {answer['text']}" for name, answer in one["answers"].items()), sep="\n")
    print(f"{len(kept)} questions at {len(names)} levels: figures the same in {sum(one['same_figures'] for one in kept)}, "
          f"citations in {sum(one['same_citations'] for one in kept)}")
    for name in names:
        wordings = [wording_of(one[name], answerer.preparer.terms) for one in by_question if not one[name].declined]
        print(f"{name}: {len(wordings)} answered, {mean(one.words_per_sentence for one in wordings):.1f} words a sentence, "
              f"{sum(one.explained for one in wordings)} terms explained")


if __name__ == "__main__":
    main()
