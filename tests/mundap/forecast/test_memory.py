"""Memory: how weights are stored, what each choice saves, and the coefficients against what torch really keeps."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mundap.architecture import Architecture, known
from mundap.forecast import parameters
from mundap.forecast.cards import GIB
from mundap.forecast.memory import Memory, memory, stored_bits, zero

LLAMA_3B, LLAMA_8B = known()["meta-llama/Llama-3.2-3B"], known()["beomi/Llama-3-Open-Ko-8B"]
DART: dict[str, Any] = {"lora_target": "all", "lora_rank": 8, "lora_dropout": 0.05, "quantization_bit": 4, "bf16": True}


def held(values: dict[str, Any], arch: Architecture = LLAMA_3B, tokens: int = 2048, processes: int = 1) -> Memory:
    """Return the memory of a recipe that is known to be forecast."""
    found = memory(values, arch, parameters.trainable(values, arch) or 0, tokens, processes)
    assert found is not None
    return found


def test_the_parts_of_the_reference_recipe() -> None:
    found = held(DART)
    # 2,818,572,288 linear numbers at 4.127 bits, 394,177,536 others at 16
    assert found.weights == pytest.approx(2_818_572_288 * 4.126953125 / 8 + 394_177_536 * 2)
    assert found.trained == 12_156_928 * 16
    assert found.logits == 12 * 128_256 * 2048 + 28 * 2 * 3072 * 2048
    assert found.total / GIB == pytest.approx(6.2, abs=0.1)


@pytest.mark.parametrize(("values", "quantized", "bits"), [
    ({}, "", 16), ({"quantization_bit": 4}, "", 4.126953125), ({"quantization_bit": 8}, "", 8),
    ({"quantization_bit": 4, "double_quantization": False}, "", 4.5), ({}, "bitsandbytes 4-bit", 4.126953125),
    ({"quantization_bit": 8}, "bitsandbytes 4-bit", 4.126953125)])
def test_bits_a_number(values: dict[str, Any], quantized: str, bits: float) -> None:
    assert stored_bits(values, dataclasses.replace(LLAMA_8B, quantized=quantized)) == bits


def test_a_checkpoint_in_float32_stays_so() -> None:
    assert stored_bits({}, dataclasses.replace(LLAMA_8B, dtype="float32")) == 32


@pytest.mark.parametrize("saving", [
    {"enable_liger_kernel": True}, {"lora_rank": 4}, {"optim": "paged_adamw_8bit"}, {"lora_dropout": 0.0},
    {"quantization_bit": 4}, {"lora_target": "q_proj,k_proj,v_proj,o_proj"}])
def test_what_saves_memory(saving: dict[str, Any]) -> None:
    base = DART | {"quantization_bit": 8, "disable_gradient_checkpointing": True}
    assert held(base | saving).total < held(base).total


def test_checkpointing_saves_and_its_peaks_do_not_add_up() -> None:
    with_it, without = held(DART), held(DART | {"disable_gradient_checkpointing": True})
    assert with_it.activations < without.activations / 5
    assert with_it.total == with_it.weights + with_it.trained + with_it.logits + with_it.context
    assert without.total == (without.weights + without.trained + without.activations + without.logits
                             + without.context)


def test_a_large_evaluation_batch_counts_in_place_of_a_step() -> None:
    found = memory(DART, LLAMA_3B, 12_156_928, 2048, eval_tokens=8 * 2048)
    assert found is not None and found.evaluation == 10 * 128_256 * 8 * 2048 > found.step
    assert found.total == found.weights + found.trained + found.evaluation + found.context


def test_full_tuning_takes_sixteen_bytes_a_parameter_and_a_copy() -> None:
    found = held({"finetuning_type": "full", "bf16": True})
    assert found.trained == 16 * 3_212_749_824 and found.weights == 2 * 3_212_749_824
    assert held({"finetuning_type": "full", "pure_bf16": True}).trained == 8 * 3_212_749_824


@pytest.mark.parametrize(("stage", "trained", "weights"), [(1, 0.75, 1), (2, 0.625, 1), (3, 0.5, 0.5)])
def test_zero_shares_out(tmp_path: Path, stage: int, trained: float, weights: float) -> None:
    file = tmp_path / "z.json"
    file.write_text(json.dumps({"zero_optimization": {"stage": stage}}), encoding="utf-8")
    alone, two = held({"bf16": True}), held({"bf16": True, "deepspeed": str(file)}, processes=2)
    assert two.trained == alone.trained * trained and two.weights == alone.weights * weights


def test_a_deepspeed_file_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    assert zero({"deepspeed": str(tmp_path / "none.json")}) == (0, False)
    assert zero({}) == (0, False)
    assert zero({"deepspeed": {"zero_optimization": {"stage": 3, "offload_optimizer": {"device": "cpu"}}}}) == (3, True)


def test_an_unknown_family_is_not_guessed() -> None:
    assert memory({}, dataclasses.replace(LLAMA_3B, model_type="mamba"), 1, 8) is None


def _small(model_type: str) -> Architecture:
    return Architecture(model_type=model_type, hidden_size=128, num_hidden_layers=4, num_attention_heads=4,
                        num_key_value_heads=2, head_dim=32, intermediate_size=384, vocab_size=512,
                        tie_word_embeddings=True, quantized="", chat_template=None, eos_token="", pad_token="")


def _model(arch: Architecture, values: dict[str, Any]) -> Any:
    """Return a model with adapters as LLaMA-Factory makes it: bfloat16 base, float32 adapters, autocast around it."""
    import torch
    from accelerate.utils import convert_outputs_to_fp32
    from peft import LoraConfig, get_peft_model
    from transformers import AutoConfig, AutoModelForCausalLM

    fields = {name: getattr(arch, name) for name in (
        "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim",
        "intermediate_size", "vocab_size", "tie_word_embeddings")}
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(arch.model_type, **fields)).to(torch.bfloat16)
    adapted = get_peft_model(model, LoraConfig(
        r=2, lora_dropout=values.get("lora_dropout", 0.0), target_modules=list(parameters.linears(arch)),
        task_type="CAUSAL_LM"))
    for one in adapted.parameters():
        if one.requires_grad:
            one.data = one.data.float()
    adapted.train()
    adapted.enable_input_require_grads()
    if not values.get("disable_gradient_checkpointing"):
        adapted.gradient_checkpointing_enable({"use_reentrant": True})
        adapted.config.use_cache = False
    adapted.forward = convert_outputs_to_fp32(torch.autocast("cpu", torch.bfloat16)(adapted.forward))
    return adapted


def _peak(act: Callable[[], None]) -> int:
    """Return the most bytes allocated at once while something runs, by torch's own account."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
        act()
    changes = sorted((event.start_ns(), event.nbytes()) for event in watched.profiler.kineto_results.events()
                     if event.name() == "[memory]")
    held_bytes = most = 0
    for _, change in changes:
        held_bytes += change
        most = max(most, held_bytes)
    return most


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.parametrize(("family", "vocab_size", "values"), [
    ("llama", 512, {"disable_gradient_checkpointing": True, "lora_dropout": 0.05}), ("llama", 512, {}),
    ("gemma3_text", 512, {"disable_gradient_checkpointing": True}), ("qwen3", 512, {"lora_dropout": 0.05}),
    ("llama", 16_000, {})])
def test_the_estimate_is_near_what_torch_keeps(family: str, vocab_size: int, values: dict[str, Any]) -> None:
    """A training step of a small model: layers count most with a small vocabulary, logits with a large one."""
    import torch

    arch = dataclasses.replace(_small(family), vocab_size=vocab_size)
    model = _model(arch, values)
    ids = torch.randint(5, vocab_size, (2, 128))

    def step() -> None:
        model(input_ids=ids, labels=ids)["loss"].backward()

    step()
    model.zero_grad()
    found = memory(values | {"bf16": True, "lora_rank": 2}, arch, 1, 256, eval_tokens=256)
    assert found is not None
    assert found.step == pytest.approx(_peak(step), rel=0.15)
    if vocab_size > 512:   # else the layers, which nobody keeps while evaluating, hide the logits
        with torch.no_grad():
            assert found.evaluation == pytest.approx(_peak(lambda: model.eval()(input_ids=ids, labels=ids)), rel=0.15)
