"""A forecast in words: a block for `mundap check --data`, a few lines before a training, plain values for machines.

Only signs that are one column wide in every terminal stand left of a number, so columns hold with Hangul about.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from mundap.forecast import lengths
from mundap.forecast.cards import CPU, GIB, Card
from mundap.forecast.duration import UTILISATION
from mundap.forecast.findings import findings, kept_whole
from mundap.forecast.forecast import Forecast
from mundap.forecast.memory import Memory
from mundap.forecast.rows import Rows, Trouble


def block(one: Forecast) -> list[str]:
    """Return everything there is to tell about one recipe, findings left out."""
    lines = [f"{one.recipe.name}: {one.values.get('stage')} of {one.recipe.values.get('model_name_or_path')}"]
    if isinstance(one.rows, Trouble):
        place = f"{one.rows.dataset}: " if one.rows.dataset else ""
        lines += _line("rows", f"not counted: {place}{one.rows.what}")
    else:
        lines += [*_line("rows", _rows(one.rows)), *_line("tokens", *_tokens(one.rows)),
                  *_line("lengths", *lengths.histogram(one.rows.full, one.cutoff_len)),
                  *_line("cut", _cut(one, one.rows)), *_line("learnt", _learnt(one.rows))]
    return [*lines, *_line("steps", _steps(one)), *_line("trained", _trained(one)), *_line("memory", *_memory(one)),
            *_line("time", *_time(one))]


def short(one: Forecast) -> list[str]:
    """Return the few lines that stand before a training."""
    lines = []
    if isinstance(one.rows, Rows):
        lines.append(f"forecast: {_rows(one.rows)}; {_cut(one, one.rows, brief=True)}")
    else:
        lines.append(f"forecast: rows not counted: {one.rows.what}")
    lines.append(f"  {_steps(one)}; trained: {_trained(one)}")
    lines.append(f"  memory: {_memory(one)[0]}; time: {_time(one)[0]}")
    told = findings(one)
    lines += [f"  warning: {problem.what} {problem.fix}" for problem in told[:2]]
    if len(told) > 2:
        lines.append(f"  and {len(told) - 2} more: mundap check --data {one.recipe.name}")
    return lines


def plain(one: Forecast) -> dict[str, Any]:
    """Return a forecast as values for a machine."""
    rows: dict[str, Any]
    if isinstance(one.rows, Rows):
        rows = dataclasses.asdict(one.rows) | {
            "tokens_exact": one.rows.tokenizer.exact, "note": one.rows.tokenizer.note,
            "cutoff_len_for_all": kept_whole(one.rows, 1.0), "cutoff_len_for_99_percent": kept_whole(one.rows, 0.99)}
        for counts in ("lengths", "full", "tokenizer"):
            rows.pop(counts)
        rows |= {"datasets": [{"name": name, "rows": count} for name, count in one.rows.datasets],
                 "mean_length": round(lengths.mean(one.rows.full), 1),
                 "longest": max(one.rows.full, default=0),
                 "histogram": [{"from": first, "to": last, "rows": count}
                               for first, last, count in lengths.bins(one.rows.full)]}
    else:
        rows = {"not_counted": dataclasses.asdict(one.rows)}
    return {
        "recipe": one.recipe.name, "model": one.recipe.values.get("model_name_or_path"), "rows": rows,
        "steps": dataclasses.asdict(one.steps) | {"total_batch": one.steps.total_batch} if one.steps else None,
        "parameters": one.parameters, "trainable_parameters": one.trainable,
        "memory_bytes": {**dataclasses.asdict(one.memory), "total": one.memory.total} if one.memory else None,
        "card": one.card.name if one.card else None, "fits": one.fits,
        "smallest_card": one.smallest.name if one.smallest else None,
        "seconds": dataclasses.asdict(one.duration) if one.duration else None,
        "findings": [dataclasses.asdict(problem) for problem in findings(one)],
    }


def spell(seconds: float) -> str:
    """Return a length of time as people say it: "40 s", "25 min", "3 h 10 min", "2.5 days"."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    return f"{minutes / 60 / 24:.1f} days"


def _line(name: str, *texts: str) -> list[str]:
    return [f"  {name if at == 0 else '':<10}{text}" for at, text in enumerate(texts)]


def _rows(rows: Rows) -> str:
    source = " + ".join(f"{count:,} in {name}" for name, count in rows.datasets)
    dropped = rows.rows - rows.kept
    held = f", {rows.eval_rows:,} to evaluate on" if rows.eval_rows else ""
    return f"{source}: {rows.kept:,} to train on" + (f", {dropped:,} dropped" if dropped else "") + held


def _tokens(rows: Rows) -> list[str]:
    about = "" if rows.tokenizer.exact else "about "
    some = f", from {rows.encoded:,} rows" if rows.encoded < rows.kept else ""
    return [f"{about}{lengths.mean(rows.full):,.0f} a row, median {lengths.quantile(rows.full, 0.5):,}, longest "
            f"{max(rows.full, default=0):,}{some}", *([f"({rows.tokenizer.note})"] if rows.tokenizer.note else [])]


def _cut(one: Forecast, rows: Rows, *, brief: bool = False) -> str:
    longer = sum(count for length, count in rows.full.items() if length > one.cutoff_len - bool(rows.packed_length))
    about = "" if rows.tokenizer.exact else "about "
    if not longer:
        return f"no row is longer than cutoff_len {one.cutoff_len:,}"
    cut = f"{about}{longer:,} of {rows.encoded:,} rows are longer than cutoff_len {one.cutoff_len:,} and will be cut"
    whole, most = kept_whole(rows, 1.0), kept_whole(rows, 0.99)
    if brief:
        return cut
    return f"{cut}; {about}{whole:,} would keep all" + (f", {about}{most:,} 99 of 100" if most < whole else "")


def _learnt(rows: Rows) -> str:
    if not rows.tokens:
        return "nothing"
    about = "" if rows.tokenizer.exact else "about "
    return f"{about}{rows.supervised / rows.tokens:.1%} of the tokens, which are the answers'"


def _steps(one: Forecast) -> str:
    if one.steps is None:
        return "steps are not known without the rows"
    plan = one.steps
    what = f"{plan.total:,} steps"
    if not plan.sequences:
        return what
    packed = isinstance(one.rows, Rows) and one.rows.packed_length
    about = "about " if packed and isinstance(one.rows, Rows) and not one.rows.tokenizer.exact else ""
    processes = f" x {plan.processes} devices" if plan.processes > 1 else ""
    unit = "packed sequences" if packed else "rows"
    return (f"{about}{what}: {plan.sequences:,} {unit} in batches of {plan.batch} x {plan.accumulation}{processes}, "
            f"{plan.epochs:g} epoch{'' if plan.epochs == 1 else 's'}")


def _trained(one: Forecast) -> str:
    if one.trainable is None:
        return "not known: " + ("this base's sizes are not known here" if one.arch is None else
                                "this method, or this base's family, is not forecast")
    share = f" of {one.parameters:,} parameters ({one.trainable / one.parameters:.2%})" if one.parameters else ""
    return f"{one.trainable:,}{share}"


def _memory(one: Forecast) -> list[str]:
    memory = one.memory
    if memory is None:
        return ["not known"]
    each = " on each device" if one.steps and one.steps.processes > 1 else ""
    head = f"about {memory.total / GIB:.1f} GiB{each}"
    if one.card is not None:
        head += f" of {one.card.memory_bytes / GIB:.0f} on {_card(one.card)}" + ("" if one.fits else ", which is too little")
    elif one.smallest is not None:
        head += f"; the smallest card listed that holds it is {one.smallest.name}"
    else:
        head += "; no single card listed holds it"
    return [head, f"(GiB: {_parts(memory)})"]


def _parts(memory: Memory) -> str:
    """Return the parts as a sum; those that are never held together stand as its last member."""
    def spelt(*names: str, by: str) -> str:
        return by.join(f"{name} {getattr(memory, name) / GIB:.1f}" for name in names if getattr(memory, name))

    always = spelt("weights", "trained", "context", "fragments", by=" + ")
    evaluation = ["evaluation"] if memory.evaluation else []
    if memory.checkpointing:
        return f"{always} + the largest of {spelt('activations', 'logits', *evaluation, by=', ')}"
    step = spelt("activations", "logits", by=" + ")
    return f"{always} + the larger of {step} and {spelt(*evaluation, by='')}" if evaluation else f"{always} + {step}"


def _time(one: Forecast) -> list[str]:
    found, card = one.duration, one.card or one.smallest
    if found is None or card is None:
        return ["not known" + ("" if card else "; name a card: --gpu 4090")]
    several = f"{one.steps.processes} x " if one.steps and one.steps.processes > 1 else ""
    least, most = spell(found.least_s), spell(found.most_s)
    span = f"{least if least == most else f'{least} to {most}'} on {several}{_card(card)}"
    if found.measured:
        return [span, f"(by its speed measured with {found.measured})"]
    if card.name == CPU:
        return [span, "(not measured here; benchmarks/training_time.py does)"]
    low, high = UTILISATION
    return [span, f"(not measured on this card: {low:.0%} to {high:.0%} of its peak assumed)"]


def _card(card: Card) -> str:
    return "this machine's processors" if card.name == CPU else card.name
