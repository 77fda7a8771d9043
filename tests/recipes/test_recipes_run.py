"""Every train recipe, run for two steps through LLaMA-Factory on a CPU: real recipe, rows and prompts, a tiny model.

The models are random and small (tiny_models.py) and stand under the names the recipes give. Only SIZES and DEVICE are
laid over a recipe; what DEVICE takes away is written out as not exercised. One recipe of each family goes on to an
export, which is loaded, and to one turn of chat.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from mundap import prepared
from mundap.prompt import build_prompt, user_content
from mundap.weights import Weights, finite
from tests.recipes import tiny_models

ROOT = Path(__file__).resolve().parents[2]
# The demo trains for real in its own tests.
RECIPES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "configs").glob("*/train*.yaml")
                 if path.parent.name != "demo")
SIZES = """
max_steps: 2
max_samples: 8
gradient_accumulation_steps: 1
logging_steps: 1
preprocessing_num_workers: 1   # a worker more starts a process more
dataloader_num_workers: 0
"""
# Laid over where a recipe says otherwise; each is a thing that only a GPU can show.
DEVICE = """
use_cpu: true
fp16: false                  # half precision needs a GPU; bf16 stands in
enable_liger_kernel: false   # kernels written for GPUs
flash_attn: sdpa             # in place of fa2 and fa3
tf32: false
dataloader_pin_memory: false
"""
# These run, but not as on a GPU.
OTHERWISE = {"optim: paged_adamw_32bit": "no state is paged", "optim: paged_adamw_8bit": "no state is paged",
             "deepspeed": "over gloo, not NCCL", "quantization_bit": "bitsandbytes' CPU kernels",
             "bf16: true": "the CPU's bfloat16"}
# Two processes where the recipe is for two cards (ZeRO-2), and once without DeepSpeed (DDP).
PROCESSES = {"configs/hira/train.yaml": 2, "configs/insurance/train_phase1.yaml": 2}
# The run whose launch has most paths to get wrong: torchrun, a DeepSpeed file, a folder with a blank and Hangul.
IN_HANGUL_FOLDER = "configs/hira/train.yaml"
# The hub's Llama 3.2 names no pad token, and beside a named template LLaMA-Factory then pads with EOS. It masks padding by
# place and not by id, so the end is learnt all the same; a prepared folder has a pad token of its own.
PAD_IS_EOS = ("configs/dart/train.yaml",)
# One of each family: train, export, chat. The second is trained on a quantised base and merged into the plain one.
FAMILIES = {
    "Llama 3.2": ("dart/train", "dart/export", "dart/chat"),
    "Llama 3 Instruct, 4-bit base": ("dart/train_llama3_8b_qlora", "dart/export_llama3_8b_qlora",
                                     "dart/chat_llama3_8b_qlora"),
    "Llama 3, prepared": ("insurance/train", "insurance/export", "insurance/chat"),
    "SOLAR, prepared": ("hira/train_closed", "hira/export_closed", "hira/chat_closed"),
}
PREPARED = ("beomi/Llama-3-Open-Ko-8B", "meta-llama/Llama-3.2-1B", "upstage/SOLAR-10.7B-v1.0")

FORECAST = "configs/dart/train.yaml"
MUNDAP = (sys.executable, "-m", "mundap.cli.main")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A recipe that was trained: where, what it printed to its log, and the values it ran with."""

    folder: Path
    log: str
    values: dict[str, Any]

    def example(self, name: str) -> list[int]:
        """Return the ids of the example that LLaMA-Factory shows: input_ids, or label_ids where the loss is taken."""
        shown = re.search(rf"^{name}:\s*\n?\[(.*?)\]", self.log, re.MULTILINE | re.DOTALL)
        assert shown, "the log shows no example"
        return [number for number in map(int, shown[1].split(",")) if number >= 0]


class Stage:
    """Tiny models in a home of their own, and what was trained there; a recipe is trained once, whoever asks first."""

    def __init__(self, root: Path) -> None:
        self.home, self.hangul = root / "home", root / "한글 폴더"
        self._env = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "MUNDAP_"))}
        self._env |= {"HF_HOME": str(root / "hub"), "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "",
                      "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
        self._done: dict[str, Run] = {}
        tiny_models.write_cache(root / "hub")
        for name in PREPARED:
            base = tiny_models.write(name, root / "bases" / Path(name).name)
            prepared.prepare(str(base), self.home, say=lambda line: None)

    def mundap(self, *words: str, project: Path = ROOT, processes: int = 1) -> None:
        """Run a mundap command; one that fails fails the test with all it said."""
        env = self._env | ({"MUNDAP_HOME": str(self.home)} if project == ROOT else {})
        env |= {"NPROC_PER_NODE": str(processes)} if processes > 1 else {}
        started = time.monotonic()
        done = subprocess.run([*MUNDAP, *words], cwd=project, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=380, check=False)
        assert done.returncode == 0, f"{words} after {time.monotonic() - started:.0f} s\n{done.stdout}\n{done.stderr}"

    def chat(self, *words: str, question: str) -> str:
        """Ask one question at `mundap chat` and return what it printed.

        `exit` is typed a moment after the answer, as a person would: LLaMA-Factory's generating thread may still be at
        work when its last word is out, and a process that ends over it aborts.
        """
        log = self.home / "chat.out"
        with log.open("w", encoding="utf-8") as out, subprocess.Popen(
                [*MUNDAP, "chat", *words], cwd=ROOT, env=self._env | {"MUNDAP_HOME": str(self.home)}, text=True,
                stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT) as process:
            assert process.stdin is not None
            process.stdin.write(question + "\n")
            process.stdin.flush()
            until = time.monotonic() + 300
            while process.poll() is None and log.read_text("utf-8").count("User: ") < 2:
                assert time.monotonic() < until, log.read_text("utf-8")
                time.sleep(0.2)
            time.sleep(1)
            process.stdin.write("exit\n")
            process.stdin.close()
            code = process.wait(timeout=60)
        assert code == 0, log.read_text("utf-8")
        return log.read_text("utf-8")

    def trained(self, recipe: str, say: Say) -> Run:
        """Return a recipe's run."""
        if recipe not in self._done:
            self._done[recipe] = self._train(recipe, say)
        return self._done[recipe]

    def _train(self, recipe: str, say: Say) -> Run:
        elsewhere = recipe == IN_HANGUL_FOLDER
        project, home = (self._copy(), self.hangul) if elsewhere else (ROOT, self.home)
        given = yaml.safe_load((ROOT / recipe).read_text("utf-8"))
        over, notes = overlay(given)
        words = [f"{key}={json.dumps(value)}" for key, value in over.items()]
        started = time.monotonic()
        # One run tells its forecast; for the others ten seconds each are saved.
        quiet = [] if recipe == FORECAST else ["--no-forecast"]
        self.mundap("train", recipe, *words, *quiet, project=project, processes=PROCESSES.get(recipe, 1))
        say(f"{recipe}: {time.monotonic() - started:.0f} s; not exercised here: {'; '.join(notes)}")
        folder = home / given["output_dir"]
        (log,) = folder.glob("training_*.log")
        return Run(folder=folder, log=log.read_text("utf-8"),
                   values=yaml.safe_load((folder / "resolved.yaml").read_text("utf-8")))

    def _copy(self) -> Path:
        """Return a copy of the project under a name with a blank and Hangul, its generated files there too."""
        shutil.copytree(ROOT / "configs", self.hangul / "configs")
        (self.hangul / "datasets").mkdir()
        for file in (ROOT / "datasets").glob("*.json"):
            shutil.copyfile(file, self.hangul / "datasets" / file.name)
        shutil.copyfile(ROOT / "dataset_info.json", self.hangul / "dataset_info.json")
        shutil.copytree(self.home / "models", self.hangul / "models", symlinks=True)
        return self.hangul


def overlay(given: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the values laid over a recipe for this machine, and what is not exercised because of them."""
    over: dict[str, Any] = yaml.safe_load(SIZES)
    over |= {key: 1 for key in ("save_steps", "eval_steps") if given.get(key, 0) > 1}   # within two steps
    notes: list[str] = []
    for key, value in yaml.safe_load(DEVICE).items():
        if key == "use_cpu" or (given.get(key) not in (None, value, "auto")):
            over[key] = value
            notes.append(f"{key}: {json.dumps(value)} in place of {json.dumps(given.get(key))}")
    if given.get("fp16"):
        over["bf16"] = True
    notes += [f"{key} ({how})" for key, how in OTHERWISE.items()
              if key in given or key in {f"{name}: {json.dumps(value).strip(chr(34))}" for name, value in given.items()}]
    return over, notes


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Return the tiny models, prepared, and room for the runs."""
    return Stage(tmp_path_factory.mktemp("recipes"))


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Return a function that writes a line past pytest's capture, so that a passing run shows it too."""
    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n  {line}\n")
    return write


def test_every_reference_recipe_is_run_here() -> None:
    assert {"configs/dart/train.yaml", "configs/dart/train_llama3_8b_qlora.yaml", "configs/insurance/train.yaml",
            "configs/insurance/train_phase1.yaml", "configs/insurance/train_phase2.yaml",
            "configs/civil_law/train.yaml", "configs/civil_law/train_8bit.yaml", "configs/hira/train.yaml",
            "configs/hira/train_closed.yaml"} <= set(RECIPES)
    assert {*PROCESSES, IN_HANGUL_FOLDER, *(f"configs/{train}.yaml" for train, _, _ in FAMILIES.values())} <= set(RECIPES)


def test_the_overlay_takes_away_what_needs_a_gpu_and_says_so() -> None:
    over, notes = overlay({"fp16": True, "enable_liger_kernel": True, "flash_attn": "fa2", "save_steps": 0.25,
                           "eval_steps": 100, "optim": "paged_adamw_32bit", "deepspeed": "z.json"})
    assert (over["fp16"], over["bf16"], over["enable_liger_kernel"], over["flash_attn"]) == (False, True, False, "sdpa")
    assert over["eval_steps"] == 1 and "save_steps" not in over and "tf32" not in over
    assert notes == ["use_cpu: true in place of null", "fp16: false in place of true",
                     "enable_liger_kernel: false in place of true", 'flash_attn: "sdpa" in place of "fa2"',
                     "optim: paged_adamw_32bit (no state is paged)", "deepspeed (over gloo, not NCCL)"]


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_trains_for_two_steps(recipe: str, stage: Stage, say: Say) -> None:
    run = stage.trained(recipe, say)
    state = json.loads((run.folder / "trainer_state.json").read_text("utf-8"))
    losses = [entry["loss"] for entry in state["log_history"] if "loss" in entry]
    assert state["global_step"] == 2 and len(losses) == 2 and all(map(math.isfinite, losses)), losses
    adapter = Weights(run.folder / "adapter_model.safetensors")
    moved = [name for name in adapter.names if ".lora_B." in name and bool(adapter.read(name).any())]
    assert moved, "every lora_B is zero, as before training"
    assert all(finite(adapter.read(name)) for name in adapter.names)
    if recipe in PROCESSES:
        assert f"world size: {PROCESSES[recipe]}" in run.log
    if run.values.get("deepspeed"):
        assert "initializing ZeRO optimizer" in run.log


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_teaches_the_end_of_an_answer(recipe: str, stage: Stage, say: Say) -> None:
    from transformers import AutoTokenizer

    run = stage.trained(recipe, say)
    tokenizer = AutoTokenizer.from_pretrained(run.folder, local_files_only=True)
    labels, whole = run.example("label_ids"), run.example("input_ids")
    assert tokenizer.eos_token_id in labels, tokenizer.decode(labels)[-80:]
    after = labels[len(labels) - labels[::-1].index(tokenizer.eos_token_id):]
    assert tokenizer.decode(after).strip() == "", "nothing but blanks is learnt after EOS (template alpaca adds some)"
    assert (tokenizer.pad_token_id in (None, tokenizer.eos_token_id)) == (recipe in PAD_IS_EOS)
    if not run.values.get("template"):
        assert labels[-1] == tokenizer.eos_token_id
        assert whole[0] == tokenizer.bos_token_id and whole.count(tokenizer.bos_token_id) == 1
        row = json.loads((ROOT / "datasets" / f"{run.values['dataset']}.json").read_text("utf-8"))[0]
        sent = tokenizer.encode(tokenizer.bos_token + build_prompt(row["instruction"], row["input"]),
                                add_special_tokens=False)
        assert whole[:len(sent)] == sent, "the app's prompt is what was trained on, token for token"
        assert tokenizer.decode(labels[:-1]) == row["output"]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_zero_3_file_runs(stage: Stage, say: Say) -> None:
    """Without use_cpu: with it transformers starts no process group in time, and ZeRO-3 sees a world of one."""
    words = [f"{key}={json.dumps(value)}" for key, value in yaml.safe_load(SIZES).items()]
    started = time.monotonic()
    stage.mundap("train", "configs/hira/train.yaml", *words, "deepspeed=configs/deepspeed/z3.json", "bf16=false",
                 "output_dir=saves/hira/zero3", "--no-forecast", processes=2)
    say(f"configs/deepspeed/z3.json: {time.monotonic() - started:.0f} s; not exercised here: bf16, NCCL")
    folder = stage.home / "saves" / "hira" / "zero3"
    adapter = Weights(folder / "adapter_model.safetensors")
    moved = [name for name in adapter.names if ".lora_B." in name and bool(adapter.read(name).any())]
    assert moved and all(finite(adapter.read(name)) for name in adapter.names)
    assert json.loads((folder / "trainer_state.json").read_text("utf-8"))["global_step"] == 2


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_exported_and_the_export_loads(family: str, stage: Stage, say: Say) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    train, export, _ = (f"configs/{name}.yaml" for name in FAMILIES[family])
    run = stage.trained(train, say)
    started = time.monotonic()
    stage.mundap("export", export)
    say(f"{export}: {time.monotonic() - started:.0f} s")
    folder = stage.home / yaml.safe_load((ROOT / export).read_text("utf-8"))["export_dir"]
    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    assert model.dtype == torch.bfloat16 and not hasattr(model.config, "quantization_config")
    prompt = tokenizer.apply_chat_template([{"role": "user", "content": "가\n### 입력\n나"}], return_tensors="pt",
                                           add_generation_prompt=True, return_dict=True)
    assert bool(torch.isfinite(model(**prompt).logits).all())
    trained = AutoTokenizer.from_pretrained(run.folder, local_files_only=True)
    assert tokenizer.chat_template == trained.chat_template and tokenizer.eos_token == trained.eos_token
    if not run.values.get("packing"):   # a packed sequence begins with any row
        row = json.loads((ROOT / "datasets" / f"{run.values['dataset']}.json").read_text("utf-8"))[0]
        asked = [{"role": "user", "content": user_content(row["instruction"], row["input"])}]
        sent = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=True)["input_ids"]
        assert run.example("input_ids")[:len(sent)] == sent, "what the export is asked is what was trained on"


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_answers_one_turn_of_chat(family: str, stage: Stage, say: Say) -> None:
    train, _, chat = (f"configs/{name}.yaml" for name in FAMILIES[family])
    stage.trained(train, say)
    started = time.monotonic()
    printed = stage.chat(chat, "max_new_tokens=8", question="매출액은 얼마인가요?")
    say(f"{chat}: {time.monotonic() - started:.0f} s")
    assert re.search(r"User: Assistant: .+\n\s*User: ", printed, re.DOTALL), printed
