"""A child process that hands recipes to LLaMA-Factory's own parser; started by deep.py, never imported by mundap.

Reads a JSON list of {"kind", "values"} from standard input and writes, as the last line of standard output, a JSON list
with the refusals of each: none where the parser agreed, two where it first missed a GPU and then found more. No weights,
tokenizers or rows are loaded. Each recipe is parsed in a fork of its own where the system can fork: the parser sets
process-wide switches (ZeRO-3, seeds, device state).
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from multiprocessing.connection import Connection
from typing import Any

# What the parser stops at first although the recipe is right, and what lets it go on to the rest. The first is a matter
# of this machine and is told; the second, of how a run is started, which mundap does as asked.
# Source: transformers 5.5 training_args.py; llamafactory 0.9.5 hparams/parser.py.
_NO_GPU = ("assign use_cpu", {"use_cpu": True, "tf32": None, "enable_liger_kernel": False})
_NOT_LAUNCHED = ("FORCE_TORCHRUN", {"deepspeed": None})


def refusals(kind: str, values: dict[str, Any]) -> list[str]:
    """Return why LLaMA-Factory refuses a recipe's values; empty when it takes them."""
    told = []
    found = refusal(kind, values)
    for (sign, instead), tell in ((_NO_GPU, True), (_NOT_LAUNCHED, False)):
        if sign in found:
            told += [found] if tell else []
            values = {**values, **instead}
            found = refusal(kind, values)
    return [*told, found] if found else told


def refusal(kind: str, values: dict[str, Any]) -> str:
    """Return the first thing LLaMA-Factory's parser refuses, or an empty text."""
    from llamafactory.hparams import get_infer_args, get_train_args

    try:
        (get_train_args if kind == "train" else get_infer_args)(values)
    except Exception as error:   # whatever its parser raises is the finding
        return f"{type(error).__name__}: {error}"
    return ""


def _answer(kind: str, values: dict[str, Any], pipe: Connection) -> None:
    pipe.send(refusals(kind, values))
    pipe.close()


def _apart(kind: str, values: dict[str, Any]) -> list[str]:
    """Return a recipe's refusals, found in a fork of this process."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return refusals(kind, values)
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(kind, values, theirs))
    child.start()
    theirs.close()
    try:
        return list(ours.recv())
    except EOFError:
        child.join()
        return [f"the parser ended with exit code {child.exitcode}"]
    finally:
        child.join()


def main() -> None:
    """Answer for every recipe on standard input."""
    import llamafactory.hparams  # noqa: F401  once, before the forks; it takes ten seconds

    found = [_apart(one["kind"], one["values"]) for one in json.load(sys.stdin)]
    sys.stdout.write("\n" + json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
