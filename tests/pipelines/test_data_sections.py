"""The optional sections of data.yaml: a gate over the rows, and pairs that a model writes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from made_readings import PROJECT, corpus, recipe

from mundap.errors import DataError, GenerationError
from mundap.schema_check import with_defaults
from pipelines import readers
from pipelines.data import DataReport, run
from pipelines.generate import read_rows
from pipelines.quality.filter import Domain
from pipelines.quality.gate import Gate
from pipelines.quality_stage import Sieve
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
    assert (tmp_path / "docs/masked.jsonl").exists() and (tmp_path / "docs/quality.png").read_bytes()[:4] == b"\x89PNG"
    assert data(tmp_path).counts == plain.counts and not list((tmp_path / "docs").glob("quality.*"))


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


def test_shards_make_no_rows_and_their_merged_ledgers_make_those_of_one_run(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledgers = []
    with running(Behaviour(keys={KEY: Limit()}, model="fake")) as provider:
        whole = data(tmp_path / "whole", generate=generating(tmp_path / "whole", provider.base_url))
        for number in (1, 2):
            folder = tmp_path / str(number)
            report = data(folder, generate=generating(folder, provider.base_url, shard=f"{number}/2"))
            assert not report.datasets and not report.counts["rows"]["in"] and report.counts["generated"]["tasks"]
            ledgers.append(folder / "generated/ledger.jsonl")
        url = provider.base_url
    monkeypatch.delenv("MUNDAP_GENERATE_KEY")       # nothing is asked, so no key is wanted and no endpoint is there
    folder = tmp_path / "merged"
    with pytest.raises(DataError, match="done in no ledger"):
        run(recipe(folder) | {"generate": generating(folder, url)}, folder, lambda line: None, ledgers=ledgers[:1])
    report = run(recipe(folder) | {"generate": generating(folder, url)}, folder, lambda line: None, ledgers=ledgers)
    assert read_rows(folder / "generated/rows.jsonl") == read_rows(tmp_path / "whole/generated/rows.jsonl")
    assert [file.read_bytes() for file in report.datasets.values()] == [file.read_bytes() for file in whole.datasets.values()]
    assert report.counts["rows"]["train"] > 0
    with pytest.raises(DataError, match="has a ledger already"):
        run(recipe(folder) | {"generate": generating(folder, url)}, folder, lambda line: None, ledgers=ledgers)


def test_an_unreachable_endpoint_leaves_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(GenerationError):
        data(tmp_path, generate=generating(tmp_path, "http://127.0.0.1:9/v1"))
    assert not (tmp_path / "docs/manifest.json").exists()


def written_rows(report: DataReport, part: int) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(list(report.datasets.values())[part].read_text(encoding="utf-8"))
    return rows


def test_augmented_rows_are_training_rows_that_name_the_row_they_come_from(tmp_path: Path) -> None:
    plain = data(tmp_path)
    section = with_defaults({"augment": {"share": 0.4, "endings": str(PROJECT / "configs/prompts/augment/endings.yaml")}},
                            "data")["augment"]
    report = data(tmp_path, augment=section)
    train, counts = written_rows(report, 0), report.counts
    further = [row for row in train if row["how"]]
    known = {row["id"]: row for row in train if not row["how"]}
    assert len(known) == plain.counts["rows"]["train"] and counts["rows"]["eval"] == plain.counts["rows"]["eval"]
    assert counts["augmented"] == dict(Counter(row["how"] for row in further)) and 0.2 < len(further) / len(train) <= 0.4
    for row in further:
        origin = known[row["augmented_from"]]
        assert row["question"] != origin["question"] and row["output"] == origin["output"]
        assert row["question"] in row["input"] and row["gold_value"] == origin["gold_value"]
    rows = counts["rows"]
    assert rows["in"] == rows["train"] + rows["eval"] + rows["rejects"]
    assert written_rows(data(tmp_path, augment=section), 0) == train
    assert all("how" not in row for row in written_rows(report, 1)) and dict(report.table)["of these augmented"]


def test_rows_too_near_to_training_move_over_and_the_report_says_so(tmp_path: Path) -> None:
    plain = data(tmp_path)
    split = recipe(tmp_path)["split"]
    near = with_defaults({"split": {**split, "leakage": {"max_overlap": 0.0}}}, "data")["split"]
    moved = data(tmp_path, split=near)
    assert plain.counts["rows"]["eval"] > moved.counts["rows"]["eval"]
    assert moved.counts["rows"]["train"] - plain.counts["rows"]["train"] == (
        plain.counts["rows"]["eval"] - moved.counts["rows"]["eval"])
    told = (tmp_path / "docs/leakage.md").read_text(encoding="utf-8")
    assert f"{plain.counts['rows']['eval']} eval rows measured" in told and "Embeddings were not compared" in told
    assert data(tmp_path).counts == plain.counts and not (tmp_path / "docs/leakage.md").exists()


def test_a_card_lies_beside_the_documents(tmp_path: Path) -> None:
    report = run(recipe(tmp_path), tmp_path, lambda line: None, recipe_file=tmp_path / "data.yaml")
    card = next((tmp_path / "docs").glob("*.card.md")).read_text(encoding="utf-8")
    assert f"{report.counts['rows']['train']:,} kept to train on" in card


def test_chunks_are_written_as_json_lines_where_asked(tmp_path: Path) -> None:
    report = data(tmp_path, chunks=recipe(tmp_path)["chunks"] | {"jsonl": str(tmp_path / "out/chunks.jsonl")})
    lines = [json.loads(line) for line in (tmp_path / "out/chunks.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == sum(report.counts["chunks"].values()) and set(lines[0]) == {"chunk_id", "text", "metadata"}


def test_a_copy_is_held_to_grounding_whatever_the_filters_leave_out() -> None:
    gate = with_defaults({"filters": {"grounded": {"enabled": False}}}, "data")["filters"]
    copies = Sieve(filters=gate, domain=Domain(), gate=Gate.of(gate)).of_copies().gate
    assert copies is not None and "grounded" in copies.filters and not {"duplicate", "near_duplicate"} & set(copies.filters)
