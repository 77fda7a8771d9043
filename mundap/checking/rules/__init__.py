"""Rules beyond the schema: what a recipe promises about itself, other files and the versions in use.

A rule is a function from a recipe to its problems; functions on one subject share a file, and all of them stand in
RULES with their code, reason and remedy. Which keys, types and choices there are is the schema's business. Codes are
never given twice: a rule that goes takes its code with it. configs/schema/RULES.md is written from this table.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from mundap.checking.rules import (
    datasets,
    evaluation,
    method,
    named_files,
    outputs,
    precision,
    prompts,
    quantisation,
    same_prompt,
    scale,
    yaml_traps,
)
from mundap.checking.rules import safety as safe
from mundap.checking.rules.rule import Rule, Settled
from mundap.problem import Problem
from mundap.recipe import Recipe

RULES: tuple[Rule, ...] = (
    Rule(code="MD101", find=datasets.registered, why="A dataset without an entry stops the trainer after a minute.",
         fix="Correct the name, or add it to dataset_info.json."),
    Rule(code="MD102", find=datasets.files_there, why="A missing file stops the trainer after a minute.",
         fix="Make it with mundap data, or correct file_name."),
    Rule(code="MD103", find=datasets.columns_in_file, why="A column that is not there is a bare KeyError.",
         fix="Name a column that the file has."),
    Rule(code="MD104", find=datasets.columns_whole,
         why="Once columns is given, a column left out is unset and every row is dropped.",
         fix="List every column that is used."),
    Rule(code="MD105", find=datasets.entry_keys, why="A key misspelt in dataset_info.json is passed over in silence.",
         fix="Spell it as LLaMA-Factory does."),
    Rule(code="MD106", find=datasets.rows_readable,
         why="Other encodings, broken lines and answers that are no text end in an opaque error or are dropped.",
         fix="Save as UTF-8 JSON, every answer as text."),
    Rule(code="MD107", find=datasets.fits_stage, why="Preference stages need pairs, the others do not take them.",
         fix="Name a dataset of the right kind."),
    Rule(code="MD108", find=datasets.kept_apart, why="A loss on rows that were trained on says nothing.",
         fix="Hold rows out into a dataset of their own."),
    Rule(code="MD109", find=datasets.folder_named, why="Without dataset_dir, llamafactory-cli looks in ./data.",
         fix="Add dataset_dir: ."),
    Rule(code="MD110", find=datasets.something_to_do, why="Without do_train the run ends at once and says nothing.",
         fix="Add do_train: true and a dataset."),
    Rule(code="MD111", find=datasets.ascii_registry, warning=True,
         why="dataset_info.json is read in the system's encoding, which is cp949 on Korean Windows.",
         fix="Write characters beyond ASCII as \\u escapes."),
    Rule(code="MD112", find=datasets.answers_given, warning=True,
         why="An empty answer is kept and trains the model to say nothing.", fix="Write the answers, or drop the rows."),
    Rule(code="MD113", find=datasets.library_not_shadowed, warning=True,
         why="A datasets/__init__.py hides the library of that name when LLaMA-Factory is started here by torchrun.",
         fix="Remove that file."),
    Rule(code="MD201", find=prompts.same_format,
         why="A model asked in another format than it was trained in answers badly, and nothing says so.",
         fix="Give template, default_system and enable_thinking the training's values."),
    Rule(code="MD202", find=prompts.ends_answers,
         why="The format `empty` trains no end-of-answer token, so the model never stops.",
         fix="Prepare the base with mundap models --prepare, or name a template."),
    Rule(code="MD203", find=prompts.pad_is_not_eos, why="Masking padding would mask the end of the answer as well.",
         fix="Give the tokenizer a pad token of its own: mundap models --prepare."),
    Rule(code="MD204", find=prompts.template_fits_base, warning=True,
         why="An instruct template ends answers with a token that a base model has not learnt.",
         fix="Prepare the base and take template out, or train the instruct model."),
    Rule(code="MD301", find=evaluation.held_out_rows_used,
         why="val_size without eval_strategy throws rows away: they are neither trained nor evaluated on.",
         fix="Add eval_strategy, or name an eval_dataset."),
    Rule(code="MD302", find=evaluation.one_source_of_eval_rows,
         why="val_size and eval_dataset together are refused, and a size must be a share or a whole number.",
         fix="Keep eval_dataset."),
    Rule(code="MD303", find=evaluation.rows_to_evaluate, why="An evaluation without rows stops the trainer.",
         fix="Name an eval_dataset."),
    Rule(code="MD304", find=evaluation.evaluated_in_time,
         why="eval_steps beyond the run's last step never evaluates.",
         fix="Write fewer steps, or a share of the run such as 0.25."),
    Rule(code="MD305", find=evaluation.best_can_be_found,
         why="A best model is kept only where evaluating and saving fall together; else the trainer stops.",
         fix="Make strategies and steps equal."),
    Rule(code="MD306", find=evaluation.best_is_better, why="The wrong direction keeps the worst model.",
         fix="A loss is better when it is smaller."),
    Rule(code="MD401", find=outputs.fresh_output, settled_by="folder",
         why="LLaMA-Factory goes on from checkpoints in output_dir without a word.",
         fix="Say overwrite_output_dir or resume_from_checkpoint, or name another folder."),
    Rule(code="MD402", find=outputs.own_output, settled_by="folder",
         why="Two recipes that write to one folder destroy each other's work.",
         fix="Give each a folder of its own."),
    Rule(code="MD403", find=outputs.tokenized_rows_wanted, settled_by="same run",
         why="A tokenized_path that exists is used in place of every dataset named.",
         fix="Remove the folder or the key, or say beside it that it is meant."),
    Rule(code="MD404", find=outputs.checkpoint_there, why="A checkpoint that is not there stops the trainer late.",
         fix="Name a checkpoint-N folder."),
    Rule(code="MD405", find=outputs.adapter_comes_from_somewhere,
         why="An adapter that no recipe writes is a misspelt folder.", fix="Name the output_dir of a train recipe."),
    Rule(code="MD406", find=outputs.export_named, why="An export needs a folder that is nothing else's.",
         fix="Add export_dir: exports/<name>."),
    Rule(code="MD407", find=outputs.weights_kept, settled_by="folder", why="LLaMA-Factory stops where output_dir holds weights.",
         fix="Say overwrite_output_dir, or name another folder."),
    Rule(code="MD501", find=quantisation.merged_into_whole_weights,
         why="Merging into quantised weights is refused, after the model was loaded.",
         fix="Export onto the unquantised model, without quantization_bit."),
    Rule(code="MD502", find=quantisation.bits_supported, why="LLaMA-Factory checks the number of bits late or never.",
         fix="4 or 8 for bnb."),
    Rule(code="MD503", find=quantisation.trainable, why="Quantised weights allow a single LoRA adapter and little else.",
         fix="Take out what is named, or quantization_bit."),
    Rule(code="MD504", find=quantisation.bits_not_ignored, warning=True,
         why="quantization_bit has no effect on a base that comes quantised.", fix="Take the line out."),
    Rule(code="MD510", find=method.excludes, why="LLaMA-Factory refuses the two together, one error a run.",
         fix="Keep one of the two."),
    Rule(code="MD511", find=method.fits_stage, why="The stage does not know the key, or cannot run at all.",
         fix="Take the line out."),
    Rule(code="MD512", find=method.modules_there, why="A module the base does not have stops the trainer late.",
         fix="lora_target: all"),
    Rule(code="MD513", find=method.streaming_bounded, why="Streamed rows have no length.", fix="Add max_steps."),
    Rule(code="MD601", find=precision.in_range, why="LLaMA-Factory takes any number and fails late, or learns nothing.",
         fix="Correct the number."),
    Rule(code="MD602", find=precision.one_format, why="Two number formats at once are refused.", fix="Keep bf16."),
    Rule(code="MD603", find=precision.cpu_can, why="A processor has none of these formats and kernels.",
         fix="Take the line out, or lay --preset cpu over the recipe."),
    Rule(code="MD604", find=precision.cpu_said, warning=True,
         why="bf16 asks for a GPU unless use_cpu is true.",
         fix="Add use_cpu: true."),
    Rule(code="MD605", find=precision.packing_length,
         why="Packing crashes 0.9.5 where cutoff_len is no multiple of 8 (upstream #10737).",
         fix="Round cutoff_len down."),
    Rule(code="MD606", find=precision.attention_there, why="Flash attention 3 is refused for nearly every model.",
         fix="flash_attn: sdpa"),
    Rule(code="MD607", find=precision.sampling_meant, why="A temperature of 0 is refused at the first question.",
         fix="do_sample: false"),
    Rule(code="MD608", find=precision.one_packed_row,
         why="neat_packing with flash attention 2 stops at the first batch of two.",
         fix="per_device_train_batch_size: 1"),
    Rule(code="MD701", find=scale.settings_there, why="A missing file of settings stops every process.",
         fix="configs/deepspeed/z2.json"),
    Rule(code="MD702", find=scale.zero3_can, why="Weights split over devices rule these keys out.",
         fix="configs/deepspeed/z2.json, or take the line out."),
    Rule(code="MD703", find=scale.deepspeed_can, why="These optimisers do not work under DeepSpeed.",
         fix="Keep one of the two."),
    Rule(code="MD704", find=scale.settings_agree, why="The trainer stops where DeepSpeed's file contradicts it.",
         fix='Write "auto" in that file.'),
    Rule(code="MD801", find=safe.remote_code_reasoned, why="trust_remote_code runs Python that came with the model.",
         fix="false, or a comment beside it that says whose code it is."),
    Rule(code="MD802", find=safe.no_secrets, why="Recipes are committed and printed.",
         fix="Set an environment variable instead."),
    Rule(code="MD803", find=safe.page_behind_log_in,
         why="A page that other machines reach shows its documents to, and spends its model on, whoever comes by.",
         fix="Make a users file with mundap users and name it in web.users, or keep web.host at 127.0.0.1."),
    Rule(code="MD811", find=yaml_traps.exponents_with_point, warning=True,
         why="1e-4 is text to most YAML readers, a number to LLaMA-Factory.", fix="Write 1.0e-4."),
    Rule(code="MD812", find=yaml_traps.placeholders_filled,
         why="LLaMA-Factory reads ${…} and does not fill it in.", fix="Write the value out."),
    Rule(code="MD901", find=same_prompt.same_prompt,
         why="Rows must be trained on what the app will send: decline_text, top_k and prompts are the same.",
         fix="Make data.yaml and rag.yaml equal."),
    Rule(code="MD902", find=named_files.named_files, why="A prompt or recipe that is named must be there.",
         fix="Correct the path; it begins at the project's root."),
    Rule(code="MD903", find=named_files.generator_complete, why="A generator needs to be told its model or address.",
         fix="Add the key named."),
    Rule(code="MD904", find=named_files.server_within_reach, warning=True,
         why="Chroma's server has no authentication: whoever reaches its port can read, change and delete the index.",
         fix="Keep it on 127.0.0.1, or on a private network behind a firewall."),
    Rule(code="MD905", find=named_files.terms_in_words,
         why="A file of terms is shown beside answers, whose figures must come from their passages alone.",
         fix="Write each meaning in words, one `term: meaning` a line."),
)


class _Watched(dict[str, Any]):
    """A recipe's values without the keys the schema found wrong; notes when a rule asks for one of those."""

    def __init__(self, values: Mapping[str, Any], wrong: frozenset[str]) -> None:
        super().__init__({key: value for key, value in values.items() if key not in wrong})
        self._wrong = wrong
        self.asked = False

    def get(self, key: Any, default: Any = None) -> Any:
        self.asked |= key in self._wrong
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.asked |= key in self._wrong
        return super().__contains__(key)


def check(recipe: Recipe, *, wrong: frozenset[str] = frozenset()) -> list[Problem]:
    """Return every problem the rules find in a recipe, in the order of its lines.

    wrong names the top-level keys that the schema refused; a rule that asks for one of them has nothing to say.
    """
    found: list[Problem] = []
    for rule in RULES:
        values = _Watched(recipe.values, wrong)
        told = list(rule.find(dataclasses.replace(recipe, values=values)))
        if not values.asked:
            found += [dataclasses.replace(one, code=rule.code, warning=rule.warning or one.warning) for one in told]
    return sorted(found, key=lambda one: _line(one.where))


def blocking(recipe: Recipe, *, rehearse: bool = False) -> list[Problem]:
    """Return the problems that must be mended before a recipe runs; rehearse passes over what an earlier stage makes."""
    return [one for one in check(recipe) if not one.warning and not (rehearse and one.later)]


def settled_by(problem: Problem) -> Settled | None:
    """Return how `mundap train` answers a problem itself, or None when the recipe must be mended."""
    return next((rule.settled_by for rule in RULES if rule.code == problem.code), None)


def _line(where: str) -> int:
    number = where.rsplit(":", 1)[-1]
    return int(number) if number.isdigit() else 0
