"""Recipes that come close to a mistake and make none: the checker says nothing about them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mundap import provenance
from mundap.checking.check import check, files
from tests.mundap.checking import broken_case
from tests.mundap.checking.broken_case import Case

BASE = {"model_name_or_path": "org/base", "stage": "sft", "do_train": "true", "dataset": "x", "dataset_dir": ".",
        "template": "alpaca", "output_dir": "saves/x"}
CHAT = "model_name_or_path: org/base\nadapter_name_or_path: saves/x\ntemplate: alpaca\n"
PAIRS = '{"file_name": "datasets/%s.json", "ranking": true, "columns": {"prompt": "instruction", "chosen": "input", ' \
        '"rejected": "output"}}'
Z3 = ("configs/deepspeed/z3.json", '{"zero_optimization": {"stage": 3}, "gradient_accumulation_steps": 4, '
      '"train_micro_batch_size_per_gpu": "auto", "gradient_clipping": 1.0}')


def train(*lines: str, without: tuple[str, ...] = (), **over: str) -> str:
    values = {**BASE, **over}
    return "\n".join([*(f"{key}: {value}" for key, value in values.items() if key not in without), *lines]) + "\n"


def one(text: str, *more: tuple[str, str]) -> dict[str, str]:
    return {"configs/x/train.yaml": text, **dict(more)}


def registry(entry: str, rows: str = "", name: str = "datasets/x.json") -> tuple[tuple[str, str], ...]:
    told = ("dataset_info.json", f'{{"x": {entry}, "x_eval": {entry.replace("x.json", "x_eval.json")}}}')
    return (told, (name, rows)) if rows else (told,)


PLAIN = '"columns": {"prompt": "instruction", "query": "input", "response": "output"}'
GOOD: dict[str, dict[str, str]] = {
    "a plain recipe": one(train()),
    "no, quoted": one(train('eval_strategy: "no"', 'save_strategy: "no"')),
    "exponent with a point, in text and in a comment": one(train("learning_rate: 1.0e-4   # not 1e-4",
                                                                 "run_name: lr 1e-4")),
    "a null takes a key out": one(train("resume_from_checkpoint: null", template="null",
                                        model_name_or_path="org/instruct")),
    "rows held out and evaluated": one(train("val_size: 0.1", "eval_strategy: epoch")),
    "a hundred rows held out": one(train("val_size: 5", "eval_strategy: steps", "eval_steps: 0.5")),
    "rows held out for predictions": one(train("val_size: 0.2", "do_predict: true", "predict_with_generate: true")),
    "predictions of a reward model": one(train("eval_dataset: x_eval", "do_predict: true", stage="rm"),
                                         ("dataset_info.json", f'{{"x": {PAIRS % "x"}, "x_eval": {PAIRS % "x_eval"}}}')),
    "the last step is an evaluation": one(train("max_steps: 200", "eval_dataset: x_eval", "eval_strategy: steps",
                                                "eval_steps: 200")),
    "saving is a multiple of evaluating": one(train(
        "max_steps: 200", "eval_dataset: x_eval", "eval_strategy: steps", "eval_steps: 50", "save_steps: 100",
        "load_best_model_at_end: true")),
    "thirds of a run": one(train("eval_dataset: x_eval", "eval_strategy: steps", "eval_steps: 0.1", "save_steps: 0.3",
                                 "load_best_model_at_end: true")),
    "a share of steps that are one": one(train("max_steps: 9", "eval_dataset: x_eval", "eval_strategy: steps",
                                               "eval_steps: 0.5", "save_steps: 1", "load_best_model_at_end: true")),
    "only the best is saved": one(train("eval_dataset: x_eval", "eval_strategy: epoch", "save_strategy: best",
                                        "load_best_model_at_end: true")),
    "pre-training packs and so makes fewer steps": one(
        train("eval_dataset: x_eval", "eval_strategy: steps", "eval_steps: 2000", stage="pt",
              without=("template",))),
    "pre-training on lines of text": one(train(stage="pt", without=("template",)), *registry(
        '{"file_name": "datasets/x.json", "columns": {"prompt": "text"}}', '["첫째 글", "둘째 글"]')),
    "preparing rows alone": one(train("tokenized_path: saves/rows", without=("do_train",))),
    "training on prepared rows": one(train("tokenized_path: saves/rows   # prepared on purpose"),
                                     ("saves/rows/state.json", "{}")),
    "evaluating alone": one(train("do_eval: true", "eval_dataset: x_eval", without=("do_train", "dataset"))),
    "streamed with an end": one(train("streaming: true", "max_steps: 100", "val_size: 10", "eval_strategy: steps")),
    "rows of a hub": one(train(), ("dataset_info.json", '{"x": {"hf_hub_url": "org/rows"}}')),
    "a registry of a hub": one(train(dataset_dir="REMOTE:org/rows", dataset="anything")),
    "a folder of rows": one(train(), ("dataset_info.json", '{"x": {"file_name": "datasets/parts"}}'),
                            ("datasets/parts/a.json", "[]")),
    "columns that are not uniform": one(train(), *registry(
        '{"file_name": "datasets/x.json"}', '[{"instruction": "a", "input": "", "output": "b"}, '
        '{"instruction": "a", "output": "c", "year": 2024}, {"instruction": "a", "year": null, "output": "d"}]')),
    "whole numbers beside others": one(train(), *registry(
        '{"file_name": "datasets/x.json"}', '[{"instruction": "a", "input": "", "output": "b", "score": 1}, '
        '{"instruction": "a", "input": "", "output": "b", "score": 0.5}]')),
    "a separator of lines inside a text": one(train(), *registry(
        '{"file_name": "datasets/x.jsonl"}', '{"instruction": "a", "input": "b\u2028c", "output": "d"}',
        "datasets/x.jsonl")),
    "CSV with quotes and figures in text": one(train(), *registry(
        '{"file_name": "datasets/x.csv"}', 'instruction,input,output\n답하라.,매출액,"1,234"\n답하라.,,12원',
        "datasets/x.csv")),
    "KTO": one(train(stage="kto"), *registry(
        '{"file_name": "datasets/x.json", "columns": {"prompt": "q", "response": "a", "kto_tag": "good"}}',
        '[{"q": "가", "a": "나", "good": true}, {"q": "가", "a": "다", "good": false}]')),
    "conversations": one(train(), *registry(
        '{"file_name": "datasets/x.json", "formatting": "sharegpt", "columns": {"messages": "turns"}, '
        '"tags": {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}}',
        '[{"turns": [{"role": "user", "content": "가"}, {"role": "assistant", "content": "나"}]}]')),
    "packing at a multiple of 8": one(train("packing: true", "cutoff_len: 1000")),
    "neat packing one by one": one(train("neat_packing: true", "cutoff_len: 1024", "flash_attn: fa2",
                                         "per_device_train_batch_size: 1")),
    "flash attention 3 where it is": one(train("flash_attn: fa3", template="gpt_oss",
                                               model_name_or_path="openai/gpt-oss-20b")),
    "remote code with a reason": one(train("trust_remote_code: true   # our own modelling code, read by Kim")),
    "checkpoints that are meant": one(train("resume_from_checkpoint: saves/x/checkpoint-1"),
                                      ("saves/x/checkpoint-1/trainer_state.json", "{}")),
    "checkpoints that may go": one(train("overwrite_output_dir: true"),
                                   ("saves/x/checkpoint-1/trainer_state.json", "{}"),
                                   ("saves/x/adapter_model.safetensors", "")),
    "ZeRO-3 with 4 bits and the same values": one(train(
        "deepspeed: configs/deepspeed/z3.json", "quantization_bit: 4", "gradient_accumulation_steps: 4"), Z3),
    "BAdam under ZeRO-3": one(train("deepspeed: configs/deepspeed/z3.json", "finetuning_type: full", "use_badam: true",
                                    "gradient_accumulation_steps: 4"), Z3),
    "DeepSpeed settings in the recipe": one(train("deepspeed: {zero_optimization: {stage: 2}}")),
    "a stage that is a word": one(train("deepspeed: {zero_optimization: {stage: auto}}")),
    "8 bits of HQQ": one(train("quantization_bit: 8", "quantization_method: hqq")),
    "several modules": one(train("lora_target: q_proj, v_proj", model_name_or_path="meta-llama/Llama-3.2-1B")),
    "a checkpoint of the train recipe": {"configs/x/train.yaml": train(), "configs/x/chat.yaml": CHAT.replace(
        "saves/x", "saves/x/checkpoint-10")},
    "an export named without its template": {
        "configs/x/train.yaml": train(), "configs/x/export.yaml": CHAT + "export_dir: exports/x\n",
        "configs/x/chat.yaml": "model_name_or_path: exports/x\n"},
    "a default that is written out": {"configs/x/train.yaml": train("enable_thinking: true"),
                                      "configs/x/chat.yaml": CHAT},
    "an adapter of a hub": {"configs/x/chat.yaml": CHAT.replace("saves/x", "org/adapter")},
    "sampling with nothing drawn": {"configs/x/chat.yaml": CHAT.replace("saves/x", "org/a") + "do_sample: false\n"
                                    "temperature: 0.0\n"},
    "two recipes with folders of their own": {"configs/x/train.yaml": train(),
                                              "configs/x/train_b.yaml": train(output_dir="saves/x/b")},
    "text with braces": one(train('default_system: "답은 {표} 안에 쓴다."')),
    "an empty synonym file": {"configs/prompts/x/synonyms.yaml": "# 아직 없다\n"},
    "other JSON": {"configs/x/notes.json": "[1, 2]"},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MUNDAP_HOME", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    return tmp_path / "한글 폴더"


@pytest.mark.parametrize("files_", GOOD.values(), ids=GOOD)
def test_nothing_is_said(files_: dict[str, str], folder: Path) -> None:
    content = {**broken_case.COMMON, **files_}
    broken_case.write(Case(name="", why="", files={name: text.encode() for name, text in content.items()}, told=()),
                      folder)
    assert [str(problem) for file in files([folder / "configs"]) for problem in check(file)] == []


def test_a_large_file_of_rows_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mundap.checking.rules.dataset_rows.MAX_BYTES", 100)
    rows = json.dumps([{"instruction": "a", "input": "", "output": 3}] * 20)
    content = {**broken_case.COMMON, "datasets/x.json": rows, "configs/x/train.yaml": train()}
    broken_case.write(Case(name="", why="", files={name: text.encode() for name, text in content.items()}, told=()),
                      folder)
    assert check(folder / "configs/x/train.yaml") == []


def test_a_run_that_mundap_recorded_is_left_to_it(folder: Path) -> None:
    content = {**broken_case.COMMON, "configs/x/train.yaml": train(), "saves/x/checkpoint-1/trainer_state.json": "{}",
               f"saves/x/{provenance.RECORD}": '{"state": "stopped"}'}
    broken_case.write(Case(name="", why="", files={name: text.encode() for name, text in content.items()}, told=()),
                      folder)
    assert check(folder / "configs/x/train.yaml") == []
