"""How long a training takes: its arithmetic divided by what a device sustains.

Operations a token, N being the layers' linear numbers and V·h the output head's: forward 2·N, again 2·N when gradient
checkpointing computes it a second time, backward 2·N for the activations' gradients, and 2·N for the weights' only
where weights are trained, which a LoRA's frozen base is not. So 6·N for LoRA with checkpointing, 4·N without, 8·N and
6·N for full tuning. The head is never computed twice. Attention adds 4·s·d a token and layer forward for a sequence of
s tokens and queries d wide, as often again as the layers and twice as much backward.
Source: Kaplan et al. 2020, https://arxiv.org/abs/2001.08361 (2·N forward, 4·N backward); Narayanan et al. 2021,
https://arxiv.org/abs/2104.04473 (the second forward pass); Hu et al. 2021, https://arxiv.org/abs/2106.09685 (no
gradients for frozen weights).

What a device sustains is measured by benchmarks/training_time.py, which leaves its figure under reports/; for a card
that nobody measured, a range of its peak is taken and told as such.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.architecture import Architecture
from mundap.forecast import parameters
from mundap.forecast.cards import CPU, Card, cores

MEASURED = "training_time.json"
# Share of the peak that fine-tuning by the Hugging Face trainer reaches on one card: 15% with short rows and
# dequantisation, 40% with long packed ones. An assumption, until the benchmark has run on the card.
UTILISATION = (0.15, 0.40)
# Sustained operations a second and core of a server CPU with AVX-512 BF16: 96e9 when two cores were idle otherwise (the
# demo, 39 steps in six minutes), 51e9 to 55e9 when they were shared (benchmarks/training_time.py); float32 takes 2.4
# times as long.
CPU_CORE = {"bf16": 75e9, "float32": 31e9}
_STARTUP_S = 30.0    # importing the libraries, loading the model, preparing the rows
_SPREAD = (0.8, 1.25)   # of a measured speed, for other row lengths than the benchmark's


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """Seconds of training, evaluations included. measured says on what the speed rests, empty for an assumption."""

    least_s: float
    most_s: float
    operations: float
    measured: str


def operations_per_token(values: Mapping[str, Any], arch: Architecture, trainable: int, length: float) -> float:
    """Return the floating-point operations of one training step for each token of sequences of a mean length."""
    linear, head = parameters.in_linears(arch), arch.vocab_size * arch.hidden_size
    again = 0 if values.get("disable_gradient_checkpointing") else 1
    attention = 4 * length * arch.num_attention_heads * arch.head_dim * arch.num_hidden_layers
    # An adapter is extra work in every pass; weights that are trained themselves are in the layers already.
    beside = trainable if values.get("finetuning_type", "lora") == "lora" else 0
    passes = 2 + again
    return 2 * (linear + beside) * passes + 2 * head * 2 + attention * (passes + 1) + 2 * trainable


def forward_per_token(arch: Architecture, length: float) -> float:
    """Return the floating-point operations of one forward pass for each token."""
    attention = 4 * length * arch.num_attention_heads * arch.head_dim * arch.num_hidden_layers
    return 2 * (parameters.in_linears(arch) + arch.vocab_size * arch.hidden_size) + attention


def duration(operations: float, values: Mapping[str, Any], card: Card, processes: int, home: Path) -> Duration:
    """Return the time that a number of operations takes on some devices of one kind."""
    speed = measured_speed(card.name, precision(values), home)
    if speed is not None:
        rate, on = speed
        low, high = rate * _SPREAD[0], rate * _SPREAD[1]
    elif card.name == CPU:
        rate, on = CPU_CORE[precision(values)] * cores(), ""
        low, high = rate / 2, rate * 2
    else:
        on = ""
        low, high = (card.peak_flops * share for share in UTILISATION)
    return Duration(least_s=operations / (high * processes) + _STARTUP_S,
                    most_s=operations / (low * processes) + _STARTUP_S, operations=operations, measured=on)


def precision(values: Mapping[str, Any]) -> str:
    """Return in what a recipe computes, as the benchmark names it."""
    return "bf16" if any(values.get(key) for key in ("bf16", "fp16", "pure_bf16")) else "float32"


def measured_speed(device: str, kind: str, home: Path) -> tuple[float, str] | None:
    """Return the operations a second that the benchmark measured for a device, and what it says of itself, or None."""
    try:
        found = json.loads((home / "reports" / MEASURED).read_text(encoding="utf-8"))[f"{device} {kind}"]
        return float(found["operations_per_s"]), str(found["on"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
