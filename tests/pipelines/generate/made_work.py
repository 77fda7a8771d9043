"""Chunks, settings and keys for the tests of generation; run as a program it is one run, to be killed and resumed.

    python -m tests.pipelines.generate.made_work '{"base_url": "…", "folder": "…", "chunks": 40, "keys": {"KEY_1": {…}}}'

Prints "done" when the work is, after the lines of progress; the keys' values come from the environment.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk
from mundap.schema_check import findings, with_defaults
from pipelines.generate import GenerateSettings, generate, load_settings

ROOT = Path(__file__).resolve().parents[3]
NEVER_WAIT = {"progress_s": 3600}


def made_chunks(number: int, words: int = 0) -> list[Chunk]:
    """Return articles of invented terms; words makes their text longer."""
    return [Chunk(chunk_id=f"terms:{at:05d}", doc_id="terms", parent_id="", level="parent",
                  text=f"회사는 제{at + 1}조의 사유가 생기면 {at + 3}일 안에 보험금을 지급합니다.\n" + "보험금 " * words,
                  breadcrumbs="무배당 나눔보험 > 보통약관", citation=f"제{at + 1}조", token_count=30 + words, date=20240101)
            for at in range(number)]


def made_recipe(base_url: str, keys: Mapping[str, Mapping[str, Any]], kinds: tuple[str, ...] = ("fact",),
                provider: Mapping[str, Any] | None = None, **section: Any) -> dict[str, Any]:
    """Return a whole data.yaml with a generate section, checked against the schema and with its defaults."""
    one = {"base_url": base_url, "model": "fake", "keys": [{"env": name, **limits} for name, limits in keys.items()],
           **(provider or {})}
    recipe = {"domain": "insurance", "sources": [{"reader": "markdown", "path": "docs"}], "documents": "docs/insurance",
              "generate": {"folder": "docs/insurance/generated", "providers": [one], "kinds": [
                  {"name": kind, "prompt": f"configs/prompts/insurance/generate_{kind}.txt"} for kind in kinds],
                  "decoding": {"max_new_tokens": 256}, **NEVER_WAIT, **section}}
    assert findings(recipe, "data") == []
    return with_defaults(recipe, "data")


def made_settings(base_url: str, keys: Mapping[str, Mapping[str, Any]], kinds: tuple[str, ...] = ("fact",),
                  provider: Mapping[str, Any] | None = None, **section: Any) -> GenerateSettings:
    """Return the settings of made_recipe."""
    return load_settings(made_recipe(base_url, keys, kinds, provider, **section), ROOT)


def main(text: str) -> None:
    """Do one run."""
    given = json.loads(text)
    settings = made_settings(given["base_url"], given["keys"], tuple(given.get("kinds", ("fact",))),
                             given.get("provider"), **given.get("section", {}))

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    report = generate(made_chunks(given["chunks"]), settings, Path(given["folder"]), say)
    say(json.dumps({name: value for name, value in report.table}, ensure_ascii=False))
    say("done" if report.complete else f"stopped {report.stopped}")


if __name__ == "__main__":
    main(sys.argv[1])
