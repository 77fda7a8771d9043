"""How many steps a recipe comes to, from its rows; nothing is said where that is not certain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mundap.checking.rules.planned_steps import planned_steps
from mundap.recipe import read
from mundap.yaml_lines import dump
from tests.mundap.checking.broken_case import COMMON

BASE = {"model_name_or_path": "org/base", "stage": "sft", "do_train": True, "dataset": "x", "dataset_dir": ".",
        "template": "alpaca", "output_dir": "saves/x", "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": 8, "num_train_epochs": 3.0}


def steps(folder: Path, count: int, **over: Any) -> int | None:
    """Return the steps planned for a dataset of count rows."""
    for name, text in {**COMMON, "configs/x/train.yaml": dump({**BASE, **over}), "datasets/x.json": json.dumps(
            [{"instruction": "a", "input": "", "output": "b"}] * count)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return planned_steps(read(folder / "configs/x/train.yaml"))


@pytest.mark.parametrize(("count", "over", "expected"), [
    (955, {}, 360),                                    # what the reference run of the disclosures took
    (955, {"packing": True}, None),
    (955, {"neat_packing": True}, None),
    (955, {"stage": "pt"}, None),                      # packs unless told not to
    (955, {"stage": "pt", "packing": False}, 360),
    (955, {"max_steps": 200, "packing": True}, 200),
    (955, {"max_samples": 80}, 30),
    (1062, {"val_size": 0.1}, 360),                    # 107 held out, 955 left
    (1062, {"val_size": 107}, 360),
    (7, {}, 3),                                        # fewer rows than a step takes are a step all the same
    (7, {"num_train_epochs": 0.1}, 1),
    (955, {"dataset": "x,x_eval"}, 360),               # 5 rows more
    (955, {"dataset": "x,elsewhere"}, None),
    (955, {"streaming": True}, None),
    (955, {"do_train": False}, None),
    (955, {"dataset_dir": "REMOTE:org/rows"}, None),
])
def test_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, over: dict[str, Any], expected: int | None
               ) -> None:
    monkeypatch.delenv("MUNDAP_HOME")
    assert steps(tmp_path, count, **over) == expected
