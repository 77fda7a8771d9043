"""One system's answers as other evaluation programs read them: RAGAS, DeepEval, promptfoo, and a table for people.

    ragas      answers.ragas.jsonl    EvaluationDataset.from_jsonl(path)                           (read with ragas 0.4.3)
    deepeval   answers.deepeval.json  EvaluationDataset().add_goldens_from_json_file(path)         (read with deepeval 4.3.1)
    promptfoo  promptfooconfig.yaml   promptfoo eval: its assertions over our answers, no model is asked
    csv        answers.csv            for a spreadsheet

Every question is written, also one without a reply: its answer is empty, and where the format has room the error stands
beside it. A program that scores such an answer gives it nothing, as it should.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from mundap.csv_file import write_csv
from mundap.errors import ConfigError, closest
from mundap.prompt import Passage
from mundap.provenance import write_text
from mundap.yaml_lines import dump
from rag.evaluation.results import Scored

Form = Literal["ragas", "deepeval", "promptfoo", "csv"]
FORMS: tuple[Form, ...] = get_args(Form)
# promptfoo renders every value of a test as a template, which can read the environment, and loads what a value names.
_TEMPLATE = re.compile(r"\{(?=[{%#])")
_NAMES_A_FILE = re.compile(r"^(?=\s*(?:file|package|python|javascript|fn|eval)\s*:)", re.IGNORECASE)
_NOTHING = "\u200b"   # a blank without width: people read the text as it was
_PROMPTFOO_HEAD = """\
# The answers of an evaluation with promptfoo's assertions over them: promptfoo eval -c promptfooconfig.yaml
# Nothing is generated: the provider `echo` gives each answer back. `similar` asks an embedding model, OpenAI's unless
# defaultTest.options.provider.embedding names another: questions and answers are sent there.
"""


def export(scored: Sequence[Scored], folder: Path, form: str) -> Path:
    """Write one system's questions and replies below folder in a form of FORMS; return the file.

    Raises:
        ConfigError: there is no such form, or nothing to write.
    """
    require_form(form)
    if not scored:
        raise ConfigError("there is no answer to export.", where="export", fix="Run the evaluation first: mundap eval")
    folder.mkdir(parents=True, exist_ok=True)
    return _WRITERS[form](scored, folder)


def require_form(form: str) -> None:
    """Look for a form by name.

    Raises:
        ConfigError: there is no such form.
    """
    if form not in FORMS:
        raise ConfigError(f"there is no form {form!r}.", where="export",
                          fix=f"{closest(form, FORMS)}Take one of {', '.join(FORMS)}.")


def _ragas(scored: Sequence[Scored], folder: Path) -> Path:
    """JSON lines with the fields of ragas.SingleTurnSample; ASCII, since RAGAS opens the file in the system's encoding."""
    path = folder / "answers.ragas.jsonl"
    rows = [{"user_input": one.gold.question, "response": one.reply.text, "reference": one.gold.reference,
             "retrieved_contexts": _contexts(one), "reference_contexts": _lines(one),
             "retrieved_context_ids": [passage.chunk_id for passage in one.reply.passages],
             "reference_context_ids": list(one.gold.chunks)} for one in scored]
    write_text(path, "".join(json.dumps(row) + "\n" for row in rows))
    return path


def _deepeval(scored: Sequence[Scored], folder: Path) -> Path:
    """A JSON list of test cases; ours beside theirs under additional_metadata."""
    path = folder / "answers.deepeval.json"
    rows = [{"name": one.gold.id, "input": one.gold.question, "actual_output": one.reply.text,
             "expected_output": one.gold.reference, "retrieval_context": _contexts(one), "context": _lines(one),
             "additional_metadata": {**one.gold.groups, "answerable": one.gold.answerable, "reason": one.gold.reason,
                                     "declined": one.reply.declined, "error": one.reply.error}} for one in scored]
    write_text(path, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    return path


def _promptfoo(scored: Sequence[Scored], folder: Path) -> Path:
    """A whole promptfoo configuration: a test for each answer."""
    path = folder / "promptfooconfig.yaml"
    config = {"description": "mundap eval", "prompts": ["{{answer}}"], "providers": ["echo"],
              "tests": [_test(one) for one in scored]}
    write_text(path, _PROMPTFOO_HEAD + dump(config))
    return path


def _test(one: Scored) -> dict[str, Any]:
    gold, reply = one.gold, one.reply
    given = {"question": gold.question, "answer": reply.text, "context": "\n\n".join(_contexts(one)),
             "reference": gold.reference}
    return {"description": gold.id, "vars": {name: _inert(text) for name, text in given.items()},
            "assert": _asserted(one), "metadata": {name: _inert(text) for name, text in gold.groups.items()}}


def _asserted(one: Scored) -> list[dict[str, Any]]:
    """Return what an answer must hold: the decline, the figure as it is printed, else the reference's meaning.

    A figure in other units (12.34억원 for 1,234백만원) fails here; mundap's own metrics know it is the same.
    """
    gold = one.gold
    if gold.answerable and gold.value:
        return [{"type": "contains", "value": _inert(gold.value), "metric": "figure"}]
    if gold.answerable:
        return [{"type": "similar", "value": _inert(gold.reference), "threshold": 0.8, "metric": "reference"}]
    return [{"type": "contains", "value": _inert(gold.reference), "metric": "declined"}]


def _inert(text: str) -> str:
    """Return text that promptfoo takes for text: no template of it opens, and it names no file or code to load."""
    return _NAMES_A_FILE.sub(_NOTHING, _TEMPLATE.sub("{" + _NOTHING, text))


def _csv(scored: Sequence[Scored], folder: Path) -> Path:
    """A table with every metric's value in a column; an empty cell where a metric does not apply."""
    path = folder / "answers.csv"
    names = sorted({name for one in scored for name in one.values})
    groups = sorted({name for one in scored for name in one.gold.groups})
    header = ["id", *groups, "question", "answer", "reference", "declined", "citations", "passages", "invented", *names,
              "error"]
    write_csv(path, header, (_cells(one, groups, names) for one in scored))
    return path


def _cells(one: Scored, groups: Sequence[str], names: Sequence[str]) -> list[object]:
    gold, reply = one.gold, one.reply
    return [gold.id, *(gold.groups.get(name, "") for name in groups), gold.question, reply.text, gold.reference,
            "yes" if reply.declined else "", ", ".join(map(str, reply.citations)), "\n\n".join(_contexts(one)),
            "; ".join(f"{kind}: {text}" for kind, text in one.invented),
            *(f"{one.values[name]:g}" if name in one.values else "" for name in names), reply.error]


def _contexts(one: Scored) -> list[str]:
    """Return the passages as the prompt quoted them, each under its head."""
    return [_text(passage) for passage in one.reply.passages]


def _text(passage: Passage) -> str:
    return f"{passage.head}\n{passage.text}"


def _lines(one: Scored) -> list[str]:
    """Return the source's line that holds the answer, where the question has one."""
    return [one.gold.line] if one.gold.line else []


_WRITERS: Mapping[str, Callable[[Sequence[Scored], Path], Path]] = {
    "ragas": _ragas, "deepeval": _deepeval, "promptfoo": _promptfoo, "csv": _csv}
