"""`mundap doctor`: what this machine has, what is missing, and which recipes it can train.

Imports no torch unless asked to try the GPU.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mundap.cli.options import AsJson, Presets
from mundap.cli.output import result, result_json, table

if TYPE_CHECKING:
    from mundap.errors import ConfigError
    from mundap.machine.fits import Machine, Verdict

EXAMPLES = ("mundap doctor", "mundap doctor --recipe configs/dart/train.yaml --preset rtx4060_8gb")


def command(gpu: Annotated[bool, typer.Option("--gpu", help="Import torch and try the GPU (seconds).")] = False,
            recipe: Annotated[Path | None, typer.Option(
                "--recipe", metavar="FILE", help="Tell of one train recipe, in detail.")] = None,
            preset: Presets = None, as_json: AsJson = False) -> None:
    """Report machine, memory, disk, versions, GPUs, models and offline switches, and which recipes fit this machine.

    Memory is an estimate for rows as long as cutoff_len allows; `mundap check --data` reads the real rows.
    """
    from mundap.machine import fits
    from mundap.machine import report as machine
    from mundap.paths import project_root

    if preset and recipe is None:
        raise typer.BadParameter("--preset goes with --recipe.")
    project = project_root()
    here = fits.here(project)
    if recipe is not None:
        _one(recipe, preset or [], here, as_json=as_json)
        return
    facts: dict[str, Any] = dict(machine.report(project, try_gpu=gpu))
    found = fits.verdicts(project, here)
    if as_json:
        result_json(facts | {"recipes": [_plain(name, one) for name, one in found]})
        return
    for line in table([("what", "found"), *((name, str(value)) for name, value in facts.items())]):
        result(line)
    result("")
    for line in table([("recipe", "runs on", "memory, at most", "disk, about", "verdict"),
                       *(_row(name, one) for name, one in found)]):
        result(line)
    result("\nmemory is for rows as long as cutoff_len; for your own rows: mundap check --data --gpu NAME\n"
           "in detail: mundap doctor --recipe configs/<domain>/train.yaml")


def _one(file: Path, presets: list[str], here: Machine, *, as_json: bool) -> None:
    """Tell of one recipe: every need beside what is here."""
    from mundap.machine import fits
    from mundap.recipe import load

    verdict = fits.judge(load(file, presets=presets, kind="train"), here)
    if as_json:
        result_json(_plain(verdict.recipe, verdict))
        return
    for line in table([("what", "needed", "here"), *_details(verdict, here)]):
        result(line)
    for text in verdict.notes:
        result(f"note: {text}")
    result(f"\n{verdict.recipe}: {verdict.words}")


def _details(verdict: Verdict, here: Machine) -> list[tuple[str, str, str]]:
    """Return the lines of the table for one recipe."""
    from mundap.machine.fits import gib

    needed = verdict.needs
    gpus = "; ".join(f"{gpu.name}, {gib(gpu.total_bytes)}, {gib(gpu.free_bytes)} free" for gpu in here.gpus)
    device = "a GPU: " + ", ".join(needed.gpu_for) if needed.gpu_for else \
        "no GPU: use_cpu" if needed.cpu_only else "a GPU, or else the CPU"
    trained = f"{needed.trainable:,}" if needed.trainable else "unknown"
    rows = [("device", device, gpus or "no GPU"),
            ("trainable parameters", trained, ""),
            ("largest batch", f"{needed.tokens:,} tokens", "")]
    for name, estimate, has in (("GPU memory", needed.on_gpu, gpus or "none"),
                                ("memory", needed.on_cpu, gib(here.memory_bytes))):
        if estimate is not None and (name == "GPU memory") == (not needed.cpu_only and bool(needed.gpu_for or gpus)):
            parts = ", ".join(f"{part} {getattr(estimate, part) / 2**30:.1f}" for part in (
                "weights", "trained", "activations", "logits", "context"))
            rows.append((name, f"{gib(estimate.total)} ({parts})", has))
    rows.append(("disk", "unknown" if needed.disk_bytes is None else gib(needed.disk_bytes),
                 f"{gib(here.disk_bytes)} free"))
    rows.append(("model", needed.model, f"missing: {needed.fetch}" if needed.fetch else "here"))
    rows += [(f"package {one.name}", one.key, one.found or f"missing: {one.install}") for one in needed.packages]
    return rows


def _row(name: str, one: Verdict | ConfigError) -> tuple[str, str, str, str, str]:
    from mundap.errors import ConfigError
    from mundap.machine.fits import gib

    if isinstance(one, ConfigError):
        return name, "-", "-", "-", f"cannot be read: {one.what}"
    memory = gib(one.memory_bytes) if one.memory_bytes is not None else "unknown"
    disk = gib(one.needs.disk_bytes) if one.needs.disk_bytes is not None else "unknown"
    return name, one.device, memory, disk, one.words


def _plain(name: str, one: Verdict | ConfigError) -> dict[str, Any]:
    """Return a verdict for a machine."""
    from mundap.errors import ConfigError

    if isinstance(one, ConfigError):
        return {"recipe": name, "error": one.what}
    return {"recipe": name, "fits": one.fits, "device": one.device, "memory_bytes": one.memory_bytes,
            "disk_bytes": one.needs.disk_bytes, "trainable_parameters": one.needs.trainable,
            "reasons": one.reasons, "first": one.first, "notes": one.notes, "preset": one.preset}
