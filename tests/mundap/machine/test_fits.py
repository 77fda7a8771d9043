"""Which recipes fit which machine: GPUs, memory, disk, packages, models, and the preset that would help."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from mundap.devices import Gpu
from mundap.machine import fits, needs
from mundap.machine.fits import GIB, Machine
from mundap.recipe import Recipe, load

NONE = Machine(gpus=(), memory_bytes=64 * GIB, disk_bytes=500 * GIB, offline=False)


def card(gib: float, *, capability: float = 8.9, free: float | None = None, name: str = "card") -> Machine:
    gpu = Gpu(name=name, total_bytes=int(gib * GIB), free_bytes=int((gib if free is None else free) * GIB),
              capability=capability)
    return dataclasses.replace(NONE, gpus=(gpu,))


def recipe(project: Path, *overrides: str, base: str = "meta-llama/Llama-3.2-3B") -> Recipe:
    """Return a QLoRA recipe on a base whose sizes are known; it needs about 6 GiB."""
    path = project / "configs" / "demo" / "train_3b.yaml"
    path.write_text(f"model_name_or_path: {base}\nstage: sft\ndo_train: true\nfinetuning_type: lora\ntemplate: alpaca\n"
                    "quantization_bit: 4\ndataset: demo\ndataset_dir: .\ncutoff_len: 1024\nbf16: true\n"
                    "output_dir: saves/demo/3b\nper_device_train_batch_size: 2\n", encoding="utf-8")
    return load(path, overrides=overrides)


@pytest.fixture
def presets(project: Path) -> Path:
    """Return a project with three presets of its own."""
    folder = project / "configs" / "presets"
    for file in folder.glob("*.yaml"):
        file.unlink()
    for name, text in {"short": "cutoff_len: 256\n", "single": "per_device_train_batch_size: 1\nlearning_rate: 1.0e-4\n",
                       "cpu": "model_name_or_path: models/gemma-3-270m-ko\nquantization_bit: null\nuse_cpu: true\n",
                       "broken": "a: [\n"}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return project


def test_a_card_that_is_large_enough_fits(presets: Path) -> None:
    verdict = fits.judge(recipe(presets), card(24))
    assert (verdict.fits, verdict.device) == (True, "1 × card")
    assert verdict.words == "fits, after: fetching meta-llama/Llama-3.2-3B from the hub"
    assert verdict.memory_bytes is not None and 5 * GIB < verdict.memory_bytes < 8 * GIB


def test_what_is_too_large_is_told_with_the_least_change_that_helps(presets: Path) -> None:
    verdict = fits.judge(recipe(presets), card(5))
    assert verdict.fits is False and verdict.preset == "--preset short"
    about = f"{(verdict.memory_bytes or 0) / GIB:.1f}"
    assert verdict.words == (f"does not fit: needs about {about} GiB of GPU memory, has 5.0 GiB; would fit with "
                             "--preset short")
    # one preset is not enough: two are
    (presets / "configs/presets/short.yaml").write_text("cutoff_len: 512\n", encoding="utf-8")
    assert fits.judge(recipe(presets), card(4)).preset == "--preset short --preset single"


def test_without_a_gpu_another_model_is_proposed_last(presets: Path) -> None:
    (presets / "models" / "gemma-3-270m-ko").mkdir(parents=True)
    (presets / "models/gemma-3-270m-ko/config.json").write_text(
        '{"model_type": "gemma3_text", "hidden_size": 640, "num_hidden_layers": 18, "num_attention_heads": 4, '
        '"num_key_value_heads": 1, "head_dim": 256, "intermediate_size": 2048, "vocab_size": 49841}', encoding="utf-8")
    verdict = fits.judge(recipe(presets), NONE)
    assert (verdict.device, verdict.reasons) == ("(a GPU)", ("needs a GPU (bf16)",))
    assert verdict.preset == "--preset cpu (another model, to try it out)"
    small = fits.judge(recipe(presets, "use_cpu=true"), dataclasses.replace(NONE, memory_bytes=4 * GIB))
    assert small.device == "CPU" and small.reasons[0].startswith("needs about ") and "of memory, has 4.0 GiB" in \
        small.reasons[0]


def test_nothing_helps_a_machine_that_is_far_too_small(presets: Path) -> None:
    tiny = dataclasses.replace(card(1), memory_bytes=GIB)
    verdict = fits.judge(recipe(presets), tiny)
    assert verdict.preset == "" and verdict.words.startswith("does not fit: ") and "would" not in verdict.words


def test_a_full_disk_is_told(presets: Path) -> None:
    verdict = fits.judge(recipe(presets), dataclasses.replace(card(24), disk_bytes=GIB))
    assert verdict.reasons[0].endswith(" of disk, 1.0 GiB are free")
    assert verdict.needs.disk_bytes is not None and verdict.needs.disk_bytes > 6 * GIB


def test_missing_packages_models_and_switches_come_first(presets: Path) -> None:
    offline = dataclasses.replace(card(24), offline=True)
    verdict = fits.judge(recipe(presets, "use_badam=true", "report_to=mlflow"), offline)
    assert verdict.fits and verdict.first[:3] == (
        "pip install badam (use_badam)", "pip install mlflow (report_to)",
        "fetching meta-llama/Llama-3.2-3B from the hub from a local copy, for the hub is switched off")
    prepared = fits.judge(recipe(presets, base="models/Llama-3.2-3B-ko"), card(24))
    assert "mundap models --prepare meta-llama/Llama-3.2-3B" in prepared.first


def test_rows_to_be_made_and_mistakes_come_first_too(presets: Path) -> None:
    (presets / "datasets" / "demo.json").unlink()
    assert "mundap data configs/demo/data.yaml" in fits.judge(recipe(presets), card(24)).first
    assert "mundap check configs/demo/train_3b.yaml" in fits.judge(recipe(presets, "dataset=nowhere"), card(24)).first


def test_what_is_slower_or_tight_is_noted(presets: Path) -> None:
    verdict = fits.judge(recipe(presets, "flash_attn=fa2"), card(16, capability=7.5, free=2, name="Tesla T4"))
    assert verdict.fits and verdict.notes[0] == "only 2.0 GiB of the GPU's memory are free right now"
    assert "bf16 is only emulated by Tesla T4: bf16=false fp16=true is faster" in verdict.notes
    assert any("flash-attn is not installed" in note for note in verdict.notes) is (needs.installed("flash-attn") == "")


def test_a_model_nobody_knows_is_told_as_unknown(presets: Path) -> None:
    verdict = fits.judge(recipe(presets, base="nobody/knows"), card(24))
    assert verdict.fits is None and verdict.words == "unknown: the sizes of its model are not known here"


@pytest.mark.parametrize(("words", "wanted"), [
    (("quantization_bit=8",), {"bitsandbytes": "quantization_bit"}),
    (("quantization_bit=4", "quantization_method=hqq"), {"hqq": "quantization_bit"}),
    (("quantization_bit=null", "optim=paged_adamw_8bit"), {"bitsandbytes": "optim"}),
    (("quantization_bit=null", "enable_liger_kernel=true", "deepspeed=x.json"),
     {"liger-kernel": "enable_liger_kernel", "deepspeed": "deepspeed"}),
    (("quantization_bit=null", "report_to=[tensorboard, wandb]"), {"tensorboard": "report_to", "wandb": "report_to"}),
    (("quantization_bit=null", "report_to=none"), {}),
])
def test_packages_follow_the_keys(presets: Path, words: tuple[str, ...], wanted: dict[str, str]) -> None:
    assert {one.name: one.key for one in needs.packages(recipe(presets, *words).values, None)} == wanted


def test_a_base_that_comes_quantised_needs_its_package(presets: Path) -> None:
    found = needs.of(recipe(presets, "quantization_bit=null", base="unsloth/llama-3-8b-Instruct-bnb-4bit").values, presets)
    assert [one.name for one in found.packages] == ["bitsandbytes"] and found.trainable == 20_971_520
