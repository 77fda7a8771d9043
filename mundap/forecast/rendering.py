"""How LLaMA-Factory itself writes a dataset's prompts, token by token. A script of its own process.

    python -m mundap.forecast.rendering REQUEST.json RESULT.json

REQUEST is {"values": {…}, "dataset": "demo_eval", "folder": "models/…", "count": 24}: a train recipe's values, the
registered dataset, the base model's folder and how many rows to take, evenly spaced. RESULT is a list of {"row": 1,
"content": "…", "system": "…", "answer": "…", "ids": [2, …]}, or {"trouble": {…}}. ids are what the trainer's own
function puts before the first token it learns of a row; of a conversation that is its first question. It loads a
tokenizer, never a model, and asks no network.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from mundap.forecast.conversion import Row, Trouble, accepted, sources
from mundap.forecast.probe import IGNORED, arguments
from mundap.provenance import write_text

UNCUT = 1 << 20   # rows are compared whole: what cutoff_len takes away is the forecast's business
# These change which tokens are learnt, not how a prompt is written; the first learnt token ends the prompt here.
_PLAIN = {"train_on_prompt": False, "mask_history": False, "packing": False, "neat_packing": False, "streaming": False,
          "val_size": 0.0, "eval_dataset": None, "tokenized_path": None, "max_samples": None, "mix_strategy": "concat",
          "interleave_probs": None}


def main(request_file: Path, result_file: Path) -> None:
    """Answer the request of a file."""
    request = json.loads(request_file.read_text(encoding="utf-8"))
    try:
        result: Any = rendered(request["values"], request["dataset"], request["folder"], request["count"])
    except Trouble as trouble:
        result = {"trouble": trouble.told}
    write_text(result_file, json.dumps(result, ensure_ascii=False))


def rendered(values: dict[str, Any], dataset: str, folder: str, count: int) -> list[dict[str, Any]]:
    """Return count rows of a dataset, evenly spaced, with the token ids of their prompts.

    Raises:
        Trouble: the dataset cannot be read, or its rows are of no kind that a chat answers.
    """
    from llamafactory.data import get_template_and_fix_tokenizer
    from llamafactory.data.processor.supervised import SupervisedDatasetProcessor
    from llamafactory.model import load_tokenizer

    chosen = {**values, **_PLAIN, "dataset": dataset, "cutoff_len": UNCUT, "model_name_or_path": folder}
    model_args, data_args = arguments(chosen, "sft")
    tokenizer = load_tokenizer(model_args)["tokenizer"]
    template = get_template_and_fix_tokenizer(tokenizer, data_args)
    [source] = sources(data_args.dataset, data_args, model_args, "sft", int(values.get("seed") or 42))
    kept = [at for at, row in enumerate(source.converted) if accepted(row, "sft")]
    if not kept:
        raise Trouble(dataset=dataset, row=0, what="no row holds a question and an answer.",
                      fix="Check `columns` in dataset_info.json against the file.")
    processor = SupervisedDatasetProcessor(template=template, tokenizer=tokenizer, processor=None, data_args=data_args)
    number = min(count, len(kept))
    places = [kept[at * len(kept) // number] for at in range(number)]
    return [_told(source.converted[at], source.numbers[at], processor) for at in places]


def _told(row: Row, number: int, processor: Any) -> dict[str, Any]:
    """Return a row's first question as a chat would be asked it, and the ids that come before its answer."""
    ids, labels = processor._encode_data_example(
        prompt=row["_prompt"], response=row["_response"], system=row["_system"], tools=row["_tools"],
        images=[], videos=[], audios=[])
    learnt = next((at for at, label in enumerate(labels) if label != IGNORED), len(labels))
    answers = [*row["_prompt"][1:2], *row["_response"]]
    return {"row": number, "content": row["_prompt"][0]["content"], "system": row["_system"] or "",
            "answer": answers[0]["content"], "ids": list(ids[:learnt])}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
