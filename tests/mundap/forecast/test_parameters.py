"""How many parameters are trained: the reference project's 12,156,928, and what peft itself makes of small models."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from mundap.architecture import Architecture, known
from mundap.forecast import parameters

LLAMA_3B = known()["meta-llama/Llama-3.2-3B"]
SMALL = Architecture(model_type="llama", hidden_size=32, num_hidden_layers=4, num_attention_heads=4,
                     num_key_value_heads=2, head_dim=16, intermediate_size=48, vocab_size=100,
                     tie_word_embeddings=False, quantized="", chat_template=None, eos_token="", pad_token="")


def test_the_reference_adapter_has_12_156_928_parameters() -> None:
    assert parameters.trainable({"finetuning_type": "lora", "lora_target": "all", "lora_rank": 8}, LLAMA_3B) == 12_156_928


@pytest.mark.parametrize(("name", "values", "expected"), [
    ("beomi/Llama-3-Open-Ko-8B", {"lora_rank": 16, "lora_target": "q_proj,k_proj,v_proj,o_proj"}, 13_631_488),
    ("meta-llama/Llama-3.2-1B", {"lora_rank": 16}, 11_272_192),
    ("upstage/SOLAR-10.7B-v1.0", {"lora_rank": 16}, 62_914_560),
    ("meta-llama/Llama-3.2-1B", {}, 5_636_096),                                    # rank 8 and all are upstream's
    ("meta-llama/Llama-3.2-1B", {"finetuning_type": "full"}, 1_235_814_400),
    ("meta-llama/Llama-3.2-1B", {"finetuning_type": "freeze"}, 2 * 60_821_504),
    ("meta-llama/Llama-3.2-1B", {"lora_target": ["q_proj"], "lora_rank": 4, "additional_target": "embed_tokens"},
     16 * 4 * 4096 + 128_256 * 2048),
])
def test_reference_recipes(name: str, values: dict[str, Any], expected: int) -> None:
    assert parameters.trainable(values, known()[name]) == expected


@pytest.mark.parametrize("values", [{"finetuning_type": "oft"}, {"lora_target": "query_key_value"},
                                    {"finetuning_type": "freeze", "freeze_trainable_modules": "attention"},
                                    {"adapter_name_or_path": "/nowhere/at/all"}])
def test_what_is_not_known_is_not_guessed(values: dict[str, Any]) -> None:
    assert parameters.trainable(values, SMALL) is None


def test_an_unknown_family_is_not_guessed() -> None:
    assert parameters.trainable({}, dataclasses.replace(SMALL, model_type="mamba")) is None


def test_training_on_an_adapter_counts_the_adapters_own_settings(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps({"r": 2, "target_modules": ["q_proj", "v_proj"]}),
                                                  encoding="utf-8")
    values = {"lora_rank": 64, "adapter_name_or_path": str(tmp_path)}
    expected = 4 * 2 * ((32 + 64) + (32 + 32))
    assert parameters.trainable(values, SMALL) == expected
    assert parameters.trainable(values | {"create_new_adapter": True, "lora_rank": 4, "lora_target": "q_proj"},
                                SMALL) == 4 * 4 * 96


def _library_config(arch: Architecture) -> Any:
    from transformers import AutoConfig

    return AutoConfig.for_model(
        arch.model_type, hidden_size=arch.hidden_size, num_hidden_layers=arch.num_hidden_layers,
        num_attention_heads=arch.num_attention_heads, num_key_value_heads=arch.num_key_value_heads,
        head_dim=arch.head_dim, intermediate_size=arch.intermediate_size, vocab_size=arch.vocab_size,
        tie_word_embeddings=arch.tie_word_embeddings, pad_token_id=0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.parametrize("family", ["llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "phi3"])
def test_counts_are_those_of_transformers_and_peft(family: str) -> None:
    """Real models of each family, on the meta device, with the adapters that peft builds."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    # Phi 3 and Qwen 2 take the head's width from the hidden size.
    arch = dataclasses.replace(SMALL, model_type=family, tie_word_embeddings=family.startswith("gemma"),
                               head_dim=8 if family in ("phi3", "qwen2") else 16)
    named = list(parameters.linears(arch))
    cases: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"lora_target": "all"}, {"target_modules": named}),
        ({"lora_target": named[0], "use_dora": True}, {"target_modules": named[:1], "use_dora": True}),
        ({"lora_target": "all", "additional_target": "embed_tokens"},
         {"target_modules": named, "modules_to_save": ["embed_tokens"]}),
    ]
    for ours, theirs in cases:
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(_library_config(arch))
            assert parameters.total(arch) == sum(one.numel() for one in model.parameters())
            adapted = get_peft_model(model, LoraConfig(r=4, task_type="CAUSAL_LM", **theirs))
        trained = sum(one.numel() for one in adapted.parameters() if one.requires_grad)
        assert parameters.trainable({"lora_rank": 4, **ours}, arch) == trained, ours
