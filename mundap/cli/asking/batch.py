"""A file of questions to a file of answers. Beside the answers stands what is kept of them, one JSON object a line.

    mundap ask configs/demo/rag.yaml --file questions.csv --out answers.md

The file of answers is written whole at the end, in the order of the questions; the same questions give the same bytes,
however often the run was stopped on the way.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from mundap.cli.asking.shown import WORDS
from mundap.cli.output import result, result_json, say
from mundap.csv_file import write_csv
from mundap.errors import ConfigError, DataError, ResourceError, closest
from mundap.levels import AUTO, level_named, load_levels
from mundap.paths import resolve, show
from mundap.provenance import write_text
from mundap.recipe import Recipe
from pipelines.question_file import FileQuestion, read_questions
from rag import exported
from rag.answer import Answerer
from rag.batch import Answered, answer_all, answered_before
from rag.indexing.build import read_manifest
from rag.inquiry import Inquiry
from rag.kept_answers import identity

SUFFIXES = (".md", ".csv", ".jsonl")


def answer_file(loaded: Recipe, wished: Inquiry, file: Path, out: Path, *, as_json: bool) -> None:
    """Answer a file's questions into another; exit with 1 when one failed, with 130 when the user stops it.

    wished is what holds for questions that do not say otherwise.

    Raises:
        DataError: the questions cannot be read. ResourceError: the answers cannot be written.
        ConfigError: a question asks for a level the recipe does not have.
        IndexMismatch, ModelError, LaunchError: no question can be answered.
    """
    _check_names(file, out)
    asked = read_questions(file)
    inquiries = _inquiries(asked, loaded, wished)
    kept = out.with_name(f"{out.name}.kept.jsonl")
    manifest = read_manifest(resolve(loaded.values["index"]["path"], loaded.project))
    # Without a manifest there is no index to ask; the answerer says so when it is opened.
    settings = identity(loaded.values, manifest or {}, loaded.project)
    started = time.monotonic()
    try:
        answered = answer_all(inquiries, settings, kept, lambda: Answerer.open(loaded.values, loaded.project), say)
    except KeyboardInterrupt:
        count = answered_before(inquiries, settings, kept)
        say(f"stopped: {count} answers are kept in {show(kept, loaded.project)}; the same command goes on from there.")
        raise typer.Exit(130) from None
    write(out, [{"id": question.id, **found} for question, found in zip(asked, answered.records, strict=True)])
    _sum_up(answered, out, time.monotonic() - started, loaded, as_json)
    if answered.failures:
        say(f"{answered.failures} of {len(asked)} questions failed, see {show(out, loaded.project)}. "
            "The same command asks those again, and only those.")
        raise typer.Exit(1)


def write(out: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """Write records as the file's suffix says, whole or not at all.

    Raises:
        ResourceError: the file cannot be written.
    """
    try:
        if out.suffix.lower() == ".csv":
            write_csv(out, exported.HEADER, exported.table(records, WORDS))
        else:
            write_text(out, exported.json_lines(records) if out.suffix.lower() == ".jsonl" else
                       exported.markdown(records, WORDS))
    except OSError as error:
        raise ResourceError(f"cannot be written: {error.strerror}.", where=str(out),
                            fix="Name a file in a folder that you may write to. What was answered is kept.") from error


def _check_names(file: Path, out: Path) -> None:
    if out.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"a file of answers does not end in {out.suffix or 'nothing'!r}.", where="--out",
                          fix=f"{closest(out.suffix.lower(), SUFFIXES)}Use one of: {', '.join(SUFFIXES)}.")
    if out.is_dir():
        raise ConfigError("this is a folder.", where=f"--out {out}", fix="Name a file in it: answers.md")
    if out.resolve() == file.resolve():
        raise ConfigError("the answers would be written over the questions.", where="--out", fix="Name another file.")


def _inquiries(asked: Sequence[FileQuestion], loaded: Recipe, wished: Inquiry) -> list[Inquiry]:
    levels = load_levels(loaded.values.get("levels"), loaded.project)
    for question in asked:
        try:
            if question.level != AUTO:
                level_named(question.level, levels)
        except ConfigError as error:
            raise DataError(error.what, where=question.where, fix=error.fix) from error
    return [dataclasses.replace(wished, text=one.text, level=one.level or wished.level, as_of=one.as_of or wished.as_of)
            for one in asked]


def _sum_up(answered: Answered, out: Path, seconds: float, loaded: Recipe, as_json: bool) -> None:
    declined = sum(one["verdict"] == "declined" for one in answered.records)
    told = {"out": show(out, loaded.project), "questions": len(answered.records), "declined": declined,
            "failed": answered.failures, "asked": answered.asked, "answered_before": answered.before,
            "seconds": round(seconds, 1)}
    if as_json:
        result_json(told)
        return
    result(f"{told['out']}: {told['questions']} questions, {declined} declined, {answered.failures} failed; "
           f"{answered.asked} asked now, {answered.before} answered before, {seconds:.1f} s")
