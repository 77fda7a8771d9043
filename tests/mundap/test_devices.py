"""GPUs as nvidia-smi tells of them, through a stand-in for that program; none without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap import devices
from mundap.machine import report as machine
from tests.mundap import fake_nvidia_smi


@pytest.fixture
def two_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a machine with two unequal cards before the real one."""
    fake_nvidia_smi.install(tmp_path / "bin", monkeypatch, "NVIDIA A100-SXM4-80GB, 81920, 80000, 8.0",
                            "Tesla T4, 15360, 512, 7.5")


def test_memory_and_capability_are_read(two_cards: None) -> None:
    first, second = devices.gpus()
    assert (first.name, first.total_bytes, first.free_bytes) == ("NVIDIA A100-SXM4-80GB", 80 << 30, 80000 << 20)
    assert (second.name, second.capability) == ("Tesla T4", 7.5)
    assert devices.count() == 2 and devices.names()[1].startswith("GPU 1: Tesla T4")


@pytest.mark.parametrize(("chosen", "names"), [
    ("1", ["Tesla T4"]), ("1,0", ["Tesla T4", "NVIDIA A100-SXM4-80GB"]), ("", []), ("-1", []),
    ("0,-1,1", ["NVIDIA A100-SXM4-80GB"]), ("GPU-aa", ["NVIDIA A100-SXM4-80GB"])])
def test_only_visible_cards_count(two_cards: None, monkeypatch: pytest.MonkeyPatch, chosen: str, names: list[str]
                                  ) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert [gpu.name for gpu in devices.gpus()] == names


def test_a_card_that_does_not_tell_its_memory_is_told_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_nvidia_smi.install(tmp_path / "bin", monkeypatch, "Orin (nvgpu), [N/A], [N/A], 8.7")
    assert devices.gpus() == []
    assert machine.report(tmp_path)["gpu"].startswith("GPU 0: Orin")


def test_without_the_program_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert devices.gpus() == devices.names() == [] and devices.count() == 0
    assert machine.report(tmp_path)["gpu"] == "none (everything runs on the CPU)"
