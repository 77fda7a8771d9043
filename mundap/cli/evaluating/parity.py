"""`mundap eval --parity export.yaml`: does the exported model say what base and adapter say?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mundap.cli.output import result, result_json, say, table

if TYPE_CHECKING:
    from rag.evaluation.parity.certificate import Certificate


def parity(path: Path, overrides: Sequence[str] = (), *, prompts: int | None = None, as_json: bool = False) -> bool:
    """Compare, write the certificate into the export, print it; return whether it passed (a command exits 1 if not).

    Raises:
        ConfigError, ModelError, DataError, LaunchError, GenerationError: see rag.evaluation.parity.compare.run.
    """
    from mundap.checking import rules
    from mundap.paths import resolve, show
    from mundap.problem import error_for
    from mundap.recipe import load
    from rag.evaluation.parity.certificate import CERTIFICATE
    from rag.evaluation.parity.compare import PROMPTS, run

    loaded = load(path, overrides=overrides, kind="export")
    problems = rules.blocking(loaded)
    if problems:
        raise error_for(problems, loaded.name)
    found = run(loaded, prompts=prompts or PROMPTS, say=say)
    if as_json:
        result_json(found.content)
    else:
        for line in lines(found):
            result(line)
    say(f"certificate: {show(resolve(str(loaded.values['export_dir']), loaded.project) / CERTIFICATE, loaded.project)}")
    return found.state == "passed"


def lines(found: Certificate) -> list[str]:
    """Return a certificate as lines for a terminal."""
    content = found.content
    hashes: Mapping[str, str] = content["prompt_hashes"]
    same = "equal" if len(set(hashes.values())) == 1 else "NOT equal"
    told = [f"prompts of {content['dataset']}: " + ", ".join(f"{name} {found[:12]}" for name, found in hashes.items())
            + f" ({same})",
            "prompt tokens: " + ", ".join(f"{name} {count:,}" for name, count in content["prompt_tokens"].items())]
    head = ("compared", "same answers", "tokens alike", "same figures")
    told += table([head, *(_row(pair) for pair in content["pairs"])])
    for pair in content["pairs"]:
        for one in pair["differences"][:1]:
            told.append(f"first difference of {pair['one']} and {pair['other']}: row {one['row']}, token {one['position']}: "
                        f"…{_flat(one['before'])}⟨{_flat(one['one'])} | {_flat(one['other'])}⟩")
    told += [f"{name}: {note}" for name, note in content["notes"].items()]
    return [*told, *(f"- {reason}" for reason in found.reasons), found.english]


def _row(pair: Mapping[str, Any]) -> tuple[str, ...]:
    return (f"{pair['one']} / {pair['other']}", f"{pair['identical']}/{pair['prompts']}", f"{pair['rate']:.1%}",
            f"{pair['same_figures']}/{pair['prompts']}")


def _flat(text: str) -> str:
    """Return a model's text as part of a line: it must not steer the terminal."""
    from mundap.cli.asking.shown import visible

    return visible(text.replace("\n", "⏎"))
