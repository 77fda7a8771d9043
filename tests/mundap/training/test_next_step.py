"""The command after a training: the recipe beside, and the adapter just trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mundap.training.next_step import after_training

Write = Callable[[str, str], Path]


@pytest.mark.parametrize(("files", "recipe", "output", "command"), [
    ({"export.yaml": "adapter_name_or_path: saves/x"}, "train.yaml", "saves/x", "mundap export configs/d/export.yaml"),
    ({"export.yaml": "adapter_name_or_path: saves/x/best_model"}, "train.yaml", "saves/x",
     "mundap export configs/d/export.yaml"),
    ({"export.yaml": "adapter_name_or_path: saves/x"}, "train.yaml", "saves/x-rerun",
     "mundap export configs/d/export.yaml adapter_name_or_path=saves/x-rerun"),
    ({"export.yaml": "adapter_name_or_path: saves/x", "export_8b.yaml": "adapter_name_or_path: saves/y"},
     "train_8b.yaml", "saves/y", "mundap export configs/d/export_8b.yaml"),
    ({"chat.yaml": "model_name_or_path: exports/x"}, "train.yaml", "saves/x", "mundap chat configs/d/chat.yaml"),
    ({"export.yaml": "no: [yaml"}, "train.yaml", "saves/x", "mundap export configs/d/export.yaml"),
    ({}, "train.yaml", "saves/x", "mundap check"),
])
def test_the_next_command(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch, files: dict[str, str],
                          recipe: str, output: str, command: str) -> None:
    monkeypatch.delenv("MUNDAP_HOME", raising=False)
    for name, text in files.items():
        write(f"configs/d/{name}", text)
    assert after_training(tmp_path / "configs/d" / recipe, tmp_path / output, tmp_path) == command
