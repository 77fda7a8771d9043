"""The optional sections of data.yaml: a gate over the rows, and pairs that a model writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from made_readings import PROJECT, corpus, recipe

from mundap.errors import ConfigError, GenerationError
from mundap.schema_check import with_defaults
from pipelines import readers
from pipelines.data import DataReport, run
from pipelines.generate import read_rows
from pipelines.reading import Reading
from tests.pipelines.generate.fake_provider import Behaviour, Limit, running

KEY = "sk-of-the-data-stage"


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: Path, project: Path, options: Mapping[str, Any]) -> Iterator[Reading]:
        yield from corpus()

    monkeypatch.setitem(readers.READERS, "made", read)
    monkeypatch.setenv("MUNDAP_GENERATE_KEY", KEY)


def data(folder: Path, **sections: Any) -> DataReport:
    return run(recipe(folder) | sections, folder, lambda line: None)


def test_filters_take_the_place_of_the_last_look_and_report(tmp_path: Path) -> None:
    plain = data(tmp_path)
    assert plain.counts["rows"]["train"] > 5 and not (tmp_path / "docs/quality.md").exists()
    gate = with_defaults({"filters": {"answer_length": {"min_chars": 10_000}}}, "data")["filters"]
    report = data(tmp_path, filters=gate)
    rows = report.counts["rows"]
    assert rows["in"] == rows["train"] + rows["eval"] + rows["rejects"]
    # the decline text is no answer, so it is not measured
    assert set(report.counts["kinds"]["train"]) <= {name for name in plain.counts["kinds"]["train"] if "unansw" in name}
    assert report.counts["rejects"]["short_answer"] >= plain.counts["rows"]["train"] // 2
    assert "short_answer" in (tmp_path / "docs/quality.md").read_text(encoding="utf-8")
    assert (tmp_path / "docs/masked.jsonl").exists()
    assert data(tmp_path).counts == plain.counts and not (tmp_path / "docs/quality.md").exists()


def generating(folder: Path, url: str, **section: Any) -> dict[str, Any]:
    prompt = PROJECT / "configs/prompts/insurance/generate_fact.txt"
    return with_defaults({"generate": {
        "folder": str(folder / "generated"), "kinds": [{"name": "fact", "prompt": str(prompt)}], "progress_s": 3600,
        "retry_notes": str(PROJECT / "configs/prompts/generate/retry.yaml"),
        "providers": [{"base_url": url, "model": "fake", "keys": [{"env": "MUNDAP_GENERATE_KEY"}]}]} | section},
        "data")["generate"]


def test_pairs_are_generated_from_the_chunks_made_and_a_second_run_asks_nothing(tmp_path: Path) -> None:
    with running(Behaviour(keys={KEY: Limit()}, model="fake")) as provider:
        report = data(tmp_path, generate=generating(tmp_path, provider.base_url))
        asked = sum(provider.served.values())
        pairs = read_rows(tmp_path / "generated/rows.jsonl")
        assert report.counts["generated"] == {"tasks": asked, "pairs": len(pairs), "rejected": asked - len(pairs)}
        assert ("generated", f"tasks {asked}, pairs {len(pairs)}, rejected {asked - len(pairs)}") in report.table
        assert data(tmp_path, generate=generating(tmp_path, provider.base_url)).skipped
        assert sum(provider.served.values()) == asked


def test_an_unreachable_endpoint_leaves_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(GenerationError):
        data(tmp_path, generate=generating(tmp_path, "http://127.0.0.1:9/v1"))
    assert not (tmp_path / "docs/manifest.json").exists()


@pytest.mark.parametrize("section", ({"augment": {"share": 0.3}}, {"split": {"by": "company", "eval_share": 0.3,
                                                                              "leakage": {"max_overlap": 0.6}}}))
def test_a_section_that_is_not_run_is_refused(tmp_path: Path, section: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="does not run this section yet"):
        data(tmp_path, **section)
