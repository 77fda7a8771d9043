"""Evaluation while training: rows to evaluate on, moments at which it happens, and a best model that can be found."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mundap.checking.rules.planned_steps import planned_steps
from mundap.problem import Problem
from mundap.recipe import Recipe


def _strategy(recipe: Recipe, key: str, default: str) -> str:
    return str(recipe.values.get(key) or default)


def held_out_rows_used(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for rows that are held out of training and then never looked at."""
    values = recipe.values
    if recipe.kind == "train" and values.get("val_size") and not values.get("do_predict") \
            and not values.get("do_eval") and _strategy(recipe, "eval_strategy", "no") == "no":
        yield recipe.problem(("val_size",), f"{values['val_size']} is held out of training and never evaluated.",
                             "Add eval_strategy: epoch, or take val_size out; better: rows of their own in "
                             "eval_dataset.")


def one_source_of_eval_rows(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for val_size beside eval_dataset, which LLaMA-Factory refuses, and for val_size out of range."""
    values = recipe.values
    if recipe.kind != "train" or not values.get("val_size"):
        return
    size = values["val_size"]
    if not values.get("dataset"):
        yield recipe.problem(("val_size",), "there is no dataset that rows could be taken from; LLaMA-Factory refuses "
                             "val_size without one.", "Add: dataset: <name>; or name an eval_dataset.")
    elif values.get("eval_dataset"):
        yield recipe.problem(("val_size",), "eval_dataset is named as well; LLaMA-Factory refuses both.",
                             "Keep eval_dataset.")
    elif not math.isfinite(size) or size < 0 or (size > 1 and size != int(size)):
        yield recipe.problem(("val_size",), f"{size} is neither a share below 1 nor a number of rows.",
                             "Write 0.1 for a tenth, or 100 for a hundred rows.")


def rows_to_evaluate(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for an evaluation that is asked for without rows."""
    values = recipe.values
    asked = [key for key in ("do_eval", "do_predict", "predict_with_generate") if values.get(key)]
    if _strategy(recipe, "eval_strategy", "no") != "no":
        asked.insert(0, "eval_strategy")
    if recipe.kind == "train" and asked and not values.get("eval_dataset") and not values.get("val_size") \
            and not values.get("tokenized_path"):
        yield recipe.problem((asked[0],), "there are no rows to evaluate on.", "Add: eval_dataset: <name>_eval")


def evaluated_in_time(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for evaluation or saving by steps that the run is over before."""
    total = planned_steps(recipe)
    if total is None:
        return
    for strategy, default, key in (("eval_strategy", "no", "eval_steps"), ("save_strategy", "steps", "save_steps")):
        at = recipe.values.get(key)
        wanted = _strategy(recipe, strategy, default) == "steps" and (key == "eval_steps" or _best_wanted(recipe))
        if wanted and at is not None and at > total:
            yield recipe.problem((key,), f"{at} lies beyond the run's {total} steps; nothing is "
                                 f"{'evaluated' if key == 'eval_steps' else 'kept'} on the way.",
                                 f"Write {max(total // 4, 1)}, or 0.25 for every quarter of the run.")


def best_can_be_found(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for load_best_model_at_end where evaluating and saving do not fall together.

    Source: transformers TrainingArguments.__post_init__ (5.5).
    """
    if not _best_wanted(recipe):
        return
    values = recipe.values
    evaluated, saved = _strategy(recipe, "eval_strategy", "no"), _strategy(recipe, "save_strategy", "steps")
    if evaluated == saved == "no":
        yield recipe.problem(("load_best_model_at_end",), "eval_strategy is no, so no model is found to be the best.",
                             "Add eval_strategy: epoch and save_strategy: epoch, or take the line out.")
    elif evaluated != saved and saved != "best":
        yield recipe.problem(("load_best_model_at_end",), f"eval_strategy is {evaluated}, save_strategy is {saved}; a "
                             "best model can be kept only where it was evaluated.", "Make the two strategies equal.")
    elif evaluated == "steps":
        at, kept = values.get("eval_steps") or values.get("logging_steps", 500), values.get("save_steps", 500)
        # The trainer compares two shares of the run in millionths, and refuses a share beside a number of steps.
        unlike = (at < 1) != (kept < 1) and kept % at
        if at < 1 and kept < 1:
            at, kept = round(at * 1e6), round(kept * 1e6)
        if unlike or (at and kept % at):
            yield recipe.problem(("save_steps" if "save_steps" in values else "load_best_model_at_end",),
                                 f"save_steps {values.get('save_steps', 500)} is no multiple of eval_steps "
                                 f"{values.get('eval_steps')}.", "Make the two equal.")


def best_is_better(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a metric that is called better in the wrong direction."""
    metric, greater = str(recipe.values.get("metric_for_best_model", "")), recipe.values.get("greater_is_better")
    if recipe.kind == "train" and greater is True and metric.endswith("loss"):
        yield recipe.problem(("greater_is_better",), f"with true the worst {metric} is kept as the best.",
                             "Write: greater_is_better: false")


def _best_wanted(recipe: Recipe) -> bool:
    return recipe.kind == "train" and recipe.values.get("load_best_model_at_end") is True
