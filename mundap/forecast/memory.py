"""How much memory a training holds at its peak on each device, estimated from sizes; nothing is loaded.

The sum of these parts, in bytes:

    weights      linear modules of the layers by how they are stored, everything else 16 (or 32) bits:
                 NF4 4 + 32/64 bits a number, with double quantisation 4 + 8/64 + 32/(64·256) = 4.127; 8-bit 8 bits and
                 a 32-bit scale for each row of outputs
    trained      LoRA: 4 (float32) + 4 (gradient) + optimiser states, a trained number; full tuning the same, its
                 numbers being the weights (and a 16-bit copy of them under mixed precision)
    activations  a layer without checkpointing keeps 8.4·h + 4.1·q + 4.1·k + 6.1·i bytes a token, a trained module 2
                 bytes for each of its inputs, an adapter with dropout 6; with checkpointing 2·h a token and layer for
                 the kept inputs, and 1.4 layers while one is computed again
    logits       12 bytes a token and vocabulary entry: 16-bit logits, float32 log-probabilities, their gradient and
                 its 16-bit copy; Liger computes them in pieces instead
    evaluation   10 bytes a token and vocabulary entry of an evaluation's batch, with Liger too, which computes in
                 pieces only while training; nothing else of a step is held then, so the larger of the two counts
    context      the driver's context, library workspaces and one dequantised matrix; on a CPU the Python libraries
    fragments    on a CPU as much again as a step holds, since glibc is told to keep freed pages (factory.environment)

h, q, k, i: hidden size, query width, key width and intermediate size; norms on heads add 4·q + 4·k, Gemma's two more
norms 8·h; without a 16-bit type everything doubles. A token is one position of the largest batch, padding included.
With gradient checkpointing the layers' and the logits' peaks do not meet, so the larger one counts.
Not counted: fragments on a GPU, images.
Source: Dettmers et al. 2023, https://arxiv.org/abs/2305.14314 (NF4 and double quantisation, sections 3 and B);
Korthikanti et al. 2022, https://arxiv.org/abs/2205.05198 (activations, checkpointing); the activations' and logits'
coefficients were measured on transformers 5.5.4 and peft 0.18 by counting saved tensors and the allocator's peak of
small Llama and Gemma models under bfloat16 autocast (tests/mundap/forecast/test_memory.py repeats it). On a CPU the
sum was compared with the peak of real runs of the demo: 4 rows at once 4.6 GiB after two steps, 2 rows 4.9 GiB after
eight; forecast 5.1 and 3.7. Nothing was compared on a GPU.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mundap.architecture import Architecture
from mundap.forecast import parameters

_NF4_BITS, _NF4_SINGLE_BITS = 4 + 8 / 64 + 32 / (64 * 256), 4 + 32 / 64
_LAYER_H, _LAYER_Q, _LAYER_K, _LAYER_I = 8.4, 4.1, 4.1, 6.1
_INPUT, _INPUT_DROPPED = 2.0, 6.0           # what a trained module keeps of each input number
_HEAD_NORM, _MORE_NORMS = 4.0, 8.0
_AGAIN = 1.4                                # layers held while one is computed a second time
_LOGIT_BYTES, _EVAL_LOGIT_BYTES = 12.0, 10.0
_CUDA_BYTES, _PYTHON_BYTES = 0.6 * 2**30, 1.05 * 2**30
_SINGLE = 4                                 # bytes of a float32


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes on each device at the peak, by part."""

    weights: float
    trained: float
    activations: float
    logits: float
    context: float
    evaluation: float
    fragments: float
    checkpointing: bool

    @property
    def step(self) -> float:
        """Return what a training step holds beyond weights and states, at its peak."""
        return max(self.activations, self.logits) if self.checkpointing else self.activations + self.logits

    @property
    def total(self) -> float:
        """Return the peak."""
        return self.weights + self.trained + max(self.step, self.evaluation) + self.context + self.fragments


def memory(values: Mapping[str, Any], arch: Architecture, trainable: int, tokens: int, processes: int = 1,
           eval_tokens: int = 0) -> Memory | None:
    """Return the peak for a resolved recipe, or None when it cannot be told.

    tokens is what its largest training batch holds, eval_tokens the largest of its evaluations (0: it has none).
    """
    if not parameters.covered(arch) or trainable <= 0:
        return None
    stage, offload = zero(values)
    weights, trained = _weights(values, arch), _trained(values, trainable, arch)
    if stage >= 1 and not offload:
        trained *= _kept_share(stage, processes)
    elif offload:
        trained = float(trainable * _SINGLE)
    if stage == 3:
        weights /= processes
    checkpointing = not values.get("disable_gradient_checkpointing")
    layer = _layer(values, arch) * tokens
    kept = (2 * arch.hidden_size * _wide(values) * tokens if checkpointing else layer) * arch.num_hidden_layers
    activations = kept + (_AGAIN * layer if checkpointing else 0)
    logits = _logits(values, arch, tokens) + (kept if checkpointing else 0)
    found = Memory(weights=weights, trained=trained, activations=activations, logits=logits, fragments=0.0,
                   evaluation=_EVAL_LOGIT_BYTES * arch.vocab_size * eval_tokens, context=_context(values, arch),
                   checkpointing=checkpointing)
    return replace(found, fragments=found.step) if values.get("use_cpu") else found


def stored_bits(values: Mapping[str, Any], arch: Architecture) -> float:
    """Return in how many bits a linear module's numbers lie in memory."""
    quantized = arch.quantized
    bits = int(values.get("quantization_bit") or 0)
    if "4-bit" in quantized:
        bits = 4
    elif "8-bit" in quantized:
        bits = 8
    if bits == 4:
        return _NF4_BITS if values.get("double_quantization", True) else _NF4_SINGLE_BITS
    return float(bits) if bits else _plain_bits(values, arch)


def zero(values: Mapping[str, Any]) -> tuple[int, bool]:
    """Return the ZeRO stage of a recipe's DeepSpeed file (0 without one), and whether optimiser states are offloaded."""
    settings = values.get("deepspeed")
    if isinstance(settings, str):
        try:
            settings = json.loads(Path(settings).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return 0, False
    found: Any = settings.get("zero_optimization") if isinstance(settings, dict) else None
    if not isinstance(found, dict):
        return 0, False
    offload = found.get("offload_optimizer")
    device = offload.get("device") if isinstance(offload, dict) else None
    return int(found.get("stage") or 0), device not in ("none", None)


def _weights(values: Mapping[str, Any], arch: Architecture) -> float:
    if values.get("finetuning_type") == "full":
        return 0.0 if values.get("pure_bf16") else 2.0 * parameters.total(arch)   # the copy that autocast makes
    linear = parameters.in_linears(arch)
    rest = parameters.total(arch) - linear
    return linear * stored_bits(values, arch) / 8 + rest * _plain_bits(values, arch) / 8


def _plain_bits(values: Mapping[str, Any], arch: Architecture) -> float:
    """Return the bits of a number that is not quantised: as the checkpoint has it, which upstream loads it in."""
    return 32.0 if arch.dtype == "float32" else 16.0


def _trained(values: Mapping[str, Any], trainable: int, arch: Architecture) -> float:
    half = bool(values.get("pure_bf16"))
    own = 2 if half else _SINGLE
    optim = str(values.get("optim") or "adamw_torch")
    if "8bit" in optim:
        states = 2.0
    elif optim.startswith("sgd"):
        states = 0.0
    elif optim == "adafactor":
        states = 0.1
    elif optim.startswith("lion"):
        states = float(own)
    else:
        states = 2.0 * own
    return trainable * (own + own + states)


def _kept_share(stage: int, processes: int) -> float:
    """Return the share of weights, gradients and states that one of several devices keeps (4, 4 and 8 bytes of 16)."""
    if stage == 1:
        return 0.5 + 0.5 / processes
    return 0.25 + 0.75 / processes if stage == 2 else 1 / processes


def _layer(values: Mapping[str, Any], arch: Architecture) -> float:
    """Return the bytes that one layer keeps a token for the backward pass."""
    queries, keys = arch.num_attention_heads * arch.head_dim, arch.num_key_value_heads * arch.head_dim
    kept = _LAYER_H * arch.hidden_size + _LAYER_Q * queries + _LAYER_K * keys + _LAYER_I * arch.intermediate_size
    if parameters.has_head_norms(arch):
        kept += _HEAD_NORM * (queries + keys)
    if parameters.wide_norms(arch) > 2:
        kept += _MORE_NORMS * arch.hidden_size
    shapes = parameters.linears(arch)
    if values.get("finetuning_type", "lora") == "lora":
        named = {name.split(".")[-1] for name in parameters.listed(values.get("lora_target", "all"))}
        each = _INPUT_DROPPED if float(values.get("lora_dropout") or 0) > 0 else _INPUT
        kept += sum(each * shape[0] for name, shape in shapes.items() if named & {name, "all"})
    else:   # the modules of a block share their inputs
        kept += _INPUT * (2 * arch.hidden_size + queries + arch.intermediate_size)
    return kept * _wide(values)


def _wide(values: Mapping[str, Any]) -> float:
    """Return 2 when nothing computes in 16 bits, else 1."""
    return 1.0 if values.get("bf16") or values.get("fp16") or values.get("pure_bf16") else 2.0


def _logits(values: Mapping[str, Any], arch: Architecture, tokens: int) -> float:
    if not values.get("enable_liger_kernel"):
        return _LOGIT_BYTES * arch.vocab_size * tokens
    # Liger takes as many rows at a time as make a piece about as large as the hidden states, whose gradient it holds.
    # Source: liger_kernel/ops/fused_linear_cross_entropy.py (0.8.5): next power of two of T / ceil(V / H), at most T.
    rows = math.ceil(tokens / math.ceil(arch.vocab_size / arch.hidden_size))
    chunk = min(1 << (max(rows, 1) - 1).bit_length(), tokens)
    return 2.0 * arch.vocab_size * chunk + 4.0 * arch.hidden_size * tokens


def _context(values: Mapping[str, Any], arch: Architecture) -> float:
    if values.get("use_cpu"):
        return _PYTHON_BYTES
    largest = max(inputs * outputs for inputs, outputs in parameters.linears(arch).values())
    return _CUDA_BYTES + (2.0 * largest if stored_bits(values, arch) < 16 else 0.0)
