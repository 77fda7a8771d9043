"""How many answers a minute a batched evaluation gives, beside one question at a time, in one run and on one model.

    python benchmarks/evaluation.py --chat configs/demo/chat.yaml --questions datasets/demo_eval.json --count 32

Greedy both ways. Reading the prompts (prefill) and writing (decode) are told apart. Answers that differ are counted and
shown: padding and the order of additions change the last bits of a sum, and a near tie may fall otherwise.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from mundap.generator import Decoding, Generation, Request
from mundap.generator.local import LocalGenerator, open_local
from mundap.paths import project_root, resolve
from mundap.prompt import user_content


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chat", default="configs/demo/chat.yaml")
    parser.add_argument("--questions", default="datasets/demo_eval.json")
    parser.add_argument("--count", type=int, default=32)
    parser.add_argument("--batches", type=int, nargs="+", default=[8, 16])
    parser.add_argument("--tokens", type=int, default=96)
    asked = parser.parse_args()
    project = project_root(Path.cwd())
    rows = json.loads(resolve(asked.questions, project).read_text(encoding="utf-8"))
    step = max(1, len(rows) // asked.count)
    requests = [Request(content=user_content(row["instruction"], row["input"])) for row in rows[::step][: asked.count]]
    decoding = Decoding(max_new_tokens=asked.tokens)
    alone, seconds = _run(_generator(asked.chat, project, 1), requests, decoding, one_by_one=True)
    print(f"{len(requests)} questions, greedy, up to {asked.tokens} tokens, {asked.chat}")
    print("| at a time | answers/min | times | prefill, prompt tokens/s | decode, tokens/s | same answers |")
    print("|---|---|---|---|---|---|")
    print(_line("1", alone, seconds, seconds, len(requests), 1))
    for size in asked.batches:
        together, taken = _run(_generator(asked.chat, project, size), requests, decoding, one_by_one=False)
        same = sum(one.text == other.text for one, other in zip(alone, together, strict=True))
        print(_line(str(size), together, taken, seconds, same, size))
        for one, other in zip(alone, together, strict=True):
            if one.text != other.text:
                print(f"    alone:    {one.text!r}\n    together: {other.text!r}")


def _generator(chat: str, project: Path, batch: int) -> LocalGenerator:
    return open_local({"generator": "local", "chat": chat, "batch_size": batch}, project)


def _run(generator: LocalGenerator, requests: Sequence[Request], decoding: Decoding, *, one_by_one: bool
         ) -> tuple[list[Generation], float]:
    try:
        generator.generate(requests[:2], decoding)     # the first answers pay for loading and for warm caches
        started = time.perf_counter()
        if one_by_one:
            found = [generator.generate([request], decoding)[0] for request in requests]
        else:
            found = generator.generate(requests, decoding)
        return found, time.perf_counter() - started
    finally:
        generator.close()


def _line(name: str, found: Sequence[Generation], seconds: float, alone_s: float, same: int, size: int) -> str:
    """A batch shares its start: its prefill is counted once, its decode from the first token to the last of any."""
    order = sorted(range(len(found)), key=lambda at: (-found[at].prompt_tokens, at))
    batches = [[found[at] for at in order[start : start + size]] for start in range(0, len(order), size)]
    reading = sum(statistics.median(one.first_token_s for one in batch) for batch in batches)
    writing = sum(max(one.seconds for one in batch) - statistics.median(one.first_token_s for one in batch) for batch in batches)
    read, written = sum(one.prompt_tokens for one in found), sum(one.completion_tokens - 1 for one in found)
    return (f"| {name} | {60 * len(found) / seconds:.1f} | {alone_s / seconds:.2f} | {read / max(reading, 1e-9):.0f} | "
            f"{written / max(writing, 1e-9):.0f} | {same} of {len(found)} |")


if __name__ == "__main__":
    main()
