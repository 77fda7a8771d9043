"""`mundap ask`: one question, a file of questions, or a talk; each answer with its evidence."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mundap.cli.options import AsJson, Presets, RecipePath
from mundap.cli.output import result, result_json

if TYPE_CHECKING:
    from mundap.recipe import Recipe
    from rag.inquiry import Inquiry

EXAMPLES = ('mundap ask configs/demo/rag.yaml "누리솔정밀의 2023년 이익잉여금은 얼마인가요?"',
            'mundap ask configs/demo/rag.yaml "전세 계약서에 확정일자를 받으려면 어디로 가야 하나요?" --json',
            "mundap ask configs/demo/rag.yaml --file questions.csv --out answers.md",
            "mundap ask configs/demo/rag.yaml --interactive --as-of 2024-06-30")


def command(recipe: RecipePath,
            question: Annotated[str | None, typer.Argument(
                help="The question, in quotes; without one, a talk begins.", show_default=False)] = None,
            level: Annotated[str, typer.Option(
                help="Level of the answer, of those the recipe has: 초급, 중급 or 고급; auto chooses by the question.",
                show_default=False)] = "",
            as_of: Annotated[str, typer.Option(
                "--as-of", metavar="YYYY-MM-DD", help="Answer from what held on that day.", show_default=False)] = "",
            without: Annotated[list[str] | None, typer.Option(
                "--without", metavar="FIELD", help="Do not filter by what the question names of this field, such as "
                "company; may be given again.")] = None,
            file: Annotated[Path | None, typer.Option(
                "--file", metavar="FILE", help="A file of questions: .txt and .md a line each, .csv with a column question, "
                ".jsonl.")] = None,
            out: Annotated[Path | None, typer.Option(
                "--out", metavar="FILE", help="Where the answers to --file go: .md, .csv or .jsonl. A run that was stopped "
                "goes on where it was.")] = None,
            interactive: Annotated[bool, typer.Option("--interactive", help="Hold a talk, from a pipe too.")] = False,
            override: Annotated[list[str] | None, typer.Option(
                "--set", metavar="KEY=VALUE", help="Lay a value over the recipe; may be given again.")] = None,
            preset: Presets = None, as_json: AsJson = False) -> None:
    """Answer questions from the index; every figure in an answer is checked against the passages cited.

    Without a question or a file a talk begins, in which follow-ups are understood: /help there lists its commands.
    """
    from mundap.recipe import load

    _check_use(question, file, out, interactive, as_json)
    loaded = load(recipe, presets=preset or (), overrides=override or (), kind="rag")
    from mundap.cli.asking.certified import warn
    from mundap.cli.asking.wishes import wishes

    wished = wishes(loaded.values, loaded.project, level, as_of, without or ())
    warn(loaded)
    if file is not None and out is not None:
        from mundap.cli.asking.batch import answer_file

        answer_file(loaded, wished, file, out, as_json=as_json)
    elif question is not None:
        _one(loaded, wished, question, as_json)
    else:
        from mundap.cli.asking.talk import talk
        from rag.answer import Answerer

        with contextlib.closing(Answerer.open(loaded.values, loaded.project)) as answerer:
            talk(answerer, wished)


def _check_use(question: str | None, file: Path | None, out: Path | None, interactive: bool, as_json: bool) -> None:
    """Refuse what does not go together, and a talk that nobody can hold."""
    if question is not None and not question.strip():
        raise typer.BadParameter("the question is empty.")
    ways = [name for name, given in (("a question", question is not None), ("--file", file is not None),
                                     ("--interactive", interactive)) if given]
    if len(ways) > 1:
        raise typer.BadParameter(f"{' and '.join(ways)} do not go together: give one of them.")
    if (file is None) != (out is None):
        raise typer.BadParameter("--file needs --out, where the answers go." if out is None else
                                 "--out needs --file, the questions.")
    if as_json and (interactive or not ways):
        raise typer.BadParameter("--json is for one question or for --file.")
    if not ways and not sys.stdin.isatty():
        raise typer.BadParameter('there is no question: give one in quotes, or --file with --out, or --interactive to '
                                 "read questions line by line.")


def _one(loaded: Recipe, wished: Inquiry, question: str, as_json: bool) -> None:
    """Answer one question."""
    from dataclasses import replace

    from rag.answer import Answerer

    with contextlib.closing(Answerer.open(loaded.values, loaded.project)) as answerer:
        answer = answerer.ask(replace(wished, text=question))
    if as_json:
        from rag.record import record

        result_json(record(answer, question))
        return
    from mundap.cli.asking.shown import answer_lines

    for line in answer_lines(answer, question):
        result(line)
