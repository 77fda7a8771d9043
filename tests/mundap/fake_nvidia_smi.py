"""A stand-in for nvidia-smi: a real program on PATH that tells of the cards it was installed with."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

# A `#!` line cannot name an interpreter whose path holds a blank, so the shell starts it.
STARTER = '#!/bin/sh\nexec "{python}" "$0.py" "$@"\n'
SCRIPT = '''import sys
cards = {cards!r}
for at, card in enumerate(cards):
    print(f"GPU {{at}}: {{card.split(',')[0]}} (UUID: GPU-{{at}})" if sys.argv[1] == "-L" else card)
'''


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, *cards: str) -> None:
    """Put the program first on PATH; a card is "name, MiB in all, MiB free, capability"."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "nvidia-smi"
    program.write_text(STARTER.format(python=sys.executable), encoding="utf-8")
    program.with_name("nvidia-smi.py").write_text(SCRIPT.format(cards=list(cards)), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
