"""Exports are checked before they are put in place; a half-finished one is never taken for finished."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from mundap import export
from mundap.errors import ConfigError, LaunchError, ModelError
from mundap.recipe import Recipe, load
from tests.mundap import fake_llamafactory

ROOT = Path(__file__).resolve().parents[2]
NAME = "model.layers.0.up_proj.weight"


@pytest.fixture
def ready(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a base model and an adapter of one weight, where LLaMA-Factory is the stand-in."""
    import numpy as np
    from safetensors.numpy import save_file

    fake_llamafactory.install(tmp_path / "fake")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'fake'}{os.pathsep}{ROOT}")
    base, adapter = project / "models" / "gemma-3-270m-ko", project / "saves" / "demo" / "lora"
    for folder in (base, adapter):
        folder.mkdir(parents=True)
    ones = np.ones((2, 2), np.float32)
    save_file({NAME: ones, "model.embed.weight": ones}, base / "model.safetensors")
    (base / "chat_template.jinja").write_text("### 지시", encoding="utf-8")
    (base / "NOTICE.md").write_text("terms", encoding="utf-8")
    lora = {f"base_model.model.{NAME.removesuffix('.weight')}.lora_{part}.weight": np.ones((1, 2), np.float32)
            for part in "AB"}
    save_file(lora, adapter / "adapter_model.safetensors")
    (adapter / "adapter_config.json").write_text("{}", encoding="utf-8")
    return project


def recipe(*overrides: str) -> Recipe:
    return load("configs/demo/export.yaml", overrides=overrides)


def test_a_sound_export_is_put_in_place_with_licences_and_manifest(ready: Path) -> None:
    assert not export.finished(recipe())
    summary = export.run(recipe())
    assert summary.changed_weight == NAME
    out = ready / "exports" / "demo"
    assert sorted(path.name for path in out.iterdir()) == [
        "NOTICE.md", "chat_template.jinja", "config.json", "model.safetensors", "mundap_export.json", "running.log"]
    assert json.loads((out / "mundap_export.json").read_text("utf-8"))["changed_weight"] == NAME
    assert sorted(path.name for path in (ready / "exports").iterdir()) == ["demo"]
    assert export.finished(recipe()) and not export.finished(recipe("export_size=1"))
    export.run(recipe())                               # over an older one
    os.utime(ready / "saves/demo/lora/adapter_model.safetensors")
    assert export.finished(recipe())
    (ready / "saves/demo/lora/adapter_model.safetensors").write_bytes(b"other")
    assert not export.finished(recipe())


def test_an_export_equal_to_its_base_is_refused(ready: Path) -> None:
    with pytest.raises(ModelError) as caught:
        export.run(recipe("infer_dtype=bfloat16"))     # the stand-in's sign for: merge nothing
    assert caught.value.what == "the exported weights equal the base: the adapter was not merged."
    assert not (ready / "exports" / "demo").exists() and not (ready / "exports" / "demo.partial").exists()


def test_another_prompt_format_is_refused(ready: Path) -> None:
    with pytest.raises(ModelError) as caught:
        export.run(recipe("infer_dtype=float16"))      # the stand-in's sign for: write another template
    assert str(caught.value) == (
        "chat_template.jinja: the exported prompt format differs from the base's.\n"
        "  The model was trained on the one in models/gemma-3-270m-ko; leave `template` out\n"
        "  of the export recipe as in the train recipe.")


def test_a_failed_export_leaves_the_older_one_alone(ready: Path) -> None:
    export.run(recipe())
    (ready / "models/gemma-3-270m-ko/model.safetensors").write_bytes(b"broken")
    with pytest.raises(LaunchError):
        export.run(recipe())
    assert (ready / "exports" / "demo" / "mundap_export.json").is_file()


def test_a_missing_adapter_is_told(ready: Path) -> None:
    shutil.rmtree(ready / "saves" / "demo" / "lora")
    with pytest.raises(ModelError) as caught:
        export.plan(recipe())
    assert str(caught.value) == ("adapter_name_or_path: there is no saves/demo/lora.\n"
                                 "  Train it first with: mundap train <train recipe>")


def test_an_adapter_that_no_recipe_writes_is_told(ready: Path) -> None:
    with pytest.raises(ConfigError, match=r"no train recipe writes saves/dmo/lora\. Did you mean 'saves/demo/lora'\?"):
        export.plan(recipe("adapter_name_or_path=saves/dmo/lora"))
