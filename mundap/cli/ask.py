"""`mundap ask`: one question, its answer and the evidence."""

from __future__ import annotations

from typing import Annotated

import typer

from mundap.cli.options import AsJson, RecipePath
from mundap.cli.output import result, result_json

EXAMPLES = ('mundap ask configs/demo/rag.yaml "누리솔정밀의 2023년 이익잉여금은 얼마인가요?"',
            'mundap ask configs/demo/rag.yaml "전세 계약서에 확정일자를 받으려면 어디로 가야 하나요?" --json')


def command(recipe: RecipePath,
            question: Annotated[str, typer.Argument(help="The question, in quotes.", show_default=False)],
            level: Annotated[str, typer.Option(
                help="Level of the answer, of those the recipe has: 초급, 중급 or 고급.", show_default=False)] = "",
            override: Annotated[list[str] | None, typer.Option(
                "--set", metavar="KEY=VALUE", help="Lay a value over the recipe; may be given again.")] = None,
            as_json: AsJson = False) -> None:
    """Answer one question from the index; every figure in the answer is checked against the passages cited."""
    from mundap.recipe import load

    if not question.strip():
        raise typer.BadParameter("the question is empty.")
    loaded = load(recipe, overrides=override or (), kind="rag")
    from rag.answer import Answerer
    from rag.inquiry import Inquiry

    answerer = Answerer.open(loaded.values, loaded.project)
    try:
        answer = answerer.ask(Inquiry(text=question, level=level))
    finally:
        answerer.close()
    if as_json:
        result_json({"question": answer.question, "answer": answer.text, "verdict": answer.verdict.status,
                     "citations": [{"number": citation.number, "chunk_id": citation.chunk.chunk_id,
                                    "citation": citation.chunk.citation, "lines": citation.lines}
                                   for citation in answer.citations],
                     "timings_s": answer.timings_s})
        return
    result(answer.text)
    if answer.declined and answer.hits:
        result("가장 가까이 찾은 문서:")
        for citation_line in list(dict.fromkeys(hit.chunk.citation for hit in answer.hits))[:2]:
            result(f"  - {citation_line}")
    for citation in answer.citations:
        result(f"[{citation.number}] {citation.chunk.citation}")
        for line in citation.lines:
            result(f"    {line}")
