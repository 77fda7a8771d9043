"""`mundap doctor`: a table of what is here, a table of what fits, one recipe in detail; no torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mundap import fake_nvidia_smi


def doctor(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-X", "importtime", "-m", "mundap.cli.main", "doctor", *words], text=True,
                          capture_output=True, timeout=100)


@pytest.fixture
def small(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child_env: dict[str, str]) -> Path:
    """Return a project on a machine with one card of 8 GiB."""
    monkeypatch.setenv("PYTHONPATH", child_env["PYTHONPATH"])
    fake_nvidia_smi.install(tmp_path / "bin", monkeypatch, "NVIDIA GeForce RTX 4060, 8188, 7900, 8.9")
    return project


def test_every_train_recipe_has_a_row_and_torch_is_not_imported(small: Path) -> None:
    done = doctor()
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("gpu ") and "NVIDIA GeForce RTX 4060, 8.0 GiB, 7.7 free, capability 8.9" in line
               for line in lines)
    rows = {line.split()[0]: line for line in lines if line.startswith("configs/") and "/train" in line}
    assert set(rows) == {str(file.relative_to(small)) for file in small.glob("configs/*/train*.yaml")}
    assert " CPU " in rows["configs/demo/train.yaml"]
    assert " torch\n" not in done.stderr and " transformers\n" not in done.stderr


def test_a_recipe_that_cannot_be_read_has_a_row_too(small: Path) -> None:
    (small / "configs/demo/train.yaml").write_text("a: [\n", encoding="utf-8")
    found = json.loads(doctor("--json").stdout)
    [broken] = [one for one in found["recipes"] if "error" in one]
    assert broken["recipe"] == "configs/demo/train.yaml" and found["system"].startswith("Linux")


def test_one_recipe_in_detail(small: Path) -> None:
    (small / "configs/demo/train_3b.yaml").write_text(
        "model_name_or_path: meta-llama/Llama-3.2-3B\nstage: sft\ndo_train: true\nfinetuning_type: lora\n"
        "lora_rank: 8\nbf16: true\nquantization_bit: 4\ntemplate: alpaca\ndataset: demo\ndataset_dir: .\n"
        "cutoff_len: 4096\nper_device_train_batch_size: 4\noutput_dir: saves/demo/3b\n", encoding="utf-8")
    done = doctor("--recipe", "configs/demo/train_3b.yaml")
    table = {line.split("  ")[0]: line for line in done.stdout.splitlines() if line}
    assert "12,156,928" in table["trainable parameters"] and "16,384 tokens" in table["largest batch"]
    assert "weights " in table["GPU memory"] and "logits " in table["GPU memory"]
    assert "missing: fetching meta-llama/Llama-3.2-3B from the hub" in table["model"]
    assert "quantization_bit" in table["package bitsandbytes"]
    assert done.stdout.splitlines()[-1].startswith(
        "configs/demo/train_3b.yaml: does not fit: needs about ")
    found = json.loads(doctor("--recipe", "configs/demo/train_3b.yaml", "--json").stdout)
    assert found["fits"] is False and found["trainable_parameters"] == 12_156_928


def test_a_preset_alone_is_misuse(small: Path) -> None:
    assert doctor("--preset", "cpu").returncode == 2
