"""What the Board saved or ran, made a recipe again: only what was changed differs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mundap import yaml_lines
from mundap.board import importing, opening, workspace
from mundap.checking import check
from mundap.errors import ConfigError
from mundap.recipe import load

ROOT = Path(__file__).resolve().parents[3]
RECIPES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "configs").glob("*/train*.yaml"))
DEMO = "configs/demo/train.yaml"
# As LLaMA Board 0.9.5 wrote it for a run that began as no recipe of ours.
FOREIGN = """\
bf16: true
cutoff_len: 2048
dataset: demo
dataset_dir: data
ddp_timeout: 180000000
deepspeed: llamaboard_cache/ds_z3_offload_config.json
do_train: true
double_quantization: true
enable_thinking: true
finetuning_type: lora
flash_attn: auto
gradient_accumulation_steps: 8
include_num_input_tokens_seen: true
learning_rate: 5.0e-05
logging_steps: 5
lora_alpha: 16
lora_dropout: 0
lora_rank: 8
lora_target: all
lr_scheduler_type: cosine
max_grad_norm: 1.0
max_samples: 100000
model_name_or_path: meta-llama/Llama-3.2-1B
num_train_epochs: 3.0
optim: adamw_torch
output_dir: saves/Llama-3.2-1B/lora/train_2026-01-01-00-00-00
packing: false
per_device_train_batch_size: 2
plot_loss: true
preprocessing_num_workers: 16
quantization_bit: 4
quantization_method: bnb
report_to: none
save_steps: 100
stage: sft
swanlab_api_key: geheim
template: llama3
trust_remote_code: true
warmup_steps: 0
"""

Opened = Callable[..., Path]


@pytest.fixture
def opened(project: Path) -> Opened:
    """Return a function that opens a recipe, changes elements of the saved form, and returns the form's file."""
    def put(recipe: str, elements: dict[str, Any] | None = None, *, overrides: tuple[str, ...] = ()) -> Path:
        loaded = load(recipe, overrides=overrides)
        ready = opening.filled(loaded, 7861)
        workspace.settle(loaded, ready.form, ready.page)
        saved = ready.folder / workspace.CONFIGS / f"{workspace.slug(loaded)}.yaml"
        # What the Board saves besides: fields that no argument is made of.
        idle = {"train.project": "huggingface", "train.swanlab_link": None, "train.swanlab_api_key": "geheim"}
        saved.write_text(yaml.safe_dump({**yaml.safe_load(saved.read_text("utf-8")), **idle, **(elements or {})}))
        return saved
    return put


def bring_back(source: Path, out: str = DEMO, *, like: str | None = None) -> importing.Plan:
    ready = importing.plan(source, Path(out), like=Path(like) if like else None, force=True)
    importing.write(ready)
    return ready


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_changed_learning_rate_is_the_only_difference(recipe: str, opened: Opened, project: Path) -> None:
    before = (project / recipe).read_text("utf-8")
    assert before == (ROOT / recipe).read_text("utf-8")
    written = next(line for line in before.splitlines() if line.startswith("learning_rate:"))
    ready = bring_back(opened(recipe, {"train.learning_rate": "0.00037"}), recipe)
    after = (project / recipe).read_bytes().decode("utf-8")
    assert after == before.replace(written, f"learning_rate: 3.7e-4{written.partition(' #')[1]}" + written.partition(
        " #")[2])
    assert [line for line in ready.differences if not line.startswith(("---", "+++", "@@"))] == [
        f"-{written}", "+learning_rate: 3.7e-4"]


@pytest.mark.parametrize("recipe", RECIPES)
def test_nothing_changed_is_no_difference(recipe: str, opened: Opened, project: Path) -> None:
    before = (project / recipe).read_bytes()
    assert bring_back(opened(recipe), recipe).differences == ()
    assert (project / recipe).read_bytes() == before


def test_another_file_names_itself_and_writes_to_a_folder_of_its_own(opened: Opened, project: Path) -> None:
    source = opened(DEMO, {"train.learning_rate": "2e-4"})
    ready = importing.plan(source, Path("configs/demo/train_new.yaml"))
    assert importing.write(ready) == [] and ready.name == "configs/demo/train_new.yaml"
    changed = [line for line in ready.differences if line[0] in "+-"]
    assert changed == [
        f"--- {DEMO}", "+++ configs/demo/train_new.yaml",
        "-# Run:   mundap train configs/demo/train.yaml   (or: llamafactory-cli train configs/demo/train.yaml)",
        "+# Run:   mundap train configs/demo/train_new.yaml   (or: llamafactory-cli train configs/demo/train_new.yaml)",
        "-output_dir: saves/demo/lora", "+output_dir: saves/demo/lora-new",
        "-learning_rate: 5.0e-4", "+learning_rate: 2.0e-4"]
    assert check.check(project / "configs/demo/train_new.yaml") == []


def test_a_recipe_in_a_deeper_folder_finds_the_schema(opened: Opened, project: Path) -> None:
    bring_back(opened(DEMO), "configs/demo/tried/train.yaml")
    first = (project / "configs/demo/tried/train.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../../schema/train.schema.json"
    values = load("configs/demo/tried/train.yaml").values
    assert values["output_dir"] == "saves/demo/lora-tried"


@pytest.mark.parametrize(("elements", "fresh"), [
    # left out, alpha is twice the rank: the page kept 32 when the rank went down, so that it must now be said
    ({"train.lora_rank": 8}, {"lora_rank": 8, "lora_alpha": 32}),
    ({"train.lora_rank": 8, "train.lora_alpha": 16}, {"lora_rank": 8}),
    ({"train.compute_type": "fp32"}, {"bf16": False}),
    ({"train.compute_type": "fp16"}, {"bf16": False, "fp16": True}),
    ({"top.quantization_bit": "4"}, {"quantization_bit": 4}),
    ({"top.template": "alpaca"}, {"template": "alpaca"}),
    ({"train.max_samples": "50"}, {"max_samples": 50}),
    ({"train.val_size": 0.1}, {"val_size": 0.1, "eval_strategy": "steps", "eval_steps": 20,
                               "per_device_eval_batch_size": 2}),
    ({"train.dataset": ["demo", "other"]}, {"dataset": "demo,other"}),
    ({"top.booster": "liger_kernel"}, {"enable_liger_kernel": True}),
    ({"train.ds_stage": "2"}, {"deepspeed": "configs/deepspeed/z2.json"}),
    ({"train.extra_args": '{"trust_remote_code": true, "seed": 7, "save_strategy": "steps", "save_total_limit": 1, '
      '"overwrite_output_dir": true, "use_cpu": true, "preprocessing_num_workers": 1}'},
     {"seed": 7, "disable_gradient_checkpointing": False}),
    ({"train.extra_args": "{}"}, {"disable_gradient_checkpointing": False, "use_cpu": False, "save_total_limit": None,
                                  "overwrite_output_dir": False}),
], ids=str)
def test_what_is_changed_on_the_page_is_changed_in_the_recipe(elements: dict[str, Any], fresh: dict[str, Any],
                                                              opened: Opened, project: Path) -> None:
    before = yaml_lines.read(project / DEMO).values
    bring_back(opened(DEMO, elements))
    after = yaml_lines.read(project / DEMO).values
    assert after == {key: value for key, value in {**before, **fresh}.items() if value is not None}


def test_quantisation_taken_out_takes_its_line_out(opened: Opened, project: Path) -> None:
    recipe = "configs/insurance/train.yaml"
    bring_back(opened(recipe, {"top.quantization_bit": "none"}), recipe)
    assert "quantization_bit" not in yaml_lines.read(project / recipe).values


def test_a_list_stays_a_list(opened: Opened, project: Path) -> None:
    path = project / DEMO
    path.write_text(path.read_text("utf-8").replace("lora_target: all", "lora_target: [q_proj]   # few"), "utf-8")
    ready = bring_back(opened(DEMO, {"train.lora_target": "q_proj, v_proj"}))
    assert 'lora_target: ["q_proj", "v_proj"] # few' in path.read_text("utf-8")
    assert ready.notes == ("a comment stands beside a value that is new; see whether it still holds: lora_target",)


def test_presets_and_the_command_line_are_part_of_what_is_brought_back(opened: Opened, project: Path) -> None:
    source = opened(DEMO, {"train.learning_rate": "1e-3"}, overrides=("num_train_epochs=5", "save_total_limit=null"))
    bring_back(source)
    after = yaml_lines.read(project / DEMO).values
    assert (after["num_train_epochs"], after["learning_rate"], "save_total_limit" in after) == (5, 1e-3, False)


def test_what_was_edited_meanwhile_stays(opened: Opened, project: Path) -> None:
    source = opened(DEMO, {"train.learning_rate": "1e-3"})
    path = project / DEMO
    path.write_text(path.read_text("utf-8").replace("seed: 42", "seed: 43   # luckier"), "utf-8")
    bring_back(source)
    text = path.read_text("utf-8")
    assert "seed: 43   # luckier" in text and "learning_rate: 0.001" in text


def test_a_runs_folder_knows_its_recipe_by_name(opened: Opened, project: Path) -> None:
    form = opening.filled(load(DEMO), 7861).form
    opened(DEMO)
    run = project / "saves/Custom/lora/demo-train_2026-01-31-09-00-00"
    run.mkdir(parents=True)
    args = form.args | {"learning_rate": 1e-4, "output_dir": "saves/Custom/lora/" + run.name}
    (run / "training_args.yaml").write_text(yaml.safe_dump(args), "utf-8")
    for source in (run, run / "training_args.yaml", Path("saves/Custom/lora") / run.name):
        ready = importing.plan(source, Path(DEMO), force=True)
        assert [line for line in ready.differences if line[:2] in ("-l", "+l")] == [
            "-learning_rate: 5.0e-4", "+learning_rate: 1.0e-4"]


def test_a_run_that_began_as_no_recipe_is_written_anew(project: Path) -> None:
    source = project / "saves/Llama-3.2-1B/lora/train_2026-01-01-00-00-00/training_args.yaml"
    source.parent.mkdir(parents=True)
    source.write_text(FOREIGN, "utf-8")
    ready = importing.plan(source.parent, Path("configs/demo/train_tried.yaml"))
    problems = importing.write(ready)
    assert (project / "configs/demo/train_tried.yaml").read_text("utf-8") == """\
# yaml-language-server: $schema=../schema/train.schema.json
# Makes: a LoRA adapter of meta-llama/Llama-3.2-1B, as set in LLaMA Board.
# Run:   mundap train configs/demo/train_tried.yaml   (or: llamafactory-cli train configs/demo/train_tried.yaml)
# Needs: not measured; `mundap doctor --recipe configs/demo/train_tried.yaml` says whether this machine has it.
# Time:  not measured; `mundap check --data` forecasts it.

### model
model_name_or_path: meta-llama/Llama-3.2-1B
trust_remote_code: false

### method
stage: sft
do_train: true
finetuning_type: lora
lora_target: all
lora_rank: 8
lora_alpha: 16
quantization_bit: 4
deepspeed: configs/deepspeed/z3_offload.json

### dataset
dataset: demo
dataset_dir: .
template: llama3
cutoff_len: 2048

### output
output_dir: saves/demo/tried
logging_steps: 5
save_steps: 100
report_to: none

### train
per_device_train_batch_size: 2
gradient_accumulation_steps: 8
learning_rate: 5.0e-5
num_train_epochs: 3.0
lr_scheduler_type: cosine
optim: adamw_torch
bf16: true
"""
    # true of the run as well: there is no such file, and an instruct template on a base model
    assert {problem.key for problem in problems} == {"deepspeed", "template"}
    assert ready.notes == (
        "not taken over, being secrets or no keys of a recipe: swanlab_api_key",
        "trust_remote_code was true there, as LLaMA Board sets it; the recipe says false",
        "there is no configs/deepspeed/z3_offload.json yet; it stands for the file of the same name in LLaMA Board's own "
        "folder",
        "no recipe is known that this began as; --like RECIPE keeps the comments of one")


def test_like_gives_a_run_the_comments_and_order_of_a_recipe(project: Path) -> None:
    source = project / "elsewhere" / "training_args.yaml"
    source.parent.mkdir()
    source.write_text(FOREIGN.replace("llamaboard_cache/ds_z3_offload_config.json", "''"), "utf-8")
    bring_back(source, "configs/demo/train_tried.yaml", like=DEMO)
    text = (project / "configs/demo/train_tried.yaml").read_text("utf-8")
    values = yaml_lines.parse(text, name="x").values
    assert "# Makes: a LoRA adapter that answers from quoted passages and cites them." in text
    assert (values["model_name_or_path"], values["lora_rank"], values["template"]) == ("meta-llama/Llama-3.2-1B", 8,
                                                                                      "llama3")
    # what the Board forces is the recipe's own business
    assert values["preprocessing_num_workers"] == 1 and values["trust_remote_code"] is False
    assert {"ddp_timeout", "include_num_input_tokens_seen", "swanlab_api_key"}.isdisjoint(values)
    assert "geheim" not in text


def test_fields_of_a_newer_board_are_passed_over_and_told(opened: Opened) -> None:
    ready = bring_back(opened(DEMO, {"train.train_seed": 42}))
    assert ready.notes == ("passed over, fields of another version of LLaMA Board: train.train_seed",)


@pytest.mark.parametrize(("out", "what"), [
    ("configs/demo/tried.yaml", "configs/demo/tried.yaml: is no name for a train recipe.\n"
     "  Begin it with train: configs/demo/train_new.yaml."),
    ("configs/demo/train_new.json", "configs/demo/train_new.json: is no name for a train recipe."),
    (DEMO, f"{DEMO}: is there already.\n  Add --force to write over it, or name another."),
])
def test_where_to_is_checked_first(out: str, what: str, project: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        importing.plan(Path("nowhere"), Path(out))
    assert str(caught.value).startswith(what)


@pytest.mark.parametrize(("text", "what"), [
    (None, "there is no such file."), ("a: [", "is not YAML."), ("- 1", "is not a mapping of keys to values."),
    ("a: 1", "is neither a form that LLaMA Board saved nor the arguments of a run."),
    ("top.model_name: Custom", "the form does not say where its model is."),
    ("!!python/object/apply:os.getcwd []", "is not YAML."),
])
def test_what_is_no_form_and_no_run_is_told(text: str | None, what: str, project: Path) -> None:
    source = project / "llamaboard_config" / "x.yaml"
    source.parent.mkdir()
    if text is not None:
        source.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        importing.plan(source, Path("configs/demo/train_x.yaml"))
    assert caught.value.what == what and caught.value.fix


def test_values_that_no_recipe_may_hold_are_told_and_nothing_is_written(opened: Opened, project: Path) -> None:
    source = opened(DEMO, {"train.extra_args": '{"seed": "seven"}'})
    before = (project / DEMO).read_bytes()
    with pytest.raises(ConfigError, match=r"train\.yaml:\d+: seed: \"seven\" must be a whole number"):
        bring_back(source)
    assert (project / DEMO).read_bytes() == before
