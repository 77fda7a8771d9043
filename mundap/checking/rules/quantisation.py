"""Quantised bases: what may be trained on them, and that an adapter is merged into the unquantised model.

Source for what is refused: llamafactory 0.9.5, hparams/parser.py _verify_model_args and
model/model_utils/quantization.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from mundap import architecture
from mundap.problem import Problem
from mundap.recipe import Recipe

_BITS = {"bnb": (4, 8), "hqq": (1, 2, 3, 4, 5, 6, 8), "eetq": (8,)}
_GPTQ_BITS = (2, 3, 4, 8)
_REFUSED = {"pissa_init": "PiSSA needs unquantised weights to start from",
            "resize_vocab": "a quantised embedding cannot be resized"}


def merged_into_whole_weights(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for an adapter that would be merged into quantised weights."""
    values = recipe.values
    if recipe.kind != "export" or not values.get("adapter_name_or_path"):
        return
    if values.get("quantization_bit"):
        yield recipe.problem(("quantization_bit",), "an adapter cannot be merged into quantised weights.",
                             "Take the line out: the adapter is merged into the same model, unquantised.")
    name = str(values.get("model_name_or_path", ""))
    found = architecture.find(name, recipe.project)
    if found is not None and found.quantized:
        yield recipe.problem(("model_name_or_path",), f"{name} is quantised ({found.quantized}); an adapter cannot be "
                             "merged into it.", "Name the unquantised model it was made from.")
    if values.get("export_quantization_bit"):
        yield recipe.problem(("export_quantization_bit",), "an adapter is merged first and quantised in a second "
                             "export.", "Export without this key; then quantise the exported folder with a recipe of "
                             "its own.")


def bits_supported(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a number of bits that the method does not know."""
    values = recipe.values
    bits, method = values.get("quantization_bit"), str(values.get("quantization_method", "bnb"))
    allowed = _BITS.get(method, ())
    if bits is not None and allowed and bits not in allowed:
        yield recipe.problem(("quantization_bit",), f"{bits} bits are not known to {method}.",
                             f"Choices: {', '.join(map(str, allowed))}.")
    if bits is not None and not allowed:
        yield recipe.problem(("quantization_method",), f"{method} is for bases that come quantised; with "
                             "quantization_bit nothing would be quantised.", "Write bnb; or name a base that comes so "
                             "and take both lines out.")
    export = values.get("export_quantization_bit")
    if export is not None and export not in _GPTQ_BITS:
        yield recipe.problem(("export_quantization_bit",), f"{export} bits are not known to GPTQ.",
                             f"Choices: {', '.join(map(str, _GPTQ_BITS))}.")
    if export is not None and not values.get("export_quantization_dataset"):
        yield recipe.problem(("export_quantization_bit",), "quantising an export needs rows to measure on.",
                             "Add: export_quantization_dataset: <file of rows with a text column>")


def trainable(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each key that cannot go with a quantised base."""
    values = recipe.values
    if recipe.kind not in ("train", "chat") or not values.get("quantization_bit"):
        return
    kind = values.get("finetuning_type", "lora")
    if kind not in ("lora", "oft"):
        yield recipe.problem(("quantization_bit",), f"quantised weights take an adapter and no other kind "
                             f"of training (finetuning_type: {kind}).", "Write finetuning_type: lora, or take quantization_bit "
                             "out.")
    for key, why in _REFUSED.items():
        if values.get(key):
            yield recipe.problem((key,), f"{why}, and quantization_bit is set.", f"Take out {key} or quantization_bit.")
    adapters = str(values.get("adapter_name_or_path") or "")
    if adapters and values.get("create_new_adapter"):
        yield recipe.problem(("create_new_adapter",), "a second adapter cannot be put upon a quantised model.",
                             "Merge the first one, and start from the merged model.")
    if "," in adapters:
        yield recipe.problem(("adapter_name_or_path",), "a quantised model takes a single adapter.",
                             "Merge them first.")
    if values.get("infer_backend") == "vllm":
        yield recipe.problem(("infer_backend",), "vllm takes no weights quantised on loading (quantization_bit).",
                             "Write huggingface, or serve an exported model.")
    if values.get("do_train") and values.get("quantization_device_map") == "auto":
        yield recipe.problem(("quantization_device_map",), "auto is for inference; LLaMA-Factory refuses to train "
                             "with it.", "Take the line out.")
    if values.get("fp8"):
        yield recipe.problem(("fp8",), "FP8 training does not go with a quantised base.",
                             "Take out fp8 or quantization_bit.")


def bits_not_ignored(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for quantization_bit on a base that comes quantised, where it has no effect."""
    name = str(recipe.values.get("model_name_or_path", ""))
    if recipe.kind not in ("train", "chat") or not recipe.values.get("quantization_bit") or not name:
        return
    found = architecture.find(name, recipe.project)
    if found is not None and found.quantized:
        yield recipe.problem(("quantization_bit",), f"has no effect: {name} comes quantised ({found.quantized}).",
                             "Take the line out.")
