"""A stand-in for nvidia-smi: a real program on PATH that tells of the cards it was installed with."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

SCRIPT = '''#!{python}
import sys
cards = {cards!r}
for at, card in enumerate(cards):
    print(f"GPU {{at}}: {{card.split(',')[0]}} (UUID: GPU-{{at}})" if sys.argv[1] == "-L" else card)
'''


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, *cards: str) -> None:
    """Put the program first on PATH; a card is "name, MiB in all, MiB free, capability"."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "nvidia-smi"
    program.write_text(SCRIPT.format(python=sys.executable, cards=list(cards)), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
