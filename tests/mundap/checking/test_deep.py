"""`mundap check --deep`: LLaMA-Factory's own parser, asked in a child process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mundap.checking import deep
from mundap.checking.check import files, recipes
from mundap.errors import LaunchError
from mundap.recipe import read

ROOT = Path(__file__).resolve().parents[3]
HEAD = ("model_name_or_path: nowhere/nothing\nstage: sft\ndo_train: true\noutput_dir: saves/x\ndataset: demo\n"
        f"dataset_dir: {ROOT}\nuse_cpu: true\n")


@pytest.mark.slow
def test_the_parser_takes_every_recipe_and_refuses_what_the_schema_cannot_know(
        write: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    ours = recipes(files([ROOT / "configs"]))
    broken = [read(write("a/train.yaml", HEAD + "quantization_bit: 4\nfinetuning_type: full\n")),
              read(write("b/train.yaml", HEAD + "use_galore: true\nuse_badam: true\nfinetuning_type: full\n")),
              read(write("c/train.yaml", HEAD.replace("use_cpu: true\n", "bf16: true\nquantization_bit: 4\n"
                                                      "finetuning_type: full\n")))]
    assert len(ours) > 20

    found = deep.findings([*ours, *broken])

    ours_told = [one for one in found if "configs/" in one.where]
    assert all(one.warning and one.code == "MD991" and one.key == "bf16" for one in ours_told)
    assert len(ours_told) >= 9   # the recipes for a GPU; the demo's is for a processor and passes
    assert not [one for one in ours_told if "demo" in one.where]
    rest = [one for one in found if one not in ours_told]
    assert [(Path(one.where.split(":")[0]).parent.name, one.code) for one in rest] == [
        ("a", "MD990"), ("b", "MD990"), ("c", "MD991"), ("c", "MD990")]
    assert "Quantization is only compatible with the LoRA or OFT method" in rest[0].what
    assert not rest[0].warning and rest[0].blocks


def test_a_parser_that_cannot_start_is_an_error_with_a_remedy(monkeypatch: pytest.MonkeyPatch,
                                                              write: Callable[[str, str], Path]) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(LaunchError, match="it said nothing") as caught:
        deep.findings([read(write("train.yaml", HEAD))])
    assert "mundap[train]" in caught.value.fix


def test_recipes_of_our_own_kind_are_not_its_business() -> None:
    assert deep.findings([read(ROOT / "configs/demo/rag.yaml")]) == []
