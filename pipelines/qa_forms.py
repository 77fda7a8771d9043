"""Question-answer pairs without passages, in the two forms trainers take, with a system prompt for each category.

    <dataset>_instruction.json   {"instruction": question, "input": "", "output": answer, "system": …}   alpaca
    <dataset>_chat.json          {"messages": [{"role": "system", …}, {"role": "user", …}, {"role": "assistant", …}]}

Beside them go reports/<domain>/pairs.md and pairs.png: how many pairs there are of each category and difficulty, how long
they are in letters and tokens, and how many were held out. The parts are those of the rows with passages.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from mundap.chunk import Chunk
from mundap.errors import ConfigError
from mundap.paths import home, resolve, show
from mundap.token_count import token_counter
from pipelines.manifest import write_text
from pipelines.rows.qa_rows import Pair
from pipelines.split import Part

_SUFFIX: dict[Part, str] = {"train": "", "eval": "_eval"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A pair with its category and difficulty ("" where the table gives none), its part and its length in tokens."""

    pair: Pair
    category: str
    difficulty: str
    part: Part
    tokens: int


def strata_of(chunks: Sequence[Chunk]) -> dict[str, str]:
    """Return doc_id -> its category and difficulty as one text."""
    return {chunk.doc_id: f"{chunk.metadata.get('category', '')} / {chunk.metadata.get('difficulty', '')}"
            for chunk in chunks}


def write_forms(recipe: Mapping[str, Any], project: Path, chunks: Sequence[Chunk], pairs: Sequence[Pair],
                parts: Mapping[str, Part]) -> list[Path]:
    """Write both forms of both parts and the report; return the dataset files.

    Raises:
        ConfigError: a system prompt's file is missing.
        ModelError: the tokenizer that counts is missing.
    """
    rows = recipe["rows"]
    forms = rows["forms"]
    default = _prompt(forms["system"], project)
    systems = {category: _prompt(name, project) for category, name in forms["systems"].items()}
    count = token_counter(resolve(rows["tokenizer"], project))
    labels = {chunk.doc_id: (str(chunk.metadata.get("category", "")), str(chunk.metadata.get("difficulty", "")))
              for chunk in chunks}
    labelled = [Labelled(pair=pair, category=labels[pair.doc_id][0], difficulty=labels[pair.doc_id][1],
                         part=parts[pair.doc_id], tokens=count(pair.question) + count(pair.answer))
                for pair in pairs if pair.doc_id in labels]
    folder, written = resolve(rows["output"], project), []
    for part, suffix in _SUFFIX.items():
        own = [one for one in labelled if one.part == part]
        for form, record in (("instruction", instruction_row), ("chat", chat_row)):
            lines = [json.dumps(record(one, systems.get(one.category, default)), ensure_ascii=False) for one in own]
            written.append(write_text(folder / f"{rows['dataset']}_{form}{suffix}.json",
                                      "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"))
    report = home(project) / "reports" / recipe["domain"]
    write_text(report / "pairs.md", summary(labelled))
    _picture(labelled, report / "pairs.png")
    return written


def instruction_row(one: Labelled, system: str) -> dict[str, str]:
    """Return a pair as an instruction row, flat text columns only."""
    return {"instruction": one.pair.question, "input": "", "output": one.pair.answer, "system": system,
            "category": one.category, "difficulty": one.difficulty}


def chat_row(one: Labelled, system: str) -> dict[str, Any]:
    """Return a pair as a conversation in OpenAI's form."""
    return {"messages": [{"role": "system", "content": system}, {"role": "user", "content": one.pair.question},
                         {"role": "assistant", "content": one.pair.answer}]}


def summary(labelled: Sequence[Labelled]) -> str:
    """Return the counts and mean lengths by category and difficulty as a Markdown table, all of them in the last line."""
    groups: dict[tuple[str, str], list[Labelled]] = defaultdict(list)
    for one in labelled:
        groups[one.category or "-", one.difficulty or "-"].append(one)
    lines = ["| category | difficulty | pairs | held out | question letters | answer letters | tokens | most tokens |",
             "|---|---|---|---|---|---|---|---|"]
    for (category, difficulty), own in [*sorted(groups.items()), (("all", ""), list(labelled))]:
        if own:
            held = sum(one.part == "eval" for one in own)
            lines.append(f"| {category} | {difficulty} | {len(own)} | {held} "
                         f"| {mean(len(one.pair.question) for one in own):.0f} "
                         f"| {mean(len(one.pair.answer) for one in own):.0f} "
                         f"| {mean(one.tokens for one in own):.0f} | {max(one.tokens for one in own)} |")
    return "\n".join(lines) + "\n"


def _prompt(name: str, project: Path) -> str:
    path = resolve(name, project)
    if not path.is_file():
        raise ConfigError("the system prompt's file is not there.", where=show(path, project),
                          fix="Fix rows.forms in data.yaml, or add the file.")
    return path.read_text(encoding="utf-8").strip()


def _picture(labelled: Sequence[Labelled], path: Path) -> None:
    """Draw lengths by difficulty within each category; without matplotlib (extra train) there is no picture."""
    try:
        import matplotlib
    except ImportError:
        return
    matplotlib.use("Agg")
    from matplotlib import font_manager
    from matplotlib.figure import Figure

    names = sorted({(one.category, one.difficulty) for one in labelled})
    fonts = {font.name for font in font_manager.fontManager.ttflist}
    hangul = next((name for name in ("NanumGothic", "Noto Sans CJK KR", "Malgun Gothic", "AppleGothic") if name in fonts), "")
    figure = Figure(figsize=(8, 0.5 * len(names) + 1.5), layout="constrained")
    axes = figure.subplots()
    axes.boxplot([[one.tokens for one in labelled if (one.category, one.difficulty) == name] for name in names],
                 orientation="horizontal")
    labels = [" / ".join(part or "-" for part in name) if hangul else f"line {at} of pairs.md" for at, name in enumerate(names, 1)]
    axes.set_yticks(range(1, len(names) + 1), labels, fontname=hangul or "DejaVu Sans")
    axes.set_xlabel("tokens of question and answer")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.stem + ".tmp.png")
    figure.savefig(temporary, dpi=120, metadata={"Software": None})
    temporary.replace(path)
