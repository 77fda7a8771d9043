"""The sections of a train recipe, and the order of its keys in them: as the recipes under configs/ have it."""

from __future__ import annotations

SECTIONS: dict[str, tuple[str, ...]] = {
    "model": ("model_name_or_path", "adapter_name_or_path", "trust_remote_code", "cache_dir", "rope_scaling"),
    "method": ("stage", "do_train", "finetuning_type", "lora_target", "lora_rank", "lora_alpha", "lora_dropout",
               "quantization_bit", "quantization_method", "quantization_type", "double_quantization", "flash_attn",
               "enable_liger_kernel", "use_unsloth", "deepspeed"),
    "dataset": ("dataset", "eval_dataset", "dataset_dir", "template", "cutoff_len", "max_samples", "packing",
                "neat_packing", "preprocessing_num_workers", "dataloader_num_workers", "dataloader_pin_memory"),
    "output": ("output_dir", "overwrite_output_dir", "logging_steps", "save_strategy", "save_steps",
               "save_total_limit", "load_best_model_at_end", "metric_for_best_model", "greater_is_better", "plot_loss",
               "report_to"),
    "train": ("per_device_train_batch_size", "gradient_accumulation_steps", "learning_rate", "num_train_epochs",
              "max_steps", "lr_scheduler_type", "warmup_steps", "optim", "max_grad_norm", "bf16", "fp16", "pure_bf16",
              "use_cpu", "disable_gradient_checkpointing", "neftune_noise_alpha", "seed"),
    "eval": ("val_size", "eval_strategy", "eval_steps", "per_device_eval_batch_size"),
}
_NAMED = {key: section for section, keys in SECTIONS.items() for key in keys}
# For the other 250 keys: how their names begin. The first that fits counts.
_BEGINNINGS: tuple[tuple[str, str], ...] = (
    ("hf_", "model"), ("use_fast_tokenizer", "model"), ("resize_vocab", "model"), ("new_special_tokens", "model"),
    ("add_tokens", "model"), ("add_special_tokens", "model"), ("image_", "dataset"), ("video_", "dataset"),
    ("audio_", "dataset"), ("lora", "method"), ("oft_", "method"), ("freeze_", "method"), ("pissa_", "method"),
    ("use_rslora", "method"), ("use_dora", "method"), ("use_llama_pro", "method"), ("create_new_adapter", "method"),
    ("additional_target", "method"), ("quantization", "method"), ("galore_", "method"), ("apollo_", "method"),
    ("badam_", "method"), ("use_galore", "method"), ("use_apollo", "method"), ("use_badam", "method"),
    ("pref_", "method"), ("ppo_", "method"), ("reward_model", "method"), ("ref_model", "method"),
    ("upcast_layernorm", "method"), ("fsdp", "method"), ("train_on_prompt", "dataset"), ("mask_history", "dataset"),
    ("default_system", "dataset"), ("enable_thinking", "dataset"), ("mix_strategy", "dataset"),
    ("interleave_probs", "dataset"), ("streaming", "dataset"), ("tokenized_path", "dataset"),
    ("preprocessing", "dataset"), ("data", "dataset"), ("eval_", "eval"), ("logging_", "output"), ("save_", "output"),
    ("use_swanlab", "output"), ("swanlab_", "output"), ("run_name", "output"), ("hub_", "output"), ("push_", "output"))


def section_of(key: str) -> str:
    """Return the section a key stands in."""
    return _NAMED.get(key) or next((section for begins, section in _BEGINNINGS if key.startswith(begins)), "train")
