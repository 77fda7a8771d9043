"""Answers to be labelled by reading: what small models really write to held-out rows, greedy and as the reference decoded before.

    python benchmarks/labelled_pool.py POOL.jsonl base=models/gemma-3-270m-ko "dart=models/gemma-3-270m-ko,saves/dart/cpu" …

Each model is `name=folder` or `name=base,adapter`. A model named like a domain answers that domain's rows, "demo v1" and
"demo v2" the demo's, any other one every domain's. How 150 of the pool were picked: datasets/labelled/README.md.
"""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mundap.generator import Decoding, Request
from mundap.generator.chat_recipe import ChatModel
from mundap.generator.local import LocalGenerator
from mundap.prompt import user_content

ROOT = Path(__file__).resolve().parent.parent
DOMAINS = ("demo", "dart", "insurance", "civil_law", "hira")
# before: the reference's decoding before it was tuned: chance, no penalty, nothing that stops a tail. hot: so that a model
# leaves the language, which none did otherwise.
DECODINGS = {"greedy": Decoding(max_new_tokens=192), "before": Decoding(max_new_tokens=128, temperature=0.7),
             "hot": Decoding(max_new_tokens=128, temperature=1.3)}
ROWS = {"own": {"greedy": 9, "before": 8, "hot": 0}, "every": {"greedy": 8, "before": 8, "hot": 2}}   # per domain
SEED = 8


def rows_of(domain: str, count: int, salt: str) -> list[dict[str, Any]]:
    """Return held-out rows of a domain, its kinds in turn, each kind shuffled by the seed."""
    kinds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in json.loads((ROOT / "datasets" / f"{domain}_eval.json").read_text(encoding="utf-8")):
        kinds[row["kind"]].append(row)
    rng = random.Random(f"{SEED} {domain} {salt}")
    for of_kind in kinds.values():
        rng.shuffle(of_kind)
    found: list[dict[str, Any]] = []
    while len(found) < count and any(kinds.values()):
        found += [of_kind.pop() for of_kind in kinds.values() if of_kind]
    return found[:count]


def main(arguments: Sequence[str]) -> None:
    """Write the pool, a model after the other."""
    out = Path(arguments[0])
    for argument in arguments[1:]:
        name, folders = argument.split("=", 1)
        model, *adapters = (Path(folder) for folder in folders.split(","))
        own = next((domain for domain in DOMAINS if name.split()[0] == domain), "")
        generator = LocalGenerator(ChatModel(model=model, adapters=tuple(adapters), dtype="float32"), name, batch_size=12)
        try:
            for decoding, settings in DECODINGS.items():
                rows = [(domain, row) for domain in ((own,) if own else DOMAINS)
                        for row in rows_of(domain, ROWS["own" if own else "every"][decoding], f"{name} {decoding}")]
                if not rows:
                    continue
                requests = [Request(content=user_content(row["instruction"], row["input"])) for _, row in rows]
                answers = generator.generate(requests, settings)
                with out.open("a", encoding="utf-8") as file:
                    for (domain, row), answer in zip(rows, answers, strict=True):
                        file.write(json.dumps({"row": row["id"], "domain": domain, "model": name, "decoding": decoding,
                                               "answer": answer.text, "finish": answer.finish_reason}, ensure_ascii=False) + "\n")
                print(name, decoding, len(rows), "answers", flush=True)
        finally:
            generator.close()


if __name__ == "__main__":
    main(sys.argv[1:])
