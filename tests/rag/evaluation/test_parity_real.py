"""The demo's own export, really compared; and exports that are spoilt on purpose, which must fail.

`mundap eval --parity configs/demo/export.yaml` asks 24 prompts; these ask few.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import psutil
import pytest

from mundap.generator import Decoding
from mundap.generator.chat_recipe import ChatModel
from mundap.paths import resolve
from mundap.recipe import Recipe, load
from rag.evaluation.parity import compare as parity
from rag.evaluation.parity.certificate import CERTIFICATE, certificate, write
from rag.evaluation.parity.compare import Way, ask, judged, opened, prompts_of, said_by

ROOT = Path(__file__).resolve().parents[3]
BASE, ADAPTER, EXPORT = "models/gemma-3-270m-ko", "saves/demo/lora", "exports/demo"
FEW, SHORT = 3, Decoding(max_new_tokens=48)

pytestmark = [pytest.mark.slow, pytest.mark.real_home, pytest.mark.timeout(900)]


def quiet(line: str) -> None:
    """Say nothing."""


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """Return the demo's export recipe for a copy of its export, the weights linked."""
    for needed in (f"{EXPORT}/mundap_export.json", f"{ADAPTER}/adapter_model.safetensors", "datasets/demo_eval.json"):
        if not resolve(needed, ROOT).is_file():
            pytest.skip(f"{needed} is not there: mundap run configs/demo makes it")
    copy = tmp_path / "export"
    copy.mkdir()
    for file in resolve(EXPORT, ROOT).iterdir():
        if file.name == "model.safetensors":
            (copy / file.name).symlink_to(file)
        elif file.name != CERTIFICATE:
            shutil.copy(file, copy / file.name)
    return load(ROOT / "configs/demo/export.yaml", overrides=[f"export_dir={copy}"])


def children() -> set[int]:
    return {one.pid for one in psutil.Process(os.getpid()).children(recursive=True)}


def test_the_demos_export_answers_as_base_and_adapter_do(recipe: Recipe) -> None:
    before, told = children(), list[str]()
    found = parity.run(recipe, prompts=FEW, tokens=48, say=told.append)
    assert found.state == "passed", found.reasons
    content = found.content
    assert len(set(content["prompt_hashes"].values())) == 1 and len(content["prompt_hashes"]) == 3
    assert content["prompt_tokens"]["served"] == content["prompt_tokens"]["rows"] > 100 * FEW
    assert all(pair["same_figures"] == FEW and pair["rate"] == 1.0 for pair in content["pairs"]), content["pairs"]
    assert children() <= before, "the worker and the server are ended"
    assert any("served: 3/3 answers" in line for line in told)


@pytest.fixture
def asked(recipe: Recipe) -> tuple[list[parity.Prompt], Way]:
    """Return the prompts and what base and adapter answer."""
    _, prompts = prompts_of(recipe, {"adapter_name_or_path": str(resolve(ADAPTER, ROOT)),
                                     "model_name_or_path": str(resolve(BASE, ROOT))}, FEW, quiet)
    with opened(ChatModel(model=resolve(BASE, ROOT), adapters=(resolve(ADAPTER, ROOT),))) as generator:
        return prompts, ask("adapter", generator, prompts, SHORT, quiet)


def compared(export_dir: Path, asked: tuple[list[parity.Prompt], Way]) -> dict[str, Any]:
    prompts, adapter = asked
    with opened(ChatModel(model=export_dir)) as generator:
        ways = [adapter, ask("exported", generator, prompts, SHORT, quiet)]
        return judged(prompts, ways, said_by(ways, generator))


def test_other_weights_or_another_chat_template_fail(recipe: Recipe, asked: tuple[list[parity.Prompt], Way]) -> None:
    export_dir = Path(recipe.values["export_dir"])
    sound = compared(export_dir, asked)
    assert sound["passed"] and sound["pairs"][0]["rate"] == 1.0, sound["reasons"]
    write(export_dir, sound)
    found = certificate(export_dir)
    assert found is not None and found.state == "passed"

    template = export_dir / "chat_template.jinja"
    kept = template.read_text(encoding="utf-8")
    template.write_text(kept.replace("### 출력", "### 답변"), encoding="utf-8")
    content = compared(export_dir, asked)
    assert not content["passed"] and f"{FEW} of {FEW}, first row 1" in content["reasons"][0]
    assert content["prompt_hashes"]["exported"] != content["prompt_hashes"]["base"] == content["prompt_hashes"]["rows"]
    found = certificate(export_dir)
    assert found is not None and found.state == "stale"
    template.write_text(kept, encoding="utf-8")

    spoil(export_dir / "model.safetensors")
    content = compared(export_dir, asked)
    assert not content["passed"] and content["pairs"][0]["rate"] < parity.THRESHOLD
    assert len(set(content["prompt_hashes"].values())) == 1, "the prompts are the same, the model is not"


def spoil(weights: Path) -> None:
    """Turn the sign of one layer's weights, in place of the link to the real ones."""
    from safetensors.numpy import load_file, save_file

    tensors = load_file(weights.resolve())
    name = "model.layers.9.mlp.down_proj.weight"
    tensors[name] = -tensors[name]
    weights.unlink()
    save_file(tensors, weights, metadata={"format": "pt"})
