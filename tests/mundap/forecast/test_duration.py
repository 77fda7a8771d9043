"""Time: operations a token by method, and whose speed they are divided by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mundap.architecture import known
from mundap.forecast import cards, duration, parameters

LLAMA_3B = known()["meta-llama/Llama-3.2-3B"]
LINEAR, HEAD = 2_818_572_288, 394_002_432
ATTENTION = 4 * 100 * 3072 * 28


@pytest.mark.parametrize(("values", "expected"), [
    # forward, again, backward for the layers; forward and backward for the head
    ({"lora_rank": 8}, 6 * LINEAR + 4 * HEAD + 4 * ATTENTION + 8 * 12_156_928),
    ({"lora_rank": 8, "disable_gradient_checkpointing": True},
     4 * LINEAR + 4 * HEAD + 3 * ATTENTION + 6 * 12_156_928),
    ({"finetuning_type": "full"}, 6 * LINEAR + 4 * HEAD + 4 * ATTENTION + 2 * 3_212_749_824),
])
def test_operations_a_token(values: dict[str, Any], expected: int) -> None:
    trainable = parameters.trainable(values, LLAMA_3B) or 0
    assert duration.operations_per_token(values, LLAMA_3B, trainable, 100) == expected


def test_a_forward_pass() -> None:
    assert duration.forward_per_token(LLAMA_3B, 100) == 2 * (LINEAR + HEAD) + ATTENTION


def test_the_reference_run_is_within_what_cards_can_do() -> None:
    """955 rows three times in 2 h 30 min, if they filled cutoff_len: 14 TFLOP/s, a fifth of a T4's peak."""
    operations = 955 * 3 * 2048 * duration.operations_per_token(
        {"lora_rank": 8}, LLAMA_3B, 12_156_928, 2048)
    assert operations / 9000 / 1e12 == pytest.approx(14.0, abs=0.2)


def test_a_card_nobody_measured_has_a_range(tmp_path: Path) -> None:
    card, _ = cards.parse("4090")
    found = duration.duration(card.peak_flops * 1000, {"bf16": True}, card, 1, tmp_path)
    assert (found.least_s, found.most_s) == (pytest.approx(1000 / 0.40 + 30), pytest.approx(1000 / 0.15 + 30))
    assert found.measured == ""
    two = duration.duration(card.peak_flops * 1000, {"bf16": True}, card, 2, tmp_path)
    assert two.least_s == pytest.approx(500 / 0.40 + 30)


def test_a_measured_speed_is_taken(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / duration.MEASURED).write_text(json.dumps({
        "RTX 4090 24GB bf16": {"operations_per_s": 1e12, "on": "configs/demo/train.yaml, 8 steps"}}), encoding="utf-8")
    card, _ = cards.parse("4090")
    found = duration.duration(1e15, {"bf16": True}, card, 1, tmp_path)
    assert (found.least_s, found.most_s) == (pytest.approx(830), pytest.approx(1280))
    assert found.measured == "configs/demo/train.yaml, 8 steps"
    assert duration.duration(1e15, {}, card, 1, tmp_path).measured == ""   # measured in another precision


@pytest.mark.parametrize("text", ["", "[]", '{"cpu bf16": 3}', '{"cpu bf16": {"operations_per_s": "fast"}}'])
def test_a_broken_measurement_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / duration.MEASURED).write_text(text, encoding="utf-8")
    assert duration.measured_speed("cpu", "bf16", tmp_path) is None


def test_processors_count_by_core(tmp_path: Path) -> None:
    rate = duration.CPU_CORE["bf16"] * cards.cores()
    found = duration.duration(rate * 100, {"bf16": True, "use_cpu": True}, cards.cpu(), 1, tmp_path)
    assert (found.least_s, found.most_s) == (pytest.approx(80), pytest.approx(230))
    slow = duration.duration(rate * 100, {"use_cpu": True}, cards.cpu(), 1, tmp_path)
    assert slow.most_s > found.most_s
