"""Pairs without passages: both forms say the same, each category has its system prompt, every stratum gives its share."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from mundap.errors import ConfigError
from mundap.recipe import load
from pipelines.data import run
from pipelines.qa_forms import Labelled, summary
from pipelines.rows.qa_rows import Pair
from pipelines.split import split_strata

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("", "_eval")


def rows(name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((ROOT / "datasets" / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("part", PARTS)
def test_both_committed_forms_hold_the_same_pairs_as_the_rows_with_passages(part: str) -> None:
    instruction, chat = rows(f"civil_law_instruction{part}"), rows(f"civil_law_chat{part}")
    said = [[turn["content"] for turn in row["messages"]] for row in chat]   # type: ignore[attr-defined]
    assert said == [[row["system"], row["instruction"], row["output"]] for row in instruction]
    assert {row["question"] for row in rows(f"civil_law{part}")} == {row["instruction"] for row in instruction}
    own = {"전세사기": "system_jeonse", "부동산물권": "system_property"}
    for row in instruction:
        file = ROOT / "configs/prompts/civil_law" / f"{own[str(row['category'])]}.txt"
        assert row["system"] == file.read_text(encoding="utf-8").strip()


def test_they_are_registered_for_the_trainer() -> None:
    entries = json.loads((ROOT / "dataset_info.json").read_text(encoding="ascii"))
    for part in PARTS:
        assert entries[f"civil_law_chat{part}"]["formatting"] == "sharegpt"
        assert entries[f"civil_law_chat{part}"]["tags"]["assistant_tag"] == "assistant"
        assert entries[f"civil_law_instruction{part}"]["columns"]["system"] == "system"


@pytest.mark.parametrize("share", [0.1, 0.2, 0.34])
def test_every_stratum_gives_its_share(share: float) -> None:
    sizes = {"전세사기 / 초급": 30, "전세사기 / 고급": 20, "부동산물권 / 초급": 10, "부동산물권 / 중급": 1}
    strata = {f"{name}-{at}": name for name, size in sizes.items() for at in range(size)}
    parts = split_strata(strata, eval_share=share, seed=1)
    held = Counter(strata[doc_id] for doc_id, part in parts.items() if part == "eval")
    assert held.total() == round(61 * share) and held["부동산물권 / 중급"] == 0
    assert all(abs(held[name] - size * share) < 1 for name, size in sizes.items() if size > 1)
    assert parts == split_strata(dict(reversed(strata.items())), eval_share=share, seed=1)


def test_summary_counts_by_category_and_difficulty() -> None:
    def one(category: str, part: str, tokens: int) -> Labelled:
        return Labelled(pair=Pair(doc_id="a", question="가나?", answer="다라마."), category=category, difficulty="초급",
                        part=part, tokens=tokens)  # type: ignore[arg-type]

    assert summary([one("전세", "train", 4), one("전세", "eval", 6)]).splitlines()[2:] == [
        "| 전세 | 초급 | 2 | 1 | 3 | 4 | 5 | 6 |", "| all |  | 2 | 1 | 3 | 4 | 5 | 6 |"]


@pytest.mark.slow
@pytest.mark.real_home
def test_the_data_stage_writes_them_stratified_when_asked(tmp_path: Path) -> None:
    def made(*more: str) -> dict[str, object]:
        values = load(ROOT / "configs/civil_law/data.yaml", kind="data", overrides=[
            f"documents={tmp_path / 'docs'}", f"rows.output={tmp_path}", *more]).values
        run(values, ROOT, lambda line: None)
        return {file.name: file.read_bytes() for file in tmp_path.glob("*.json")}

    committed = {file: (ROOT / "datasets" / file).read_bytes() for file in made()}
    assert made() == committed and len(committed) == 6
    stratified = made("split.by=stratified")
    counted = Counter((row["category"], row["difficulty"])
                      for row in json.loads(bytes(stratified["civil_law_instruction_eval.json"])))   # type: ignore[arg-type]
    assert sorted(counted.values()) == [1, 2, 2, 2, 2, 3]
    with pytest.raises(ConfigError, match="the system prompt's file is not there."):
        made("rows.forms.system=configs/prompts/civil_law/none.txt")
