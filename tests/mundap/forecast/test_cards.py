"""Cards by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap.errors import ConfigError
from mundap.forecast import cards


@pytest.mark.parametrize(("text", "name", "count"), [
    ("4090", "RTX 4090 24GB", 1), ("RTX 4060", "RTX 4060 8GB", 1), ("rtx4060 8gb", "RTX 4060 8GB", 1),
    ("NVIDIA GeForce RTX 3090", "RTX 3090 24GB", 1), ("2xA100 80GB", "A100 80GB", 2), ("8 x h100", "H100 80GB", 8),
    ("a100-40", "A100 40GB", 1), ("Tesla T4", "T4 16GB", 1), ("V100 32", "V100 32GB", 1), ("CPU", "cpu", 1)])
def test_names_people_write(text: str, name: str, count: int) -> None:
    card, number = cards.parse(text)
    assert (card.name, number) == (name, count)


@pytest.mark.parametrize("text", ["A100", "V100", "9090", "", "0x4090", "RTX"])
def test_an_unknown_or_unclear_name_lists_the_known_ones(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        cards.parse(text)
    assert f"no figures for a card '{text}'" in str(caught.value) and "RTX 4060 8GB, RTX 3060 12GB" in str(caught.value)


def test_cards_stand_by_memory() -> None:
    sizes = [card.memory_bytes for card in cards.CARDS]
    assert sizes == sorted(sizes) and sizes[0] == 8 * cards.GIB


def test_the_processors_when_the_recipe_says_so() -> None:
    card = cards.here({"use_cpu": True}, {})
    assert card is not None and card.name == "cpu" and card.memory_bytes > cards.GIB


@pytest.mark.parametrize(("line", "name"), [
    ("GPU 0: NVIDIA GeForce RTX 4060 (UUID: GPU-1)", "RTX 4060 8GB"),
    ("GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-1)", "A100 80GB"),
    ("GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1)", "H100 80GB"), ("GPU 0: Tesla T4 (UUID: GPU-1)", "T4 16GB"),
    ("GPU 0: NVIDIA GeForce RTX 4060 Ti (UUID: GPU-1)", None),
    ("GPU 0: Tesla V100-SXM2-16GB (UUID: GPU-1)", "V100 16GB"), ("GPU 0: Quadro P400 (UUID: GPU-1)", None)])
def test_this_machines_card_as_nvidia_smi_names_it(line: str, name: str | None, tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\necho '{line}'\n", encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    card = cards.here({}, {})
    assert (card.name if card else None) == name
    assert cards.here({}, {"CUDA_VISIBLE_DEVICES": ""}) is None
