"""A project where LLaMA-Factory is the stand-in, ready to train from configs/demo/train.yaml."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mundap.recipe import Recipe, load
from tests.mundap import fake_llamafactory

ROOT = Path(__file__).resolve().parents[3]


def prepare(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the stand-in before the real package and a base model's folder where the recipe names one."""
    fake_llamafactory.install(tmp_path / "fake")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'fake'}{os.pathsep}{ROOT}")
    base = project / "models" / "gemma-3-270m-ko"
    base.mkdir(parents=True)
    (base / "config.json").write_text("{}", encoding="utf-8")
    return project


def recipe(*overrides: str) -> Recipe:
    """Return the demo's train recipe with some words laid over it."""
    return load("configs/demo/train.yaml", overrides=overrides)
