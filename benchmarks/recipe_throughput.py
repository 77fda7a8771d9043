"""A recipe as it stands beside the same recipe with presets laid over it: tokens a second and peak memory, one machine.

    .venv/bin/python benchmarks/recipe_throughput.py configs/insurance/train.yaml --tuned packing --tuned liger
    .venv/bin/python benchmarks/recipe_throughput.py configs/hira/train.yaml --tuned packing --tuned liger deepspeed=null
    .venv/bin/python benchmarks/recipe_throughput.py configs/insurance/train.yaml --tuned packing --layers 2 --cpu

Speed does not depend on what the weights are, so the base is made here: the architecture of the recipe's model, at full
size unless --layers says otherwise, with random weights and the starter model's tokenizer. Tokens are those of rows,
padding not counted, so that packing is credited with what it saves. The first steps are left out as a warm-up.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from few_steps import run

from mundap import architecture
from mundap.architecture import Architecture
from mundap.cli.output import say
from mundap.forecast.forecast import forecasts
from mundap.forecast.rows import Rows
from mundap.paths import resolve
from mundap.recipe import Recipe, load

ROOT = Path(__file__).resolve().parent.parent
TOKENIZER = "models/gemma-3-270m-ko"
WARM_UP = 2
# What an eager run on a processor cannot do; with --cpu these are taken out of both sides.
CPU = {"use_cpu": True, "bf16": True, "fp16": None, "enable_liger_kernel": None, "optim": "adamw_torch",
       "dataloader_num_workers": 0, "dataloader_pin_memory": False, "deepspeed": None}


def main() -> None:
    """Run both sides and print a table with their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("overrides", nargs="*", help="key=value, for both sides")
    parser.add_argument("--tuned", action="append", default=[], metavar="PRESET", help="laid over the tuned side")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--layers", type=int, help="fewer layers than the model has, to try this script")
    parser.add_argument("--cpu", action="store_true")
    options = parser.parse_args()
    base = load(ROOT / options.recipe, overrides=options.overrides).values
    shape = architecture.find(str(base["model_name_or_path"]), ROOT)
    if shape is None or shape.model_type != "llama":
        raise SystemExit(f"{base['model_name_or_path']}: only Llama-shaped models can be made here")
    rows = []
    with tempfile.TemporaryDirectory(prefix="mundap-benchmark-") as name:
        folder = Path(name)
        say("writing random weights")
        model = make_model(shape, folder / "model", options.layers)
        for side, presets in (("as it stands", ()), ("+ " + " + ".join(options.tuned), options.tuned)):
            recipe = prepare(ROOT / options.recipe, presets, options, model)
            rows.append((side, *measure(recipe, folder / f"run{len(rows)}")))
    print("| side | rows' tokens/s | s a step | peak GPU, GiB | peak main memory, GiB |\n|---|---|---|---|---|")
    for side, rate, step_s, gpu, rss in rows:
        print(f"| {side} | {rate:.0f} | {step_s:.2f} | {gpu:.1f} | {rss:.1f} |")
    print(f"\ntuned : as it stands = {rows[1][1] / rows[0][1]:.2f}")


def prepare(file: Path, presets: Sequence[str], options: argparse.Namespace, model: Path) -> Recipe:
    """Return a side: the recipe and its presets, on the made model, for a few steps without evaluation."""
    given = {"model_name_or_path": str(model), "max_steps": options.steps, "template": None, "eval_dataset": None,
             "eval_strategy": "no", "load_best_model_at_end": False, **(CPU if options.cpu else {})}
    words = [f"{key}={json.dumps(value)}" for key, value in given.items()]
    return load(file, presets=presets, overrides=[*options.overrides, *words])


def measure(recipe: Recipe, folder: Path) -> tuple[float, float, float, float]:
    """Return the rows' tokens a second, seconds a step, peak GPU and main memory in GiB of one run."""
    [forecast] = forecasts([recipe], say=say)
    if not isinstance(forecast.rows, Rows) or forecast.steps is None:
        raise SystemExit(f"the rows cannot be counted: {forecast.rows}")
    taken = run(forecast.values, folder, ROOT, warm_up=WARM_UP)
    step_s = taken.seconds / taken.steps
    tokens = forecast.rows.tokens / forecast.rows.sequences * forecast.steps.total_batch
    return tokens / step_s, step_s, taken.gpu_gib, taken.rss_bytes / 2**30


def make_model(shape: Architecture, folder: Path, layers: int | None) -> Path:
    """Write a random model of a Llama's shape with the starter model's tokenizer, in shards, and return its folder."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(resolve(TOKENIZER, ROOT))
    pieces = max(shape.vocab_size, len(tokenizer))   # SOLAR's own are fewer than the starter model's
    config = LlamaConfig(
        hidden_size=shape.hidden_size, intermediate_size=shape.intermediate_size, vocab_size=pieces,
        num_hidden_layers=layers or shape.num_hidden_layers, num_attention_heads=shape.num_attention_heads,
        num_key_value_heads=shape.num_key_value_heads, head_dim=shape.head_dim, max_position_embeddings=8192,
        tie_word_embeddings=shape.tie_word_embeddings, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id)
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    try:
        model = LlamaForCausalLM(config)
    finally:
        torch.set_default_dtype(torch.float32)
    model.save_pretrained(folder, max_shard_size="4GB")
    tokenizer.save_pretrained(folder)
    return folder


if __name__ == "__main__":
    main()
