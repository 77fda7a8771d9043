"""What the READMEs promise: the same commands in both languages, commands that exist, folders and recipes that are there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.ko.md")


def blocks(name: str) -> list[str]:
    """Return the lines of a README's bash blocks, comments aside."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(r"^```bash\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line.split("  #")[0].split("    #")[0].strip() for block in found for line in block.splitlines() if line.strip()]


def test_both_readmes_give_the_same_commands() -> None:
    assert blocks(READMES[0]) == blocks(READMES[1]) != []


def test_the_first_two_commands_are_demo_and_test() -> None:
    assert blocks("README.md")[:2] == ["make demo", "make test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^demo:", makefile, re.MULTILINE) and re.search(r"^test:", makefile, re.MULTILINE)


@pytest.mark.parametrize("line", [line for line in blocks("README.md") if line.startswith("mundap ")])
def test_every_command_in_the_readme_is_one(line: str) -> None:
    words = shlex.split(line)
    assert help_of(words[1]) == ""
    for word in words[2:]:
        if word.startswith("configs/"):
            assert (ROOT / word).exists(), word


@cache
def help_of(command: str) -> str:
    """Return what is wrong with a command's help, "" for nothing; asked once a command, not once a line."""
    done = subprocess.run([sys.executable, "-m", "mundap.cli.main", command, "--help"], cwd=ROOT, text=True,
                          capture_output=True, check=False)
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize("name", READMES)
def test_nothing_is_left_to_fill_in(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "@@" not in text
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (ROOT / link).exists(), link


def test_the_lock_names_no_address() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")
