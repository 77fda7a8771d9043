"""What a forecast finds wrong or worth a warning, each with a code, the key it hangs on, and a remedy.

The codes belong to configs/schema/RULES.md like every rule's; FINDINGS is their table. Only what would stop the
trainer, or leave it nothing to learn, is a problem; the rest are warnings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mundap.forecast import lengths
from mundap.forecast.cards import GIB
from mundap.forecast.forecast import Forecast
from mundap.forecast.rows import Case, Rows, Trouble
from mundap.problem import Problem

# code: (why it matters, what to do)
FINDINGS: Mapping[str, tuple[str, str]] = {
    "MD951": ("The trainer would stop before its first step.", "Do what the message says."),
    "MD952": ("Every row is dropped, so there is nothing to train on.", "Check columns in dataset_info.json."),
    "MD953": ("LLaMA-Factory drops rows with no more than a line in the log.", "Mend or remove those rows."),
    "MD954": ("A cut keeps a prompt's beginning, so the question and the answer's mark are lost.",
              "Raise cutoff_len or shorten the context."),
    "MD955": ("A cut answer teaches the model to break off.", "Raise cutoff_len."),
    "MD956": ("Turns beyond cutoff_len are never seen.", "Raise cutoff_len or split the conversations."),
    "MD957": ("Answers without an end mark teach the model never to stop.",
              "Prepare the base with mundap models --prepare, or name a template."),
    "MD958": ("Few tokens are answers, so most of the computing teaches nothing.", "Shorten the context."),
    "MD959": ("The training does not fit the card.", "Lower batch or cutoff_len, or quantise."),
    "MD960": ("An empty answer teaches the model to say nothing.", "Write the answers or remove the rows."),
    "MD961": ("The card does not compute in bfloat16.", "Use fp16 there."),
    "MD962": ("The template adds tokens for which the model has no weights.", "Name the base's own template."),
    "MD963": ("Rows of which nothing is learnt cost time and teach nothing.", "Raise cutoff_len."),
}
STOPS = ("MD951", "MD952")   # the others are warnings
_FEW = 0.03   # share of learnt tokens below which a warning comes


def findings(one: Forecast) -> list[Problem]:
    """Return what is wrong, problems first, then warnings."""
    if isinstance(one.rows, Trouble):
        found = list(_trouble(one, one.rows))
    else:
        found = [*_dropped(one, one.rows), *_cut(one, one.rows), *_learnt(one, one.rows), *_template(one, one.rows)]
    return sorted([*found, *_card(one)], key=lambda problem: problem.warning)


def kept_whole(rows: Rows, share: float) -> int:
    """Return the cutoff_len, a multiple of 8, that leaves a share (0 to 1) of the rows whole."""
    # Packing takes one token of cutoff_len for itself.
    return lengths.padded(lengths.quantile(rows.full, share) + (1 if rows.packed_length else 0))


def _problem(one: Forecast, code: str, key: str, what: str, fix: str = "") -> Problem:
    return Problem(where=one.recipe.where(key), key=key, what=what, fix=fix or FINDINGS[code][1], code=code,
                   warning=code not in STOPS)


def _trouble(one: Forecast, trouble: Trouble) -> Iterator[Problem]:
    if trouble.stops:
        place = f"{trouble.dataset}{f', row {trouble.row}' if trouble.row else ''}: " if trouble.dataset else ""
        yield _problem(one, "MD951", "dataset", f"{place}{trouble.what}", trouble.fix)


def _dropped(one: Forecast, rows: Rows) -> Iterator[Problem]:
    for reason, case in rows.dropped.items():
        if rows.kept == 0:
            yield _problem(one, "MD952", "dataset", f"all {case.count:,} rows are dropped: {reason} ({case}).",
                           "Check columns in dataset_info.json against the file.")
        else:
            yield _problem(one, "MD953", "dataset", f"{_some(case, rows.rows)} will be dropped: {reason} ({case}).")
    if rows.eval_dropped and not rows.eval_rows:
        yield _problem(one, "MD952", "eval_dataset", f"all {rows.eval_dropped:,} rows to evaluate on are dropped.",
                       "Check columns in dataset_info.json against the file.")
    elif rows.eval_dropped:
        yield _problem(one, "MD953", "eval_dataset", f"{rows.eval_dropped:,} of {rows.eval_rows + rows.eval_dropped:,} "
                       "rows to evaluate on will be dropped.")
    if rows.rows == 0:
        yield _problem(one, "MD952", "dataset", "there are no rows to train on.", "Name a dataset that has rows.")


def _cut(one: Forecast, rows: Rows) -> Iterator[Problem]:
    about = "" if rows.tokenizer.exact else "about "
    for code, kind, loss in (
            ("MD954", "question cut", "lose the end of the prompt: the question and the mark before the answer"),
            ("MD955", "answer cut", "lose the end of the answer and its end mark"),
            ("MD956", "turns lost", "lose whole turns")):
        case = rows.notes.get(kind)
        if case is not None:
            yield _problem(one, code, "cutoff_len", f"{about}{_some(case, rows.encoded)} {loss} ({case}).",
                           _wider(one, rows))
    nothing = rows.notes.get("nothing to learn")
    if nothing is not None:
        yield _problem(one, "MD963", "cutoff_len", f"{_some(nothing, rows.encoded)} have no answer left to learn "
                       f"({nothing}).", _wider(one, rows))


def _wider(one: Forecast, rows: Rows) -> str:
    whole, most = kept_whole(rows, 1.0), kept_whole(rows, 0.99)
    about = "" if rows.tokenizer.exact else "about "
    almost = f", {about}{most:,} for 99 of 100" if one.cutoff_len < most < whole else ""
    return f"cutoff_len {about}{whole:,} would keep every row whole{almost}; or shorten the context."


def _learnt(one: Forecast, rows: Rows) -> Iterator[Problem]:
    empty = rows.notes.get("empty answer")
    if empty is not None:
        yield _problem(one, "MD960", "dataset", f"{_some(empty, rows.rows)} have an empty answer and teach the model to"
                       f" say nothing ({empty}).")
    share = rows.supervised / rows.tokens if rows.tokens else 0.0
    if rows.tokens and share < _FEW and rows.supervised:
        yield _problem(one, "MD958", "dataset", f"only {share:.1%} of the tokens are answers, from which alone the model "
                       "learns.", "Put fewer or shorter passages into a prompt.")


def _template(one: Forecast, rows: Rows) -> Iterator[Problem]:
    case = rows.notes.get("no end mark")
    if case is not None and rows.tokenizer.template_known:
        name = str(one.values.get("template") or ("the tokenizer's own" if rows.tokenizer.chat_template is not False
                                                  else "empty, for want of a chat template"))
        yield _problem(one, "MD957", "template", f"in {_some(case, rows.encoded)} the last thing learnt is not an end "
                       f"mark (template {name}), so the model would never stop.")
    size = one.arch.vocab_size if one.arch is not None else 0
    if rows.tokenizer.exact and rows.tokenizer_size > size > 0 and not one.values.get("resize_vocab"):
        yield _problem(one, "MD962", "template", f"the tokenizer comes to {rows.tokenizer_size:,} tokens with the "
                       f"template's, the model has {size:,}; training would fail on them.")


def _card(one: Forecast) -> Iterator[Problem]:
    if one.card is None:
        return
    if one.fits is False and one.memory is not None:
        yield _problem(one, "MD959", "per_device_train_batch_size",
                       f"about {one.memory.total / GIB:.1f} GiB are needed, {one.card.name} has "
                       f"{one.card.memory_bytes / GIB:.0f}.", _smaller(one))
    if one.values.get("bf16") and not one.card.bf16:
        yield _problem(one, "MD961", "bf16", f"{one.card.name} does not compute in bfloat16.",
                       "Use fp16: true there, and watch for a loss of nan.")


def _smaller(one: Forecast) -> str:
    """Return what would save the most memory, by what takes the most."""
    memory, values = one.memory, one.values
    assert memory is not None
    if memory.evaluation > memory.step:
        return "Evaluating takes the most: lower per_device_eval_batch_size (it is 8 when not written)."
    if memory.weights > memory.total / 2 and not values.get("quantization_bit"):
        return "The weights take the most: add quantization_bit: 4."
    if memory.logits >= memory.activations and not values.get("enable_liger_kernel") and not values.get("use_cpu"):
        return "The logits take the most: add enable_liger_kernel: true, or lower per_device_train_batch_size."
    if not memory.checkpointing:
        return "The activations take the most: take disable_gradient_checkpointing out."
    return "Lower per_device_train_batch_size or cutoff_len."


def _some(case: Case, rows: int) -> str:
    return f"{case.count:,} of {rows:,} rows"
