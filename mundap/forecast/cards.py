"""The graphics cards a forecast can be made for, with memory and peak speed from their makers' data sheets.

peak_flops is the dense 16-bit matrix rate with 32-bit sums, which is what training uses; data sheets often print the
double of it ("with sparsity") or, for GeForce cards, the double with 16-bit sums.
Source: NVIDIA data sheets of T4, V100, A100, L4, H100 and H200; NVIDIA Ampere GA102 and Ada GPU architecture
whitepapers (GeForce 3060 and 4060 by their number of cores and clock, as the tables there do for their siblings).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from mundap import devices
from mundap.errors import ConfigError, closest

GIB = 2**30
_TERA = 1e12
CPU = "cpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One kind of device. memory_bytes is what it has; bf16 says whether it computes in bfloat16."""

    name: str
    memory_bytes: int
    peak_flops: float
    bf16: bool


def _card(name: str, gib: float, tera: float, *, bf16: bool = True) -> Card:
    return Card(name=name, memory_bytes=int(gib * GIB), peak_flops=tera * _TERA, bf16=bf16)


# Smallest memory first: the first that fits is the one to name.
CARDS: tuple[Card, ...] = (
    _card("RTX 4060 8GB", 8, 30.2), _card("RTX 3060 12GB", 12, 25.5), _card("T4 16GB", 16, 65, bf16=False),
    _card("V100 16GB", 16, 125, bf16=False), _card("L4 24GB", 24, 121), _card("RTX 3090 24GB", 24, 71),
    _card("RTX 4090 24GB", 24, 165.2), _card("V100 32GB", 32, 125, bf16=False), _card("A100 40GB", 40, 312),
    _card("A100 80GB", 80, 312), _card("H100 80GB", 80, 989), _card("H200 141GB", 141, 989),
)


def parse(text: str) -> tuple[Card, int]:
    """Return the card and how many of them a text such as "4090", "2xA100 80GB" or "cpu" means.

    Raises:
        ConfigError: no card of that name is known; lists those that are.
    """
    match = re.fullmatch(r"\s*(?:(\d+)\s*[x×*]\s*)?(.+?)\s*", text)
    count, name = (int(match[1] or 1), match[2]) if match else (1, text)
    if _plain(name) == CPU:
        return cpu(), 1
    found = [card for card in CARDS if _plain(name) in (_plain(card.name), *_short_names(card))]
    if not found or count < 1:
        known = [card.name for card in CARDS]
        raise ConfigError(f"there are no figures for a card {text!r}.", where="--gpu",
                          fix=f"{closest(name, known)}Known: {', '.join(known)}, cpu; two of them: \"2x{known[-3]}\".")
    return found[0], count


def here(values: Mapping[str, object], env: Mapping[str, str]) -> Card | None:
    """Return the device a recipe would use on this machine: the CPU when it says so, else the first GPU when known."""
    if values.get("use_cpu"):
        return cpu()
    listed = devices.names() if devices.count(env) else []
    for card in CARDS if listed else ():
        model, memory = card.name.rsplit(" ", 1)
        # A 4060 Ti or a laptop's 4090 is another card than the name alone says.
        named = re.search(rf"\b{model}\b(?! *(?:Ti|Super|D|Laptop)\b)", listed[0], re.IGNORECASE)
        if named and (_alone(model) or _plain(memory) in _plain(listed[0])):
            return card
    return None


def cpu() -> Card:
    """Return this machine's processors as a device; its speed is known only by measuring (duration.py)."""
    import psutil

    return Card(name=CPU, memory_bytes=psutil.virtual_memory().total, peak_flops=0.0, bf16=True)


def cores() -> int:
    """Return how many processors a training on this machine can use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]|nvidia|geforce|tesla", "", text.lower())


def _short_names(card: Card) -> tuple[str, ...]:
    """Return other ways to write a card: without its maker's letters, and without its memory where that is clear."""
    model, memory = card.name.rsplit(" ", 1)
    bare = [model, model.removeprefix("RTX ")]
    names = [f"{name}{memory}" for name in bare] + [f"{name}{memory.removesuffix('GB')}" for name in bare]
    return tuple(_plain(name) for name in (names + bare if _alone(model) else names))


def _alone(model: str) -> bool:
    return sum(card.name.rsplit(" ", 1)[0] == model for card in CARDS) == 1
